"""What a run's memory holds: items, each in a state of its lifecycle, and what is retrieved for a task.

    proposed → eligible → candidate → trusted → deprecated → (trusted | collected)

A state changes only by a transition that names the decision behind it; memory is the fold of its transitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from smena.values import Body, Channel, Knowledge, Pattern, Transition

State = Literal["proposed", "eligible", "candidate", "trusted", "deprecated", "rejected", "collected"]

CHANNEL_OF: dict[State, Channel | None] = {
    "proposed": None,
    "eligible": None,
    "candidate": "candidate",
    "trusted": "trusted",
    "deprecated": "deprecated",
    "rejected": None,
    "collected": None,
}
"""The retrieval channel of a state; None: not in memory (yet, or any more)."""

NEXT: dict[State, tuple[State, ...]] = {
    "proposed": ("eligible",),
    "eligible": ("candidate", "rejected"),
    "candidate": ("trusted", "rejected", "deprecated"),
    "trusted": ("deprecated",),
    "deprecated": ("trusted", "collected"),
    "rejected": (),
    "collected": (),
}


class Memory:
    """Items in the order they came, with their states. Mutable, single-threaded, rebuilt from transitions."""

    def __init__(self) -> None:
        self.items: dict[str, Knowledge] = {}
        self.states: dict[str, State] = {}
        self.worth: dict[str, float] = {}
        """Estimated ΔU of an item, 0 while unknown; ranks retrieval among equally similar ones."""
        self._origins: dict[str, list[tuple[str, ...]]] = {}

    def propose(self, item: Knowledge, features: Sequence[str] = ()) -> bool:
        """Take a lesson in, with the features of the task it was learned on. False when the same body is
        known already: then the task is one more origin."""
        self._origins.setdefault(item.digest, []).append(tuple(features))
        if item.digest in self.items:
            return False
        self.items[item.digest] = item
        self.states[item.digest] = "proposed"
        return True

    def move(self, item: str, after: State, step: int, decision: int | None = None) -> Transition:
        before = self.states[item]
        if after not in NEXT[before]:
            raise ValueError(f"item {item}: {before} → {after} is not a step of the lifecycle")
        self.states[item] = after
        return Transition(item, before, after, CHANNEL_OF[after] or "", decision_seq=decision, step=step)

    def within(self, *states: State) -> list[Knowledge]:
        return [self.items[d] for d, state in self.states.items() if state in states]

    def counts(self) -> dict[str, int]:
        """Number of items by state, states without items left out."""
        found: dict[str, int] = {}
        for state in self.states.values():
            found[state] = found.get(state, 0) + 1
        return found

    def retrieve(
        self, features: Sequence[str], k: int, items: Iterable[Knowledge] | None = None
    ) -> list[Knowledge]:
        """At most k items whose triggers all hold, those learned on similar tasks first (similarity summed
        over an item's origins), then the more useful, then the older.

        ``items``: the trusted ones unless given."""
        pool = self.within("trusted") if items is None else items
        held = set(features)
        matching = [item for item in pool if applies(item.body, held)]

        def rank(item: Knowledge) -> tuple[float, float]:
            near = sum(similarity(features, origin) for origin in self._origins[item.digest])
            return -near, -self.worth.get(item.digest, 0.0)

        return sorted(matching, key=rank)[:k]


def similarity(a: Sequence[str], b: Sequence[str]) -> float:
    """Jaccard index of two tasks' features: 1 for equal ones, 0 for nothing in common."""
    left, right = set(a), set(b)
    return len(left & right) / max(1, len(left | right))


def triggers(body: Body) -> tuple[str, ...]:
    """Facts have none."""
    return () if not hasattr(body, "triggers") else body.triggers


def applies(body: Body, features: set[str]) -> bool:
    """Would this body be retrieved for a task with these features?"""
    return features.issuperset(triggers(body))


def title(body: Body) -> str:
    """A few words for people."""
    match body:
        case Pattern(name=name):
            return name
        case _ if hasattr(body, "name"):
            return f"not: {body.name}"
        case _:
            return f"{body.entity}.{body.attribute} = {body.value}"
