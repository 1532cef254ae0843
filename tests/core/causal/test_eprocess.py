"""The e-processes are what they claim to be: exact enumeration, not Monte Carlo, where the tree is small."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena.causal.eprocess import (
    BETS,
    LIFT,
    Q0,
    Betting,
    TwoByTwo,
    betting_e_value,
    lower_bound,
    null_point,
)
from smena.errors import BadInput

CELLS = [(0, 0), (0, 1), (1, 0), (1, 1)]
DIFFERENCES = [-1.0, 0.0, 1.0]


def two_by_two(history, theta=0.0):
    process = TwoByTwo(theta)
    for y0, y1 in history:
        process.update(y0, y1)
    return float(process.e_value)


def best_stopped(value, outcomes, weights, depth, history=()):
    """sup over stopping times τ ≤ depth of E[value at τ], by backward induction over the whole tree."""
    now = value(history)
    if len(history) == depth:
        return now
    go_on = sum(
        w * best_stopped(value, outcomes, weights, depth, (*history, outcome))
        for outcome, w in zip(outcomes, weights, strict=True)
    )
    return max(now, go_on)


@pytest.mark.parametrize("theta", [0.0, 0.1, 0.3])
def test_no_stopping_rule_makes_the_two_by_two_process_worth_more_than_1_under_the_null(theta):
    for p0, below in product((0.0, 0.05, 0.3, 0.6), (0.0, 0.2)):
        p1 = max(0.0, p0 + theta - below)
        weights = [(1 - p0) * (1 - p1), (1 - p0) * p1, p0 * (1 - p1), p0 * p1]
        worth = best_stopped(lambda h: two_by_two(h, theta), CELLS, weights, depth=4)
        assert worth <= 1 + 1e-9, (p0, p1)


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.0, 0.03, 0.2, 0.45]))
def test_every_component_is_a_supermartingale_over_the_whole_null(p0, share, theta):
    p1 = share * min(1.0, p0 + theta)
    process = TwoByTwo(theta)
    ratio = np.exp(process._alternative - process._null)
    weights = np.array([(1 - p0) * (1 - p1), (1 - p0) * p1, p0 * (1 - p1), p0 * p1])
    assert (weights @ ratio <= 1 + 1e-9).all()


def test_two_by_two_by_hand():
    # One pair (0, 1), θ = 0: component (q0, q1) contributes (1−q0)·q1 / ((1−r)·r), r = (q0+q1)/2; mean of 30.
    by_hand = np.mean(
        [(1 - q0) * (q0 + d) / ((1 - (q0 + q0 + d) / 2) * (q0 + q0 + d) / 2) for q0 in Q0 for d in LIFT]
    )
    assert two_by_two([(0, 1)]) == pytest.approx(by_hand, rel=1e-9)
    assert two_by_two([(0, 1)]) == pytest.approx(1.86179, abs=1e-5)


def test_null_point_minimises_the_relative_entropy():
    def kl(p, q):
        return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))

    q0, q1, theta = 0.15, 0.55, 0.2
    r = np.linspace(0.001, 0.799, 79801)
    brute = r[np.argmin(kl(q1, r + theta) + kl(q0, r))]
    r0, r1 = null_point(np.array([q0]), np.array([q1]), theta)
    assert r0[0] == pytest.approx(brute, abs=2e-5)
    assert r1[0] == pytest.approx(r0[0] + theta)


def test_the_chance_of_ever_crossing_is_below_alpha_exactly():
    # All 4^7 histories of 7 pairs at p0 = p1 = .3: the weight of those whose running maximum reaches 10.
    def crossing(history, weight):
        if two_by_two(history) >= 10:
            return weight
        if len(history) == 7:
            return 0.0
        return sum(
            crossing((*history, cell), weight * p)
            for cell, p in zip(CELLS, (0.49, 0.21, 0.21, 0.09), strict=True)
        )

    assert 0 < crossing((), 1.0) < 0.1


def test_futility_falls_when_nothing_happens_and_when_arms_are_equal():
    for history in ([(0, 0)] * 12, [(1, 1)] * 12, [(0, 1), (1, 0)] * 6):
        process = TwoByTwo()
        for y0, y1 in history:
            process.update(y0, y1)
        assert process.bayes_factor < 0.6, history


def test_many_candidates_at_once_equal_one_at_a_time():
    rng = np.random.default_rng(0)
    y0, y1 = rng.integers(0, 2, (2, 9, 5))
    together = TwoByTwo(0.03, shape=(5,))
    wealth = Betting(0.03, shape=(5,))
    for t in range(9):
        together.update(y0[t], y1[t])
        wealth.update(y1[t] - y0[t])
    for i in range(5):
        assert together.e_value[i] == pytest.approx(two_by_two(zip(y0[:, i], y1[:, i], strict=True), 0.03))
        assert wealth.e_value[i] == pytest.approx(betting_e_value(y1[:, i] - y0[:, i], 0.03))
    assert lower_bound((y1 - y0).T, 0.1)[2] == pytest.approx(lower_bound((y1 - y0)[:, 2], 0.1))


@pytest.mark.parametrize("theta", [0.0, 0.1])
def test_no_stopping_rule_makes_the_betting_process_worth_more_than_1_under_the_null(theta):
    for down, mean in product((0.0, 0.2, 0.45), (theta, theta - 0.15)):
        up = down + mean
        if up < 0:
            continue
        weights = [down, 1 - down - up, up]
        worth = best_stopped(lambda h: betting_e_value(h, theta) if h else 1.0, DIFFERENCES, weights, depth=6)
        assert worth <= 1 + 1e-9, weights


def test_betting_by_hand():
    # θ = 0, D = 1, 0, 1: mean of 1.4² and 1.8² = (1.96 + 3.24)/2
    process = Betting(0.0)
    for d in (1.0, 0.0, 1.0):
        process.update(d)
    assert float(process.e_value) == pytest.approx(2.6)
    # futility, δ = .15, D = −1 once: (1/3)·Σ (1 + 1.15 ℓ) = 1 + 1.15·.5
    process = Betting(0.0)
    process.update(-1.0)
    assert float(process.futility) == pytest.approx(1.575)


differences = st.lists(st.floats(-1, 1), min_size=1, max_size=40)


@given(differences, st.floats(0.001, 0.5))
def test_lower_bound_is_where_e_crosses_and_never_above_the_mean(d, alpha):
    low = lower_bound(d, alpha)
    assert -1 <= low <= np.mean(d) + 1e-9
    if low > -1 + 1e-6:
        assert betting_e_value(d, low - 1e-6) >= 1 / alpha * (1 - 1e-6)
    assert betting_e_value(d, min(low + 1e-6, 0.999)) <= 1 / alpha * (1 + 1e-4)


@given(differences, st.floats(-0.9, 0.8), st.floats(0.001, 0.15))
def test_evidence_falls_as_more_is_demanded(d, theta, more):
    assert betting_e_value(d, theta + more) <= betting_e_value(d, theta) * (1 + 1e-12)


@given(differences, st.integers(0, 39), st.floats(0.01, 0.5))
def test_a_better_pair_never_lowers_evidence_or_bound(d, at, alpha):
    better = list(d)
    better[at % len(d)] = 1.0
    assert betting_e_value(better, 0.0) >= betting_e_value(d, 0.0) * (1 - 1e-12)
    assert lower_bound(better, alpha) >= lower_bound(d, alpha) - 1e-9


def test_lower_bound_by_hand():
    # n pairs with D = 1: mean_j ((1−ℓ) + 2ℓ/(1+θ))^n = 1/α, solved on a fine grid for n = 6.
    theta = np.linspace(-0.5, 0.99, 200001)
    e = np.mean([((1 - b) + 2 * b / (1 + theta)) ** 6 for b in BETS], axis=0)
    assert lower_bound([1.0] * 6, 0.05) == pytest.approx(theta[e >= 20].max(), abs=1e-5)


def test_bad_parameters_are_refused():
    for bad in (
        lambda: TwoByTwo(0.5),
        lambda: TwoByTwo(-0.1),
        lambda: Betting(1.0),
        lambda: lower_bound([0], 0),
    ):
        with pytest.raises(BadInput):
            bad()
