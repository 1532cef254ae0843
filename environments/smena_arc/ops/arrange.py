"""Pieces to a grid that holds them all; a change to every piece; a grid beside or over the input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smena_arc.ops.base import (
    MAX_SIDE,
    Case,
    Grid,
    Piece,
    Pieces,
    background,
    colours,
    components,
    operator,
    paste,
    trim,
)
from smena_arc.ops.geometry import TURNS


@operator("overlay", "pieces")
def on_blank(pieces: Pieces) -> Grid:
    """The pieces where they were, on an empty canvas."""
    empty = background(pieces.canvas)
    return paste(np.full_like(pieces.canvas, empty), pieces.items, empty)


@operator("overlay", "pieces")
def on_canvas(pieces: Pieces) -> Grid:
    """The pieces over the canvas that they came from."""
    return paste(pieces.canvas, pieces.items, background(pieces.canvas))


@operator("overlay", "pieces")
def without(pieces: Pieces) -> Grid:
    """The canvas without the pieces."""
    empty = np.uint8(background(pieces.canvas))
    gone = [Piece(np.where(p.grid != empty, np.uint8(1), np.uint8(0)), p.row, p.col) for p in pieces.items]
    mask = paste(np.zeros_like(pieces.canvas), gone, 0)
    return np.where(mask == 1, empty, pieces.canvas)


@operator("overlay", "pieces")
def boxes(pieces: Pieces) -> Grid:
    """The full bounds of each piece in its most frequent colour, over an empty canvas."""
    empty = background(pieces.canvas)
    full = [Piece(np.full_like(p.grid, (colours(p.grid) or [0])[0]), p.row, p.col) for p in pieces.items]
    return paste(np.full_like(pieces.canvas, empty), full, -1)


@operator("overlay", "pieces", over=("first", "last"))
def overlay(pieces: Pieces, top: str) -> Grid | None:
    """Pieces of one shape on each other, the first or the last on top."""
    grids = [p.grid for p in pieces.items]
    if len(grids) < 2 or any(g.shape != grids[0].shape for g in grids):
        return None
    out = grids[0]
    empty = background(pieces.canvas)
    for grid in grids[1:]:
        out = np.where(out != empty, out, grid) if top == "first" else np.where(grid != empty, grid, out)
    return out


@operator("overlay", "pieces")
def overlay_centred(pieces: Pieces) -> Grid:
    """Pieces on each other with their middles together, the largest at the bottom and setting the size."""
    ordered = sorted(pieces.items, key=lambda p: -p.grid.size)
    height, width = ordered[0].grid.shape
    empty = background(pieces.canvas)
    placed = [Piece(g, (height - g.shape[0]) // 2, (width - g.shape[1]) // 2) for g, _, _ in ordered[1:]]
    return paste(ordered[0].grid, placed, empty)


@operator("overlay", "pieces", over=("and", "or", "xor", "nor", "first_only", "second_only", "equal"))
def logic(pieces: Pieces, how: str) -> Grid | None:
    """Pieces of one shape as truth tables: 1 where it holds."""
    grids = [p.grid for p in pieces.items]
    if len(grids) < 2 or any(g.shape != grids[0].shape for g in grids):
        return None
    empty = background(pieces.canvas)
    on = np.stack([g != empty for g in grids])
    if how == "and":
        out = on.all(axis=0)
    elif how == "or":
        out = on.any(axis=0)
    elif how == "xor":
        out = on.sum(axis=0) % 2 == 1
    elif how == "nor":
        out = ~on.any(axis=0)
    elif how == "equal":
        stack = np.stack(grids)
        out = (stack == stack[:1]).all(axis=0)
    else:
        i = 0 if how == "first_only" else 1
        out = on[i] & ~np.delete(on, i, axis=0).any(axis=0)
    return np.where(out, np.uint8(1), np.uint8(0))


def _fits_page(height: int, width: int) -> bool:
    return 0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE


@operator("tile", "pieces", over=("h", "v"))
def stack(pieces: Pieces, across: str) -> Grid | None:
    """Side by side (h) or one above the other (v), in order."""
    axis = 1 if across == "h" else 0
    grids = [p.grid for p in pieces.items]
    if any(g.shape[1 - axis] != grids[0].shape[1 - axis] for g in grids):
        return None
    return np.concatenate(grids, axis) if sum(g.shape[axis] for g in grids) <= MAX_SIDE else None


@operator("tile", "pieces", over=("h", "v"))
def stack_loose(pieces: Pieces, across: str) -> Grid | None:
    """Like :func:`stack` for pieces of unlike size: aligned at the top left, filled up with background."""
    grids = [p.grid if across == "h" else p.grid.T for p in pieces.items]
    height, width = max(g.shape[0] for g in grids), sum(g.shape[1] for g in grids)
    if not _fits_page(height, width):
        return None
    out = np.full((height, width), background(pieces.canvas), np.uint8)
    col = 0
    for grid in grids:
        out[: grid.shape[0], col : col + grid.shape[1]] = grid
        col += grid.shape[1]
    return out if across == "h" else out.T


@operator("tile", "pieces")
def pack(pieces: Pieces) -> Grid | None:
    """Pieces of one size in the rows and columns in which they lay, without what was between."""
    rows, cols = sorted({p.row for p in pieces.items}), sorted({p.col for p in pieces.items})
    height, width = pieces.items[0].grid.shape
    if any(p.grid.shape != (height, width) for p in pieces.items) or not _fits_page(
        height * len(rows), width * len(cols)
    ):
        return None
    out = np.full((height * len(rows), width * len(cols)), background(pieces.canvas), np.uint8)
    for grid, row, col in pieces.items:
        r, c = rows.index(row) * height, cols.index(col) * width
        out[r : r + height, c : c + width] = grid
    return out


@operator("objects", "pieces", over=("row", "col"))
def list_colours(pieces: Pieces, direction: str) -> Grid | None:
    """Each piece's most frequent colour, as a row or a column."""
    cells = [(colours(p.grid) or [0])[0] for p in pieces.items]
    if len(cells) > MAX_SIDE:
        return None
    out = np.array([cells], np.uint8)
    return out if direction == "row" else out.T


