"""Every operator is a pure function from valid values to valid values, whatever grid it gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from smena_arc.finish import FINISHERS
from smena_arc.ops import OPERATORS, Case, Grid, Pieces
from smena_arc.ops.base import MAX_SIDE, background, coloured, components
from smena_arc.ops.geometry import TURNS
from smena_arc.ops.planes import PLANES
from smena_arc.space import GridSpace

SIDES = st.integers(1, 8)


def frozen(grid: Grid) -> Grid:
    """A grid into which nobody can write unnoticed."""
    grid.setflags(write=False)
    return grid


def grids(colours: int = 4) -> st.SearchStrategy[Grid]:
    """Small grids in which background prevails often enough for objects to show."""
    cell = st.sampled_from([0] * colours + list(range(colours)))
    return st.tuples(SIDES, SIDES).flatmap(lambda s: arrays(np.uint8, s, elements=cell)).map(frozen)


def values_of(value: Any) -> list[Grid]:
    if isinstance(value, Pieces):
        return [value.canvas, *(p.grid for p in value.items)]
    return [value]


def assert_valid(value: Any) -> None:
    assert not isinstance(value, Pieces) or value.items
    for grid in values_of(value):
        assert grid.dtype == np.uint8 and grid.ndim == 2
        assert grid.size > 0 and (grid <= 9).all()


def same_value(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return len(values_of(a)) == len(values_of(b)) and all(
        np.array_equal(x, y) for x, y in zip(values_of(a), values_of(b), strict=True)
    )


GRID_OPERATORS = [o for o in OPERATORS.values() if o.takes == "grid"]
SPLITTERS = [o for o in GRID_OPERATORS if o.gives == "pieces"]
PIECE_OPERATORS = [o for o in OPERATORS.values() if o.takes == "pieces"]


@settings(max_examples=25, deadline=None)
@given(grids(), st.none() | st.tuples(SIDES, SIDES))
def test_grid_operators_are_pure_and_give_what_they_say(grid: Grid, shape: tuple[int, int] | None) -> None:
    case = Case(grid, shape)
    for op in GRID_OPERATORS:
        made = op.run(grid, case)
        if made is not None:
            assert isinstance(made, Pieces) == (op.gives == "pieces"), op.name
            assert_valid(made)
        assert same_value(made, op.run(grid, case)), op.name


@settings(max_examples=15, deadline=None)
@given(grids(), st.sampled_from([o.name for o in SPLITTERS]), st.none() | st.tuples(SIDES, SIDES))
def test_piece_operators_are_pure_and_give_what_they_say(
    grid: Grid, splitter: str, shape: tuple[int, int] | None
) -> None:
    case = Case(grid, shape)
    pieces = OPERATORS[splitter].run(grid, case)
    if pieces is None:
        return
    for piece in pieces.items:
        piece.grid.setflags(write=False)
    for op in PIECE_OPERATORS:
        made = op.run(pieces, case)
        if made is not None:
            assert isinstance(made, Pieces) == (op.gives == "pieces"), op.name
            assert_valid(made)
        assert same_value(made, op.run(pieces, case)), op.name


@given(grids())
def test_mirrors_undo_themselves_and_turns_add_up(grid: Grid) -> None:
    for name in ("flip_h", "flip_v", "transpose", "antitranspose", "rot180"):
        assert np.array_equal(TURNS[name](TURNS[name](grid)), grid)
    assert np.array_equal(TURNS["rot90"](TURNS["rot270"](grid)), grid)
    assert np.array_equal(TURNS["rot90"](TURNS["rot90"](grid)), TURNS["rot180"](grid))


@given(grids(), st.booleans())
def test_components_partition_the_mask(grid: Grid, eight: bool) -> None:
    mask = grid != 0
    seen = np.zeros(mask.shape, np.int64)
    for part in components(mask, eight):
        assert part.mask.any(axis=1).all() and part.mask.any(axis=0).all()  # the bounds are tight
        part.put(seen, seen[part.top : part.bottom, part.left : part.right][part.mask] + 1)
    assert np.array_equal(seen, mask.astype(np.int64))
    # neighbours belong together: no two parts touch
    labels = np.zeros(mask.shape, np.int64)
    for number, part in enumerate(components(mask, eight), 1):
        part.put(labels, number)
    both = mask[:, 1:] & mask[:, :-1]
    assert (labels[:, 1:][both] == labels[:, :-1][both]).all()
    if eight and min(mask.shape) > 1:
        both = mask[1:, 1:] & mask[:-1, :-1]
        assert (labels[1:, 1:][both] == labels[:-1, :-1][both]).all()


@given(grids())
def test_objects_pasted_on_a_blank_canvas_give_the_grid_back(grid: Grid) -> None:
    case = Case(grid, None)
    for name in ("objects:4", "objects:8", "clusters:4", "clusters:8", "by_colour", "layers"):
        pieces = OPERATORS[name].run(grid, case)
        if pieces is not None:
            assert np.array_equal(OPERATORS["on_blank"].run(pieces, case), grid), name


@given(grids())
def test_falling_keeps_the_histogram(grid: Grid) -> None:
    case = Case(grid, None)
    for name in [n for n in OPERATORS if n.startswith(("fall:", "fall_whole:"))]:
        made = OPERATORS[name].run(grid, case)
        if made is not None:
            assert np.array_equal(np.bincount(made.ravel()), np.bincount(grid.ravel())), name


@settings(deadline=None)
@given(grids())
def test_planes_have_the_grids_shape(grid: Grid) -> None:
    for name, plane in PLANES.items():
        made = plane(grid)
        assert made.shape == grid.shape and made.min() >= 0, name


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(grids(3), grids(3)), min_size=2, max_size=3))
def test_a_finisher_that_fits_gives_the_train_outputs_back(pairs: list[tuple[Grid, Grid]]) -> None:
    """Random pairs and their own flips: whatever rule is found must explain them exactly."""
    for outputs in ([b for _, b in pairs], [a[::-1] for a, _ in pairs]):
        view = {
            "train": [
                {"input": a.tolist(), "output": o.tolist()} for (a, _), o in zip(pairs, outputs, strict=True)
            ],
            "test": [{"input": a.tolist()} for a, _ in pairs],
        }
        space = GridSpace(view)
        for name in FINISHERS:
            node = space.apply(space.root(), name)
            if node is not None:
                assert space.fits(node), name
                answer = space.answer(node)
                assert answer is None or answer == [o.tolist() for o in outputs], name


@pytest.mark.parametrize(
    ("rows", "colour"), [([[0, 5], [5, 5]], 0), ([[3, 5], [5, 5]], 5), ([[3, 5], [5, 3]], 3)]
)
def test_background_is_zero_or_the_most_frequent_colour(rows: list[list[int]], colour: int) -> None:
    assert background(np.array(rows, np.uint8)) == colour


def test_no_result_is_larger_than_a_page() -> None:
    """Operators that enlarge refuse what would not fit."""
    grid = frozen(np.arange(400, dtype=np.uint8).reshape(20, 20) % 10)
    for op in GRID_OPERATORS:
        made = op.run(grid, Case(grid, (30, 30)))
        if made is not None and op.gives == "grid":
            assert max(made.shape) <= MAX_SIDE, op.name


def test_components_come_in_reading_order() -> None:
    grid = np.array([[0, 1, 0, 2], [3, 0, 0, 2]], np.uint8)
    assert [int(grid[p.top, p.left]) for p in coloured(grid, without=0)] == [1, 2, 3]
