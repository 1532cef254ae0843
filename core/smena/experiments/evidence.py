"""What an arm's runs say, per task and seed: the rows that the tests are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from smena.results.compare import Episode, episodes
from smena.results.crossdomain import DomainRun, read_run
from smena.store import Run, Store
from smena.store.records import Use

Cells = dict[tuple[str, int], float]
"""(task, seed) → value: tasks and seeds are both sampled."""


class SeedRun(NamedTuple):
    """One run of an arm. ``steps``: per step of learning, held-out accuracy by task; ``conflict``: per held-out
    task the unbiased share of its solved trials that the trusted memory loses; ``compute``: mean cost of a
    first attempt."""

    seed: int
    run: Run
    fpr: DomainRun
    episodes: Mapping[str, Episode]
    waves: Mapping[str, int]
    steps: Mapping[int, Mapping[str, float]]
    conflict: Mapping[str, float]
    compute: float
    warnings: tuple[str, ...] = ()


class Arm(NamedTuple):
    """``missing``: why a seed was not measured, by seed."""

    name: str
    runs: tuple[SeedRun, ...]
    missing: Mapping[int, str]

    def acc(self, n: int) -> Cells:
        """Solved within ``n`` attempts (0: any number), by train task and seed."""
        return {
            (task, r.seed): float(e.solved_at > 0 and (n == 0 or e.solved_at <= n))
            for r in self.runs
            for task, e in r.episodes.items()
        }

    def cost(self) -> Cells:
        """Cost of the solved train tasks."""
        return {(t, r.seed): e.cost for r in self.runs for t, e in r.episodes.items() if e.solved_at}

    def conflict(self) -> Cells:
        return {(t, r.seed): c for r in self.runs for t, c in r.conflict.items()}

    def slopes(self) -> Cells:
        """Per held-out task and seed the least-squares slope of accuracy over all of the learning, as the rise
        from its first step to its last."""
        found: Cells = {}
        for r in self.runs:
            steps = sorted(r.steps)
            if len(steps) < 3:
                continue
            centre = sum(steps) / len(steps)
            scale = (steps[-1] - steps[0]) / sum((s - centre) ** 2 for s in steps)
            for task in set.intersection(*(set(r.steps[s]) for s in steps)):
                found[task, r.seed] = scale * sum((s - centre) * r.steps[s][task] for s in steps)
        return found

    def falls(self) -> dict[int, Cells]:
        """Change of held-out accuracy from the step before, by step."""
        found: dict[int, Cells] = defaultdict(dict)
        for r in self.runs:
            steps = sorted(r.steps)
            for before, after in pairwise(steps):
                for task in r.steps[before].keys() & r.steps[after].keys():
                    found[after][task, r.seed] = r.steps[after][task] - r.steps[before][task]
        return dict(found)

    def items(self, reading: str) -> dict[str, tuple[int, int]]:
        """Per distinct item its hits and how often it came."""
        total: dict[str, tuple[int, int]] = {}
        for r in self.runs:
            for item, hit in r.fpr.items[reading].items():
                hits, times = total.get(item, (0, 0))
                total[item] = hits + hit, times + 1
        return total


def read_arm(store: Store, name: str, runs: Mapping[int, str], missing: Mapping[int, str]) -> Arm:
    """``runs``: seed → id of its run, finished or not; what is not finished counts as missing."""
    found, lost = [], dict(missing)
    for seed, run_id in sorted(runs.items()):
        run = store.run(run_id)
        if run.status == "finished":
            found.append(_seed(store, run))
        else:
            lost[seed] = f"its run is not finished (status: {run.status})"
    return Arm(name, tuple(found), lost)


def _seed(store: Store, run: Run) -> SeedRun:
    trained = store.uses(run.id, "train/")
    held = store.uses(run.id, "eval/")
    steps = {
        int(purpose.rpartition("/")[2]): _by_task(trials)
        for purpose, trials in _by_purpose(held).items()
        if purpose.startswith("eval/trusted/")
    }
    first = [u.cost for u in trained if u.kind == "attempt" and u.position == 0]
    fpr, warnings = read_run(store, run)
    waves = {u.purpose.split("/", 2)[2]: int(u.purpose.split("/", 2)[1]) for u in trained}
    return SeedRun(
        run.seed,
        run,
        fpr,
        episodes(trained),
        waves,
        steps,
        conflict_by_task(held),
        sum(first) / len(first) if first else 0.0,
        tuple(warnings),
    )


def _by_purpose(uses: Iterable[Use]) -> dict[str, list[Use]]:
    found: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        found[use.purpose].append(use)
    return found


def _by_task(uses: Iterable[Use]) -> dict[str, float]:
    tasks: dict[str, list[int]] = defaultdict(list)
    for use in uses:
        if use.status == "ok" and use.y is not None:
            tasks[use.task].append(use.y)
    return {task: sum(ys) / len(ys) for task, ys in tasks.items()}


def conflict_by_task(held: Sequence[Use]) -> dict[str, float]:
    """c* of a whole memory, per held-out task: Σ_{j≠k} b_j (b_k − y_k) / (n(n−1)), b without, y with the last
    trusted memory, over the repeats judged in both. Its mean over tasks is Conflict_rate; unbiased, 0 for a
    memory that does no harm, and it may be negative on a task. Needs two repeats or more."""
    found = _by_purpose(held)
    last = max((p for p in found if p.startswith("eval/trusted/")), default="")
    cells: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for purpose in ("eval/trusted/000", last):
        # positions run over tasks and repeats alike in both arms: equal position, equal task and seed
        for use in found.get(purpose, []):
            if use.status == "ok" and use.reward is not None:
                cells[use.task][use.position].append(use.reward)
    conflicts = {}
    for task, pairs in cells.items():
        judged = [(p[0], p[1]) for p in pairs.values() if len(p) == 2]
        n = len(judged)
        if n < 2:
            continue
        base, loss = sum(b for b, _ in judged), sum(b - y for b, y in judged)
        same = sum(b * (b - y) for b, y in judged)
        conflicts[task] = (base * loss - same) / (n * (n - 1))
    return conflicts