@operator("objects", "pieces", over=("row", "diagonal"))
def count(pieces: Pieces, direction: str) -> Grid | None:
    """As many cells of the pieces' colour as there are pieces."""
    n = len(pieces.items)
    if n > MAX_SIDE:
        return None
    colour = np.uint8((colours(pieces.items[0].grid) or [1])[0])
    return np.full((1, n), colour) if direction == "row" else np.diag(np.full(n, colour))


@operator("objects", "pieces", case=True)
def count_into(pieces: Pieces, case: Case) -> Grid | None:
    """As many cells as there are pieces, in reading order, in a grid of the output's shape."""
    if case.shape is None or len(pieces.items) > case.shape[0] * case.shape[1]:
        return None
    out = np.zeros(case.shape, np.uint8)
    out.ravel()[: len(pieces.items)] = (colours(pieces.items[0].grid) or [1])[0]
    return out


@operator("objects", "pieces", case=True)
def list_into(pieces: Pieces, case: Case) -> Grid | None:
    """Each piece's most frequent colour in reading order, in a grid of the output's shape."""
    if case.shape is None or len(pieces.items) > case.shape[0] * case.shape[1]:
        return None
    out = np.full(case.shape, background(pieces.canvas), np.uint8)
    out.ravel()[: len(pieces.items)] = [(colours(p.grid) or [0])[0] for p in pieces.items]
    return out


def _each(change: Callable[[Grid], Grid | None]) -> Callable[[Pieces], Pieces | None]:
    def run(pieces: Pieces) -> Pieces | None:
        items = []
        for grid, row, col in pieces.items:
            changed = change(grid)
            if changed is None:
                return None
            items.append(Piece(changed, row, col))
        return Pieces(tuple(items), pieces.canvas)

    return run


def _bulk(grid: Grid) -> Grid:
    """One cell of the most frequent colour."""
    return np.array([[(colours(grid) or [int(grid[0, 0])])[0]]], np.uint8)


def _majority(grid: Grid) -> Grid:
    """One cell of the most frequent colour, the background too."""
    return np.array([[np.bincount(grid.ravel()).argmax()]], np.uint8)


def _fill_inside(grid: Grid) -> Grid:
    present = colours(grid)
    empty = background(grid)
    out = grid.copy()
    for hole in components(grid == empty):
        if present and not hole.touches_edge(grid.shape):
            hole.put(out, present[0])
    return out


EACH: dict[str, Callable[[Grid], Grid | None]] = {
    **TURNS,
    "trim": lambda g: trim(g, g != background(g)),
    "inside": lambda g: g[1:-1, 1:-1] if min(g.shape) > 2 else None,
    "bulk": _bulk,
    "majority": _majority,
    "fill": _fill_inside,
}
"""What may be done to every piece in its place."""

for _name, _change in EACH.items():
    operator("objects", "pieces", "pieces", name=f"each:{_name}")(_each(_change))


@operator("tile", over=("right", "left", "below", "above"), case=True)
def beside_input(grid: Grid, side: str, case: Case) -> Grid | None:
    """The input with the grid at one side of it."""
    axis = 1 if side in ("left", "right") else 0
    if (
        grid.shape[1 - axis] != case.input.shape[1 - axis]
        or grid.shape[axis] + case.input.shape[axis] > MAX_SIDE
    ):
        return None
    pair = [case.input, grid] if side in ("right", "below") else [grid, case.input]
    return np.concatenate(pair, axis)


@operator("overlay", over=("over", "under"), case=True)
def merge_input(grid: Grid, how: str, case: Case) -> Grid | None:
    """The grid over or under the input."""
    if grid.shape != case.input.shape:
        return None
    top, bottom = (grid, case.input) if how == "over" else (case.input, grid)
    return np.where(top != background(top), top, bottom)


@operator("overlay", over=("difference", "common", "masked"), case=True)
def against_input(grid: Grid, how: str, case: Case) -> Grid | None:
    """The grid where it differs from the input, where it does not, or the input where the grid has colour."""
    if grid.shape != case.input.shape:
        return None
    empty = np.uint8(background(grid))
    if how == "masked":
        return np.where(grid != empty, case.input, empty)
    return np.where((grid == case.input) == (how == "common"), grid, empty)
