"""What a run's memory holds: items, each in a state of its lifecycle, and what is retrieved for a task.

    proposed → eligible → candidate → trusted → deprecated → (trusted | collected)
                  └→ foundational ←┘    (what a gate could not decide; → trusted | collected)

A state changes only by a transition that names the decision behind it; memory is the fold of its transitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from smena.similarity import Likeness, likeness, text_of
from smena.values import Body, Channel, Knowledge, Pattern, Transition

State = Literal[
    "proposed", "eligible", "candidate", "foundational", "trusted", "deprecated", "rejected", "collected"
]

CHANNEL_OF: dict[State, Channel | None] = {
    "proposed": None,
    "eligible": None,
    "candidate": "candidate",
    "foundational": "foundational",
    "trusted": "trusted",
    "deprecated": "deprecated",
    "rejected": None,
    "collected": None,
}
"""The retrieval channel of a state; None: not in memory (yet, or any more)."""

NEXT: dict[State, tuple[State, ...]] = {
    "proposed": ("eligible",),
    "eligible": ("candidate", "foundational", "rejected"),
    "candidate": ("trusted", "foundational", "rejected", "deprecated"),
    "foundational": ("trusted", "rejected", "collected"),
    "trusted": ("deprecated",),
    "deprecated": ("trusted", "collected"),
    "rejected": (),
    "collected": (),
}

BROUGHT: tuple[State, ...] = ("trusted", "foundational", "deprecated")
"""States in which an item may come from another run's memory."""


class Memory:
    """Items in the order they came, with their states. Mutable, single-threaded, rebuilt from transitions."""

    def __init__(self, alike: Likeness = likeness) -> None:
        self._alike = alike
        self.items: dict[str, Knowledge] = {}
        self.states: dict[str, State] = {}
        self.worth: dict[str, float] = {}
        """Estimated ΔU of an item, 0 while unknown; ranks retrieval among equally similar ones."""
        self.partners: dict[str, tuple[str, ...]] = {}
        """Items that are trusted in combination, each with those it works beside: never retrieved alone."""
        self._origins: dict[str, list[tuple[str, ...]]] = {}

    def bring(
        self, item: Knowledge, state: State, features: Sequence[str], step: int, why: int
    ) -> Transition:
        """Take an item in from another run's memory, in the state it had there; ``why``: number of the
        decision."""
        self.propose(item, features)
        self.states[item.digest] = state
        return Transition(item.digest, "", state, CHANNEL_OF[state] or "", decision_seq=why, step=step)

    def origin(self, item: Knowledge) -> tuple[str, ...]:
        """Features of the task that the item was first learned on."""
        return self._origins[item.digest][0]

    def join(self, first: str, second: str) -> None:
        """The two are trusted together."""
        for one, other in ((first, second), (second, first)):
            self.partners[one] = tuple(dict.fromkeys((*self.partners.get(one, ()), other)))

    def beside(self, item: Knowledge) -> list[Knowledge]:
        """What must be at hand for the item to be of use: its partners that are trusted still."""
        found = self.partners.get(item.digest, ())
        return [self.items[d] for d in found if self.states[d] == "trusted"]

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
        self, features: Sequence[str], k: int, items: Iterable[Knowledge] | None = None, text: str = ""
    ) -> list[Knowledge]:
        """At most k items whose triggers all hold, those learned on similar tasks first (similarity summed
        over an item's origins), then the more useful, then the older.

        ``text``: of the task; then how like a lesson's words are to it counts as much as one origin.

        ``items``: the trusted ones unless given; of these, one that is trusted in combination comes with a
        partner or not at all."""
        pool = self.within("trusted") if items is None else list(items)
        held = set(features)
        matching = [item for item in pool if applies(item.body, held)]

        alike = (
            self._alike(text, [text_of(item.body) for item in matching]) if text else [0.0] * len(matching)
        )
        words = {item.digest: value for item, value in zip(matching, alike, strict=True)}

        def rank(item: Knowledge) -> tuple[float, float]:
            near = sum(similarity(features, origin) for origin in self._origins[item.digest])
            near += words[item.digest]
            return -near, -self.worth.get(item.digest, 0.0)

        ranked = sorted(matching, key=rank)
        return ranked[:k] if items is not None or not self.partners else self._together(ranked, k)

    def _together(self, ranked: Sequence[Knowledge], k: int) -> list[Knowledge]:
        """The first k, where the partners of an item follow it and count as well."""
        here: Mapping[str, Knowledge] = {item.digest: item for item in ranked}
        chosen: dict[str, Knowledge] = {}
        for item in ranked:
            found = [here[d] for d in self.partners.get(item.digest, ()) if d in here]
            if item.digest in self.partners and not found:
                continue
            missing = [one for one in (item, *found[:1]) if one.digest not in chosen]
            if len(chosen) + len(missing) <= k:
                chosen |= {one.digest: one for one in missing}
        return list(chosen.values())

    def cold(self, features: Sequence[str]) -> Knowledge | None:
        """The deprecated item to try when nothing else is left: minimal retrieval weight. Those of similar
        origin first."""
        found = self.retrieve(features, 1, self.within("deprecated"))
        return found[0] if found else None


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
