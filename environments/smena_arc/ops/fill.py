"""Cells that take the colour of what is around them."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import (
    Component,
    Grid,
    Mask,
    background,
    coloured,
    colours,
    components,
    enclosed,
    operator,
)


def _around(grid: Grid, part: Component) -> Grid:
    """Colours of the cells next to a component, with repetition."""
    top, left = max(part.top - 1, 0), max(part.left - 1, 0)
    area = grid[top : part.bottom + 1, left : part.right + 1]
    own = np.zeros((area.shape[0] + 2, area.shape[1] + 2), np.bool_)
    r, c = part.top - top + 1, part.left - left + 1
    own[r : r + part.mask.shape[0], c : c + part.mask.shape[1]] = part.mask
    grown = own[:-2, 1:-1] | own[2:, 1:-1] | own[1:-1, :-2] | own[1:-1, 2:]
    return area[grown & ~own[1:-1, 1:-1]]


@operator("fill", over=(4, 8))
def fill_enclosed(grid: Grid, neighbours: int) -> Grid | None:
    """Each enclosed part of the background takes the colour that surrounds it most."""
    out = grid.copy()
    for hole in components(grid == background(grid), neighbours == 8):
        if not hole.touches_edge(grid.shape):
            hole.put(out, np.bincount(_around(grid, hole)).argmax())
    return out


@operator("fill", over=(4, 8))
def mark_enclosed(grid: Grid, neighbours: int) -> Grid | None:
    """1 on enclosed background, 0 elsewhere."""
    inside = enclosed(grid, neighbours == 8)
    return inside.view(np.uint8) if inside.any() else None


@operator("fill")
def flood_marked(grid: Grid) -> Grid:
    """An enclosed space with a single cell of a colour in it takes that colour."""
    empty = background(grid)
    out = grid.copy()
    for part in coloured(grid, without=empty):
        if part.size == 1:
            colour = grid[part.top, part.left]
            room = (grid == empty) | (grid == colour)
            for space in components(room):
                if space.top <= part.top < space.bottom and space.left <= part.left < space.right and (
                    space.mask[part.top - space.top, part.left - space.left]
                    and not space.touches_edge(grid.shape)
                ):  # fmt: skip
                    space.put(out, colour)
    return out


@operator("fill")
def spread_rarest(grid: Grid) -> Grid | None:
    """Each cluster that holds a cell of the rarest colour takes it."""
    present = colours(grid)
    if len(present) < 2:
        return None
    out = grid.copy()
    for part in components(grid != background(grid), True):
        view = out[part.top : part.bottom, part.left : part.right]
        if (view[part.mask] == present[-1]).any():
            part.put(out, present[-1])
    return out


@operator("fill", over=("rarest", "commonest"))
def unify_cluster(grid: Grid, which: str) -> Grid | None:
    """Each cluster takes its own rarest or most frequent colour."""
    out = grid.copy()
    for part in components(grid != background(grid), True):
        counts = np.bincount(grid[part.top : part.bottom, part.left : part.right][part.mask], minlength=10)
        if np.count_nonzero(counts) > 1:
            present = [c for c in np.argsort(-counts, kind="stable").tolist() if counts[c]]
            part.put(out, present[-1 if which == "rarest" else 0])
    return out


@operator("fill", over=(4, 8))
def drop_specks(grid: Grid, neighbours: int) -> Grid:
    """Single cells of a colour take the colour that surrounds them most."""
    out = grid.copy()
    for part in coloured(grid, neighbours == 8):
        if part.size == 1:
            around = _around(grid, part)
            if around.size:
                part.put(out, np.bincount(around).argmax())
    return out


@operator("fill")
def drop_small(grid: Grid) -> Grid:
    """Clusters of one or two cells become background."""
    empty = background(grid)
    out = grid.copy()
    for part in components(grid != empty):
        if part.size < 3:
            part.put(out, empty)
    return out


def _neighbours(mask: Mask, eight: bool) -> Mask:
    """Cells next to a true cell."""
    padded = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.bool_)
    padded[1:-1, 1:-1] = mask
    sideways = padded[:, :-2] | padded[:, 2:]
    near = sideways[1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1]
    return near | sideways[:-2] | sideways[2:] if eight else near


@operator("fill", over=(4, 8))
def outline(grid: Grid, neighbours: int) -> Grid:
    """1 on background next to something, 0 elsewhere."""
    full = grid != background(grid)
    around: Mask = _neighbours(full, neighbours == 8) & ~full
    return around.astype(np.uint8)


@operator("fill", over=(4, 8))
def grow(grid: Grid, neighbours: int) -> Grid:
    """Background next to a colour takes it; where several meet the most frequent on the grid wins."""
    empty = background(grid)
    out = grid.copy()
    for colour in reversed(colours(grid)):
        out[_neighbours(grid == colour, neighbours == 8) & (grid == empty)] = colour
    return out


@operator("fill")
def erode(grid: Grid) -> Grid:
    """What is next to the background or the edge becomes background."""
    padded = np.ones((grid.shape[0] + 2, grid.shape[1] + 2), np.bool_)
    empty = background(grid)
    padded[1:-1, 1:-1] = grid == empty
    near = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return np.where(near, np.uint8(empty), grid)


@operator("fill")
def fill_boxes(grid: Grid) -> Grid:
    """Background within the bounds of a cluster takes the cluster's most frequent colour."""
    empty = background(grid)
    out = grid.copy()
    for top, left, bottom, right, mask in components(grid != empty, True):
        counts = np.bincount(grid[top:bottom, left:right][mask])
        part = out[top:bottom, left:right]
        part[part == empty] = counts.argmax()
    return out


