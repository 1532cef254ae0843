"""Things that fall."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import Grid, background, coloured, components, operator

DIRECTIONS = ("down", "up", "left", "right")


def _towards_bottom(grid: Grid, direction: str) -> Grid:
    """The view of the grid in which the direction is down; its own inverse."""
    return {"down": grid, "up": grid[::-1], "right": grid.T, "left": grid[::-1, ::-1].T}[direction]


@operator("gravity", over=DIRECTIONS)
def fall(grid: Grid, direction: str) -> Grid:
    """Every cell falls as far as it can."""
    empty = background(grid)
    view = _towards_bottom(grid, direction)
    order = np.argsort(view != empty, axis=0, kind="stable")
    return _towards_bottom(np.take_along_axis(view, order, axis=0), direction)


@operator("gravity", over=[f"{kind}-{d}" for kind in ("objects", "clusters") for d in DIRECTIONS])
def fall_whole(grid: Grid, how: str) -> Grid | None:
    """Objects of one colour, or clusters, fall without breaking; the lowest first."""
    kind, _, direction = how.partition("-")
    empty = background(grid)
    view = _towards_bottom(grid, direction)
    found = coloured(view, True, empty) if kind == "objects" else components(view != empty, True)
    if not 0 < len(found) <= 30:
        return None
    out = np.full_like(view, empty)
    height = view.shape[0]
    for top, left, bottom, right, mask in sorted(found, key=lambda c: -c.bottom):
        row = top
        while row + (bottom - top) < height:
            below = out[row + 1 : row + 1 + bottom - top, left:right]
            if (below[mask] != empty).any():
                break
            row += 1
        part = out[row : row + bottom - top, left:right]
        np.copyto(part, view[top:bottom, left:right], where=mask)
    return _towards_bottom(out, direction)


@operator("gravity", over=("most", "least"))
def attract(grid: Grid, which: str) -> Grid | None:
    """All objects but the largest (smallest) move straight towards it until they touch."""
    empty = background(grid)
    found = coloured(grid, True, empty)
    if not 2 <= len(found) <= 12:
        return None
    ranked = sorted(found, key=lambda c: c.size, reverse=which == "most")
    anchor = ranked[0]
    if anchor.size == ranked[1].size:
        return None
    out = np.full_like(grid, empty)
    anchor.put(out, grid[anchor.top, anchor.left + int(anchor.mask[0].argmax())])
    for part in ranked[1:]:
        down = (part.bottom <= anchor.top) - (part.top >= anchor.bottom)
        across = (part.right <= anchor.left) - (part.left >= anchor.right)
        if bool(down) == bool(across):
            return None
        colour = grid[part.top, part.left + int(part.mask[0].argmax())]
        row, col = part.top, part.left
        h, w = part.mask.shape
        while True:
            r, c = row + down, col + across
            if r < 0 or c < 0 or r + h > grid.shape[0] or c + w > grid.shape[1]:
                break
            if (out[r : r + h, c : c + w][part.mask] != empty).any():
                break
            row, col = r, c
        out[row : row + h, col : col + w][part.mask] = colour
    return out
