"""Official scoring: two attempts for each test input, all inputs must be right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import Task
from smena_arc import scoring
from smena_arc.environment import Arc

A, B, C = [[1, 2]], [[3], [4]], [[5]]
TASK = Task(id="t", split="train", view={"train": [], "test": []}, reference=[A, B])
GRIDS = st.sampled_from([A, B, C])


def score(answer: Any) -> float:
    return Arc().exact(TASK, answer).score


@pytest.mark.parametrize(
    ("answer", "expected", "partial"),
    [
        ([[A], [B]], 1.0, 1.0),
        ([[C, A], [B, C]], 1.0, 1.0),
        ([[A], [C]], 0.0, 0.5),
        ([[A, A], [C, C, B]], 0.0, 0.5),  # a third attempt is not looked at
        ([[], [B]], 0.0, 0.5),
        ([[B], [A]], 0.0, 0.0),
        ([[[[1, 2]], None], ["x", B]], 1.0, 1.0),  # a broken attempt does not spoil the other
    ],
)
def test_a_task_is_right_if_every_test_input_is(answer: Any, expected: float, partial: float) -> None:
    verdict = Arc().exact(TASK, answer)
    assert (verdict.score, verdict.detail["partial"]) == (expected, partial)
    assert sum(verdict.detail["per_input"]) == 2 * partial


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "must be a list of 2 entries, one a test input; is NoneType"),
        ([[A]], "is 1 entries"),
        ([A, B], "test input 1: is one grid, must be a list of grids"),
        ([7, [B]], "test input 1: must be a list of up to 2 grids, is int"),
        ([[A], [[[3], [4, 4]]]], "test input 2: attempt 1 is ragged"),
        ([[[[1.0, 2.0]]], [B]], "attempt 1 has 1.0 in row 1, column 1"),
        ([[[[True, 2]]], [B]], "has True"),
    ],
)
def test_a_wrong_shape_is_score_0_and_says_why(answer: Any, why: str) -> None:
    verdict = Arc().exact(TASK, answer)
    assert verdict.score == 0.0 and why in verdict.detail["why"]


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda s: st.lists(s, max_size=3)
)


@given(JSONS | st.dictionaries(st.text(max_size=2), JSONS))
def test_scoring_never_raises(answer: Any) -> None:
    assert score(answer) == 0.0


@given(st.lists(st.lists(GRIDS, min_size=2, max_size=2), max_size=4))
def test_an_assembled_answer_holds_the_first_two_distinct_grids(answers: list[Any]) -> None:
    final = scoring.assemble(answers)
    for i, grids in enumerate(final):
        ranked = [answer[i] for answer in answers]
        assert grids == [g for n, g in enumerate(ranked) if g not in ranked[:n]][:2]
    right = [any(answer[i] == want for answer in answers[:2]) for i, want in enumerate([A, B])]
    assert score(final) == 1.0 or not all(right)


def test_hypotheses_without_an_answer_are_passed_over() -> None:
    assert scoring.assemble([None, [A, None], [B, C]]) == [[A, B], [C]]
    assert scoring.assemble([]) == [] and scoring.assemble([None]) == []