@operator("fill")
def hollow(grid: Grid) -> Grid:
    """The inside of everything becomes background: cells whose eight neighbours have their colour."""
    inner = np.zeros(grid.shape, np.bool_)
    core = grid[1:-1, 1:-1]
    if core.size:
        inner[1:-1, 1:-1] = True
        for r in range(3):
            for c in range(3):
                inner[1:-1, 1:-1] &= grid[r : r + core.shape[0], c : c + core.shape[1]] == core
    return np.where(inner, np.uint8(background(grid)), grid)


@operator("fill", over=range(10))
def absorb(grid: Grid, colour: int) -> Grid | None:
    """Every part of a colour takes the colour that surrounds it most."""
    parts = components(grid == colour, True)
    if not parts or len(parts) > 60:
        return None
    out = grid.copy()
    for part in parts:
        around = _around(grid, part)
        if around.size:
            part.put(out, np.bincount(around).argmax())
    return out


@operator("fill")
def mark_largest_box(grid: Grid) -> Grid | None:
    """1 on each full rectangle of background cells of the largest area."""
    free = grid == background(grid)
    height, width = grid.shape
    sums = np.zeros((height + 1, width + 1), np.int64)
    sums[1:, 1:] = free.cumsum(0).cumsum(1)
    best = 3
    found: list[tuple[int, int, int, int]] = []
    for h in range(1, height + 1):
        for w in range(best // h, width + 1):
            if w == 0 or h * w < best:
                continue
            total = sums[h:, w:] - sums[:-h, w:] - sums[h:, :-w] + sums[:-h, :-w]
            places = np.argwhere(total == h * w)
            if not len(places):
                break
            if h * w > best:
                best, found = h * w, []
            found += [(r, c, h, w) for r, c in places.tolist()]
    out = np.zeros_like(grid)
    for r, c, h, w in found:
        out[r : r + h, c : c + w] = 1
    return out if found else None


@operator("fill")
def mark_largest_square(grid: Grid) -> Grid | None:
    """1 on each full square of background cells of the largest size, at least 2 wide."""
    free = grid == background(grid)
    side = np.zeros((grid.shape[0] + 1, grid.shape[1] + 1), np.int64)
    for r in range(grid.shape[0]):
        for c in range(grid.shape[1]):
            if free[r, c]:
                side[r + 1, c + 1] = 1 + min(side[r, c], side[r, c + 1], side[r + 1, c])
    best = int(side.max())
    if best < 2:
        return None
    out = np.zeros_like(grid)
    for r, c in np.argwhere(side == best).tolist():
        out[r - best : r, c - best : c] = 1
    return out
