"""A part of a grid."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import (
    Case,
    Component,
    Grid,
    background,
    coloured,
    colours,
    components,
    enclosed,
    operator,
    trim,
)


@operator("crop")
def crop_bbox(grid: Grid) -> Grid | None:
    """The bounds of everything that is not background."""
    return trim(grid, grid != background(grid))


@operator("crop", over=range(10))
def crop_colour(grid: Grid, colour: int) -> Grid | None:
    """The bounds of a colour."""
    return trim(grid, grid == colour)


@operator("crop", over=("rarest", "commonest"))
def crop_by_colour(grid: Grid, which: str) -> Grid | None:
    """The bounds of the rarest or most frequent colour that is not background."""
    present = colours(grid)
    if not present:
        return None
    return trim(grid, grid == present[-1 if which == "rarest" else 0])


@operator("crop")
def crop_inside(grid: Grid) -> Grid | None:
    """Without the outermost ring of cells."""
    return grid[1:-1, 1:-1] if min(grid.shape) > 2 else None


@operator("crop", over=("left", "right", "top", "bottom"))
def half(grid: Grid, side: str) -> Grid | None:
    """Half of the grid; an odd middle line belongs to neither."""
    height, width = grid.shape
    if (width if side in ("left", "right") else height) < 2:
        return None
    if side == "left":
        return grid[:, : width // 2]
    if side == "right":
        return grid[:, (width + 1) // 2 :]
    return grid[: height // 2] if side == "top" else grid[(height + 1) // 2 :]


@operator("crop", over=("top_left", "top_right", "bottom_left", "bottom_right", "centre"), case=True)
def corner(grid: Grid, where: str, case: Case) -> Grid | None:
    """A window as large as the output at a corner or in the middle."""
    if case.shape is None:
        return None
    (height, width), (h, w) = grid.shape, case.shape
    if h > height or w > width:
        return None
    if where == "centre":
        top, left = (height - h) // 2, (width - w) // 2
    else:
        top = 0 if "top" in where else height - h
        left = 0 if "left" in where else width - w
    return grid[top : top + h, left : left + w]


def _frames(grid: Grid) -> list[Component]:
    """Rectangles of one colour whose outline is complete and at least 3 × 3, the largest first."""
    found = []
    for c in coloured(grid):
        mask = c.mask
        if (
            min(mask.shape) > 2
            and mask[0].all()
            and mask[-1].all()
            and mask[:, 0].all()
            and mask[:, -1].all()
        ):
            found.append(c)
    return sorted(found, key=lambda c: -c.mask.size)


@operator("crop", over=("with", "without"))
def crop_frame(grid: Grid, edge: str) -> Grid | None:
    """The largest rectangular outline, with or without its edge."""
    frames = [f for f in _frames(grid) if not f.mask.all() and f.mask.size < grid.size]
    if not frames:
        return None
    top, left, bottom, right, _ = frames[0]
    return (
        grid[top:bottom, left:right] if edge == "with" else grid[top + 1 : bottom - 1, left + 1 : right - 1]
    )


@operator("crop")
def crop_block(grid: Grid) -> Grid | None:
    """The largest full rectangle of one colour."""
    blocks = [c for c in coloured(grid) if c.mask.all()]
    if not blocks:
        return None
    top, left, bottom, right, _ = max(blocks, key=lambda c: c.mask.size)
    return grid[top:bottom, left:right]


@operator("crop")
def crop_enclosed(grid: Grid) -> Grid | None:
    """The bounds of the enclosed background."""
    return trim(grid, enclosed(grid))


@operator("crop")
def crop_largest_area(grid: Grid) -> Grid | None:
    """The bounds of the largest thing that is not background, with all that lies within."""
    found = components(grid != background(grid), True)
    if not found:
        return None
    top, left, bottom, right, _ = max(found, key=lambda c: c.mask.size)
    return grid[top:bottom, left:right]


@operator("crop")
def crop_between_corners(grid: Grid) -> Grid | None:
    """What lies inside four cells of one colour that mark the corners of a rectangle."""
    for colour in reversed(colours(grid)):
        rows, cols = np.nonzero(grid == colour)
        if len(rows) == 4 and len(set(rows.tolist())) == 2 and len(set(cols.tolist())) == 2:
            inside = grid[rows.min() + 1 : rows.max(), cols.min() + 1 : cols.max()]
            return inside if inside.size else None
    return None


@operator("crop")
def drop_empty_lines(grid: Grid) -> Grid | None:
    """Without the rows and columns that are all background."""
    full = grid != background(grid)
    out = grid[full.any(axis=1)][:, full.any(axis=0)]
    return out if out.size else None


@operator("crop")
def drop_uniform_lines(grid: Grid) -> Grid | None:
    """Without the rows and columns of a single colour."""
    out = grid[(grid != grid[:, :1]).any(axis=1)][:, (grid != grid[:1]).any(axis=0)]
    return out if out.size else None


@operator("crop")
def dedupe_lines(grid: Grid) -> Grid:
    """Equal neighbouring rows and columns become one: the picture without its scale."""
    rows = np.ones(grid.shape[0], np.bool_)
    rows[1:] = (grid[1:] != grid[:-1]).any(axis=1)
    cols = np.ones(grid.shape[1], np.bool_)
    cols[1:] = (grid[:, 1:] != grid[:, :-1]).any(axis=0)
    return grid[rows][:, cols]


@operator("crop")
def unique_lines(grid: Grid) -> Grid:
    """Each distinct row and column once, at its first place."""
    rows = sorted(np.unique(grid, axis=0, return_index=True)[1].tolist())
    part = grid[rows]
    return part[:, sorted(np.unique(part, axis=1, return_index=True)[1].tolist())]


@operator("crop")
def downscale(grid: Grid) -> Grid | None:
    """Every block of k × k equal cells as one cell, for the largest k that divides the grid so."""
    height, width = grid.shape
    for k in range(min(height, width), 1, -1):
        if height % k == 0 and width % k == 0:
            small = grid[::k, ::k]
            if (np.repeat(np.repeat(small, k, 0), k, 1) == grid).all():
                return small
    return None


@operator("crop", over=(0, 1))
def every_other(grid: Grid, first: int) -> Grid | None:
    """Every second row and column."""
    return grid[first::2, first::2] if min(grid.shape) > 2 else None


@operator("crop")
def period(grid: Grid) -> Grid | None:
    """The smallest tile whose repetition makes the grid."""
    height, width = grid.shape
    h = next((p for p in range(1, height) if (grid[p:] == grid[:-p]).all()), height)
    w = next((p for p in range(1, width) if (grid[:, p:] == grid[:, :-p]).all()), width)
    return grid[:h, :w] if (h, w) != grid.shape else None
