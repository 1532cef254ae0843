"""Estimates: worked examples, exact unbiasedness on tiny cases, refusals."""

from __future__ import annotations

from itertools import product
from math import comb, inf, nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena.causal.effects import (
    ate,
    ate_over_runs,
    conflict_paper,
    conflict_split_half,
    delta_u,
    delta_u_anytime,
    uplift,
)
from smena.causal.intervals import clopper_pearson, newcombe, wilson
from smena.errors import BadInput


def test_uplift_by_hand():
    found = uplift([0, 0, 0, 1, 0], [1, 1, 0, 1, 1])
    assert (found.p0, found.p1) == (0.2, 0.8)
    assert found.uplift == pytest.approx(0.6)
    # Wilson's ends: 1/5 → (.0362, .6245), 4/5 → (.3755, .9638);
    # so .6 − √(.4245² + .4245²) and .6 + √(.1638² + .1638²).
    assert found.interval.low == pytest.approx(0.6 - sqrt(2) * 0.42446, abs=1e-4)
    assert found.interval.high == pytest.approx(0.6 + sqrt(2) * 0.16378, abs=1e-4)


def test_intervals_of_a_share():
    assert wilson(1, 5) == pytest.approx((0.03622, 0.62446), abs=1e-5)  # Wilson 1927 with z = 1.959964
    # Exact, by its definition: P(X ≥ 2 | n = 4, low) = .025, and the mirror image for the other end.
    low, high = clopper_pearson(2, 4)
    assert 1 - (1 - low) ** 4 - 4 * low * (1 - low) ** 3 == pytest.approx(0.025)
    assert high == pytest.approx(1 - low)
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025**0.1)
    assert newcombe(3, 10, 3, 10).low == pytest.approx(-newcombe(3, 10, 3, 10).high)


@pytest.mark.parametrize("n", [1, 5, 12])
def test_the_exact_interval_covers_for_every_true_share(n):
    intervals = [clopper_pearson(k, n) for k in range(n + 1)]
    for p in (i / 200 for i in range(201)):
        inside = [k for k, (low, high) in enumerate(intervals) if low <= p <= high]
        assert sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in inside) >= 0.95


def test_ate_counts_tasks_not_runs():
    # Tasks a: 1, 1; b: 0, 0; c: .5, .5. Task means 1, 0, .5: mean .5, sd .5, se .5/√3, t(2) = 4.30265.
    found = ate([1, 1, 0, 0, 0.5, 0.5], list("aabbcc"))
    assert found.estimate == pytest.approx(0.5)
    assert found.se == pytest.approx(0.5 / sqrt(3))
    assert found.units, found.n == (3, 6)
    assert found.interval == pytest.approx((max(-1, 0.5 - 4.302653 * 0.288675), 1.0), abs=1e-5)
    more_runs = ate([1, 1, 0, 0, 0.5, 0.5] * 50, list("aabbcc") * 50)
    assert more_runs.se == pytest.approx(found.se), "more runs on the same tasks buy nothing"
    over_runs = ate_over_runs([0] * 6, [1, 1, 0, 0, 0.5, 0.5])
    assert over_runs.se < found.se


def test_one_task_says_nothing_of_others():
    found = ate([1, 1, 1], ["a", "a", "a"])
    assert found.se == inf
    assert found.interval == (-1, 1)


def test_tasks_that_agree_still_leave_room_for_others():
    # 10 tasks at +1: up to 1 − .025^(1/10) = .3085 of the unseen ones may be at −1: low = 1 − 2·.3085
    found = ate([1.0] * 10, range(10))
    assert found.interval == pytest.approx((1 - 2 * 0.3085, 1.0), abs=1e-4)
    assert ate([0.0] * 10, range(10)).interval == pytest.approx((-0.3085, 0.3085), abs=1e-4)


def test_delta_u_by_hand():
    # ATE .5, se .1 from two tasks at .4 and .6; λ·cost = .1·.3, μ·conflict = .5·.1; z = 1.96
    found = delta_u(ate([0.4, 0.6], ["a", "b"]), cost=0.3, conflict=0.1, lam=0.1, mu=0.5)
    assert found.estimate == pytest.approx(0.5 - 0.03 - 0.05)
    assert found.lower == pytest.approx(0.42 - 1.959964 * 0.1, abs=1e-5)
    assert delta_u(ate([0.4, 0.6], ["a", "b"]), 0, -0.2, 0.1, 0.5).estimate == pytest.approx(0.5)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(0, 1), st.floats(-0.2, 1))
def test_the_anytime_bound_is_below_the_estimate(d, cost, conflict):
    found = delta_u_anytime(d, cost, conflict, lam=0.1, mu=0.5, alpha=0.05)
    assert found.lower <= found.estimate + 1e-9


def joint(b, y, together):
    """P(baseline, treated) of one replicate; ``together``: shared randomness (0: independent, 1: maximal)."""
    both = (1 - together) * b * y + together * min(b, y)
    return {(1, 1): both, (1, 0): b - both, (0, 1): y - both, (0, 0): 1 - b - y + both}


@pytest.mark.parametrize("together", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("b", "y"), [(0.3, 0.3), (0.8, 0.8), (0.7, 0.2), (0.4, 0.9)])
def test_split_half_conflict_is_unbiased_even_with_common_random_numbers(b, y, together):
    # Every outcome of two replicates, with its weight: E[c*] = b(b − y); 0 for a harmless item.
    expected = 0.0
    for (first, p), (second, q) in product(joint(b, y, together).items(), repeat=2):
        expected += p * q * conflict_split_half([[first[0], second[0]]], [[first[1], second[1]]])
    assert expected == pytest.approx(b * (b - y))


def test_the_papers_conflict_is_not():
    # A harmless item, b = y = .5, one run an arm: it "conflicts" whenever 1 meets 0, a quarter of the time.
    share = sum(conflict_paper([[r0]], [[r1]]) for r0, r1 in product((0, 1), repeat=2)) / 4
    assert share == 0.25


def test_both_conflicts_agree_where_nothing_is_random():
    baseline, treatment = [[1, 1], [1, 1], [0, 0], [0, 0]], [[0, 0], [1, 1], [0, 0], [1, 1]]
    assert conflict_paper(baseline, treatment) == conflict_split_half(baseline, treatment) == 0.25
    assert (
        conflict_paper(baseline, treatment, size=8)
        == conflict_split_half(baseline, treatment, size=8)
        == 0.125
    )


def test_what_cannot_be_compared_is_refused():
    for bad in (
        lambda: uplift([], [1]),
        lambda: uplift([0, 2], [1]),
        lambda: ate([], []),
        lambda: ate([nan], ["a"]),
        lambda: ate([1.5], ["a"]),
        lambda: ate([1.0], ["a", "b"]),
        lambda: ate_over_runs([0.5], []),
        lambda: conflict_paper([[1]], []),
        lambda: conflict_paper([], []),
        lambda: conflict_paper([[1], [1]], [[1], [1]], size=1),
        lambda: conflict_split_half([[1]], [[1]]),
        lambda: conflict_split_half([[1, 0]], [[1]]),
        lambda: delta_u(ate([0.4, 0.6], ["a", "b"]), nan, 0, 0.1, 0.5),
        lambda: delta_u(ate([0.4, 0.6], ["a", "b"]), 0.1, 0, -0.1, 0.5),
        lambda: wilson(3, 2),
        lambda: wilson(0, 0),
        lambda: clopper_pearson(1, 2, alpha=1),
    ):
        with pytest.raises(BadInput):
            bad()
