"""Two runs side by side: paired by task wherever both have it, and said where they do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from smena.errors import BadInput
from smena.results.comparing import Counts, compare_shares
from smena.results.crossdomain import DomainRun, read_run
from smena.results.document import Cell, Chart, Column, Document, Section, listed
from smena.results.estimates import Estimate, mean, missing, paired
from smena.results.run_result import RunResult
from smena.results.wording import difference, plural
from smena.store import Run, Store
from smena.store.records import Use

NOT_A_CHOICE = ("settings",)


class Episode(NamedTuple):
    """A train task in a run: at which attempt it was solved (0: never) and what it cost."""

    solved_at: int
    cost: float


def compare_runs(store: Store, one: str, other: str) -> Document:
    """The second run minus the first. Raises BadInput for a run compared with itself."""
    first, second = store.run(one), store.run(other)
    if first.id == second.id:
        raise BadInput(f"{first.id} was given twice: name two runs")
    a, b = RunResult.read(store, first.id), RunResult.read(store, second.id)
    rows = list(_rows(store, a, b))
    runs = (first.id, second.id)
    said = [
        f"{second.id} against {first.id}: {plural(len(_choices(first, second)), 'setting')} differ.",
        *(f"{name}: {difference(e)}." for name, e in rows if isinstance(e, Estimate) and e.unit != "units"),
    ]
    return Document(
        "compare",
        f"{second.id} against {first.id}",
        tuple(said),
        (
            _differences(rows, runs),
            _sides(a, b, runs),
            _saves(store, first, second, runs),
            _config(first, second, runs),
        ),
        tuple(_warnings(first, second, a, b)),
        (),
        runs,
        f"smena compare {first.id} {second.id}",
    )


def episodes(uses: Iterable[Use]) -> dict[str, Episode]:
    """Train tasks by id from the uses of purpose ``train/STEP/TASK``; what the machinery broke is left out."""
    by_task: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        by_task[use.purpose.split("/", 2)[2]].append(use)
    found = {}
    for task, trials in sorted(by_task.items()):
        attempts = [t for t in sorted(trials, key=lambda t: t.position) if t.kind == "attempt"]
        solved_at = next((k for k, t in enumerate(attempts, start=1) if t.y == 1), 0)
        if solved_at or all(t.status == "ok" for t in attempts):
            found[task] = Episode(solved_at, sum(t.cost for t in trials))
    return found


def acc_within(found: Mapping[str, Episode], n: int) -> dict[str, float]:
    """Per task whether it was solved within ``n`` attempts."""
    return {task: float(0 < e.solved_at <= n) for task, e in found.items()}


def held_out_by_task(uses: Iterable[Use], arm: str) -> dict[str, float]:
    """Per task (digest) the mean of y with the last memory of ``arm`` (``trusted``, ``all``)."""
    last = max((u.purpose for u in uses if u.purpose.startswith(f"eval/{arm}/")), default="")
    tasks: dict[str, list[int]] = defaultdict(list)
    for use in uses:
        if use.purpose == last and use.status == "ok" and use.y is not None:
            tasks[use.task].append(use.y)
    return {task: sum(ys) / len(ys) for task, ys in sorted(tasks.items())}


def paired_by_task(base: Mapping[str, float], treated: Mapping[str, float]) -> Estimate:
    shared = sorted(set(base) & set(treated))
    return paired([treated[t] - base[t] for t in shared], "the runs share no task that both have judged")


def _rows(store: Store, a: RunResult, b: RunResult) -> Iterable[tuple[str, Estimate]]:
    same = a.run.env == b.run.env
    if not same:
        why = f"not paired: different environments ({a.run.env}, {b.run.env}); see the figures of each side"
        yield "Held-out accuracy with trusted memory", missing(why)
        return
    uses = [list(store.uses(r.run.id, "eval/")) for r in (a, b)]
    yield (
        "Held-out accuracy with trusted memory",
        paired_by_task(*(held_out_by_task(u, "trusted") for u in uses)),
    )
    yield (
        "Held-out accuracy with everything saved",
        paired_by_task(*(held_out_by_task(u, "all") for u in uses)),
    )
    told = [episodes(store.uses(r.run.id, "train/")) for r in (a, b)]
    yield "Acc@1 on train tasks", paired_by_task(*(acc_within(t, 1) for t in told))
    n = min(a.learning.attempts, b.learning.attempts)
    yield f"Acc@{n} on train tasks", paired_by_task(*(acc_within(t, n) for t in told))
    both = [t for t in told[0] if t in told[1] and told[0][t].solved_at and told[1][t].solved_at]
    change = [told[1][t].cost - told[0][t].cost for t in both]
    cost = mean(change, "units", "no task was solved in both runs")
    yield "Cost of a task solved in both runs", cost


def _differences(rows: Iterable[tuple[str, Estimate]], runs: tuple[str, ...]) -> Section:
    found = list(rows)
    table: tuple[tuple[Cell, ...], ...] = tuple(
        (name, e, e.n, e.why) for name, e in found if e.unit != "units"
    )
    costs: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{name}: {e.value:+.3g} [{e.low:+.3g}, {e.high:+.3g}]" if e.low is not None else name,
            None,
            e.n,
            e.why,
        )
        for name, e in found
        if e.unit == "units"
    )
    drawn = tuple(
        {
            "panel": "difference",
            "label": name,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "note": e.why.partition(":")[0],
        }
        for name, e in found
        if e.unit != "units"
    )
    columns = (
        Column("figure"),
        Column("difference, points [95%]", "difference", "difference"),
        Column("tasks in both", "count", "tasks"),
        Column("why", key="why"),
    )
    says = (
        "Second run minus first, paired by task: the same task in both runs is one unit, tasks that only one run "
        "has count nowhere. Student's t over tasks."
    )
    sql = f"""SELECT run, purpose, task, AVG(1.0 * y) AS accuracy
