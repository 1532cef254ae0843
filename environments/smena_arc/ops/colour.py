"""Which colour, not where."""

from __future__ import annotations

import numpy as np

from smena_arc.ops.base import Grid, background, colours, operator


@operator("colour", over=range(1, 10))
def only(grid: Grid, colour: int) -> Grid:
    """Everything else becomes background."""
    return np.where(grid == colour, grid, np.uint8(background(grid)))


@operator("colour", over=range(1, 10))
def drop(grid: Grid, colour: int) -> Grid:
    """A colour becomes background 0."""
    return np.where(grid == colour, np.uint8(0), grid)


@operator("colour", over=("rarest", "commonest"))
def only_by(grid: Grid, which: str) -> Grid | None:
    """Everything but the rarest or most frequent colour becomes background."""
    present = colours(grid)
    if len(present) < 2:
        return None
    return np.where(grid == present[-1 if which == "rarest" else 0], grid, np.uint8(background(grid)))


@operator("colour", over=("rarest", "commonest"))
def drop_by(grid: Grid, which: str) -> Grid | None:
    """The rarest or most frequent colour that is not background becomes background."""
    present = colours(grid)
    if len(present) < 2:
        return None
    return np.where(grid == present[-1 if which == "rarest" else 0], np.uint8(background(grid)), grid)


@operator("colour")
def as_mask(grid: Grid) -> Grid:
    """1 where the grid is not background."""
    return np.where(grid != background(grid), np.uint8(1), np.uint8(0))


@operator("colour")
def invert(grid: Grid) -> Grid | None:
    """Background and the only other colour change places."""
    present = colours(grid)
    if len(present) != 1:
        return None
    return np.where(grid == present[0], np.uint8(background(grid)), np.uint8(present[0]))


@operator("colour")
def swap_two(grid: Grid) -> Grid | None:
    """The two colours that are not background change places."""
    present = colours(grid)
    if len(present) != 2:
        return None
    table = np.arange(10, dtype=np.uint8)
    table[present] = present[::-1]
    return table[grid]


@operator("colour")
def paint_by_rarest(grid: Grid) -> Grid | None:
    """Everything that is not background takes the rarest colour, whose own cells vanish."""
    present = colours(grid)
    if len(present) < 2:
        return None
    table = np.full(10, present[-1], np.uint8)
    table[background(grid)] = table[present[-1]] = background(grid)
    return table[grid]


@operator("colour")
def majority_is_zero(grid: Grid) -> Grid | None:
    """The most frequent colour and 0 change places, so that it counts as background."""
    most = int(np.bincount(grid.ravel(), minlength=10).argmax())
    if most == 0:
        return None
    table = np.arange(10, dtype=np.uint8)
    table[0], table[most] = most, 0
    return table[grid]


@operator("colour", over=("commonest", "rarest"))
def one_cell(grid: Grid, which: str) -> Grid | None:
    """One cell of that colour."""
    present = colours(grid)
    return np.array([[present[-1 if which == "rarest" else 0]]], np.uint8) if present else None


@operator("colour", over=("column", "bars"))
def histogram(grid: Grid, how: str) -> Grid | None:
    """The colours but 0 in falling frequency: as a column of cells, or as bars of their cell counts."""
    numbers = np.bincount(grid.ravel(), minlength=10)
    numbers[0] = 0
    present = [c for c in np.argsort(-numbers, kind="stable").tolist() if numbers[c]]
    counts = numbers[present]
    if not present or len(present) > 9 or counts[0] > 30:
        return None
    if how == "column":
        return np.array([present], np.uint8).T
    out = np.zeros((len(present), counts[0]), np.uint8)
    for row, (colour, n) in enumerate(zip(present, counts, strict=True)):
        out[row, :n] = colour
    return out
