"""Grid to pieces."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import (
    MAX_PIECES,
    Case,
    Component,
    Grid,
    Mask,
    Piece,
    Pieces,
    background,
    coloured,
    colours,
    components,
    cut,
    enclosed,
    operator,
)


def _pieces(grid: Grid, items: list[Piece]) -> Pieces | None:
    return Pieces(tuple(items), grid) if 0 < len(items) <= MAX_PIECES else None


def _cut_all(grid: Grid, found: list[Component] | tuple[Component, ...]) -> Pieces | None:
    if not 0 < len(found) <= MAX_PIECES:
        return None
    fill = background(grid)
    return Pieces(tuple(cut(grid, c, fill) for c in found), grid)


@operator("objects", gives="pieces", over=(4, 8))
def objects(grid: Grid, neighbours: int) -> Pieces | None:
    """Connected cells of one colour."""
    return _cut_all(grid, coloured(grid, neighbours == 8, background(grid)))


@operator("objects", gives="pieces", over=(4, 8))
def clusters(grid: Grid, neighbours: int) -> Pieces | None:
    """Connected cells of any colours but the background."""
    return _cut_all(grid, components(grid != background(grid), neighbours == 8))


@operator("objects", gives="pieces")
def cluster_boxes(grid: Grid) -> Pieces | None:
    """The bounds of each cluster with all that lies within."""
    found = components(grid != background(grid), True)
    return _pieces(grid, [Piece(grid[t:b, left:r], t, left) for t, left, b, r, _ in found])


@operator("objects", gives="pieces")
def regions(grid: Grid) -> Pieces | None:
    """Connected cells of one colour, the background too, each with its bounds as they are."""
    found = coloured(grid)
    return _pieces(grid, [Piece(grid[t:b, left:r], t, left) for t, left, b, r, _ in found])


@operator("objects", gives="pieces")
def holes(grid: Grid) -> Pieces | None:
    """The bounds of each enclosed part of the background, as they are."""
    found = components(enclosed(grid))
    return _pieces(grid, [Piece(grid[t:b, left:r], t, left) for t, left, b, r, _ in found])


@operator("objects", gives="pieces")
def by_colour(grid: Grid) -> Pieces | None:
    """One piece a colour, the most frequent first: its bounds, everything else background."""
    fill = background(grid)
    items = []
    for colour in colours(grid):
        mask = grid == colour
        rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        top, left, bottom, right = rows[0], cols[0], rows[-1] + 1, cols[-1] + 1
        part = np.where(mask[top:bottom, left:right], np.uint8(colour), np.uint8(fill))
        items.append(Piece(part, int(top), int(left)))
    return _pieces(grid, items)


@operator("objects", gives="pieces")
def layers(grid: Grid) -> Pieces | None:
    """One piece a colour, as large as the grid, the most frequent first."""
    fill = np.uint8(background(grid))
    return _pieces(grid, [Piece(np.where(grid == c, grid, fill), 0, 0) for c in colours(grid)])


def _blocks(grid: Grid, height: int, width: int) -> Pieces | None:
    rows, cols = grid.shape
    if rows % height or cols % width or (rows == height and cols == width):
        return None
    return _pieces(
        grid,
        [
            Piece(grid[r : r + height, c : c + width], r, c)
            for r in range(0, rows, height) for c in range(0, cols, width)
        ],
    )  # fmt: skip


@operator("crop", gives="pieces", over=("h", "v"))
def halves(grid: Grid, across: str) -> Pieces | None:
    """Left and right (h) or upper and lower half (v); an odd middle line is left out."""
    height, width = grid.shape
    n = width if across == "h" else height
    if n < 2:
        return None
    a, b = n // 2, (n + 1) // 2
    if across == "h":
        return Pieces((Piece(grid[:, :a], 0, 0), Piece(grid[:, b:], 0, b)), grid)
    return Pieces((Piece(grid[:a], 0, 0), Piece(grid[b:], b, 0)), grid)


@operator("crop", gives="pieces", over=("h", "v"))
def thirds(grid: Grid, across: str) -> Pieces | None:
    """Three equal parts side by side (h) or one above the other (v)."""
    height, width = grid.shape
    if (width if across == "h" else height) % 3:
        return None
    return _blocks(grid, height, width // 3) if across == "h" else _blocks(grid, height // 3, width)


@operator("crop", gives="pieces")
def squares(grid: Grid) -> Pieces | None:
    """A long grid as squares."""
    side = min(grid.shape)
    return _blocks(grid, side, side)


@operator("crop", gives="pieces", over=("rows", "cols"))
def lines(grid: Grid, which: str) -> Pieces | None:
    return _blocks(grid, 1, grid.shape[1]) if which == "rows" else _blocks(grid, grid.shape[0], 1)


@operator("crop", gives="pieces", case=True)
def output_blocks(grid: Grid, case: Case) -> Pieces | None:
    """Blocks as large as the output."""
    return _blocks(grid, *case.shape) if case.shape else None


@operator("crop", gives="pieces", case=True)
def shrink_blocks(grid: Grid, case: Case) -> Pieces | None:
    """As many blocks as the output has cells."""
    if case.shape is None or grid.shape[0] % case.shape[0] or grid.shape[1] % case.shape[1]:
        return None
    return _blocks(grid, grid.shape[0] // case.shape[0], grid.shape[1] // case.shape[1])


def _runs(full: Mask) -> list[tuple[int, int]]:
    """Start and end of each stretch of False."""
    edges = np.flatnonzero(np.diff(np.concatenate(([True], full, [True])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def separators(grid: Grid) -> tuple[Mask, Mask, int] | None:
    """Rows and columns that are of one and the same colour throughout, and that colour."""
    best: tuple[int, int] | None = None
    for colour in [*colours(grid), background(grid)]:
        same = grid == colour
        if same.all():
            continue
        number = int(same.all(axis=1).sum() + same.all(axis=0).sum())
        if number and (best is None or (number, colour != 0) > (best[0], best[1] != 0)):
            best = (number, colour)
            if colour != background(grid):
                break
    if best is None:
        return None
    same = grid == best[1]
    return same.all(axis=1), same.all(axis=0), best[1]


@operator("tile", case=True)
def paint_panels(grid: Grid, case: Case) -> Grid | None:
    """The input's separating lines with the grid's cells in place of the panels, each filling its panel."""
    found = separators(case.input)
    if found is None:
        return None
    rows, cols = _runs(found[0]), _runs(found[1])
    if grid.shape != (len(rows), len(cols)) or grid.size < 2:
        return None
    out = case.input.copy()
    for i, (a, b) in enumerate(rows):
        for j, (c, d) in enumerate(cols):
            out[a:b, c:d] = grid[i, j]
    return out


@operator("tile", case=True)
def fill_panels(grid: Grid, case: Case) -> Grid | None:
    """The input's separating lines with the grid in every panel."""
    found = separators(case.input)
    if found is None:
        return None
    out = case.input.copy()
    for a, b in _runs(found[0]):
        for c, d in _runs(found[1]):
            if (b - a, d - c) != grid.shape:
                return None
            out[a:b, c:d] = grid
    return out


@operator("crop", gives="pieces")
def panels(grid: Grid) -> Pieces | None:
    """The parts between separating lines."""
    found = separators(grid)
    if found is None:
        return None
    rows, cols, _ = found
    items = [Piece(grid[a:b, c:d], a, c) for a, b in _runs(rows) for c, d in _runs(cols)]
    return _pieces(grid, items) if len(items) > 1 else None
