"""The causal loop, as activities: a Socratic episode on a task [3.1.1–3.3], a gate on an item [3.4, 5.2],
plain measuring.

attempt → verify → gap → K_t → attempt with K_t as the only change → … ; 0→1 makes K_t eligible, never saves
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from smena.audit import audit_decision, planted_decision
from smena.causal.gate import Answer, Ask, Gate
from smena.errors import SmenaError
from smena.executor import Job
from smena.memory import Memory
from smena.setup import Setup
from smena.trials import Activity, Wanted
from smena.values import (
    Attempt,
    Body,
    Decision,
    Example,
    Feedback,
    Gap,
    Knowledge,
    Outcome,
    Provenance,
    Split,
    Task,
    Trial,
    digest,
)
from smena.worker import failed_attempt


class Jobs:
    """Makes trials from intentions. A seed comes from the run's seed, the task, a stream and a replicate:
    two streams share no randomness, and equal intentions are equal trials, in this run and in any other of
    the same seed."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def attempt(
        self, split: Split, task: Task, knowledge: Sequence[Knowledge], stream: str, replicate: int
    ) -> Job:
        digests = tuple(item.digest for item in knowledge)
        trial = self._trial(task, stream, replicate, knowledge=digests)
        return Job(trial, task.id, split, tuple(item.body for item in knowledge), None)

    def lesson(self, split: Split, task: Task, feedback: Feedback, stream: str) -> Job:
        setup = self._setup
        trial = self._trial(task, stream, 0, feedback=digest(feedback))
        trial = msgspec.structs.replace(trial, kind="lesson", learner=setup.teacher_print, judge="")
        return Job(trial, task.id, split, (), feedback)

    def _trial(
        self,
        task: Task,
        stream: str,
        replicate: int,
        knowledge: tuple[str, ...] = (),
        feedback: str | None = None,
    ) -> Trial:
        setup = self._setup
        return Trial(
            env=setup.env_print,
            task=setup.task_digest(task),
            learner=setup.learner_print,
            judge=setup.judge.fingerprint,
            knowledge=knowledge,
            feedback=feedback,
            # 52 bits: JSON readers that know only doubles keep them exact
            seed=int(digest([setup.config.seed, task.id, stream, replicate])[:13], 16),
        )


class Episode(NamedTuple):
    """What came of a task: ``solved_at`` is the number of the first successful attempt (1 = without help; 0
    = never), ``proposed`` every lesson that was tried, ``eligible`` the one that preceded the 0→1, ``lost``
    an infrastructure failure."""

    task: Task
    solved_at: int
    proposed: tuple[Knowledge, ...]
    eligible: Knowledge | None
    lost: bool


def episode(setup: Setup, jobs: Jobs, memory: Memory, task: Task, step: int) -> Activity[Episode]:
    """One train task through the Socratic loop. Only the last lesson and the trusted memory are in sight at
    any attempt."""
    config = setup.config
    purpose = f"train/{step:03}/{task.id}"
    known = memory.retrieve(task.features, config.retrieve)
    (outcome,) = yield [Wanted(purpose, jobs.attempt("train", task, known, "train", 0))]
    proposed: list[Knowledge] = []
    if outcome.y == 1:
        return Episode(task, 1, (), None, False)
    if outcome.status != "ok":
        return Episode(task, 0, (), None, True)

    failed = failed_attempt(outcome)
    feedback = Feedback(_gap(setup, task, failed), failed)
    (taught,) = yield [Wanted(purpose, jobs.lesson("train", task, feedback, "teach"))]
    for number, item in enumerate(
        _lessons(setup, task, taught, failed, known)[: config.attempts - 1], start=2
    ):
        (outcome,) = yield [Wanted(purpose, jobs.attempt("train", task, [*known, item], "train", number - 1))]
        if outcome.status != "ok":
            return Episode(task, 0, tuple(proposed), None, True)
        proposed.append(item)
        if outcome.y == 1:
            return Episode(task, number, tuple(proposed), item, False)
    return Episode(task, 0, tuple(proposed), None, False)


def _gap(setup: Setup, task: Task, failed: Attempt) -> Gap:
    return setup.env.gap(task, failed)


def _lessons(
    setup: Setup, task: Task, taught: Outcome, failed: Attempt, known: Sequence[Knowledge]
) -> list[Knowledge]:
    """The teacher's ladder as knowledge items; what would give the answer away, or is in sight already, is
    left out."""
    own = getattr(setup.env, "example", None)
    example = own(task, failed) if own else Example(task.view, None, failed.answer)
    seen = {item.digest for item in known}
    items = []
    for lesson in taught.output or ():
        body: Body = msgspec.convert(lesson["body"], Body)
        item = Knowledge(body, (example,), Provenance(task.id, lesson["rung"], setup.teacher_print))
        if item.digest not in seen and not setup.leaks(task, body):
            seen.add(item.digest)
            items.append(item)
    return items


