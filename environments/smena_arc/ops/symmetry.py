"""What symmetry or repetition says about cells that are missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from smena_arc.ops.base import Grid, background, bounds, colours, components, indices, operator
from smena_arc.ops.geometry import TURNS

ORBITS = {
    "h": ("flip_h",),
    "v": ("flip_v",),
    "hv": ("flip_h", "flip_v", "rot180"),
    "half": ("rot180",),
    "quarter": ("rot90", "rot180", "rot270"),
    "diagonal": ("transpose",),
    "antidiagonal": ("antitranspose",),
    "all": tuple(TURNS),
}


@operator("symmetry", over=ORBITS)
def mirror(grid: Grid, orbit: str) -> Grid | None:
    """The grid over its own mirror images: background is filled from them."""
    if orbit not in ("h", "v", "hv", "half") and grid.shape[0] != grid.shape[1]:
        return None
    empty = background(grid)
    out = grid
    for name in ORBITS[orbit]:
        out = np.where(out != empty, out, TURNS[name](grid))
    return out


@operator("symmetry", over=("rarest", "commonest", "all"))
def mirror_about(grid: Grid, centre: str) -> Grid | None:
    """On the background, mirror images about the middle of a colour's bounds, or of everything."""
    present = colours(grid)
    if not present:
        return None
    empty = background(grid)
    which = grid != empty if centre == "all" else grid == present[-1 if centre == "rarest" else 0]
    box = bounds(which)
    if box is None:
        return None
    down, across = box[0] + box[2] - 1, box[1] + box[3] - 1
    out = grid.copy()
    for r, c in np.argwhere(grid != empty).tolist():
        for row, col in ((down - r, c), (r, across - c), (down - r, across - c)):
            if 0 <= row < grid.shape[0] and 0 <= col < grid.shape[1] and out[row, col] == empty:
                out[row, col] = grid[r, c]
    return out


@operator("symmetry", over=("h", "v", "hv", "quarter"))
def mirror_clusters(grid: Grid, orbit: str) -> Grid | None:
    """:func:`mirror` within the bounds of each cluster."""
    empty = background(grid)
    out = grid.copy()
    for top, left, bottom, right, _ in components(grid != empty, True):
        made = mirror(grid[top:bottom, left:right], orbit)
        if made is None:
            return None
        part = out[top:bottom, left:right]
        np.copyto(part, made, where=part == empty)
    return out


