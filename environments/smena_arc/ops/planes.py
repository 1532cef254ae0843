"""Planes of places and surroundings: small integers on every cell, as in :mod:`smena_arc.ops.parts`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from smena_arc.ops.base import Grid, Mask, background, indices
from smena_arc.ops.parts import PLANES, Plane, plane

WIDE = {"square_mask", "cross_colours", "square_colours", "near_colours"}
"""Planes of many values: a rule on them is memory unless two pairs bear it out."""


def _shifted(full: Grid, fill: int) -> list[Grid]:
    """The eight neighbours of every cell, clockwise from the upper left, and the cell itself last."""
    padded = np.pad(full, 1, constant_values=fill)
    height, width = full.shape
    places = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (1, 1)]
    return [padded[r : r + height, c : c + width] for r, c in places]


def _total(layers: Sequence[Grid | Mask]) -> Plane:
    return np.asarray(np.sum(layers, axis=0, dtype=np.int64))


def _full(grid: Grid) -> Grid:
    return np.where(grid != background(grid), np.uint8(1), np.uint8(0))


@plane
def near4(grid: Grid) -> Plane:
    """How many of the four neighbours are not background."""
    around = _shifted(_full(grid), 0)
    return _total(around[1:8:2])


@plane
def near8(grid: Grid) -> Plane:
    return _total(_shifted(_full(grid), 0)[:8])


@plane
def alike4(grid: Grid) -> Plane:
    """How many of the four neighbours have the cell's colour."""
    around = _shifted(grid, 255)
    return _total([side == grid for side in around[1:8:2]])


@plane
def alike8(grid: Grid) -> Plane:
    return _total([side == grid for side in _shifted(grid, 255)[:8]])


def _code(layers: list[Grid], base: int) -> Plane:
    out = np.zeros(layers[0].shape, np.int64)
    for layer in layers:
        out = out * base + layer
    return out


@plane
def cross_mask(grid: Grid) -> Plane:
    """Which of the four neighbours are not background."""
    return _code(_shifted(_full(grid), 0)[1:8:2], 2)


@plane
def square_mask(grid: Grid) -> Plane:
    """Which of the eight neighbours are not background."""
    return _code(_shifted(_full(grid), 0)[:8], 2)


@plane
def cross_colours(grid: Grid) -> Plane:
    return _code(_shifted(grid, 10)[1:8:2], 11)


@plane
def square_colours(grid: Grid) -> Plane:
    return _code(_shifted(grid, 10)[:8], 11)


@plane
def near_colours(grid: Grid) -> Plane:
    """Which colours are among the eight neighbours."""
    out = np.zeros(grid.shape, np.int64)
    for side in _shifted(grid, background(grid))[:8]:
        out |= np.int64(1) << side.astype(np.int64)
    return out


def _seen(grid: Grid) -> list[Grid]:
    """1 where something other than background lies in that direction: left, right, up, down."""
    full = _full(grid)
    sides = []
    for view, axis, back in ((full, 1, 1), (full, 1, -1), (full, 0, 1), (full, 0, -1)):
        line = view[:, ::back] if axis == 1 else view[::back]
        before = np.maximum.accumulate(line, axis=axis)
        moved = np.zeros_like(before)
        if axis == 1:
            moved[:, 1:] = before[:, :-1]
        else:
            moved[1:] = before[:-1]
        sides.append(moved[:, ::back] if axis == 1 else moved[::back])
    return sides


@plane
def sees(grid: Grid) -> Plane:
    """In which of the four directions there is something."""
    return _code(_seen(grid), 2)


@plane
def sees_count(grid: Grid) -> Plane:
    return _total(_seen(grid))


@plane
def between(grid: Grid) -> Plane:
    """1 between two things in the row, 2 in the column, 3 both."""
    left, right, up, down = _seen(grid)
    return (left & right).astype(np.int64) + 2 * (up & down)


def line_colour_planes(grid: Grid) -> tuple[Grid, Grid]:
    """Each row's and each column's only colour besides the background; background for none or several."""
    empty = background(grid)
    found = []
    for lines in (grid, grid.T):
        low = np.where(lines == empty, 255, lines).min(axis=1)
        high = np.where(lines == empty, 0, lines).max(axis=1)
        found.append(np.where(low == high, high, empty).astype(np.uint8))
    return (
        np.broadcast_to(found[0][:, None], grid.shape),
        np.broadcast_to(found[1][None, :], grid.shape),
    )


@plane
def line_colours(grid: Grid) -> Plane:
    rows, cols = line_colour_planes(grid)
    return _code([rows, cols], 10)


@plane
def row_colour(grid: Grid) -> Plane:
    return line_colour_planes(grid)[0].astype(np.int64)


@plane
def column_colour(grid: Grid) -> Plane:
    return line_colour_planes(grid)[1].astype(np.int64)


def _indices(value: Callable[[Plane, Plane], Plane]) -> Callable[[Grid], Plane]:
    return lambda grid: value(*indices(grid.shape))


PLACES: dict[str, Callable[[Plane, Plane], Plane]] = {
    "row_2": lambda r, c: r % 2,
    "col_2": lambda r, c: c % 2,
    "row_col_2": lambda r, c: r % 2 * 2 + c % 2,
    "checker": lambda r, c: (r + c) % 2,
    "row_3": lambda r, c: r % 3,
    "col_3": lambda r, c: c % 3,
    "falling_3": lambda r, c: (r + c) % 3,
    "row_up_2": lambda r, c: r[::-1] % 2,
    "col_back_2": lambda r, c: c[:, ::-1] % 2,
    "ring": lambda r, c: np.minimum(np.minimum(r, r[::-1]), np.minimum(c, c[:, ::-1])),
    "row_end": lambda r, c: np.minimum(r, r[::-1]),
    "col_end": lambda r, c: np.minimum(c, c[:, ::-1]),
    "row": lambda r, c: r,
    "col": lambda r, c: c,
}

for _name, _place in PLACES.items():
    PLANES[_name] = _indices(_place)


@plane
def line_full(grid: Grid) -> Plane:
    """Whether the row (1) and the column (2) are of one colour."""
    rows = (grid == grid[:, :1]).all(axis=1)
    cols = (grid == grid[:1]).all(axis=0)
    return np.where(rows[:, None], 1, 0) + np.where(cols[None, :], 2, 0)


@plane
def line_used(grid: Grid) -> Plane:
    """Whether there is anything but background in the row (1) and the column (2)."""
    full = grid != background(grid)
    return np.where(full.any(axis=1)[:, None], 1, 0) + np.where(full.any(axis=0)[None, :], 2, 0)


@plane
def line_count(grid: Grid) -> Plane:
    """How many cells of the row are not background."""
    return np.broadcast_to((grid != background(grid)).sum(axis=1, dtype=np.int64)[:, None], grid.shape)


@plane
def column_count(grid: Grid) -> Plane:
    return np.broadcast_to((grid != background(grid)).sum(axis=0, dtype=np.int64)[None, :], grid.shape)
