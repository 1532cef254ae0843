"""What both players need of a :class:`smena.SearchSpace`: the space itself or a helpful error, and its
menus of moves looked up by what a pattern's step may say."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

from smena.errors import BadInput
from smena.protocols import Move, SearchSpace, Situation

MENUS = 4096
"""Menus kept. Spaces that return the same list object again, as they may, need few."""


def space_of(situation: Situation) -> SearchSpace:
    """Raises BadInput where the environment offers none."""
    if situation.space is None:
        raise BadInput(
            "learner and teacher 'search' play environments that offer an operator vocabulary, and this one "
            "has no `space(view)`: give it one, or name another learner (see `smena plugins`)"
        )
    return situation.space


class Menu:
    """The moves from a node, looked up by step."""

    def __init__(self, moves: Sequence[Move]) -> None:
        self.moves = moves
        self._names: dict[str, Move] = {}
        for move in moves:
            self._names.setdefault(move.name, move)
        self._dearest = max((move.cost for move in moves), default=0.0)
        self._choices: dict[tuple[str, float], tuple[Sequence[Move], list[float]]] = {}

    def named(self, step: str) -> Sequence[Move]:
        """The moves that a step stands for: ``?`` any, ``?FAMILY`` those of a family, else the one of that
        name.

        A name that the space does not suggest here may still apply; it counts as the least likely
        suggestion."""
        if step == "?":
            return self.moves
        if step.startswith("?"):
            return [move for move in self.moves if move.family == step[1:]]
        return [self._names.get(step) or Move(step, self._dearest, "")]

    def choices(self, step: str, prior: float) -> tuple[Sequence[Move], list[float]]:
        """The same with their weights exp(−prior · cost), not normalised."""
        if (step, prior) not in self._choices:
            moves = self.named(step)
            self._choices[step, prior] = moves, [math.exp(-prior * move.cost) for move in moves]
        return self._choices[step, prior]


_menus: OrderedDict[int, Menu] = OrderedDict()


def menu_of(moves: Sequence[Move]) -> Menu:
    """The menu of a list of moves, made once for each list object."""
    menu = _menus.get(id(moves))
    if menu is None:
        menu = _menus[id(moves)] = Menu(moves)  # which holds the list, so that its id stays taken
        if len(_menus) > MENUS:
            _menus.popitem(last=False)
    return menu
