"""Larger grids out of a smaller one."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import MAX_SIDE, Case, Grid, background, colours, operator


def _page(height: int, width: int) -> bool:
    return 0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE


def _scaled(grid: Grid, down: int, across: int) -> Grid | None:
    if not _page(grid.shape[0] * down, grid.shape[1] * across):
        return None
    return np.repeat(np.repeat(grid, down, 0), across, 1)


@operator("tile", over=(2, 3, 4, 5))
def scale(grid: Grid, k: int) -> Grid | None:
    """Every cell as k × k cells."""
    return _scaled(grid, k, k)


@operator("tile", case=True)
def scale_to_output(grid: Grid, case: Case) -> Grid | None:
    """Every cell as a block, as large as the output's shape makes it."""
    if case.shape is None or case.shape[0] % grid.shape[0] or case.shape[1] % grid.shape[1]:
        return None
    return _scaled(grid, case.shape[0] // grid.shape[0], case.shape[1] // grid.shape[1])


@operator("tile", over=("colours", "cells"))
def scale_by(grid: Grid, number: str) -> Grid | None:
    """Every cell as n × n cells; n is the number of colours, or of cells, that are not background."""
    n = len(colours(grid)) if number == "colours" else int(np.count_nonzero(grid != background(grid)))
    return _scaled(grid, n, n) if n > 1 else None


@operator("tile", over=("2x2", "1x2", "2x1", "3x3", "1x3", "3x1"))
def tiles(grid: Grid, size: str) -> Grid | None:
    """The grid repeated; ``1x2`` is side by side."""
    down, across = int(size[0]), int(size[2])
    return np.tile(grid, (down, across)) if _page(grid.shape[0] * down, grid.shape[1] * across) else None


@operator("tile", case=True)
def tile_to_output(grid: Grid, case: Case) -> Grid | None:
    """The grid repeated from the top left to the output's shape."""
    if case.shape is None or case.shape == grid.shape:
        return None
    (h, w), (height, width) = grid.shape, case.shape
    return np.tile(grid, (-(-height // h), -(-width // w)))[:height, :width]


@operator("tile", over=("h", "v", "both"))
def mirror_tiles(grid: Grid, way: str) -> Grid | None:
    """The grid and its mirror image at its right, below it, or both."""
    out = grid
    if way != "v":
        out = np.concatenate([out, out[:, ::-1]], 1)
    if way != "h":
        out = np.concatenate([out, out[::-1]], 0)
    return out if _page(*out.shape) else None


@operator("tile", over=("full", "empty", "commonest", "rarest"))
def fractal(grid: Grid, where: str) -> Grid | None:
    """The grid in place of each of its cells that are full (empty, of a colour), background elsewhere."""
    height, width = grid.shape
    if not _page(height * height, width * width):
        return None
    empty = background(grid)
    present = colours(grid)
    if where in ("full", "empty"):
        mask = (grid != empty) == (where == "full")
    elif present:
        counts = np.bincount(grid.ravel(), minlength=10)
        pick = counts.argmax() if where == "commonest" else present[-1]
        mask = grid == pick
    else:
        return None
    big = np.repeat(np.repeat(mask, height, 0), width, 1)
    return np.where(big, np.tile(grid, grid.shape), np.uint8(empty))


@operator("tile", case=True)
def stamp_by_input(grid: Grid, case: Case) -> Grid | None:
    """The grid in place of each cell of the input that is not background."""
    (h, w), (height, width) = grid.shape, case.input.shape
    if not _page(h * height, w * width) or grid.size == 1:
        return None
    mask = np.repeat(np.repeat(case.input != background(case.input), h, 0), w, 1)
    return np.where(mask, np.tile(grid, case.input.shape), np.uint8(background(case.input)))


@operator("tile", over=("background", "edge", "zero"))
def pad(grid: Grid, fill: str) -> Grid | None:
    """One ring more: of background, or of the nearest cells (corners 0), or of 0."""
    if not _page(grid.shape[0] + 2, grid.shape[1] + 2):
        return None
    if fill != "edge":
        return np.pad(grid, 1, constant_values=0 if fill == "zero" else background(grid))
    out = np.pad(grid, 1, mode="edge")
    out[[0, 0, -1, -1], [0, -1, 0, -1]] = 0
    return out


@operator("tile", over=range(1, 10))
def border(grid: Grid, colour: int) -> Grid | None:
    """One ring more of a colour."""
    return np.pad(grid, 1, constant_values=colour) if _page(grid.shape[0] + 2, grid.shape[1] + 2) else None


@operator("tile", case=True)
def pad_to_output(grid: Grid, case: Case) -> Grid | None:
    """Background at the right and below, up to the output's shape."""
    if case.shape is None or case.shape == grid.shape:
        return None
    down, across = case.shape[0] - grid.shape[0], case.shape[1] - grid.shape[1]
    if down < 0 or across < 0:
        return None
    return np.pad(grid, ((0, down), (0, across)), constant_values=background(grid))
