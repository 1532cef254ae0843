"""A game read from its PDDL problem: what is where, what it is called, what is to be done, and how much of it
is done. Pure; the engine is not asked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

Kind = Literal["pick", "look", "clean", "heat", "cool", "two"]
KINDS: tuple[Kind, ...] = ("pick", "look", "clean", "heat", "cool", "two")
STOCK: dict[Kind, str] = {
    "pick": "pick_and_place_simple",
    "look": "look_at_obj_in_light",
    "clean": "pick_clean_then_place_in_recep",
    "heat": "pick_heat_then_place_in_recep",
    "cool": "pick_cool_then_place_in_recep",
    "two": "pick_two_obj_and_place",
}
"""The benchmark's own names of the six task types."""

CONDITIONS: dict[Kind, tuple[str, ...]] = {
    "pick": ("?object in ?target",),
    "look": ("?object in hand", "?target is on, here"),
    "clean": ("?object is clean", "?object in ?target", "clean ?object in ?target"),
    "heat": ("?object is hot", "?object in ?target", "hot ?object in ?target"),
    "cool": ("?object is cool", "?object in ?target", "cool ?object in ?target"),
    "two": ("?object in ?target", "two ?object in one ?target"),
}
"""What a goal is made of, counted as the benchmark's simulator counts goal conditions; all are met exactly
when the game is won. ``?object`` and ``?target`` stand for what the goal names."""

_PLACE = ("take ?object", "move ?object to ?target")
MEANS: dict[str, tuple[str, ...]] = {
    "?object in ?target": _PLACE,
    "two ?object in one ?target": (*_PLACE, "take another ?object", "move ?object to ?target"),
    "?object in hand": ("take ?object",),
    "?target is on, here": ("take ?object", "use ?target"),
    "?object is clean": ("take ?object", "clean ?object with sinkbasin"),
    "clean ?object in ?target": ("take ?object", "clean ?object with sinkbasin", "move ?object to ?target"),
    "?object is hot": ("take ?object", "heat ?object with microwave"),
    "hot ?object in ?target": ("take ?object", "heat ?object with microwave", "move ?object to ?target"),
    "?object is cool": ("take ?object", "cool ?object with fridge"),
    "cool ?object in ?target": ("take ?object", "cool ?object with fridge", "move ?object to ?target"),
}
"""What a teacher knows of households: how a condition is brought about, wherever things are."""

STATE_OF = {"clean": "isclean", "heat": "ishot", "cool": "iscool"}
Facts = Iterable[Sequence[str]]


class Goal(NamedTuple):
    """``object`` and ``target`` are kinds of things, in lower case: potato, sinkbasin; the target of ``look``
    is a lamp."""

    kind: Kind
    object: str
    target: str


class World(NamedTuple):
    """The beginning of a game. Things are known by their PDDL names, in lower case, as the engine does.

    ``kinds``: object or receptacle → kind. ``places``: receptacle → location. ``inside``: object →
    receptacle. ``has``: property → objects or receptacles that have it. ``allowed``: pairs (kind of
    receptacle, kind of object)."""

    goal: Goal
    start: str
    kinds: Mapping[str, str]
    places: Mapping[str, str]
    inside: Mapping[str, str]
    has: Mapping[str, frozenset[str]]
    allowed: frozenset[tuple[str, str]]
    names: Mapping[str, str]

    def of_kind(self, kind: str) -> list[str]:
        return sorted(thing for thing, its in self.kinds.items() if its == kind)


