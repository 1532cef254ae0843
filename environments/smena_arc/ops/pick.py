"""Pieces to one of them, or to fewer of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from smena_arc.ops.base import Grid, Pieces, background, components, operator
from smena_arc.ops.geometry import TURNS


def _filled(grid: Grid, empty: int) -> int:
    return int(np.count_nonzero(grid != empty))


def _distinct(grid: Grid, empty: int) -> int:
    counts = np.bincount(grid.ravel(), minlength=10)
    counts[empty] = 0
    return int(np.count_nonzero(counts))


def _mirrored(grid: Grid, empty: int) -> int:
    """2 for a mirror image of itself both ways, 1 for one way or a diagonal, 0 for none."""
    h, v = bool((grid == grid[:, ::-1]).all()), bool((grid == grid[::-1]).all())
    diagonal = grid.shape[0] == grid.shape[1] and bool((grid == grid.T).all())
    return h + v or int(diagonal)


def _hole_count(grid: Grid, empty: int) -> int:
    return sum(not c.touches_edge(grid.shape) for c in components(grid == empty))


MEASURES: dict[str, Callable[[Grid, int], int]] = {
    "filled": _filled,
    "area": lambda grid, empty: grid.size,
    "height": lambda grid, empty: grid.shape[0],
    "width": lambda grid, empty: grid.shape[1],
    "colours": _distinct,
    "symmetry": _mirrored,
    "holes": _hole_count,
    "parts": lambda grid, empty: len(components(grid != empty, True)),
    "empty": lambda grid, empty: grid.size - _filled(grid, empty),
    "minor": lambda grid, empty: _filled(grid, int(np.bincount(grid.ravel()).argmax())),
}
"""Numbers that a piece has; the second argument is the canvas's background."""


def _values(pieces: Pieces, measure: str) -> list[int]:
    empty, function = background(pieces.canvas), MEASURES[measure]
    return [function(p.grid, empty) for p in pieces.items]


@operator("objects", "pieces", over=[f"{m}-{e}" for m in MEASURES for e in ("most", "least")])
def pick(pieces: Pieces, how: str) -> Grid | None:
    """The piece that has the most or least of something; None on a tie of unlike pieces."""
    measure, _, end = how.partition("-")
    values = _values(pieces, measure)
    best = max(values) if end == "most" else min(values)
    chosen = [p.grid for p, v in zip(pieces.items, values, strict=True) if v == best]
    if any(g.shape != chosen[0].shape or (g != chosen[0]).any() for g in chosen[1:]):
        return None
    return chosen[0]


@operator("objects", "pieces", over=("top", "bottom", "left", "right"))
def pick_place(pieces: Pieces, side: str) -> Grid:
    """The piece nearest to an edge of the canvas; on a tie the first."""
    if side == "top":
        return min(pieces.items, key=lambda p: p.row).grid
    if side == "left":
        return min(pieces.items, key=lambda p: p.col).grid
    if side == "bottom":
        return max(pieces.items, key=lambda p: p.row + p.grid.shape[0]).grid
    return max(pieces.items, key=lambda p: p.col + p.grid.shape[1]).grid


@operator("objects", "pieces", over=(0, 1, 2, -1))
def pick_nth(pieces: Pieces, n: int) -> Grid | None:
    return pieces.items[n].grid if -1 <= n < len(pieces.items) else None


def _identity(grid: Grid) -> tuple[tuple[int, ...], bytes]:
    return grid.shape, grid.tobytes()


def _upright(grid: Grid) -> object:
    """The same for a grid and its turns and mirrors."""
    return min(_identity(g) for g in [grid, *(turn(grid) for turn in TURNS.values())])


LOOKS: dict[str, Callable[[Grid, int], object]] = {
    "grid": lambda grid, empty: _identity(grid),
    "shape": lambda grid, empty: _identity(grid != empty),
    "form": lambda grid, empty: _upright((grid != empty).view(np.uint8)),
    "size": lambda grid, empty: grid.shape,
    "palette": lambda grid, empty: tuple(np.flatnonzero(np.bincount(grid.ravel(), minlength=10)).tolist()),
    "colour": lambda grid, empty: int(np.bincount(grid[grid != empty], minlength=1).argmax()),
    "filled": _filled,
    "symmetry": _mirrored,
    "holes": _hole_count,
}
"""In what pieces may be alike."""