def _axes(length: int) -> Iterator[int]:
    """Sums i + j of mirrored indices, the middle first, as far off as a third of the length."""
    for off in range(length // 3 + 1):
        yield length - 1 + off
        if off:
            yield length - 1 - off


def _agrees(a: Grid, b: Grid, hidden: int) -> bool:
    known = (a != hidden) & (b != hidden)
    return bool((a[known] == b[known]).all()) and int(known.sum()) * 2 > known.size


def _fill_mirror(grid: Grid, hidden: int) -> Grid:
    """Fill hidden cells from the mirror image about the axis nearest the middle that nothing contradicts."""
    n = grid.shape[1]
    for total in _axes(n):
        left, right = max(0, total - n + 1), min(n - 1, total)
        if right - left < n // 2:
            continue
        part = grid[:, left : right + 1]
        if _agrees(part, part[:, ::-1], hidden):
            out = grid.copy()
            view = out[:, left : right + 1]
            np.copyto(view, part[:, ::-1], where=part == hidden)
            return out
    return grid


def _fill_transposed(grid: Grid, hidden: int) -> Grid:
    if grid.shape[0] == grid.shape[1] and _agrees(grid, grid.T, hidden):
        return np.where(grid == hidden, grid.T, grid)
    return grid


def _fill_period(grid: Grid, hidden: int) -> Grid | None:
    """Fill hidden cells from the smallest tile with which nothing disagrees."""
    height, width = grid.shape
    known = grid != hidden
    sizes = sorted(
        ((h, w) for h in range(1, height // 2 + 1) for w in range(1, width // 2 + 1)),
        key=lambda s: s[0] * s[1],
    )
    # a tile that fits has no contradiction along its own axes; test those first, they prune most sizes
    for h, w in sizes[:300]:
        tall, wide = -(-height // h) * h, -(-width // w) * w
        padded = np.full((tall, wide), hidden, np.uint8)
        padded[:height, :width] = grid
        blocks = padded.reshape(tall // h, h, wide // w, w)
        low = np.where(blocks != hidden, blocks, 255).min(axis=(0, 2))
        high = np.where(blocks != hidden, blocks, 0).max(axis=(0, 2))
        if (low == 255).any() or (low != high).any():
            continue
        whole = np.tile(low.astype(np.uint8), (tall // h, wide // w))[:height, :width]
        return np.where(known, grid, whole)
    return None


def _repair(grid: Grid, hidden: int) -> Grid | None:
    mask = grid == hidden
    if not mask.any() or mask.mean() > 0.5:
        return None
    out = grid
    for _ in range(2):
        out = _fill_mirror(out, hidden)
        out = _fill_mirror(out.T, hidden).T
        out = _fill_transposed(out, hidden)
        if not (out == hidden).any():
            return out
    return _fill_period(grid, hidden) if (out == hidden).any() else out


@operator("symmetry", over=range(10))
def repair(grid: Grid, hidden: int) -> Grid | None:
    """Cells of a colour filled so that the grid is symmetric, or else periodic."""
    return _repair(grid, hidden)


@operator("symmetry", over=range(10))
def reveal(grid: Grid, hidden: int) -> Grid | None:
    """What :func:`repair` puts under a colour: the bounds of that colour, repaired."""
    box = bounds(grid == hidden)
    whole = None if box is None else _repair(grid, hidden)
    return None if box is None or whole is None else whole[box[0] : box[2], box[1] : box[3]]


def _fill_stripes(grid: Grid, hidden: int, how: str) -> Grid | None:
    """Fill hidden cells from the fewest diagonal stripes with which nothing disagrees."""
    rows, cols = indices(grid.shape)
    sums = rows + cols if how == "rising" else rows - cols + grid.shape[1]
    known = grid != hidden
    for n in range(2, max(grid.shape)):
        seen = np.bincount((sums[known] % n) * 10 + grid[known], minlength=n * 10).reshape(n, 10)
        if ((seen > 0).sum(axis=1) == 1).all():
            return np.take(seen.argmax(axis=1).astype(np.uint8), sums % n)
    return None


@operator("symmetry", over=("h", "v", "both"))
def repeat_box(grid: Grid, way: str) -> Grid | None:
    """What lies within the bounds of everything repeats itself sideways (h), up and down (v), or both."""
    box = bounds(grid != background(grid))
    if box is None:
        return None
    top, left, bottom, right = box
    rows, cols = np.arange(grid.shape[0]), np.arange(grid.shape[1])
    if way != "h":
        rows = (rows - top) % (bottom - top) + top
    if way != "v":
        cols = (cols - left) % (right - left) + left
    return grid[rows][:, cols]


@operator("symmetry", over=("rows", "cols", "tile", "falling", "rising"))
def continue_pattern(grid: Grid, how: str) -> Grid | None:
    """The smallest repetition that what is not background obeys goes on over the background."""
    empty = background(grid)
    if how == "tile":
        return _fill_period(grid, empty)
    if how in ("falling", "rising"):
        return _fill_stripes(grid, empty, how)
    lines = grid if how == "rows" else grid.T
    out = lines.copy()
    for r, line in enumerate(lines):
        full = np.flatnonzero(line != empty)
        if full.size == 0:
            continue
        first, last = int(full[0]), int(full[-1]) + 1
        part = line[first:last]
        step = next((p for p in range(1, part.size) if (part[p:] == part[:-p]).all()), part.size)
        index = (np.arange(line.size) - first) % step
        out[r] = np.where(np.arange(line.size) >= first, part[index], line)
    return out if how == "rows" else out.T


@operator("symmetry")
def symmetric_half(grid: Grid) -> Grid | None:
    """One of the four equal quarters, or one of the two equal halves, of a symmetric grid."""
    height, width = grid.shape
    if width > 1 and (grid == grid[:, ::-1]).all():
        grid = grid[:, : (width + 1) // 2]
    if height > 1 and (grid == grid[::-1]).all():
        grid = grid[: (height + 1) // 2]
    return grid if grid.shape != (height, width) else None


@operator("symmetry")
def majority_tile(grid: Grid) -> Grid | None:
    """Rows, or else columns, take their most frequent colour: whichever changes fewer cells."""
    rows = np.array([np.bincount(r).argmax() for r in grid], np.uint8)[:, None]
    cols = np.array([np.bincount(c).argmax() for c in grid.T], np.uint8)[None, :]
    by_row, by_col = np.broadcast_to(rows, grid.shape), np.broadcast_to(cols, grid.shape)
    if len(colours(grid)) < 2:
        return None
    return (by_row if (by_row != grid).sum() <= (by_col != grid).sum() else by_col).copy()
