"""Which lessons memory keeps: what arrives in a wave goes through the policy's gates, and moves by their
decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smena.loop import Episode, Jobs, decide
from smena.memory import Memory, applies, similarity
from smena.record import Record
from smena.setup import Setup
from smena.trials import Activity, Trials, Watcher, drive
from smena.values import Decision, Knowledge, Split, Task


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
        self._setup, self._trials, self._jobs, self._memory = setup, trials, jobs, memory
        self._record, self._watcher = record, watcher
        self._train, self._holdout, self._bank = train, holdout, bank
        self._tested = 0

    def wave(self, episodes: Sequence[Episode], step: int) -> None:
        """Screens, then pools, for what a wave brought."""
        arrived = self._arrive(episodes, step)
        self._watcher.phase(f"wave {step}: screening {len(arrived)} eligible lessons", len(arrived))
        passed = self._screen(arrived, step)
        self._watcher.phase(f"wave {step}: {len(passed)} candidates on their pools", len(passed))
        self._confirm(passed, step)
        self._record.memory(step)

    def _arrive(self, episodes: Sequence[Episode], step: int) -> list[Knowledge]:
        arrived = []
        for done in episodes:
            for item in done.proposed:
                if self._memory.propose(item, done.task.features):
                    self._record.proposed(item, step)
                eligible = item is done.eligible or not self._setup.policy.needs_transition
                if eligible and self._memory.states[item.digest] == "proposed":
                    self._record.move(item, "eligible", step)
                    arrived.append(item)
        return arrived

    def _screen(self, items: Sequence[Knowledge], step: int) -> list[Knowledge]:
        activities = []
        for item in items:
            origin = self._setup.task("train", item.provenance.task)
            gate = self._setup.policy.screen(item.digest, origin.id)
            places: dict[str, tuple[Split, Task]] = {origin.id: ("train", origin)}
            purpose = f"screen/{item.digest}"
            activities.append(decide(self._setup, self._jobs, gate, item, places, {}, purpose))
        passed = []
        for item, decision in zip(items, drive(self._trials, activities), strict=True):
            number = self._record.decision(decision, step)
            if decision.verdict == "pass":
                self._record.move(item, "candidate", step, number)
                passed.append(item)
            elif decision.verdict == "drop":
                self._record.move(item, "rejected", step, number)
        return passed

    def _confirm(self, items: Sequence[Knowledge], step: int) -> None:
        # Every test of a wave is made at the level that the saves of earlier waves allow: never too lenient.
        saved = len(self._memory.within("trusted", "deprecated"))
        activities = [self._on_pool(item, saved) for item in items]
        for item, decision in zip(items, drive(self._trials, activities), strict=True):
            number = self._record.decision(decision, step)
            if decision.verdict == "pass":
                self._memory.worth[item.digest] = _worth(decision)
                self._record.move(item, "trusted", step, number)
            elif decision.verdict == "drop":
                self._record.move(item, "rejected", step, number)

    def _on_pool(self, item: Knowledge, saved: int) -> Activity[Decision]:
        origin = self._setup.task("train", item.provenance.task)
        pool, control = self.pool(item), matching(item, self._holdout, origin)
        places: dict[str, tuple[Split, Task]] = {t.id: ("train", t) for t in pool}
        places |= {t.id: ("holdout", t) for t in control}
        gate = self._setup.policy.confirm(
            item.digest,
            [t.id for t in pool],
            [t.id for t in control],
            len(self._holdout),
            self._setup.learner.cost(item.body),
            self._tested,
            saved,
        )
        if gate.verdict is None:  # one that is decided before it has asked spends nothing of α
            self._tested += 1
        k = self._setup.config.retrieve
        trusted = {t.id: self._memory.retrieve(t.features, k) for t in control}
        return decide(self._setup, self._jobs, gate, item, places, trusted, f"confirm/{item.digest}")

    def pool(self, item: Knowledge) -> list[Task]:
        """Train tasks where the item applies and the bank's p̂₀ < γ, without its origin; the nearest to the
        origin first, at most ``pool`` of them. All of it is known before any treated trial runs."""
        config, origin = self._setup.config, self._setup.task("train", item.provenance.task)
        found = [t for t in self._train if self._bank[t.id] < config.gamma and t.id != origin.id]
        return matching(item, found, origin)[: config.pool]


def matching(item: Knowledge, tasks: Sequence[Task], origin: Task) -> list[Task]:
    """The tasks on which the item applies, those most like its origin first."""
    found = [t for t in tasks if applies(item.body, set(t.features))]
    return sorted(found, key=lambda t: -similarity(t.features, origin.features))


def _worth(decision: Decision) -> float:
    return float(decision.evidence.get("delta_u") or 0.0)
