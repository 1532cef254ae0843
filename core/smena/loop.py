"""The causal loop, as activities: a Socratic episode on a task [3.1.1–3.3], a gate on an item [3.4, 5.2],
plain measuring.

attempt → verify → gap → K_t → attempt with K_t as the only change → … ; 0→1 makes K_t eligible, never saves
it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from smena.audit import audit_decision, planted_decision
from smena.causal.gate import Answer, Ask, Gate
from smena.causal.order import upper_confidence
from smena.errors import SmenaError
from smena.executor import Job
from smena.judge import GOLD
from smena.memory import Memory
from smena.setup import Setup
from smena.trials import Activity, Wanted
from smena.values import (
    JSON,
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
        # what a calibration has seen is no evidence for the runs that it sets up
        self._seed = [setup.config.seed, *(["calibration"] if setup.config.calibrate else [])]

    def attempt(
        self,
        split: Split,
        task: Task,
        knowledge: Sequence[Knowledge],
        stream: str,
        replicate: int,
        gold: bool = False,
    ) -> Job:
        """``gold``: ground truth judges it too, under score ``gold``; the verifiers' word stays what counts."""
        digests = tuple(item.digest for item in knowledge)
        trial = self._trial(task, stream, replicate, knowledge=digests)
        if gold:
            trial = msgspec.structs.replace(trial, judge=trial.judge + GOLD)
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
            seed=int(digest([*self._seed, task.id, stream, replicate])[:13], 16),
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
    known = memory.retrieve(task.features, config.retrieve, text=setup.text(task))
    (outcome,) = yield [Wanted(purpose, jobs.attempt("train", task, known, "train", 0))]
    proposed: list[Knowledge] = []
    if outcome.y == 1:
        return Episode(task, 1, (), None, False)
    if outcome.status != "ok":
        return Episode(task, 0, (), None, True)

    failed = failed_attempt(outcome)
    feedback = Feedback(_gap(setup, task, failed), failed)
    (taught,) = yield [Wanted(purpose, jobs.lesson("train", task, feedback, "teach"))]
    lessons = _lessons(setup, task, taught, failed, known)[: config.attempts - 1]
    cold = memory.cold(task.features)
    if cold and len(lessons) < config.attempts - 1 and cold.digest not in {k.digest for k in lessons}:
        lessons.append(cold)  # minimal retrieval weight: tried last, alone, where an attempt is left
    for number, item in enumerate(lessons, start=2):
        (outcome,) = yield [Wanted(purpose, jobs.attempt("train", task, [*known, item], "train", number - 1))]
        if outcome.status != "ok":
            return Episode(task, 0, tuple(proposed), None, True)
        proposed.append(item)
        if outcome.y == 1:
            return Episode(task, number, tuple(proposed), item, False)
    return Episode(task, 0, tuple(proposed), None, False)


def _gap(setup: Setup, task: Task, failed: Attempt) -> Gap:
    with setup.blamed(f"gap() of task {task.id!r}"):
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
    arms: Mapping[int, Sequence[Knowledge]] | None = None,
    name: str = "",
    facts: Mapping[str, JSON] | None = None,
) -> Activity[Decision]:
    """Drive a gate to its verdict. ``places``: where a task id of the gate is found; ``trusted``: what
    memory gives there; ``arms``: the items of each arm (nothing, and the item, unless given); ``name``: of
    the decision, if not the gate's; ``facts``: what else belongs to its evidence."""
    job = jobs_of(setup, jobs, gate, places, trusted, arms or {0: (), 1: (item,)})
    while gate.verdict is None:
        asks = gate.ask()
        outcomes = yield [Wanted(purpose, job(ask)) for ask in asks]
        tell(setup, gate, asks, outcomes)
    return decision(setup, gate, item, name, facts)


class Runner(NamedTuple):
    """A gate in a race: who turns its asks into jobs, and what for."""

    gate: Gate
    job: Callable[[Ask], Job]
    purpose: str


def race(
    setup: Setup,
    runners: Sequence[Runner],
    width: int,
    budget: int,
    after_round: Callable[[], None] | None = None,
) -> Activity[None]:
    """Batches of pairs go to the ``width`` gates that look best, until all have decided or ``budget`` trials
    are spent; who has not decided by then waits, and goes on from there in a later race.

    Looks best: largest upper confidence bound of the mean difference. The order may depend on all outcomes:
    each gate's evidence stays an e-process whoever decides when it gets its next pair."""
    spent = 0
    while waiting := [r for r in runners if r.gate.verdict is None]:
        if budget and spent >= budget:
            return
        standing = np.array([getattr(r.gate, "standing", (0, 0.0, 0.0)) for r in waiting])
        scores = upper_confidence(*standing.T)
        chosen = [waiting[i] for i in np.argsort(-scores, kind="stable")[:width]]
        asks = [r.gate.ask() for r in chosen]
        outcomes = yield [
            Wanted(r.purpose, r.job(ask)) for r, own in zip(chosen, asks, strict=True) for ask in own
        ]
        spent += len(outcomes)
        at = 0
        for r, own in zip(chosen, asks, strict=True):
            tell(setup, r.gate, own, outcomes[at : at + len(own)])
            at += len(own)
        if after_round:
            after_round()