@operator("objects", "pieces", over=[f"{look}-{which}" for look in LOOKS for which in ("odd", "common")])
def pick_look(pieces: Pieces, how: str) -> Grid | None:
    """The only piece that looks like no other, or one of the look that most have."""
    look, _, which = how.partition("-")
    empty, function = background(pieces.canvas), LOOKS[look]
    looks = [function(p.grid, empty) for p in pieces.items]
    ranked = Counter(looks).most_common()
    if which == "common":
        if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
            return None
        return pieces.items[looks.index(ranked[0][0])].grid
    lone = [look for look, count in ranked if count == 1]
    return pieces.items[looks.index(lone[0])].grid if len(lone) == 1 and len(looks) > 1 else None


@operator(
    "objects", "pieces", "pieces", over=[f"{m}-{e}" for m in MEASURES for e in ("most", "least", "other")]
)
def keep(pieces: Pieces, how: str) -> Pieces | None:
    """All pieces that have the most of something, the least, or (other) all but those with the most."""
    measure, _, end = how.partition("-")
    values = _values(pieces, measure)
    low, high = min(values), max(values)
    if low == high:
        return None
    kept = [
        p
        for p, v in zip(pieces.items, values, strict=True)
        if (v != high if end == "other" else v == (high if end == "most" else low))
    ]
    return Pieces(tuple(kept), pieces.canvas)


@operator(
    "objects", "pieces", "pieces", over=[f"{look}-{which}" for look in LOOKS for which in ("lone", "shared")]
)
def keep_look(pieces: Pieces, how: str) -> Pieces | None:
    """The pieces whose look no other has, or those whose look others share."""
    look, _, which = how.partition("-")
    empty, function = background(pieces.canvas), LOOKS[look]
    looks = [function(p.grid, empty) for p in pieces.items]
    counts = Counter(looks)
    kept = [p for p, x in zip(pieces.items, looks, strict=True) if (counts[x] == 1) == (which == "lone")]
    return Pieces(tuple(kept), pieces.canvas) if 0 < len(kept) < len(looks) else None


def _keep(pieces: Pieces, wanted: Callable[[Grid, int, int], bool]) -> Pieces | None:
    kept = tuple(p for p in pieces.items if wanted(p.grid, p.row, p.col))
    return Pieces(kept, pieces.canvas) if 0 < len(kept) < len(pieces.items) else None


@operator("objects", "pieces", "pieces", over=("edge", "inner"))
def keep_at(pieces: Pieces, where: str) -> Pieces | None:
    """The pieces that touch the edge of the canvas, or those that do not."""
    height, width = pieces.canvas.shape

    def touches(grid: Grid, row: int, col: int) -> bool:
        return row == 0 or col == 0 or row + grid.shape[0] == height or col + grid.shape[1] == width

    return _keep(pieces, lambda *piece: touches(*piece) == (where == "edge"))


@operator("objects", "pieces", "pieces", over=("one", "more", "square", "oblong", "full", "gappy", "line"))
def keep_kind(pieces: Pieces, kind: str) -> Pieces | None:
    """Single cells or more; square bounds or not; bounds without or with background; one cell thin."""
    empty = background(pieces.canvas)
    tests: dict[str, Callable[[Grid], bool]] = {
        "one": lambda g: _filled(g, empty) == 1,
        "more": lambda g: _filled(g, empty) > 1,
        "square": lambda g: g.shape[0] == g.shape[1],
        "oblong": lambda g: g.shape[0] != g.shape[1],
        "full": lambda g: bool((g != empty).all()),
        "gappy": lambda g: not (g != empty).all(),
        "line": lambda g: min(g.shape) == 1 < max(g.shape),
    }
    return _keep(pieces, lambda grid, row, col: tests[kind](grid))


@operator("objects", "pieces", "pieces", over=range(10))
def keep_colour(pieces: Pieces, colour: int) -> Pieces | None:
    """The pieces that hold a colour."""
    return _keep(pieces, lambda grid, row, col: bool((grid == colour).any()))


@operator("objects", "pieces", "pieces", over=("filled", "area", "colours", "row", "col", "height", "width"))
def sort(pieces: Pieces, by: str) -> Pieces | None:
    """In rising order."""
    if by in ("row", "col"):
        values = [p.row if by == "row" else p.col for p in pieces.items]
    else:
        values = _values(pieces, by)
    order = sorted(range(len(values)), key=values.__getitem__)
    return Pieces(tuple(pieces.items[i] for i in order), pieces.canvas)


@operator("objects", "pieces", "pieces")
def backwards(pieces: Pieces) -> Pieces:
    return Pieces(pieces.items[::-1], pieces.canvas)
