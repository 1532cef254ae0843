"""Which lessons memory keeps: what arrives in a wave goes through the policy's gates, and moves by their
decisions. What happens to items after that is in `smena.lifecycle`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from smena.causal.gate import Gate
from smena.lifecycle import Lifecycle
from smena.loop import Episode, Jobs, Runner, decide, decision, jobs_of, race
from smena.memory import Memory, applies, similarity
from smena.protocols import Candidate
from smena.record import Record
from smena.setup import Setup
from smena.trials import Activity, Trials, Watcher, drive
from smena.values import JSON, Decision, Knowledge, Split, Task


class PoolTest(NamedTuple):
    """A test on a pool: of one item, or of two in combination. ``key`` names its trials (a digest, with
    ``@round`` when it is not the first), ``name`` its decision, ``facts`` go into the evidence."""

    items: tuple[Knowledge, ...]
    key: str
    name: str
    pool: list[Task]
    facts: Mapping[str, JSON] = MappingProxyType({})
    beside: tuple[Knowledge, ...] = ()
    """What both arms hold."""
    gate: Gate | None = None
    number: int | None = None
    """Which test of the error control it is, from 0."""


class Found(NamedTuple):
    """A test's verdict (the gold audit's, where there was one) and the number of the decision behind it."""

    test: PoolTest
    verdict: str
    number: int


class Curator:
    """Gates on items, side by side; memory changes only after all gates of a round have decided.

    ``train`` and ``holdout`` are the only tasks it has; ``bank`` is p̂₀ of the train tasks."""

    def __init__(
        self,
        setup: Setup,
        trials: Trials,
        jobs: Jobs,
        memory: Memory,
        record: Record,
        watcher: Watcher,
        train: Sequence[Task],
        holdout: Sequence[Task],
        bank: Mapping[str, float],
    ) -> None:
        self.setup, self.memory, self.record, self.watcher = setup, memory, record, watcher
        self._trials, self._jobs = trials, jobs
        self._holdout, self._bank = holdout, bank
        self.arrived: list[Task] = [] if setup.config.stream else list(train)
        """Train tasks that pools may be drawn from: all, or in a stream those that have come."""
        self.queue: list[Knowledge] = []
        """Eligible items that wait for the next wave's screen."""
        self.used: dict[str, set[str]] = defaultdict(set)
        """Tasks that a test of an item has drawn its pool from, by the item's digest."""
        self._rounds: Counter[str] = Counter()
        self._audited: Counter[str] = Counter()
        self._saved = 0
        self._p_values: list[float] = []
        """1/E of every test of gate 2, in the order in which they began."""
        self._waiting: list[PoolTest] = []
        rhythm = getattr(setup.policy, "rhythm", None)
        self._life = Lifecycle(self, rhythm) if rhythm else None

    def wave(self, episodes: Sequence[Episode], step: int) -> None:
        """Screens, then pools, for what a wave brought; then the lifecycle of what was there before."""
        if self.setup.config.stream:
            self.arrived += [done.task for done in episodes]
        arrived = self._arrive(episodes, step)
        self.watcher.phase(f"wave {step}: screening {len(arrived)} eligible lessons", len(arrived))
        passed = self._screen(arrived, step)
        self.watcher.phase(f"wave {step}: {len(passed)} candidates on their pools", len(passed))
        self._confirm(passed, step)
        if self._life:
            self._life.wave(episodes, step)
        self.record.memory(step)

    def _arrive(self, episodes: Sequence[Episode], step: int) -> list[Knowledge]:
        arrived, self.queue = self.queue, []
        for done in episodes:
            for item in done.proposed:
                if self.memory.propose(item, done.task.features):
                    self.record.proposed(item, step)
                eligible = item is done.eligible or not self.setup.policy.needs_transition
                if eligible and self.memory.states[item.digest] == "proposed":
                    self.record.move(item, "eligible", step)
                    arrived.append(item)
        return arrived

    def _screen(self, items: Sequence[Knowledge], step: int) -> list[Knowledge]:
        origins = [self.setup.task("train", item.provenance.task) for item in items]
        tests = [PoolTest((i,), i.digest, "screen", [o]) for i, o in zip(items, origins, strict=True)]
        passed = []
        for item, (_, verdict, number) in zip(items, self.screen(tests, step), strict=True):
            if verdict == "pass":
                self.record.move(item, "candidate", step, number)
                passed.append(item)
            elif self._life and (verdict == "undecided" or self._life.rhythm.screened_out):
                self.record.move(item, "foundational", step, number)
                if verdict == "drop":
                    self._life.alone.add(item.digest)
            elif verdict == "drop":
                self.record.move(item, "rejected", step, number)
        return passed

    def screen(self, tests: Sequence[PoolTest], step: int) -> list[Found]:
        """Gate 1 for each test, on the one task of its pool."""
        activities = []
        for test in tests:
            (origin,) = test.pool
            gate = self.setup.policy.screen(test.key, origin.id)
            places: dict[str, tuple[Split, Task]] = {origin.id: ("train", origin)}
            activities.append(
                decide(
                    self.setup,
                    self._jobs,
                    gate,
                    test.items[0],
                    places,
                    {},
                    purpose(test),
                    arms=arms(test.items),
                    name=test.name,
                    facts=_facts(test),
                )
            )
        return [
            Found(test, decided.verdict, self.record.decision(decided, step))
            for test, decided in zip(tests, drive(self._trials, activities), strict=True)
        ]

    def _confirm(self, items: Sequence[Knowledge], step: int) -> None:
        tests = [PoolTest((item,), item.digest, "confirm", self.pool((item,))) for item in items]
        for test, verdict, number in self.confirm(tests, step, ordered=True):
            (item,) = test.items
            if verdict == "pass":
                self.record.move(item, "trusted", step, number)
            elif verdict == "drop":
                self.record.move(item, "rejected", step, number)
            elif self._life:
                self.record.move(item, "foundational", step, number)
                self._life.alone.add(item.digest)

    def confirm(self, tests: Sequence[PoolTest], step: int, ordered: bool = False) -> list[Found]:
        """Gate 2 for each test; those that pass go to the gold audit, where one is due. ``ordered``: in the
        policy's order of work, if it has one; tests that ran out of the wave's budget wait, and are found in
        a later wave.

        Every test of a wave begins at the level that the saves of earlier waves allow: never too lenient.
        Each test is one in the eyes of the error control, a combination too."""
        opened = [self._open(test) for test in tests]
        order = getattr(self.setup.policy, "order", None)
        if order and ordered:
            opened = [*self._waiting, *opened]
            runners = [self._runner(test) for test in opened]
            self._relevel(opened)
            after = None if self.setup.has_gold else lambda: self._relevel(opened)
            drive(self._trials, [race(self.setup, runners, order.width, order.budget, after)])
            self._waiting = [test for test in opened if _gate(test).verdict is None]
            opened = [test for test in opened if _gate(test).verdict is not None]
            decided = [decision(self.setup, _gate(t), t.items[0], t.name, _facts(t)) for t in opened]
        else:
            decided = drive(self._trials, [self._on_pool(test) for test in opened])
        found = [
            Found(test, told.verdict, self.record.decision(told, step))
            for test, told in zip(opened, decided, strict=True)
        ]
        for test, told in zip(opened, decided, strict=True):
            if test.number is not None:
                self._p_values[test.number] = 1 / max(1.0, float(told.evidence.get("e_value") or 1.0))
            for item in test.items:
                self.used[item.digest] |= {t.id for t in test.pool}
        found = self._gold(found, decided, step)
        for (test, verdict, _), told in zip(found, decided, strict=True):
            if verdict == "pass":
                self._saved += 1
                for item in test.items:
                    self.memory.worth[item.digest] = _worth(told)
        return found

    def _gold(self, found: Sequence[Found], decided: Sequence[Decision], step: int) -> list[Found]:
        """The gold audit at promotion: where the run's verifier is not the oracle and there is one, what
        passes on the verifier's word is judged by ground truth on fresh pairs."""
        audit = getattr(self.setup.policy, "gold", None)
        passed = [i for i, one in enumerate(found) if one.verdict == "pass"]
        result = list(found)
        if not (audit and self.setup.has_gold):
            return result
        asked, activities = [], []
        for i in passed:
            test = found[i].test
            theta = float(decided[i].evidence.get("theta") or 0.0)
            for item in test.items:  # of a combination each, beside the other
                again = self._audited[item.digest]
                self._audited[item.digest] += 1
                key = f"{test.key}/{item.digest}"
                if gate := audit(key, [t.id for t in test.pool], theta, again):
                    others = tuple(one for one in test.items if one is not item)
                    facts = {**test.facts, "of": test.name, "beside": [k.digest for k in others]}
                    gold = PoolTest(
                        (item,), f"{test.key}/{item.digest}", "gold", test.pool, facts, others, gate
                    )
                    asked.append(i)
                    activities.append(self._on_pool(gold))
        for i, told in zip(asked, drive(self._trials, activities), strict=True):
            number = self.record.decision(told, step)
            if result[i].verdict == "pass" or told.verdict == "drop":
                result[i] = Found(found[i].test, told.verdict, number)
        return result

    def _open(self, test: PoolTest) -> PoolTest:
        """The test with its gate."""
        policy, learner = self.setup.policy, self.setup.learner
        make = policy.combine if len(test.items) > 1 else policy.confirm
        candidate = Candidate(
            test.key,
            [t.id for t in test.pool],
            [t.id for t in self._control(test)],
            len(self._holdout),
            min(1.0, sum(learner.cost(item.body) for item in test.items)),
            len(self._p_values),
            self._saved,
        )
        gate = make(candidate)
        if gate.verdict is not None:  # one that is decided before it has asked spends nothing of α
            return test._replace(gate=gate)
        if level := getattr(policy, "level", None):
            level(gate, self._p_values, self._saved)
        self._p_values.append(1.0)  # until it is decided
        return test._replace(gate=gate, number=len(self._p_values) - 1)

    def _relevel(self, tests: Sequence[PoolTest]) -> None:
        """Give tests that are under way the level that saves made since allow: e-LOND lets a test count all
        that are saved before it is decided. (Where a gold audit may yet refuse them, those of this wave do
        not count.)"""
        level = getattr(self.setup.policy, "level", None)
        if level is None:
            return
        saved = self._saved + sum(t.gate is not None and t.gate.verdict == "pass" for t in tests)
        for test in tests:
            if test.gate is not None and test.number is not None and test.gate.verdict is None:
                level(test.gate, self._p_values[: test.number], saved)

    def _control(self, test: PoolTest) -> list[Task]:
        """Held-out tasks on which everything that is tested would be retrieved."""
        features = self.memory.origin(test.items[0])
        return matching(test.items, self._holdout, features)

    def _runner(self, test: PoolTest) -> Runner:
        control = self._control(test)
        places: dict[str, tuple[Split, Task]] = {t.id: ("train", t) for t in test.pool}
        places |= {t.id: ("holdout", t) for t in control}
        k = self.setup.config.retrieve
        trusted = {t.id: self.memory.retrieve(t.features, k, text=self.setup.text(t)) for t in control}
        job = jobs_of(self.setup, self._jobs, _gate(test), places, trusted, arms(test.items, test.beside))
        return Runner(_gate(test), job, purpose(test))

    def _on_pool(self, test: PoolTest) -> Activity[Decision]:
        runner = self._runner(test)
        yield from race(self.setup, [runner], 1, 0)
        return decision(self.setup, runner.gate, test.items[0], test.name, _facts(test))

    def look(self, tests: Sequence[PoolTest], step: int) -> list[tuple[PoolTest, Decision, int]]:
        """Tests that bring their gate and save nothing: revisions."""
        decided = drive(self._trials, [self._on_pool(test) for test in tests])
        for test in tests:
            for item in test.items:
                self.used[item.digest] |= {t.id for t in test.pool}
        numbers = [self.record.decision(told, step) for told in decided]
        return list(zip(tests, decided, numbers, strict=True))

    def key(self, item: Knowledge) -> str:
        """The name of the item's next test after its first: no trial is shared with an earlier one."""
        self._rounds[item.digest] += 1
        return f"{item.digest}@{self._rounds[item.digest]}"

    def pool(self, items: Sequence[Knowledge], fresh: bool = False) -> list[Task]:
        """Train tasks where the items apply and the bank's p̂₀ < γ, without their origins; the nearest to
        the origin first, at most ``pool`` of them. All of it is known before any treated trial runs.
        ``fresh``: only tasks that no pool of the items has had."""
        config = self.setup.config
        out = {item.provenance.task for item in items}
        if fresh:
            out |= {task for item in items for task in self.used[item.digest]}
        found = [t for t in self.arrived if self._bank[t.id] < config.gamma and t.id not in out]
        return matching(items, found, self.memory.origin(items[0]))[: config.pool]


