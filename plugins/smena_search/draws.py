"""Programs drawn at random, none twice, until there are no more.

A draw walks from the root, at each node choosing a move in proportion to its weight exp(−prior · cost), until
it comes to a step that this stream has not tried. What does not apply, leads to a known state or fits already
is not prolonged; a branch with nothing left to try loses its weight, so that a stream over few programs ends
by itself.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from smena.protocols import Move, SearchSpace

from smena_search.space import menu_of


class Program(NamedTuple):
    """A program and the node it leads to (None: it does not apply); ``cost`` is the sum of its moves'
    costs."""

    steps: tuple[str, ...]
    cost: float
    node: Any | None


class Validator:
    """`space.fits`, asked once for each state of an attempt. Switched off it knows of nothing that fits."""

    def __init__(self, space: SearchSpace, on: bool = True) -> None:
        self._space, self._on = space, on
        self._known: dict[Hashable, bool] = {}

    def __call__(self, node: Any) -> bool:
        if not self._on:
            return False
        key = self._space.key(node)
        if key not in self._known:
            self._known[key] = self._space.fits(node)
        return self._known[key]


class Draws:
    """A stream of distinct programs. ``template`` says what each step may be (see :meth:`Menu.named`), its
    length how long a program may be; ``caution`` maps names and ``?FAMILY`` to what antipatterns add to
    their cost."""

    def __init__(
        self,
        space: SearchSpace,
        fits: Validator,
        template: Sequence[str],
        prior: float,
        caution: Mapping[str, float],
        rng: random.Random,
    ) -> None:
        self._space, self._fits, self._template, self._rng = space, fits, template, rng
        self._prior, self._caution = prior, caution
        root = space.root()
        self._seen = {space.key(root)}
        self._root = self._open(Program((), 0.0, root))

    def next(self) -> Program | None:
        """A program that this stream has not given before, or None when there is none left."""
        branch, path = self._root, list[tuple[_Branch, int]]()
        while True:
            i = branch.choose(self._rng)
            if i is None:
                if not path:
                    return None
                branch, i = path.pop()
                branch.cut(i)
            elif i in branch.below:
                path.append((branch, i))
                branch = branch.below[i]
            else:
                return self._try(branch, i)

    def _try(self, branch: _Branch, i: int) -> Program:
        move, origin = branch.moves[i], branch.origin
        node = self._space.apply(origin.node, move.name)
        program = Program((*origin.steps, move.name), origin.cost + move.cost, node)
        if self._goes_on(program):
            branch.below[i] = self._open(program)
        else:
            branch.cut(i)
        return program

    def _goes_on(self, program: Program) -> bool:
        if program.node is None or self._fits(program.node):
            return False
        key = self._space.key(program.node)
        known = key in self._seen
        self._seen.add(key)
        return not known and len(program.steps) < len(self._template)

    def _open(self, origin: Program) -> _Branch:
        menu = menu_of(self._space.moves(origin.node))
        moves, chances = menu.choices(self._template[len(origin.steps)], self._prior)
        if self._caution:
            extra = [self._extra(move) for move in moves]
            chances = [chance * math.exp(-e) for chance, e in zip(chances, extra, strict=True)]
            moves = [move._replace(cost=move.cost + e) for move, e in zip(moves, extra, strict=True)]
        return _Branch(origin, moves, list(chances))

    def _extra(self, move: Move) -> float:
        return self._caution.get(move.name, 0.0) + self._caution.get("?" + move.family, 0.0)


class _Branch:
    """A program with what may follow it: moves, their remaining weights, and the branches that were
    opened."""

    def __init__(self, origin: Program, moves: Sequence[Move], chances: list[float]) -> None:
        self.origin, self.moves, self.chances = origin, moves, chances
        self.below: dict[int, _Branch] = {}
        self._cumulative: list[float] | None = None

    def choose(self, rng: random.Random) -> int | None:
        """The index of a move, drawn by weight, or None when none has any."""
        if self._cumulative is None:
            self._cumulative = list(accumulate(self.chances))
        total = self._cumulative[-1] if self._cumulative else 0.0
        return bisect(self._cumulative, rng.random() * total, hi=len(self.chances) - 1) if total > 0 else None

    def cut(self, i: int) -> None:
        self.chances[i], self._cumulative = 0.0, None
        self.below.pop(i, None)
