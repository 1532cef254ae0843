"""Turns and mirrors, shifts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smena_arc.ops.base import Grid, background, operator

TURNS: dict[str, Callable[[Grid], Grid]] = {
    "flip_h": lambda g: g[:, ::-1],
    "flip_v": lambda g: g[::-1],
    "rot180": lambda g: g[::-1, ::-1],
    "transpose": lambda g: g.T,
    "rot90": lambda g: g.T[:, ::-1],
    "rot270": lambda g: g.T[::-1],
    "antitranspose": lambda g: g[::-1, ::-1].T,
}
"""The symmetries of the square but the identity. ``flip_h`` mirrors left and right."""

for _name, _turn in TURNS.items():
    operator("geometry", name=_name)(_turn)


@operator("geometry", over=("up", "down", "left", "right"))
def roll(grid: Grid, direction: str) -> Grid:
    """Shift by one cell; what leaves on one side comes back on the other."""
    axis = 0 if direction in ("up", "down") else 1
    return np.roll(grid, -1 if direction in ("up", "left") else 1, axis)


@operator("geometry", over=("up", "down", "left", "right"))
def shift(grid: Grid, direction: str) -> Grid:
    """Shift by one cell; background comes in."""
    out = roll(grid, direction).copy()
    fill = background(grid)
    if direction == "up":
        out[-1] = fill
    elif direction == "down":
        out[0] = fill
    elif direction == "left":
        out[:, -1] = fill
    else:
        out[:, 0] = fill
    return out
