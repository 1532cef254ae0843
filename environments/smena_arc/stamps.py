"""Finishers that learn small pictures: what stands around a cell, what takes an object's place.

A picture that a single pair shows is memory, not knowledge: each must be borne out by a second pair."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np

from smena_arc.finish import Evidence, Fit, Rule, finisher
from smena_arc.ops.base import Case, Component, Grid, Piece, background, coloured, components, cut, paste

REACH, MOST_CELLS = 3, 40
Stamp = dict[tuple[int, int], int]


def _around(grid: Grid, colour: int, down: int, across: int) -> Iterator[tuple[int, int]]:
    """The cells on the grid at an offset from each cell of a colour."""
    for r, c in np.argwhere(grid == colour).tolist():
        if 0 <= r + down < grid.shape[0] and 0 <= c + across < grid.shape[1]:
            yield r + down, c + across


def _learn_stamp(colour: int, evidence: Evidence) -> Stamp:
    """For every offset the colour that the outputs always have there, where it is new in two pairs."""
    stamp: Stamp = {}
    least = min(2, len(evidence.values))
    reach = range(-REACH, REACH + 1)
    for down, across in ((d, a) for d in reach for a in reach):
        there: set[int] = set()
        new = 0
        for value, output in evidence.pairs:
            cells = list(_around(value, colour, down, across))
            there.update(int(output[cell]) for cell in cells)
            new += any(output[cell] != value[cell] for cell in cells)
        if new >= least and len(there) == 1:
            stamp[down, across] = there.pop()
    return stamp


@finisher(same_shape=True)
def fit_stamps(evidence: Evidence) -> Rule | None:
    """Every cell of a colour has the same picture drawn around it."""
    stamps: dict[int, Stamp] = {}
    empty = {background(value) for value in evidence.values}
    met = {int(c) for value in evidence.values for c in np.unique(value)}
    for colour in sorted(met - empty):
        if sum(int((v == colour).sum()) for v in evidence.values) <= MOST_CELLS:
            stamps[colour] = _learn_stamp(colour, evidence)

    def rule(value: Grid, case: Case) -> Grid | None:
        if not set(np.unique(value).tolist()) <= met:
            return None
        out = value.copy()
        for colour, stamp in stamps.items():
            for (down, across), new in stamp.items():
                for cell in _around(value, colour, down, across):
                    out[cell] = new
        return out

    return rule if any(stamps.values()) else None


def _parts(grid: Grid, whole: bool) -> list[Component]:
    empty = background(grid)
    return list(components(grid != empty, True)) if whole else coloured(grid, True, empty)


def _look(grid: Grid, part: Component) -> Hashable:
    piece = cut(grid, part, background(grid)).grid
    return piece.shape, piece.tobytes()


def _patches(whole: bool) -> Fit:
    """For every object that looks so, another picture in its bounds; an object of unknown look, no answer."""

    def fit(evidence: Evidence) -> Rule | None:
        known: dict[Hashable, Grid] = {}
        pairs: dict[Hashable, int] = {}
        for value, output in evidence.pairs:
            looks = {}
            for part in _parts(value, whole):
                look, new = _look(value, part), output[part.top : part.bottom, part.left : part.right]
                looks[look] = True
                if (known.setdefault(look, new) != new).any():
                    return None
            for look in looks:
                pairs[look] = pairs.get(look, 0) + 1
        if not pairs or min(pairs.values()) < min(2, len(evidence.values)):
            return None

        def rule(value: Grid, case: Case) -> Grid | None:
            out = value
            for part in _parts(value, whole):
                new = known.get(_look(value, part))
                if new is None:
                    return None
                out = paste(out, [Piece(new, part.top, part.left)], -1)
            return out

        return rule

    return fit


finisher(True, "fit_patches:clusters")(_patches(True))
finisher(True, "fit_patches:objects")(_patches(False))
