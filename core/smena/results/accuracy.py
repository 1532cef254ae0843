"""Accuracy: on train tasks while learning, and on held-out tasks in three arms. Pure functions of trials'
uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from smena.results.estimates import Estimate, clustered, mean, missing, paired, share
from smena.results.figures import Arm, HeldOut, Learning, StepAccuracy, Wave
from smena.store.records import Use


class Told(NamedTuple):
    """An episode: ``solved_at`` as in :class:`smena.loop.Episode`, with what it cost."""

    solved_at: int
    lost: bool
    cost: float


def learning(uses: Iterable[Use], attempts: int) -> Learning:
    """The learning curve from the trials of purpose ``train/STEP/TASK``; lost episodes count nowhere."""
    episodes: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        episodes[use.purpose].append(use)
    by_step: dict[int, list[Told]] = defaultdict(list)
    for purpose, trials in sorted(episodes.items()):
        by_step[int(purpose.split("/", 2)[1])].append(_told(trials))
    seen: list[Told] = []
    waves = []
    for step, wave in sorted(by_step.items()):
        judged = [told for told in wave if not told.lost]
        seen += judged
        counts = tuple(sum(told.solved_at == k for told in judged) for k in range(1, attempts + 1))
        waves.append(Wave(step, len(judged), len(wave) - len(judged), counts, *_acc(judged), *_acc(seen)))
    solved = [told for told in seen if told.solved_at]
    why = "no train task was solved"
    return Learning(
        attempts,
        tuple(waves),
        *_acc(seen),
        t_success=mean([float(told.solved_at) for told in solved], "solved tasks", why),
        c_success=mean([told.cost for told in solved], "solved tasks", why),
    )


def _told(trials: Sequence[Use]) -> Told:
    attempts = [t for t in sorted(trials, key=lambda t: t.position) if t.kind == "attempt"]
    solved_at = next((k for k, t in enumerate(attempts, start=1) if t.y == 1), 0)
    lost = any(t.status != "ok" for t in attempts)
    return Told(solved_at, lost and not solved_at, sum(t.cost for t in trials))


def _acc(told: Sequence[Told]) -> tuple[Estimate, Estimate]:
    """Acc@1 and Acc@N."""
    why = "no train task was judged"
    first, ever = sum(t.solved_at == 1 for t in told), sum(t.solved_at > 0 for t in told)
    return share(first, len(told), "tasks", why=why), share(ever, len(told), "tasks", why=why)


Cells = Mapping[str, Mapping[tuple[str, int], Use]]
"""Purpose → (task, position) → trial. Two arms with the same cell are a pair: same task, same seed."""


def held_out(uses: Iterable[Use], repeats: int) -> HeldOut:
    """Accuracy from the trials of purpose ``eval/ARM/STEP``; repeats are averaged within a task, tasks are
    the units."""
    cells: dict[str, dict[tuple[str, int], Use]] = defaultdict(dict)
    for use in uses:
        cells[use.purpose][use.task, use.position] = use
    steps = sorted(purpose for purpose in cells if purpose.startswith("eval/trusted/"))
    alls = sorted(purpose for purpose in cells if purpose.startswith("eval/all/"))
    none, last = "eval/trusted/000", steps[-1] if steps else "eval/trusted/000"
    everything = alls[-1] if alls else "eval/all"
    same_step = everything.rpartition("/")[2] == last.rpartition("/")[2]
    late = "the arms are not from the same step: the run is unfinished"
    nothing_learned = last == none

    def difference(arm: str, base: str, comparable: bool = True) -> Estimate:
        if not comparable:
            return missing(late)
        return paired(_differences(cells, base, arm))

    return HeldOut(
        repeats,
        _arm("no memory", none, cells, repeats),
        _arm("everything saved", everything, cells, repeats),
        Arm("trusted memory", last, missing("no step is finished"))
        if nothing_learned
        else _arm("trusted memory", last, cells, repeats),
        missing("no step is finished") if nothing_learned else difference(last, none),
        difference(last, everything, same_step and not nothing_learned),
        difference(everything, none),
        tuple(_step(purpose, cells, repeats) for purpose in steps),
    )


def arm_accuracy(uses: Iterable[Use], purpose: str, repeats: int) -> Estimate:
    """Held-out accuracy of one arm."""
    tasks = _by_task(u for u in uses if u.purpose == purpose)
    return clustered([sum(ys) / len(ys) for ys in tasks.values()], repeats, "not measured")


def against(uses: Iterable[Use], base: str, arm: str) -> Estimate:
    """The paired difference of two arms."""
    cells: dict[str, dict[tuple[str, int], Use]] = defaultdict(dict)
    for use in uses:
        cells[use.purpose][use.task, use.position] = use
    return paired(_differences(cells, base, arm))


def _arm(name: str, purpose: str, cells: Cells, repeats: int) -> Arm:
    trials = list(cells.get(purpose, {}).values())
    tasks = _by_task(trials)
    return Arm(
        name,
        purpose,
        clustered([sum(ys) / len(ys) for ys in tasks.values()], repeats, "not measured"),
        trials=len(trials),
        lost=sum(t.status != "ok" for t in trials),
        informed=len({t.task for t in trials if t.informed}),
    )


def _step(purpose: str, cells: Cells, repeats: int) -> StepAccuracy:
    arm = _arm("", purpose, cells, repeats)
    return StepAccuracy(int(purpose.rpartition("/")[2]), arm.accuracy, arm.informed)


def _by_task(trials: Iterable[Use]) -> dict[str, list[int]]:
    tasks: dict[str, list[int]] = defaultdict(list)
    for trial in sorted(trials, key=lambda t: (t.task, t.position)):
        if trial.status == "ok" and trial.y is not None:
            tasks[trial.task].append(trial.y)
    return tasks


def _differences(cells: Cells, base: str, arm: str) -> list[float]:
    """Per task the mean of y(arm) − y(base) over the cells judged in both: a lost trial leaves both arms."""
    tasks: dict[str, list[int]] = defaultdict(list)
    for cell, treated in sorted(cells.get(arm, {}).items()):
        other = cells.get(base, {}).get(cell)
        if (
            other is not None
            and other.status == treated.status == "ok"
            and other.y is not None
            and treated.y is not None
        ):
            tasks[cell[0]].append(treated.y - other.y)
    return [sum(ds) / len(ds) for ds in tasks.values()]
