"""Agreement of verifiers, with its degenerate cases."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena.agreement import d_var, entropy, fleiss_kappa, gwet_ac1

VOTES = st.lists(st.lists(st.sampled_from([0, 1, 2, None]), min_size=1, max_size=5), max_size=12)

# Fleiss' own example (1971): 14 raters, 10 items, 5 classes.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_fleiss_own_example() -> None:
    votes = [[c for c, n in enumerate(row) for _ in range(n)] for row in FLEISS]
    assert fleiss_kappa(votes, 5) == pytest.approx(0.20993, abs=1e-5)


def test_where_nearly_all_is_right_kappa_falls_and_ac1_does_not() -> None:
    votes = [[1, 1, 1]] * 97 + [[1, 1, 0], [1, 0, 1], [0, 1, 1]]
    assert fleiss_kappa(votes) < 0.05
    assert gwet_ac1(votes) > 0.95


@pytest.mark.parametrize(
    ("votes", "kappa", "ac1"),
    [
        ([[1, 1], [1, 1]], math.nan, 1.0),  # all agree, one class
        ([[1, 1], [0, 0]], 1.0, 1.0),  # all agree, two classes
        ([[1], [0]], math.nan, math.nan),  # one rater
        ([[1, None], [None, 0]], math.nan, math.nan),  # as good as one
        ([], math.nan, math.nan),
        ([[0, 1], [1, 0]], -1.0, -1.0),  # never agree
        ([[1, 1, None], [0, None, 0], [None, None, 1]], 1.0, 1.0),  # missing votes
    ],
)
def test_degenerate_cases(votes: list[list[int | None]], kappa: float, ac1: float) -> None:
    assert fleiss_kappa(votes) == pytest.approx(kappa, nan_ok=True)
    assert gwet_ac1(votes) == pytest.approx(ac1, nan_ok=True)


@given(VOTES, st.randoms())
def test_names_and_order_do_not_matter(votes: list[list[int | None]], random: object) -> None:
    other = [[None if v is None else 2 - v for v in item] for item in reversed(votes)]
    for statistic in (fleiss_kappa, gwet_ac1):
        assert statistic(votes, 3) == pytest.approx(statistic(other, 3), nan_ok=True, abs=1e-9)


@given(VOTES)
def test_both_are_at_most_one(votes: list[list[int | None]]) -> None:
    for statistic in (fleiss_kappa, gwet_ac1):
        value = statistic(votes, 3)
        assert math.isnan(value) or value <= 1 + 1e-9


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=9))
def test_entropy_is_zero_for_one_mind_and_one_for_all_classes_alike(votes: list[int]) -> None:
    value = entropy(votes, 3)
    if not votes:
        assert math.isnan(value)
    else:
        assert 0 <= value <= 1 + 1e-12
        assert (value == 0) == (len(set(votes)) == 1)
    assert entropy([0, 1, 2] * 3, 3) == pytest.approx(1.0)
    assert entropy([0, 0], 1) == 0.0


@given(st.lists(st.floats(0, 1), max_size=9))
def test_d_var_is_within_bounds(scores: list[float]) -> None:
    value = d_var(scores)
    assert math.isnan(value) if not scores else -1e-12 <= value <= 1 + 1e-9
    assert d_var([0.0, 1.0]) == 1.0 and d_var([0.3]) == 0.0


def test_a_vote_outside_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="0 … 1"):
        fleiss_kappa([[0, 7]])