def decision(
    setup: Setup, gate: Gate, item: Knowledge, name: str = "", facts: Mapping[str, JSON] | None = None
) -> Decision:
    """What a gate that has decided says of the item."""
    assert gate.verdict is not None
    verdict, evidence = gate.verdict, {**gate.evidence, **(facts or {})}
    if verdict == "pass" and (doubt := setup.judge.doubt(gate)):
        verdict, evidence = "undecided", evidence | {"abstained": doubt}
    return Decision(item.digest, name or gate.name, setup.config.policy, verdict, evidence)


def jobs_of(
    setup: Setup,
    jobs: Jobs,
    gate: Gate,
    places: Mapping[str, tuple[Split, Task]],
    trusted: Mapping[str, Sequence[Knowledge]],
    arms: Mapping[int, Sequence[Knowledge]],
) -> Callable[[Ask], Job]:
    """Turns a gate's asks into jobs; refuses what the gate was not given."""
    tested = {item.digest for given in arms.values() for item in given}

    def job(ask: Ask) -> Job:
        place = places.get(ask.task)
        if place is None or place[0] == "audit":
            raise SmenaError(
                f"gate {gate.name!r} of policy {setup.config.policy!r} asked for task {ask.task!r}, which it "
                "was not given: gates see the origin, their pool and control tasks, never the audit split"
            )
        split, task = place
        context: list[Knowledge] = []
        if ask.context == "trusted":
            context = [k for k in trusted.get(ask.task, ()) if k.digest not in tested]
        known = [*context, *arms[ask.arm]]
        return jobs.attempt(split, task, known, ask.stream, ask.replicate, ask.gold)

    return job


def tell(setup: Setup, gate: Gate, asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> None:
    """Tell a gate what came of its asks. An output is ``cached`` where the learner says that seeds do not
    matter to it (``deterministic``), or that it has not thought anew (``cached`` in its trace). Pairs whose
    arms were answered by different versions of a model count for nothing, and are named in the evidence."""
    setup.judge.hear(gate, outcomes)
    frozen = bool(getattr(setup.learner, "deterministic", False))
    changed = changed_versions(asks, outcomes)
    broken = [
        *gate.evidence.get("model_changed", ()),
        *(" ".join(map(str, cell)) for cell in sorted(changed)),
    ]
    gate.tell(
        [
            Answer(ask, ok=False) if _cell(ask) in changed else _answer(ask, outcome, frozen)
            for ask, outcome in zip(asks, outcomes, strict=True)
        ]
    )
    if broken:
        gate.evidence["model_changed"] = broken


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


def _answer(ask: Ask, outcome: Outcome, frozen: bool) -> Answer:
    gold = outcome.scores.get("gold")
    if outcome.status != "ok" or outcome.y is None or outcome.reward is None or (ask.gold and gold is None):
        return Answer(ask, ok=False)
    told = outcome.trace.get("learner") if isinstance(outcome.trace, dict) else None
    cached = frozen or (isinstance(told, dict) and told.get("cached") is True)
    return Answer(ask, True, outcome.y, outcome.reward, digest(outcome.output), cached, gold)


def measure(wanted: Sequence[Wanted]) -> Activity[Sequence[Outcome]]:
    """Trials that nothing depends on: a bank, a held-out accuracy, an audit arm."""
    if not wanted:
        return ()
    outcomes = yield wanted
    return outcomes


def audit(
    setup: Setup,
    jobs: Jobs,
    item: Knowledge,
    tasks: Sequence[Task],
    repeats: int,
    beside: Sequence[Knowledge] = (),
) -> Activity[Decision]:
    """The planted effect where it is known; else both arms on audit tasks: each item has its own baseline
    trials, so that one lucky draw does not label many items. Ground truth judges them where the environment
    has it; ``beside``: what both arms hold, for an item that was saved in combination."""
    planted = setup.truth(item.body, tasks, [k.body for k in beside])
    if planted is not None:
        return planted_decision(item.digest, planted, [task.id for task in tasks], setup.config.policy)
    arms: list[list[Wanted]] = [
        [
            Wanted(
                f"audit/{item.digest}/{arm}",
                jobs.attempt("audit", task, known, f"audit/{item.digest}", i, setup.has_gold),
            )
            for task in tasks
            for i in range(repeats)
        ]
        for arm, known in enumerate((beside, [*beside, item]))
    ]
    outcomes: Sequence[Outcome] = ()
    if tasks:
        outcomes = yield [*arms[0], *arms[1]]
    rewards = [o.scores.get("gold") if setup.has_gold else o.reward for o in outcomes]
    chunks = [rewards[i : i + repeats] for i in range(0, len(rewards), repeats)]
    pairs = zip(tasks, chunks[: len(tasks)], chunks[len(tasks) :], strict=True)
    arms_by_task = [(task.id, base, treated) for task, base, treated in pairs]
    return audit_decision(item.digest, arms_by_task, setup.config.policy)
