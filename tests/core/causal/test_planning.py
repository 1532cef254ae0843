"""Planner, order of work, matching, gold audit."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from smena.causal.audit import ppi_plus_plus
from smena.causal.confirm import PairGate
from smena.causal.gate import Answer
from smena.causal.matching import exact_pairs, nearest_pairs
from smena.causal.order import bank_screen, next_in_line, upper_confidence
from smena.causal.planner import pair_gate, screen_gate, wald_bound
from smena.causal.screen import ScreenGate
from smena.errors import BadInput


def tree(make, outcomes, weights):
    """Run a real gate over every history, one pair at a time: (passed, dropped, undecided, pairs),
    exactly."""
    totals = {"pass": 0.0, "drop": 0.0, "undecided": 0.0, "pairs": 0.0}

    def grow(history, weight):
        gate = make()
        for y0, y1 in history:
            asks = gate.ask()
            gate.tell(
                [
                    Answer(a, ok=True, y=y, reward=y, output=repr(a))
                    for a, y in zip(asks, (y0, y1), strict=True)
                ]
            )
        if gate.verdict is not None:
            totals[gate.verdict] += weight
            return
        totals["pairs"] += weight
        for outcome, p in zip(outcomes, weights, strict=True):
            grow((*history, outcome), weight * p)

    grow((), 1.0)
    return tuple(totals.values())


CELLS = list(product((0, 1), repeat=2))


def test_the_screen_planner_is_the_screen_gate():
    p0, p1 = 0.3, 0.8
    weights = [(1 - p0) * (1 - p1), (1 - p0) * p1, p0 * (1 - p1), p0 * p1]
    settings = {"cap": 4, "futility": 0.6}
    gate = tree(lambda: ScreenGate("i", "o", batch=1, **settings), CELLS, weights)
    assert screen_gate(p0, p1, **settings) == pytest.approx(gate)


def test_the_pair_planner_is_the_pair_gate():
    up, down = 0.5, 0.2
    settings = {"cap": 5, "alpha_t": 0.3, "futility": 1.6}
    pool = [f"t{i}" for i in range(9)]
    gate = tree(
        lambda: PairGate("i", pool, batch=1, min_tasks=1, **settings),
        [(0, 0), (0, 1), (1, 0)],
        [0.3, up, down],
    )
    assert pair_gate(up, down, **settings) == pytest.approx(gate)


def test_default_gates_hold_their_size_exactly():
    for p in (0.0, 0.1, 0.4, 0.7, 1.0):
        alone = screen_gate(p, p, threshold=20, cap_threshold=20, futility=0, cap=60)
        assert alone.passed <= 0.05
        assert alone.passed + alone.dropped + alone.undecided == pytest.approx(1)
    for down in (0.05, 0.25, 0.48):
        assert pair_gate(down + 0.03, down, theta=0.03, alpha_t=0.05, futility=np.inf).passed <= 0.05


def test_more_effect_more_power_fewer_pairs():
    weak, strong = pair_gate(0.3, 0.1, alpha_t=0.05), pair_gate(0.5, 0.1, alpha_t=0.05)
    assert strong.passed > weak.passed
    assert strong.pairs < weak.pairs


def test_wald_bound_by_brute_force():
    def kl(p, q):
        return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))

    r, w = np.linspace(0.201, 0.399, 991), np.linspace(0.01, 0.99, 99)[:, None]
    rate = (w * kl(0.4, r) + (1 - w) * kl(0.2, r)).min(axis=1).max()
    assert wald_bound(0.2, 0.4) == pytest.approx(kl(0.8, 0.05) / rate, rel=1e-3)
    assert kl(0.8, 0.05) == pytest.approx(1.9064, abs=1e-4)
    assert wald_bound(0.2, 0.4, theta=0.1) > wald_bound(0.2, 0.4)
    with pytest.raises(BadInput):
        wald_bound(0.4, 0.4)


def test_order_by_hand():
    # n = Σ = Σ² = 3 and the prior: μ = 3.6/9, second moment (3 + 6·.26)/9, variance .50667 − .16
    assert upper_confidence([3], [3], [3])[0] == pytest.approx(0.4 + 1.5 * np.sqrt((4.56 / 9 - 0.16) / 9))
    assert upper_confidence([0], [0], [0])[0] == pytest.approx(0.1 + 1.5 * 0.5 / np.sqrt(6))
    count, total, squares = [0, 3, 30, 3], [0, 3, -6, 3], [0, 3, 6, 3]
    assert next_in_line(count, total, squares, [1, 20, 0.1, 300], batch=3).tolist() == [1, 0, 2]
    assert next_in_line([1], [1], [1], [201.0]).size == 0
    assert bank_screen(0.3, [0.2, 0.3, 0.5]).tolist() == [True, True, False]


def test_matching():
    exact = exact_pairs(["a", "b", "a", "c"], ["a", "a", "b", "b"])
    assert exact.pairs == [(0, 0), (1, 2), (2, 1)]
    assert exact.unmatched == (1, 1)
    # 0–0 and 1–1 are nearest together; the third has no partner.
    near = nearest_pairs([[0.0], [1.0], [9.0]], [[0.1], [1.2]], caliper=0.5)
    assert near.pairs == [(0, 0), (1, 1)]
    assert near.unmatched == (1, 0)
    assert near.imbalance == pytest.approx(0.15 / np.std([0, 1, 9, 0.1, 1.2]))
    assert nearest_pairs([[0.0]], [[5.0]], caliper=0.1).pairs == []
    for bad in (lambda: nearest_pairs([[1.0]], [[1.0, 2.0]]), lambda: nearest_pairs([[np.nan]], [[1.0]])):
        with pytest.raises(BadInput):
            bad()


def test_gold_audit_by_hand():
    # D = (1, 0, 1, 0) = f, verifier elsewhere the same values: pooled var of eight = 2/7, cov(D, f) = 1/3,
    # λ = clip((1/3)/((1 + 4/4)·2/7)) = .58333; estimate .5; D − λf has variance (1−λ)²/3.
    found = ppi_plus_plus([1, 0, 1, 0], [1, 0, 1, 0], [1, 0, 1, 0])
    lam = (1 / 3) / (2 * 2 / 7)
    assert found.estimate == pytest.approx(0.5)
    assert found.se == pytest.approx(np.sqrt(lam**2 * (2 / 7) / 4 + (1 - lam) ** 2 / 3 / 4))


def test_a_verifier_that_knows_nothing_is_ignored_and_one_that_is_gamed_is_caught():
    rng = np.random.default_rng(3)
    gold = rng.choice([-1, 0, 1], 60, p=[0.1, 0.6, 0.3])
    assert ppi_plus_plus(gold, np.zeros(60), np.ones(100)).estimate == pytest.approx(gold.mean())
    nothing_gained, praised = np.zeros(60), np.where(rng.random(60) < 0.5, 1.0, 0.0)
    gamed = ppi_plus_plus(nothing_gained, praised, np.where(rng.random(400) < 0.5, 1.0, 0.0))
    assert gamed.interval.low <= 0 <= gamed.interval.high
    for bad in (lambda: ppi_plus_plus([1], [1], [1, 1]), lambda: ppi_plus_plus([1, np.nan], [1, 1], [1, 1])):
        with pytest.raises(BadInput):
            bad()
