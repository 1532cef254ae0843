"""Planes of objects: what a cell's object is like, by itself or among the others, on every cell of it.

A plane holds small integers, 0 where there is no object. A fitted rule looks a cell's colour up by one
of them
(:mod:`smena_arc.finish`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from smena_arc.ops.base import Component, Grid, Index, background, coloured, components, indices

Plane = Index
LIMIT = 255
PLANES: dict[str, Callable[[Grid], Plane]] = {}


def plane(function: Callable[[Grid], Plane]) -> Callable[[Grid], Plane]:
    PLANES[function.__name__] = function
    return function


def _holes(part: Component) -> int:
    return sum(not c.touches_edge(part.mask.shape) for c in components(~part.mask))


def _symmetric(part: Component) -> int:
    mask = part.mask
    return int((mask == mask[:, ::-1]).all()) + 2 * int((mask == mask[::-1]).all())


MEASURES: dict[str, Callable[[Component], int]] = {
    "size": lambda part: min(part.size, LIMIT - 1),
    "height": lambda part: part.mask.shape[0],
    "width": lambda part: part.mask.shape[1],
    "long": lambda part: max(part.mask.shape),
    "full": lambda part: int(part.mask.all()),
    "square": lambda part: int(part.mask.shape[0] == part.mask.shape[1] and part.mask.all()),
    "lies": lambda part: int(np.sign(part.mask.shape[1] - part.mask.shape[0])) + 1,
    "parity": lambda part: part.size % 2,
    "width_parity": lambda part: part.mask.shape[1] % 2,
    "single": lambda part: int(part.size == 1),
    "holes": _holes,
    "symmetric": _symmetric,
}
"""What one object tells by itself."""


def _ranks(numbers: list[int]) -> list[int]:
    order = {n: i for i, n in enumerate(sorted(set(numbers)))}
    return [order[n] for n in numbers]


def _extremes(numbers: list[int]) -> list[int]:
    """2 for the largest, 1 for the smallest, 0 between."""
    high, low = max(numbers), min(numbers)
    return [2 if n == high else int(n == low) for n in numbers]


def _forms(parts: list[Component]) -> list[int]:
    """How many objects have this one's form."""
    forms = [(part.mask.shape, part.mask.tobytes()) for part in parts]
    counts = Counter(forms)
    return [counts[form] for form in forms]


COMPARISONS: dict[str, Callable[[list[Component]], list[int]]] = {
    "from_smallest": lambda parts: _ranks([p.size for p in parts]),
    "from_largest": lambda parts: _ranks([-p.size for p in parts]),
    "extreme": lambda parts: _extremes([p.size for p in parts]),
    "form_count": _forms,
    "from_left": lambda parts: _ranks([p.left for p in parts]),
    "from_top": lambda parts: _ranks([p.top for p in parts]),
}
"""What an object is among the others."""


def _objects(grid: Grid) -> list[Component]:
    return coloured(grid, True, background(grid))


def _objects4(grid: Grid) -> list[Component]:
    return coloured(grid, False, background(grid))


def _spaces(grid: Grid) -> list[Component]:
    return list(components(grid == background(grid)))


SCOPES = {"object": _objects, "object4": _objects4, "space": _spaces}


def _by_parts(
    scope: Callable[[Grid], list[Component]], value: Callable[[list[Component], Grid], list[int]]
) -> Callable[[Grid], Plane]:
    def make(grid: Grid) -> Plane:
        out = np.zeros(grid.shape, np.int64)
        parts = scope(grid)
        if parts:
            for part, number in zip(parts, value(parts, grid), strict=True):
                part.put(out, 1 + min(number, LIMIT - 1))
        return out

    return make


for _scope, _find in SCOPES.items():
    for _name, _measure in MEASURES.items():
        PLANES[f"{_scope}_{_name}"] = _by_parts(_find, lambda parts, grid, m=_measure: [m(p) for p in parts])  # type: ignore[misc]
    for _name, _compare in COMPARISONS.items():
        PLANES[f"{_scope}_{_name}"] = _by_parts(_find, lambda parts, grid, c=_compare: c(parts))  # type: ignore[misc]
    PLANES[f"{_scope}_at_edge"] = _by_parts(
        _find, lambda parts, grid: [int(p.touches_edge(grid.shape)) for p in parts]
    )


def _beside(number: Callable[[Grid], Plane]) -> Callable[[Grid], Plane]:
    """On background: the largest number among the eight neighbours."""

    def make(grid: Grid) -> Plane:
        inner = number(grid)
        padded = np.pad(inner, 1)
        height, width = grid.shape
        views = [padded[r : r + height, c : c + width] for r in range(3) for c in range(3)]
        return np.where(grid == background(grid), np.max(views, axis=0), 0)

    return make


for _name in ("size", "single", "extreme", "form_count", "full", "holes"):
    PLANES[f"beside_{_name}"] = _beside(PLANES[f"object_{_name}"])


@plane
def depth(grid: Grid) -> Plane:
    """How many rings of its own object or space lie around the cell."""
    out = np.zeros(grid.shape, np.int64)
    for part in coloured(grid):
        inside, level = np.pad(part.mask, 1), np.zeros(part.mask.shape, np.int64)
        while inside.any():
            level += inside[1:-1, 1:-1]
            core = inside[1:-1, 1:-1]
            core = core & inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
            inside = np.pad(core, 1)
        target = out[part.top : part.bottom, part.left : part.right]
        np.copyto(target, level, where=part.mask)
    return out


@plane
def object_place(grid: Grid) -> Plane:
    """The ring within the bounds of its cluster, counted from outside."""
    out = np.zeros(grid.shape, np.int64)
    for top, left, bottom, right, _ in components(grid != background(grid), True):
        rows, cols = indices((bottom - top, right - left))
        ring = np.minimum(np.minimum(rows, rows[::-1]), np.minimum(cols, cols[:, ::-1]))
        out[top:bottom, left:right] = ring + 1
    return out


@plane
def object_row_col(grid: Grid) -> Plane:
    """Parity of the row and column within the bounds of its object."""
    out = np.zeros(grid.shape, np.int64)
    for part in coloured(grid, True, background(grid)):
        rows, cols = indices(part.mask.shape)
        part.put(out, (1 + rows % 2 * 2 + cols % 2)[part.mask])
    return out


@plane
def object_step(grid: Grid) -> Plane:
    """Parity of row plus column within the bounds of its object."""
    out = np.zeros(grid.shape, np.int64)
    for part in coloured(grid, True, background(grid)):
        rows, cols = indices(part.mask.shape)
        part.put(out, (1 + (rows + cols) % 2)[part.mask])
    return out