def decide(
    setup: Setup,
    jobs: Jobs,
    gate: Gate,
    item: Knowledge,
    places: Mapping[str, tuple[Split, Task]],
    trusted: Mapping[str, Sequence[Knowledge]],
    purpose: str,
) -> Activity[Decision]:
    """Drive a gate to its verdict. ``places``: where a task id of the gate is found; ``trusted``: what
    memory gives there."""

    def job(ask: Ask) -> Job:
        place = places.get(ask.task)
        if place is None or place[0] == "audit":
            raise SmenaError(
                f"gate {gate.name!r} of policy {setup.config.policy!r} asked for task {ask.task!r}, which it "
                "was not given: gates see the origin, their pool and control tasks, never the audit split"
            )
        split, task = place
        context = (
            [k for k in trusted.get(ask.task, ()) if k.digest != item.digest]
            if ask.context == "trusted"
            else []
        )
        return jobs.attempt(split, task, [*context, item] if ask.arm else context, ask.stream, ask.replicate)

    broken: list[tuple[str, str, str, int]] = []
    while gate.verdict is None:
        asks = gate.ask()
        outcomes = yield [Wanted(purpose, job(ask)) for ask in asks]
        changed = changed_versions(asks, outcomes)
        broken += sorted(changed)
        gate.tell(
            [
                Answer(ask, ok=False) if _cell(ask) in changed else _answer(ask, outcome)
                for ask, outcome in zip(asks, outcomes, strict=True)
            ]
        )
    if broken:
        gate.evidence["model_changed"] = [" ".join(map(str, cell)) for cell in broken]
    return Decision(item.digest, gate.name, setup.config.policy, gate.verdict, dict(gate.evidence))


def _cell(ask: Ask) -> tuple[str, str, str, int]:
    """What the arms of a comparison have in common."""
    return ask.task, ask.stream, ask.context, ask.replicate


def changed_versions(asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> set[tuple[str, str, str, int]]:
    """Comparisons whose arms were answered by different versions of a model: they compare the versions too,
    and count for nothing."""
    versions: dict[tuple[str, str, str, int], set[tuple[str, str]]] = {}
    for ask, outcome in zip(asks, outcomes, strict=True):
        if outcome.usage is not None and outcome.status == "ok":
            versions.setdefault(_cell(ask), set()).add((outcome.usage.version, outcome.usage.fingerprint))
    return {cell for cell, seen in versions.items() if len(seen) > 1 or ("several", "several") in seen}


def _answer(ask: Ask, outcome: Outcome) -> Answer:
    if outcome.status != "ok" or outcome.y is None or outcome.reward is None:
        return Answer(ask, ok=False)
    return Answer(ask, True, outcome.y, outcome.reward, digest(outcome.output))


def measure(wanted: Sequence[Wanted]) -> Activity[Sequence[Outcome]]:
    """Trials that nothing depends on: a bank, a held-out accuracy, an audit arm."""
    if not wanted:
        return ()
    outcomes = yield wanted
    return outcomes


def audit(
    setup: Setup, jobs: Jobs, item: Knowledge, tasks: Sequence[Task], repeats: int
) -> Activity[Decision]:
    """The planted effect where it is known; else both arms on audit tasks: each item has its own baseline
    trials, so that one lucky draw does not label many items."""
    planted = setup.truth(item.body, tasks)
    if planted is not None:
        return planted_decision(item.digest, planted, [task.id for task in tasks], setup.config.policy)
    arms: list[list[Wanted]] = [
        [
            Wanted(
                f"audit/{item.digest}/{arm}", jobs.attempt("audit", task, known, f"audit/{item.digest}", i)
            )
            for task in tasks
            for i in range(repeats)
        ]
        for arm, known in enumerate(([], [item]))
    ]
    outcomes: Sequence[Outcome] = ()
    if tasks:
        outcomes = yield [*arms[0], *arms[1]]
    rewards = [outcome.reward for outcome in outcomes]
    chunks = [rewards[i : i + repeats] for i in range(0, len(rewards), repeats)]
    pairs = zip(tasks, chunks[: len(tasks)], chunks[len(tasks) :], strict=True)
    arms_by_task = [(task.id, base, treated) for task, base, treated in pairs]
    return audit_decision(item.digest, arms_by_task, setup.config.policy)
