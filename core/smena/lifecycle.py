"""What happens to items after their first verdict [3.5, 6.2, 6.4]: revision, revival, combination,
collection.

A wave at a time, after its gates: deprecated items that showed themselves useful again are tested anew; what
has been trusted for long is revised, and deprecated if it is refuted; foundational items are tested again and
in pairs; what stays cold too long is collected. Which items, on which tasks, in which order: all functions of
earlier outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from smena.causal.pairs import shuffled
from smena.loop import Episode
from smena.memory import similarity, triggers
from smena.protocols import Rhythm
from smena.values import Antipattern, Decision, Knowledge, Pattern, Provenance, Task

if TYPE_CHECKING:
    from smena.curate import Curator, PoolTest

LONG_AGO, NEVER = -(10**6), 10**6
TEACHER = "smena: revision"


class Lifecycle:
    """The clock is the number of the wave. ``rhythm`` is the policy's."""

    def __init__(self, curator: Curator, rhythm: Rhythm) -> None:
        self._bench, self.rhythm = curator, rhythm
        self._memory, self._record = curator.memory, curator.record
        brought = self._memory.states
        self._looked = {d: LONG_AGO for d, state in brought.items() if state == "trusted"}
        """Step at which a trusted or foundational item was last looked at; what was brought is due at
        once."""
        self._since: dict[str, int] = {}
        """Step since which an item is foundational, or deprecated and not reactivated."""
        self._tried: set[frozenset[str]] = set()
        self.alone: set[str] = set()
        """Items that a gate has judged alone, beyond an undecided screen: only they are tried in pairs."""

    def wave(self, episodes: Sequence[Episode], step: int) -> None:
        self._notice(step)
        self._revive(episodes, step)
        self._revise(step)
        self._reconsider(step)
        self._combine(step)
        self._notice(step)
        self._collect(step)

    def _notice(self, step: int) -> None:
        for item in self._memory.within("trusted", "foundational"):
            self._looked.setdefault(item.digest, step)
        for item in self._memory.within("deprecated", "foundational"):
            self._since.setdefault(item.digest, step)

    def _due(self, state: str, step: int) -> list[Knowledge]:
        every = self.rhythm.revise
        items = self._memory.within(state)  # type: ignore[arg-type]
        return [item for item in items if every and step - self._looked[item.digest] >= every]

    def _revise(self, step: int) -> None:
        """Counterfactual refutation of what is trusted: on tasks that no test of the item has had, where
        there are enough; else on its pool, with trials of its own."""
        due = self._due("trusted", step)
        self._bench.watcher.phase(f"wave {step}: revision of {len(due)} trusted lessons", len(due))
        tests = []
        for item in due:
            fresh = self._bench.pool((item,), fresh=True)
            enough = len(fresh) >= self.rhythm.tasks
            test = self._test((item,), "revise", fresh if enough else self._bench.pool((item,)))
            gate = self._bench.setup.policy.revise(
                test.key, [t.id for t in test.pool], self._bench.setup.learner.cost(item.body)
            )
            beside = tuple(self._memory.beside(item))
            facts = {**test.facts, "new_tasks": enough, "beside": [k.digest for k in beside]}
            tests.append(test._replace(gate=gate, beside=beside, facts=facts))
        for test, decided, number in self._bench.look(tests, step):
            (item,) = test.items
            self._looked[item.digest] = step
            if decided.verdict == "drop":
                self._record.move(item, "deprecated", step, number)
                self._warn(item, decided, step, number)

    def _warn(self, item: Knowledge, decided: Decision, step: int, number: int) -> None:
        """A refuted item that reproduces a failure mode becomes an antipattern, which has yet to prove
        itself: it is screened with the next wave."""
        found = antipattern(item, decided)
        if found is None:
            return
        task = self._bench.setup.task("train", found.provenance.task)
        if self._memory.propose(found, task.features):
            self._record.proposed(found, step, number)
            self._record.move(found, "eligible", step, number)
            self._bench.queue.append(found)

    def _revive(self, episodes: Sequence[Episode], step: int) -> None:
        """A deprecated item that preceded a 0→1 on a task new to it is screened there; if it passes, the
        window begins again and it is tested on a pool of new tasks: positive uplift, repeated."""
        screens = []
        for done in episodes:
            item = done.eligible
            if item is None or self._memory.states.get(item.digest) != "deprecated":
                continue
            known = self._bench.used[item.digest] | {self._memory.items[item.digest].provenance.task}
            if done.task.id not in known:
                mine = self._memory.items[item.digest]
                screens.append(self._test((mine,), "revive-screen", [done.task]))
                self._bench.used[item.digest].add(done.task.id)
        tests: list[PoolTest] = []
        for test, verdict, _ in self._bench.screen(screens, step):
            (item,) = test.items
            if verdict == "pass" and item.digest not in {t.items[0].digest for t in tests}:
                self._since[item.digest] = step
                tests.append(self._test((item,), "revive", self._bench.pool((item,), fresh=True)))
        for test, verdict, number in self._bench.confirm(tests, step):
            if verdict == "pass":
                (item,) = test.items
                self._record.move(item, "trusted", step, number)
                self._looked[item.digest] = step
                self._since.pop(item.digest, None)

    def _reconsider(self, step: int) -> None:
        """Foundational items once more alone: their pools may have grown, and luck is drawn anew. One that
        is refuted alone is left to combinations."""
        due = self._due("foundational", step)
        tests = [self._test((item,), "reconsider", self._bench.pool((item,))) for item in due]
        for test, verdict, number in self._bench.confirm(tests, step):
            (item,) = test.items
            self.alone.add(item.digest)
            self._looked[item.digest] = NEVER if verdict == "drop" else step
            if verdict == "pass":
                self._record.move(item, "trusted", step, number)
                self._since.pop(item.digest, None)

    def _combine(self, step: int) -> None:
        """Pairs of foundational items: both against neither on an origin, then both against neither and
        against each alone on a pool."""
        screens, tests = [], []
        for pair in self._pairs():
            pool = self._bench.pool(pair)
            origin = self._origin(pair)
            if origin is None and len(pool) > self.rhythm.tasks:
                origin, *pool = pool
            if origin is not None and len(pool) >= self.rhythm.tasks:
                screens.append(self._test(pair, "combine-screen", [origin]))
                tests.append(self._test(pair, "combine", pool))
        self._bench.watcher.phase(f"wave {step}: {len(screens)} combinations", len(screens))
        passed = [
            test
            for test, (_, verdict, _) in zip(tests, self._bench.screen(screens, step), strict=True)
            if verdict == "pass"
        ]
        for test, verdict, number in self._bench.confirm(passed, step):
            if verdict == "pass":
                first, second = test.items
                self._memory.join(first.digest, second.digest)
                for item in test.items:
                    if self._memory.states[item.digest] == "foundational":
                        self._record.move(item, "trusted", step, number)
                        self._looked[item.digest] = step
                        self._since.pop(item.digest, None)

    def _pairs(self) -> list[tuple[Knowledge, Knowledge]]:
        """New pairs to try: those of the most similar origins first, then the older."""
        found = []
        waits = bool(self.rhythm.revise)  # for its turn alone
        ready = [i for i in self._memory.within("foundational") if i.digest in self.alone or not waits]
        for pair in combinations(ready, 2):
            if frozenset(item.digest for item in pair) not in self._tried and self._bench.pool(pair):
                found.append(pair)
        near = sorted(found, key=lambda p: -similarity(self._memory.origin(p[0]), self._memory.origin(p[1])))
        chosen = near[: self.rhythm.combine]
        self._tried |= {frozenset(item.digest for item in pair) for pair in chosen}
        return chosen

    def _origin(self, pair: tuple[Knowledge, Knowledge]) -> Task | None:
        """The origin of one of the two, if the other applies there."""
        arrived = {t.id: t for t in self._bench.arrived}
        for one, other in (pair, pair[::-1]):
            task = arrived.get(one.provenance.task)
            if task and set(task.features).issuperset(triggers(other.body)):
                return task
        return None

    def _collect(self, step: int) -> None:
        """What stayed cold for a window is collected: out of memory, in the store, and in an export."""
        for state, window in (("deprecated", self.rhythm.window), ("foundational", self.rhythm.horizon)):
            for item in self._memory.within(state):  # type: ignore[arg-type]
                if window and step - self._since[item.digest] >= window:
                    self._record.move(item, "collected", step)
                    del self._since[item.digest]

    def _test(self, items: tuple[Knowledge, ...], name: str, pool: list[Task]) -> PoolTest:
        from smena.curate import PoolTest

        key = self._bench.key(items[0]) if len(items) == 1 else "+".join(item.digest for item in items)
        return PoolTest(items, key, name, pool)


def antipattern(item: Knowledge, refuted: Decision) -> Knowledge | None:
    """What a refuted pattern warns of, if its revision found a failure mode: its steps fail where its
    triggers hold. Learned on the task that failed most often with it."""
    failed: dict[str, int] = refuted.evidence.get("failed_tasks") or {}
    if not (isinstance(item.body, Pattern) and failed and refuted.evidence.get("failure_mode")):
        return None
    body = Antipattern(
        item.body.name, item.body.triggers, "tasks that are solved without it fail with it", item.body.steps
    )
    worst = max(shuffled(item.digest, failed), key=lambda task: failed[task])
    return Knowledge(body, item.examples, Provenance(worst, "refutation", TEACHER))
