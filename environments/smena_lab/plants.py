"""The planted world in four lines of arithmetic: what lessons do to a task's chance, and to how its wrong
answers look. The learner throws its coin with these chances, the environment tells the truth from them."""

from __future__ import annotations

from collections.abc import Collection

from smena import Antipattern, Body, Pattern
from smena.values import JSON

EFFECTS = {
    "useful": 0.4,
    "null": 0.0,
    "harmful": -0.2,
    "crutch": 0.5,
    "gaming": 0.4,
    "combination": 0.4,
}
"""What a lesson of each kind adds to the chance of success, by default. ``crutch``: on the task that it was
learned on and nowhere else. ``combination``: once, where both halves are at hand, and nothing alone.
``gaming`` adds nothing to success: it is the share of wrong answers that it makes convincing."""


def chance(view: JSON, features: Collection[str], bodies: Collection[Body]) -> float:
    """The probability that the task is solved with these lessons at hand: clip(p0 + Σ effects, 0, 1)."""
    plants = _planted(features, bodies)
    added: float = sum(view["effects"][kind] for kind, place, _ in plants if _helps(kind, place, view))
    halves: dict[str, set[str]] = {}
    for kind, place, half in plants:
        if kind == "combination":
            halves.setdefault(place, set()).add(half)
    added += view["effects"]["combination"] * sum(len(found) == 2 for found in halves.values())
    return min(1.0, max(0.0, float(view["p0"]) + added))


def make_up(view: JSON, features: Collection[str], bodies: Collection[Body]) -> float:
    """The probability that a wrong answer looks right to a verifier that can be played to."""
    games = any(kind == "gaming" for kind, _, _ in _planted(features, bodies))
    return float(view["effects"]["gaming"]) if games else 0.0


def _helps(kind: str, place: str, view: JSON) -> bool:
    return kind in ("useful", "harmful", "null") or (kind == "crutch" and bool(place == view["name"]))


def _planted(features: Collection[str], bodies: Collection[Body]) -> list[tuple[str, str, str]]:
    """(kind, place, half) of the lessons that hold here: a lesson's name is ``kind:place`` or
    ``kind:place:half``. An antipattern of the same name takes a lesson's effect away, and has none alone."""
    found = []
    warned = {body.name for body in bodies if isinstance(body, Antipattern)}
    for body in bodies:
        if isinstance(body, Pattern) and set(features).issuperset(body.triggers) and body.name not in warned:
            kind, _, rest = body.name.partition(":")
            place, _, half = rest.partition(":")
            found.append((kind, place, half))
    return found
