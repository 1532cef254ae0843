"""Grids, pieces, the register of operators, and the few primitives that every operator module shares.

A grid is a ``uint8`` array of 1..30 × 1..30 cells with colours 0..9. Pieces are grids cut out of a canvas,
with their places. Operators are pure: they never write into what they get, and return None where they do
not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
Kind = Literal["grid", "pieces"]
MAX_SIDE = 30
MAX_PIECES = 80


class Piece(NamedTuple):
    """A grid and the place of its top left cell on the canvas."""

    grid: Grid
    row: int
    col: int


class Pieces(NamedTuple):
    """Pieces in order, and the canvas they were cut out of, whose background is transparent in them."""

    items: tuple[Piece, ...]
    canvas: Grid


Value = Grid | Pieces


class Case(NamedTuple):
    """What an operator may know besides its argument: the task's input grid, and the shape that the output
    should have where train pairs tell (a constant, or a ratio to the input)."""

    input: Grid
    shape: tuple[int, int] | None


class Operator(NamedTuple):
    """A named step. ``run`` takes a value and its case."""

    name: str
    family: str
    takes: Kind
    gives: Kind
    run: Callable[[Any, Case], Any]


OPERATORS: dict[str, Operator] = {}
F = TypeVar("F", bound=Callable[..., Any])


def operator(
    family: str,
    takes: Kind = "grid",
    gives: Kind = "grid",
    over: Iterable[int | str] | None = None,
    case: bool = False,
    name: str = "",
) -> Callable[[F], F]:
    """Register a function under its name; with ``over``, once for each value of its second argument, as
    ``name:value``. With ``case`` the function takes the :class:`Case` as its last argument."""

    def register(function: F) -> F:
        stem = name or function.__name__
        for value in over if over is not None else (None,):
            label = stem if value is None else f"{stem}:{value}"
            bound = () if value is None else (value,)
            if label in OPERATORS:
                raise ValueError(f"two operators are called {label}")
            OPERATORS[label] = Operator(label, family, takes, gives, _runner(function, bound, case))
        return function

    return register


def _runner(function: Callable[..., Any], bound: tuple[Any, ...], case: bool) -> Callable[[Any, Case], Any]:
    if case:
        return lambda value, context: function(value, *bound, context)
    return lambda value, context: function(value, *bound)


def background(grid: Grid) -> int:
    """0 where there is any, else the most frequent colour."""
    counts = np.bincount(grid.ravel(), minlength=10)
    return 0 if counts[0] else int(counts.argmax())


def colours(grid: Grid) -> list[int]:
    """Colours other than the background, the most frequent first, ties by number."""
    counts = np.bincount(grid.ravel(), minlength=10)
    counts[0 if counts[0] else counts.argmax()] = 0
    return [int(c) for c in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]]


def indices(shape: tuple[int, ...]) -> tuple[Index, Index]:
    """Every cell's row and column."""
    height, width = shape
    rows, cols = np.arange(height)[:, None], np.arange(width)[None, :]
    return np.broadcast_to(rows, (height, width)), np.broadcast_to(cols, (height, width))


def same(a: Grid, b: Grid) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def bounds(mask: Mask) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right (exclusive) of the true cells."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1) if rows.size else None


def trim(grid: Grid, mask: Mask) -> Grid | None:
    """The part of the grid within the bounds of the mask."""
    box = bounds(mask)
    return None if box is None else grid[box[0] : box[2], box[1] : box[3]]


def paste(canvas: Grid, pieces: Iterable[Piece], transparent: int) -> Grid:
    """The canvas with the pieces on it, cut off at its edges; the ``transparent`` colour covers nothing."""
    out = canvas.copy()
    height, width = out.shape
    for grid, row, col in pieces:
        top, left = max(row, 0), max(col, 0)
        part = grid[top - row : height - row, left - col : width - col]
        if part.size:
            area = out[top : top + part.shape[0], left : left + part.shape[1]]
            np.copyto(area, part, where=part != transparent)
    return out


class Component(NamedTuple):
    """A connected set of cells: its bounds on the grid and its cells within them."""

    top: int
    left: int
    bottom: int
    right: int
    mask: Mask

    @property
    def size(self) -> int:
        return int(np.count_nonzero(self.mask))

    def put(self, plane: npt.NDArray[Any], value: Any) -> None:
        """Write a value into the component's cells."""
        plane[self.top : self.bottom, self.left : self.right][self.mask] = value

    def touches_edge(self, shape: tuple[int, ...]) -> bool:
        return self.top == 0 or self.left == 0 or self.bottom == shape[0] or self.right == shape[1]


def components(mask: Mask, eight: bool = False) -> tuple[Component, ...]:
    """Connected components in reading order of their first cells."""
    return _components(mask.tobytes(), *mask.shape, eight)


# Floods on Python integers as bit boards: fast at these sizes, and no scipy to import.
@lru_cache(maxsize=4096)
def _components(cells: bytes, height: int, width: int, eight: bool) -> tuple[Component, ...]:
    stride = width + 1  # the guard column keeps a flood from wrapping round the edge
    padded = np.zeros((height, stride), np.uint8)
    padded[:, :width] = np.frombuffer(cells, np.uint8).reshape(height, width)
    board = int.from_bytes(np.packbits(padded.ravel(), bitorder="little").tobytes(), "little")
    length = (height * stride + 7) // 8
    found = []
    while board:
        flood, grown = 0, board & -board
        while grown != flood:
            flood = grown
            sideways = flood | flood << 1 | flood >> 1
            if eight:
                grown = (sideways | sideways << stride | sideways >> stride) & board
            else:
                grown = (sideways | flood << stride | flood >> stride) & board
        board ^= flood
        bits = np.frombuffer(flood.to_bytes(length, "little"), np.uint8)
        whole = np.unpackbits(bits, count=height * stride, bitorder="little").reshape(height, stride)
        top, bottom = ((flood & -flood).bit_length() - 1) // stride, (flood.bit_length() - 1) // stride + 1
        across = np.flatnonzero(whole[top:bottom].any(axis=0))
        left, right = int(across[0]), int(across[-1]) + 1
        found.append(Component(top, left, bottom, right, whole[top:bottom, left:right].view(np.bool_)))
    return tuple(found)


def coloured(grid: Grid, eight: bool = False, without: int = -1) -> list[Component]:
    """Components of one colour each, without those of colour ``without``, in reading order."""
    return list(_coloured(grid.tobytes(), *grid.shape, eight, without))


@lru_cache(maxsize=1024)
def _coloured(cells: bytes, height: int, width: int, eight: bool, without: int) -> tuple[Component, ...]:
    grid = np.frombuffer(cells, np.uint8).reshape(height, width)
    found = [
        c for colour in np.flatnonzero(np.bincount(grid.ravel())) if colour != without
        for c in components(grid == colour, eight)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda c: (c.top, c.left + int(c.mask[0].argmax()))))


def cut(grid: Grid, component: Component, fill: int) -> Piece:
    """The component as a piece; cells of its bounds that are not its own take the colour ``fill``."""
    top, left, bottom, right, mask = component
    return Piece(np.where(mask, grid[top:bottom, left:right], np.uint8(fill)), top, left)


def enclosed(grid: Grid, eight: bool = False) -> Mask:
    """Background cells that no path of background cells joins to the edge."""
    inside = np.zeros(grid.shape, np.bool_)
    for hole in components(grid == background(grid), eight):
        if not hole.touches_edge(grid.shape):
            hole.put(inside, True)
    return inside