def read(problem: str) -> World:
    """Raises ValueError for a problem that is not one of the six task types."""
    text = problem.lower()
    head, _, goal_text = text.partition("(:goal")
    _, _, init = head.partition("(:init")
    facts: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for name, rest in re.findall(r"\((\w+)((?:\s+[^\s()]+)*)\s*\)", init):
        facts[name].append(tuple(rest.split()))
    kinds = {
        thing: kind.removesuffix("type") for thing, kind in facts["objecttype"] + facts["receptacletype"]
    }
    starts = [location for _, location in facts["atlocation"]]
    if len(starts) != 1:
        raise ValueError(f"the agent is at {len(starts)} places")
    used = {word for rows in facts.values() for row in rows for word in row}
    return World(
        goal=read_goal(goal_text),
        start=starts[0],
        kinds=kinds,
        places=dict(facts["receptacleatlocation"]),  # type: ignore[arg-type]
        inside=dict(facts["inreceptacle"]),  # type: ignore[arg-type]
        has={
            name: frozenset(row[0] for row in rows)
            for name, rows in facts.items()
            if rows and len(rows[0]) == 1
        },
        allowed=frozenset(
            (receptacle.removesuffix("type"), thing.removesuffix("type"))
            for receptacle, thing in facts["cancontain"]
        ),
        names=named(used),
    )


def read_goal(text: str) -> Goal:
    """From the PDDL of a goal."""
    if "issliced" in text or "isreceptacleobject" in text:
        raise ValueError("sliced objects and movable receptacles are not among the six task types")
    kinds = [kind for _, kind in re.findall(r"\(objecttype (\?\w+) (\w+)type\)", text)]
    targets = re.findall(r"\(receptacletype \?\w+ (\w+)type\)", text)
    if "istoggled" in text and len(kinds) == 2:
        return Goal("look", kinds[1], kinds[0])
    if len(set(kinds)) != 1 or len(set(targets)) != 1:
        raise ValueError("its goal is not one of the six task types")
    for kind, state in STATE_OF.items():
        if state in text:
            return Goal(kind, kinds[0], targets[0])  # type: ignore[arg-type]
    return Goal("two" if len(kinds) == 2 else "pick", kinds[0], targets[0])


def named(things: Iterable[str]) -> dict[str, str]:
    """The names that things have in the text: the kind and a number, by alfworld's rule (things of a kind
    sorted by their PDDL names, numbered backwards)."""
    groups: dict[str, list[str]] = defaultdict(list)
    for thing in things:
        kind, bar, _ = thing.partition("_bar_")
        if bar:
            groups[kind + ("basin" if "basin" in thing else "")].append(thing)
    return {
        thing: f"{kind} {len(group) - i}"
        for kind, group in groups.items()
        for i, thing in enumerate(sorted(group))
    }


def met(world: World, facts: Facts) -> tuple[bool, ...]:
    """Which of the goal's conditions hold, in the order of :data:`CONDITIONS`, given the state's facts."""
    holds: dict[str, set[str]] = defaultdict(set)
    inside: list[tuple[str, str]] = []
    here = ""
    for name, *arguments in facts:
        if name == "inreceptacle":
            inside.append((arguments[0], arguments[1]))
        elif name == "atlocation":
            here = arguments[1]
        else:
            holds[name].add(arguments[-1])
    kind, thing, target = world.goal
    if kind == "look":
        in_hand = any(world.kinds.get(o) == thing for o in holds["holds"])
        toggleable = world.has.get("toggleable", frozenset())
        lit = any(
            world.kinds.get(lamp) == target
            and lamp in toggleable
            and lamp in holds["istoggled"]
            and world.places.get(place) == here
            for lamp, place in inside
        )
        return in_hand, lit
    placed = [(o, r) for o, r in inside if world.kinds.get(o) == thing and world.kinds.get(r) == target]
    if kind == "pick":
        return (bool(placed),)
    if kind == "two":
        most = max(Counter(r for _, r in placed).values(), default=0)
        return most >= 1, most >= 2
    able = world.has.get({"clean": "cleanable", "heat": "heatable", "cool": "coolable"}[kind], frozenset())
    changed = {o for o in holds[STATE_OF[kind]] if world.kinds.get(o) == thing and o in able}
    return bool(changed), bool(placed), any(o in changed for o, _ in placed)