FROM run_trials JOIN outcomes ON outcomes.key = run_trials.key
WHERE run IN {listed(runs)} AND status = 'ok' AND (purpose LIKE 'eval/%' OR purpose LIKE 'train/%')
GROUP BY run, purpose, task ORDER BY task, run, purpose"""
    options = {"x": "difference", "title": "second run minus first"}
    chart = Chart("forest", drawn, options, "Paired differences with 95% intervals.")
    return Section(
        "differences", "Differences, paired by task", says, columns, table + costs, chart, sql, runs
    )


def _sides(a: RunResult, b: RunResult, runs: tuple[str, ...]) -> Section:
    columns = (
        Column("run"),
        Column("Acc@1", "share", "acc_1"),
        Column("Acc@N", "share", "acc_n"),
        Column("held-out, no memory", "share", "none"),
        Column("held-out, trusted", "share", "trusted"),
        Column("trusted items", "count"),
        Column("proposed", "count"),
        Column("trials", "count"),
        Column("lost", "count"),
    )
    rows = tuple(
        (
            r.run.id,
            r.learning.acc1,
            r.learning.acc_n,
            r.held_out.none.accuracy,
            r.held_out.trusted.accuracy,
            r.states.get("trusted", 0),
            len(r.items),
            r.ledger.trials,
            r.ledger.lost,
        )
        for r in (a, b)
    )
    sql = a.queries["held_out"]
    return Section(
        "sides", "Each run by itself", "Not paired; see the run's own report.", columns, rows, None, sql, runs
    )


def _saves(store: Store, first: Run, second: Run, runs: tuple[str, ...]) -> Section:
    cells = [read_run(store, run)[0] for run in (first, second)]
    columns = (
        Column("reading"),
        Column("first", "share"),
        Column("second", "share"),
        Column("difference, points [95%]", "difference", "difference"),
    )
    rows = tuple(
        _reading(cells, field, name)
        for field, name in (("false_share", "false share of saves"), ("save_given_null", "P(save | null)"))
    )
    says = "Unpaired: the two runs save different items. The interval adds two exact ones (square-and-add)."
    sql = f"""SELECT run, verdict, COUNT(*) AS items FROM decisions
WHERE gate = 'audit' AND run IN {listed(runs)} GROUP BY run, verdict ORDER BY run, verdict"""
    return Section("saves", "FPR_save", says, columns, rows, None, sql, runs)


def _reading(cells: list[DomainRun], field: str, name: str) -> tuple[Cell, ...]:
    sides = [getattr(c.rule, field) if c.rule else missing(c.why) for c in cells]
    counts = [c.items[field] for c in cells]
    if not all(counts):
        return (name, *sides, missing("undefined in one of the runs"))
    old, new = (Counts(sum(c.values()), len(c)) for c in counts)
    found = compare_shares(new, old, level=0.025)
    return (name, *sides, Estimate(found.value, found.low, found.high, round(new.n), "items"))


def _choices(first: Run, second: Run) -> list[tuple[str, str, str]]:
    flat = [_flat(r.config) for r in (first, second)]
    names = sorted(set(flat[0]) | set(flat[1]))
    found = [(n, flat[0].get(n, "–"), flat[1].get(n, "–")) for n in names]
    found += [(n, getattr(first, n), getattr(second, n)) for n in ("env", "learner", "teacher", "policy")]
    return [(n, a, b) for n, a, b in found if a != b]


def _flat(config: Mapping[str, Any]) -> dict[str, str]:
    flat = {k: f"{v}" for k, v in config.items() if k not in NOT_A_CHOICE}
    for section, table in config.get("settings", {}).items():
        flat |= {f"{section}.{k}": f"{v}" for k, v in table.items()}
    return flat


def _config(first: Run, second: Run, runs: tuple[str, ...]) -> Section:
    rows = tuple(_choices(first, second))
    columns = (Column("setting"), Column("first"), Column("second"))
    sql = f"SELECT id, env, learner, teacher, policy, config FROM runs WHERE id IN {listed(runs)}"
    says = "Everything else is equal." if rows else "The two runs are configured alike."
    return Section("settings", "What is configured otherwise", says, columns, rows, None, sql, runs)


def _warnings(first: Run, second: Run, a: RunResult, b: RunResult) -> Iterable[str]:
    for run in (first, second):
        if run.status != "finished":
            yield f"{run.id} is not finished (status: {run.status}): the figures cover what it has done so far."
    choices = [name for name, _, _ in _choices(first, second)]
    others = [c for c in choices if c != "seed"]
    if len({c.partition(".")[0] for c in others}) > 1 and len(others) > 2:
        some = ", ".join(others[:5])
        yield f"{len(others)} settings differ ({some}): a difference is not due to any one of them."
    if first.env != second.env:
        yield "The environments differ: nothing is paired."
    for result in (a, b):
        if lost := result.ledger.lost:
            yield f"{result.run.id}: {lost} trials lost or abstained; they leave both sides of a pair."
    yield "Two runs are one seed each, unless the seed is what differs: repeat with --seed, or use an experiment."
