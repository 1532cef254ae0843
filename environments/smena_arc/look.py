"""A pair as arrays, and what can be seen on a grid: things on a background, symmetries, dividing lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.int8]

_EIGHT = np.ones((3, 3), dtype=np.int8)
TURNS: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("flip-horizontal", lambda a: a[:, ::-1]),
    ("flip-vertical", lambda a: a[::-1]),
    ("transpose", lambda a: a.T),
    ("rotate-180", lambda a: a[::-1, ::-1]),
    ("rotate-90", np.rot90),
    ("rotate-270", lambda a: np.rot90(a, 3)),
    ("antitranspose", lambda a: a[::-1, ::-1].T),
)


class Look:
    """One pair as arrays, with what several relations need computed once. ``ground`` is the task's
    background colour."""

    def __init__(self, pair: dict[str, Any], ground: int) -> None:
        self.input: Array = np.array(pair["input"], dtype=np.int8)
        self.output: Array = np.array(pair["output"], dtype=np.int8)
        self.ground = ground
        self.same_size = self.input.shape == self.output.shape

    @cached_property
    def counts(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.bincount(self.input.ravel(), minlength=10), np.bincount(self.output.ravel(), minlength=10)

    @cached_property
    def palettes(self) -> tuple[frozenset[int], frozenset[int]]:
        before, after = self.counts
        return frozenset(np.flatnonzero(before).tolist()), frozenset(np.flatnonzero(after).tolist())

    @cached_property
    def objects(self) -> tuple[list[bytes], list[bytes]]:
        return objects(self.input, self.ground), objects(self.output, self.ground)

    @cached_property
    def changed(self) -> NDArray[np.bool_]:
        """Where a same-size output differs from its input."""
        differs: NDArray[np.bool_] = self.input != self.output
        return differs


def objects(grid: Array, ground: int) -> list[bytes]:
    """The 8-connected things on the background, each by shape and colours, wherever it lies."""
    labels, _ = ndimage.label(grid != ground, structure=_EIGHT)
    found = []
    for n, box in enumerate(ndimage.find_objects(labels), start=1):
        own = labels[box] == n
        found.append(bytes(own.shape) + np.where(own, grid[box], -1).astype(np.int8).tobytes())
    return found


def background(view: dict[str, Any]) -> int:
    """The commonest colour of the train inputs."""
    cells: Counter[int] = Counter(cell for pair in view["train"] for row in pair["input"] for cell in row)
    return min(cells, key=lambda colour: (-cells[colour], colour))


def looks(view: dict[str, Any]) -> list[Look]:
    """All train pairs of a view."""
    ground = background(view)
    return [Look(pair, ground) for pair in view["train"]]


def symmetries(grid: Array) -> frozenset[str]:
    """Names of the turns that leave a grid as it is."""
    return frozenset(n for n, t in TURNS[:4] if t(grid).shape == grid.shape and np.array_equal(t(grid), grid))


def cuts(grid: Array) -> list[int]:
    """Rows of one colour (not the commonest) that cut the grid into bands of equal height."""
    common = int(np.bincount(grid.ravel()).argmax())
    rows = [r for r in range(grid.shape[0]) if grid[r, 0] != common and (grid[r] == grid[r, 0]).all()]
    edges = [-1, *rows, grid.shape[0]]
    heights = {b - a - 1 for a, b in pairwise(edges)}
    return rows if grid.shape[1] > 1 and len(heights) == 1 and 0 not in heights else []
