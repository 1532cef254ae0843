"""Lines: rays, connections, crosses, diagonals."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import Grid, background, coloured, indices, operator


def _rays_right(grid: Grid, empty: int) -> Grid:
    """Each cell's colour runs to the right until something stops it."""
    full = grid != empty
    last = np.maximum.accumulate(np.where(full, np.arange(grid.shape[1]), 0), axis=1)
    return np.take_along_axis(grid, last, axis=1)


def _rays(grid: Grid, direction: str) -> Grid:
    empty = background(grid)
    if direction == "right":
        return _rays_right(grid, empty)
    if direction == "left":
        return _rays_right(grid[:, ::-1], empty)[:, ::-1]
    if direction == "down":
        return _rays_right(grid.T, empty).T
    return _rays_right(grid[::-1].T, empty).T[::-1]


WAYS = {
    **{d: (d,) for d in ("right", "left", "down", "up")},
    "h": ("right", "left"),
    "v": ("down", "up"),
    "cross": ("right", "left", "down", "up"),
}


@operator("draw", over=WAYS)
def rays(grid: Grid, ways: str) -> Grid:
    """Everything runs on over the background until it meets something; the earlier direction stays on top."""
    empty = background(grid)
    out = grid
    for direction in WAYS[ways]:
        out = np.where(out != empty, out, _rays(grid, direction))
    return out


def _lines(grid: Grid, empty: int) -> Grid:
    """Rows in which one single colour stands take it throughout, over what is there."""
    out = grid.copy()
    for r, row in enumerate(grid):
        present = np.flatnonzero(np.bincount(row, minlength=10))
        present = present[present != empty]
        if present.size == 1:
            out[r] = present[0]
    return out


@operator("draw", over=("h", "v", "hv", "vh"))
def full_lines(grid: Grid, order: str) -> Grid:
    """Rows (h), columns (v) with a single colour besides the background take it; of hv the h are on top."""
    empty = background(grid)
    out = grid
    for direction in reversed(order):
        drawn = _lines(grid, empty) if direction == "h" else _lines(grid.T, empty).T
        out = np.where((drawn != grid) | (drawn != empty) & (out == empty), drawn, out)
    return out


@operator("draw", over=("h", "v", "hv", "vh"))
def connect(grid: Grid, order: str) -> Grid:
    """Background between two cells of a colour in a row (h), column (v) takes it; of hv the h are on top."""
    empty = background(grid)
    out = grid
    for direction in reversed(order):
        ahead, behind = ("right", "left") if direction == "h" else ("down", "up")
        a, b = _rays(grid, ahead), _rays(grid, behind)
        out = np.where((a == b) & (a != empty) & (grid == empty), a, out)
    return out


@operator("draw", over=("h", "v", "both"))
def connect_over(grid: Grid, direction: str) -> Grid:
    """Like :func:`connect`, from a colour's first to its last cell in the line, over all between."""
    out = grid.copy()
    empty = background(grid)
    views = {"h": [(grid, out)], "v": [(grid.T, out.T)], "both": [(grid, out), (grid.T, out.T)]}[direction]
    for source, target in views:
        for r, row in enumerate(source):
            for colour in np.flatnonzero(np.bincount(row, minlength=10)).tolist():
                places = np.flatnonzero(row == colour)
                if colour != empty and places.size > 1:
                    target[r, places[0] : places[-1] + 1] = colour
    return out


DIAGONALS = {"nw": (-1, -1), "ne": (-1, 1), "sw": (1, -1), "se": (1, 1)}


def _run(out: Grid, grid: Grid, row: int, col: int, step: tuple[int, int], empty: int) -> None:
    colour = grid[row, col]
    height, width = grid.shape
    row, col = row + step[0], col + step[1]
    while 0 <= row < height and 0 <= col < width and grid[row, col] == empty:
        out[row, col] = colour
        row, col = row + step[0], col + step[1]


@operator("draw", over=(*DIAGONALS, "falling", "rising", "all"))
def diagonals(grid: Grid, which: str) -> Grid | None:
    """Single cells of a colour run on along diagonals until they meet something."""
    empty = background(grid)
    specks = [part for part in coloured(grid, True, empty) if part.size == 1]
    if not 0 < len(specks) <= 30:
        return None
    ways = {"falling": ("nw", "se"), "rising": ("ne", "sw"), "all": tuple(DIAGONALS)}.get(which, (which,))
    out = grid.copy()
    for speck in specks:
        for way in ways:
            _run(out, grid, speck.top, speck.left, DIAGONALS[way], empty)
    return out


@operator("draw")
def connect_diagonally(grid: Grid) -> Grid | None:
    """Background between two cells of one colour on a diagonal takes it."""
    empty = background(grid)
    cells = np.argwhere(grid != empty).tolist()
    if len(cells) > 40:
        return None
    out = grid.copy()
    for i, (r, c) in enumerate(cells):
        for r2, c2 in cells[i + 1 :]:
            n, step = r2 - r, 1 if c2 > c else -1
            if n > 1 and abs(c2 - c) == n and grid[r, c] == grid[r2, c2]:
                rows, cols = np.arange(r + 1, r2), np.arange(c + step, c2, step)
                if (grid[rows, cols] == empty).all():
                    out[rows, cols] = grid[r, c]
    return out


@operator("draw", over=("across", "down"))
def elbow(grid: Grid, first: str) -> Grid | None:
    """1 on the way from the upper to the lower of the only two cells; ``first`` says how it sets out."""
    cells = np.argwhere(grid != background(grid)).tolist()
    if len(cells) != 2:
        return None
    (r1, c1), (r2, c2) = cells
    out = np.zeros_like(grid)
    row, col = (r1, c2) if first == "across" else (r2, c1)
    out[row, min(c1, c2) : max(c1, c2) + 1] = 1
    out[r1 : r2 + 1, col] = 1
    out[[r1, r2], [c1, c2]] = 0
    return out


@operator("draw", over=("specks", "all"))
def crosses(grid: Grid, which: str) -> Grid | None:
    """A full row and column through each single cell (or object), on the background; the later wins."""
    empty = background(grid)
    parts = [p for p in coloured(grid, False, empty) if which == "all" or p.size == 1]
    if not parts:
        return None
    drawn = grid.copy()
    for top, left, bottom, right, mask in parts:
        colour = grid[top, left + int(mask[0].argmax())]
        drawn[top:bottom] = colour
        drawn[:, left:right] = colour
    return np.where(grid == empty, drawn, grid)


@operator("draw")
def frame(grid: Grid) -> Grid:
    """1 on the outermost ring, 0 elsewhere."""
    out = np.ones_like(grid)
    out[1:-1, 1:-1] = 0
    return out


@operator("draw", over=("rows", "cols", "checker", "rings"))
def stripes(grid: Grid, how: str) -> Grid:
    """1 and 0 in turn: by row, by column, as a chessboard, by ring from the edge."""
    rows, cols = indices(grid.shape)
    if how == "rings":
        depth = np.minimum(np.minimum(rows, cols), np.minimum(rows[::-1], cols[:, ::-1]))
    else:
        depth = {"rows": rows, "cols": cols, "checker": rows + cols}[how]
    return (1 - depth % 2).astype(np.uint8)
