"""What a run writes down as it goes: every decision and transition, numbered, stored, told to whoever
watches."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from smena.memory import Memory, State
from smena.store import Store
from smena.trials import Watcher
from smena.values import JSON, Decision, Knowledge, Transition


class Record:
    """One run's page in the store. Numbers follow the order of calls, which follows task ids and the seed."""

    def __init__(self, store: Store, run: str, memory: Memory, watcher: Watcher) -> None:
        self._store, self._run, self._memory, self._watcher = store, run, memory, watcher
        self._decisions = self._transitions = 0

    def proposed(self, item: Knowledge, step: int, decision: int | None = None) -> None:
        """A lesson seen for the first time; ``decision``: the one that gave rise to it, if one did."""
        self._store.put_items(self._run, [item], len(self._memory.items) - 1)
        self._moved(Transition(item.digest, "", "proposed", "", decision_seq=decision, step=step))

    def brought(self, item: Knowledge, state: State, features: Sequence[str], decision: Decision) -> None:
        """An item that another run's memory gave, by the decision that says so."""
        moved = self._memory.bring(item, state, features, 0, self.decision(decision, 0))
        self._store.put_items(self._run, [item], len(self._memory.items) - 1)
        self._moved(moved)

    def move(self, item: Knowledge, after: State, step: int, decision: int | None = None) -> None:
        """Move an item along its lifecycle; ``decision`` is the number of the decision behind it."""
        self._moved(self._memory.move(item.digest, after, step, decision))

    def decision(self, decision: Decision, step: int) -> int:
        """Write a decision down and return its number."""
        number = self._decisions
        self._decisions += 1
        self._store.put_decision(self._run, number, decision, step)
        self._watcher.decision(decision)
        return number

    def mark(self, name: str, value: JSON) -> None:
        """A fact about the run that is no decision: splits, bank, counts."""
        self._store.put_mark(self._run, name, value)

    def memory(self, step: int) -> None:
        """How many items are in which state after this step."""
        counts = self._memory.counts()
        self.mark(f"memory/{step:03}", counts)
        self._watcher.memory(counts)

    def _moved(self, transition: Transition) -> None:
        self._store.put_transition(self._run, msgspec.structs.replace(transition, seq=self._transitions))
        self._transitions += 1
