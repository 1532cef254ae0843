"""The shortest way to win a game, for one who knows where everything is.

Own planner, not Fast Downward (that needs seconds a game; a test compares the two): a goal of the six types
is reached by carrying at most two things, one after the other, past at most one appliance, and one may go
from anywhere to anywhere. So all choices of things, appliance and target are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import NamedTuple

from smena_alfworld.world import World

APPLIANCE = {"clean": "sinkbasin", "heat": "microwave", "cool": "fridge"}


class _Walk(NamedTuple):
    """A way so far: where it has led, what it has opened, the commands."""

    here: str
    opened: frozenset[str]
    commands: tuple[str, ...] = ()

    def to(self, world: World, receptacle: str) -> _Walk:
        place = world.places[receptacle]
        if place == self.here:
            return self
        return self._replace(here=place)._do(f"go to {world.names[receptacle]}")

    def open(self, world: World, receptacle: str) -> _Walk:
        if receptacle not in world.has.get("openable", ()) or receptacle in self.opened:
            return self
        walk = self._do(f"open {world.names[receptacle]}")
        return walk._replace(opened=walk.opened | {receptacle})

    def _do(self, command: str) -> _Walk:
        return self._replace(commands=(*self.commands, command))


def plan(world: World) -> tuple[str, ...] | None:
    """The commands of a shortest plan; None: there is none. Empty: the game is won from the start."""
    ways = [walk.commands for walk in _ways(world)]
    return min(ways, key=lambda commands: (len(commands), commands), default=None)


def _ways(world: World) -> Iterator[_Walk]:
    start = _Walk(world.start, frozenset(world.has.get("opened", ())))
    goal, inside = world.goal, world.inside
    things = [o for o in world.of_kind(goal.object) if o in inside]
    if goal.kind == "look":
        lamps = [
            o for o in world.of_kind(goal.target) if o in inside and o in world.has.get("toggleable", ())
        ]
        for thing in things:
            for lamp in lamps:
                if taken := _take(world, start, thing):
                    yield taken.to(world, inside[lamp])._do(f"use {world.names[lamp]}")
        return
    targets = [r for r in world.of_kind(goal.target) if r in world.places]
    if goal.kind == "two":
        for target in targets:
            for pair in permutations(things, 2):
                walk: _Walk | None = start
                for thing in pair:
                    walk = walk and (walk if inside[thing] == target else _carry(world, walk, thing, target))
                if walk:
                    yield walk
    elif goal.kind == "pick":
        for target in targets:
            for thing in things:
                if inside[thing] == target:
                    yield start
                elif carried := _carry(world, start, thing, target):
                    yield carried
    else:
        able = world.has.get({"clean": "cleanable", "heat": "heatable", "cool": "coolable"}[goal.kind], ())
        appliances = [r for r in world.of_kind(APPLIANCE[goal.kind]) if r in world.places]
        for target in targets:
            for thing in things:
                for appliance in appliances if thing in able else ():
                    if carried := _carry(world, start, thing, target, appliance, goal.kind):
                        yield carried


def _take(world: World, walk: _Walk, thing: str) -> _Walk | None:
    place = world.inside[thing]
    if thing not in world.has.get("pickupable", ()) or place not in world.places:
        return None
    there = walk.to(world, place).open(world, place)
    return there._do(f"take {world.names[thing]} from {world.names[place]}")


def _carry(
    world: World, walk: _Walk, thing: str, target: str, appliance: str = "", verb: str = ""
) -> _Walk | None:
    if (world.kinds[target], world.kinds[thing]) not in world.allowed:
        return None
    taken = _take(world, walk, thing)
    if taken is None:
        return None
    if appliance:
        taken = taken.to(world, appliance)
        taken = taken._do(f"{verb} {world.names[thing]} with {world.names[appliance]}")
    there = taken.to(world, target).open(world, target)
    return there._do(f"move {world.names[thing]} to {world.names[target]}")