def arms(items: Sequence[Knowledge], beside: Sequence[Knowledge] = ()) -> dict[int, Sequence[Knowledge]]:
    """What each arm holds. Of two items in combination arms 2 and 3 hold one alone."""
    alone = {i: (*beside, item) for i, item in enumerate(items, start=2)} if len(items) > 1 else {}
    return {0: beside, 1: (*beside, *items), **alone}


def matching(items: Sequence[Knowledge], tasks: Sequence[Task], features: Sequence[str]) -> list[Task]:
    """The tasks on which all of the items apply, those with features most like these first."""
    found = [t for t in tasks if all(applies(item.body, set(t.features)) for item in items)]
    return sorted(found, key=lambda t: -similarity(t.features, features))


def purpose(test: PoolTest) -> str:
    """What the trials of a test are for; its first part is the family that a ledger counts it in."""
    family = {
        "revise": "again/revise",
        "revive": "again/revive",
        "revive-screen": "again/revive-screen",
        "reconsider": "again/reconsider",
        "combine-screen": "combine/screen",
        "combine": "combine/pool",
    }
    return f"{family.get(test.name, test.name)}/{test.key}"


def _gate(test: PoolTest) -> Gate:
    assert test.gate is not None
    return test.gate


def _facts(test: PoolTest) -> dict[str, JSON]:
    together = {"items": [item.digest for item in test.items]} if len(test.items) > 1 else {}
    return {**test.facts, **together}


def _worth(decision: Decision) -> float:
    return float(decision.evidence.get("delta_u") or 0.0)
