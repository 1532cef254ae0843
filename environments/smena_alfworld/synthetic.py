"""Games that are made here, for where the benchmark's own are not: all six task types, seeded, each with a
plan.

They are played by the benchmark's rules in the benchmark's engine; the rooms are ours. A score on them is not
an ALFWorld score.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from typing import Literal, NamedTuple

from smena import BadInput
from smena.values import SPLITS, Split, digest

from smena_alfworld.planner import APPLIANCE, plan
from smena_alfworld.rooms import BASINS, LAMPS, OPENABLE, ROOMS, THINGS, WHERE
from smena_alfworld.world import Kind, World, read

Difficulty = Literal["bare", "tiny", "small", "medium", "large", "tight"]


class Size(NamedTuple):
    """How much stands and lies in a room. ``shut``: how often a thing lies behind a door, where it may.
    ``steps``: at most so many actions."""

    receptacles: int
    objects: int
    shut: float
    steps: int = 50


SIZES: dict[Difficulty, Size] = {
    "bare": Size(2, 1, 0.0),
    "tiny": Size(4, 5, 0.0),
    "small": Size(9, 14, 0.3),
    "medium": Size(15, 26, 0.5),
    "large": Size(24, 46, 0.7),
    "tight": Size(24, 46, 0.7, 20),
}
"""``bare`` is what the task needs and nothing else; ``large`` is the size of a real kitchen."""
RANGE = 1_000_000
"""Each split draws from seeds of its own: train from 0, eval from here, and so on."""
NEAR = 0.2
"""How often a receptacle stands where another does, so that both are reached at once."""
DRY = 20_000
"""After so many numbers in a row without a new game there is none to come: a bare room has some hundreds."""


class Made(NamedTuple):
    """A generated game: its PDDL problem, its goal in words, and a shortest plan."""

    number: int
    problem: str
    goal: str
    world: World
    plan: tuple[str, ...]


def games(kind: Kind, split: Split, difficulty: Difficulty, seed: int = 0) -> Iterator[Made]:
    """Distinct games of a type, without end but for the smallest rooms. No game is in two splits: each goes, by
    its content, to one of them. Raises BadInput where there are no more."""
    known: set[str] = set()
    place = SPLITS.index(split)
    newest = place * RANGE
    for number in count(newest):
        if number - newest > DRY:
            raise BadInput(
                f"[env.alfworld] difficulty = {difficulty!r} has {len(known)} different games of type "
                f"{kind!r} in a split, and more are asked for: lower `sizes` or take a larger room"
            )
        made = make(kind, difficulty, number, seed)
        if made is None:
            continue
        content = digest(_layout(made.world))
        if int(content, 16) % len(SPLITS) == place and content not in known:
            known.add(content)
            newest = number
            yield made


def make(kind: Kind, difficulty: Difficulty, number: int, seed: int = 0) -> Made | None:
    """The game of that number; None where the dice fell so that there is none."""
    rng = random.Random(f"smena-alfworld/{seed}/{difficulty}/{kind}/{number}")
    room = _Room(rng, rng.choice(WHERE[kind]), SIZES[difficulty])
    goal = room.furnish(kind)
    if goal is None:
        return None
    problem = room.problem(_pddl(kind, *goal))
    world = read(problem)
    commands = plan(world)
    if not commands:
        return None
    return Made(number, problem, _words(kind, *goal, rng), world, commands)


def _layout(world: World) -> list[object]:
    """What makes a game that game: the goal, and what stands and lies together where, without names."""
    contents: dict[str, list[str]] = {receptacle: [] for receptacle in world.places}
    for thing, receptacle in world.inside.items():
        contents[receptacle].append(world.kinds[thing])
    places: dict[str, list[object]] = {}
    for receptacle, place in world.places.items():
        places.setdefault(place, []).append([world.kinds[receptacle], sorted(contents[receptacle])])
    return [list(world.goal), sorted((sorted(group, key=str) for group in places.values()), key=str)]


class _Room:
    """A room while it is being furnished: ``stands`` receptacle → kind, ``lies`` object → (kind,
    receptacle)."""

    def __init__(self, rng: random.Random, name: str, size: Size) -> None:
        self.rng, self.name, self.size = rng, name, size
        self.things = THINGS[name]
        self.stands: dict[str, str] = {}
        self.lies: dict[str, tuple[str, str]] = {}

    def furnish(self, kind: Kind) -> tuple[str, str] | None:
        """Choose a goal (kind of object, kind of target) and put in all that it needs and what else there is
        room for."""
        rng = self.rng
        need = {"clean": "w", "heat": "h", "cool": "c"}.get(kind, "")
        thing = rng.choice(sorted(t for t, its in self.things.items() if need in its.can))
        homes = [r for r in self.things[thing].on if r in ROOMS[self.name]]
        if kind == "look":
            (target,) = LAMPS
            stands = rng.choice([r for r in LAMPS[target] if r in ROOMS[self.name]])
            sources, wanted = homes, [stands, rng.choice(homes)]
        else:
            target = rng.choice(homes)
            sources = [r for r in homes if r != target]
            if not sources:
                return None
            wanted = [target, rng.choice(sources)]
        if kind in APPLIANCE:
            wanted.append(next(r for r in ROOMS[self.name] if r.lower() == APPLIANCE[kind]))
        self._stand(wanted)
        if kind == "look":
            self._lay(target, [r for r, its in self.stands.items() if its == stands])
        count_ = 2 if kind == "two" else 1 + (rng.random() < 0.3)
        for _ in range(count_):
            self._lay(thing, [r for r, its in self.stands.items() if its in sources])
        others = sorted(t for t in self.things if t != thing)
        for _ in range(4 * self.size.objects):
            if len(self.lies) >= self.size.objects:
                break
            other = rng.choice(others)
            self._lay(other, [r for r, its in self.stands.items() if its in self.things[other].on])
        return thing, target

    def _stand(self, wanted: list[str]) -> None:
        rest = [kind for kind, most in ROOMS[self.name].items() for _ in range(most)]
        for kind in dict.fromkeys(wanted):
            rest.remove(kind)
        self.rng.shuffle(rest)
        kinds = [*dict.fromkeys(wanted), *rest][: max(self.size.receptacles, len(set(wanted)))]
        self.rng.shuffle(kinds)
        for number, kind in enumerate(kinds, start=1):
            base = BASINS.get(kind)
            self.stands[f"{base}_bar_{number:02}_bar_{kind}" if base else f"{kind}_bar_{number:02}"] = kind

    def _lay(self, thing: str, places: list[str]) -> None:
        if not places:
            return
        shut = [r for r in places if self.stands[r] in OPENABLE]
        plain = [r for r in places if self.stands[r] not in OPENABLE]
        hidden = shut and (not plain or self.rng.random() < self.size.shut)
        place = self.rng.choice(shut if hidden else plain)
        self.lies[f"{thing}_bar_{len(self.lies) + 1:02}"] = (thing, place)

    def problem(self, goal: str) -> str:
        """The whole as PDDL."""
        where: dict[str, str] = {}
        for receptacle in self.stands:
            near = where and self.rng.random() < NEAR
            where[receptacle] = (
                self.rng.choice(sorted(where.values())) if near else f"loc_bar_{len(where) + 1}"
            )
        objects = {"agent1": "agent", "loc_bar_0": "location"} | dict.fromkeys(where.values(), "location")
        objects |= dict.fromkeys(self.stands, "receptacle") | dict.fromkeys(self.lies, "object")
        rtypes = {"SinkBasin", "Microwave", "Fridge", *self.stands.values()}  # the domain speaks of three
        otypes = {"Knife", "ButterKnife", *LAMPS, *self.things}
        objects |= {f"{r}Type": "rtype" for r in sorted(rtypes)} | {
            f"{o}Type": "otype" for o in sorted(otypes)
        }
        init = ["atLocation agent1 loc_bar_0"]
        for receptacle, kind in self.stands.items():
            init += [
                f"receptacleType {receptacle} {kind}Type",
                f"receptacleAtLocation {receptacle} {where[receptacle]}",
            ]
            init += [f"openable {receptacle}"] * (kind in OPENABLE)
        for thing, (kind, place) in self.lies.items():
            init += [f"objectType {thing} {kind}Type", f"inReceptacle {thing} {place}"]
            init += [f"objectAtLocation {thing} {where[place]}"]
            if kind in LAMPS:
                init += [f"toggleable {thing}"]
            else:
                init += [f"pickupable {thing}"]
                init += [f"{_ABLE[letter]} {thing}" for letter in self.things[kind].can]
        for kind in sorted(set(self.stands.values())):
            init += [f"canContain {kind}Type {t}Type" for t, its in self.things.items() if kind in its.on]
        return "\n".join(
            [
                "(define (problem smena)",
                "(:domain alfred)",
                "(:objects",
                *(f"{name} - {kind}" for name, kind in objects.items()),
                ")",
                "(:init",
                *(f"({fact})" for fact in init),
                ")",
                f"(:goal {goal})",
                ")",
            ]
        )


_ABLE = {"h": "heatable", "c": "coolable", "w": "cleanable", "s": "sliceable", "r": "isReceptacleObject"}
_STATE = {"clean": ("cleanable", "isClean"), "heat": ("heatable", "isHot"), "cool": ("coolable", "isCool")}


def _pddl(kind: Kind, thing: str, target: str) -> str:
    if kind == "look":
        return (
            "(and (exists (?ot - object ?r - receptacle ?a - agent ?l - location)"
            f" (and (objectType ?ot {target}Type) (toggleable ?ot) (isToggled ?ot)"
            " (receptacleAtLocation ?r ?l) (atLocation ?a ?l) (inReceptacle ?ot ?r)))"
            f" (exists (?o - object ?a - agent) (and (objectType ?o {thing}Type) (holds ?a ?o))))"
        )
    one = f"(objectType ?o {thing}Type) (receptacleType ?r {target}Type) (inReceptacle ?o ?r)"
    if kind == "two":
        other = f"(not (= ?o ?o2)) (objectType ?o2 {thing}Type) (inReceptacle ?o2 ?r)"
        one += f" (exists (?o2 - object) (and {other}))"
    elif kind in _STATE:
        able, state = _STATE[kind]
        one = f"({able} ?o) ({state} ?o) {one}"
    return f"(and (exists (?r - receptacle) (exists (?o - object) (and {one}))))"


def _words(kind: Kind, thing: str, target: str, rng: random.Random) -> str:
    """The goal as the benchmark would say it."""
    thing, target = thing.lower(), target.lower()
    state = {"clean": "clean", "heat": "hot", "cool": "cool"}.get(kind, "")
    match kind:
        case "look":
            return rng.choice(
                (f"look at {thing} under the {target}", f"examine the {thing} with the {target}")
            )
        case "two":
            return rng.choice((f"put two {thing} in {target}", f"find two {thing} and put them in {target}"))
        case "pick":
            return rng.choice((f"put a {thing} in {target}", f"put some {thing} on {target}"))
    return rng.choice((f"put a {state} {thing} in {target}", f"{kind} some {thing} and put it in {target}"))
