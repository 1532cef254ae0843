"""Runs to a decision over Wald's bound, exactly: α = .05, power .8, uplift .2 and .4.

python bench/gates/wald.py

Each gate is stopped by its own futility rule, set so that the power is .8 (pairs: refute three quarters of
the uplift sought); expected runs are under the alternative. No simulation: sums over the lattice of counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product

import numpy as np
from smena.causal import planner
from smena.causal.planner import Characteristics, pair_gate, screen_gate, wald_bound

CAP, POWER = 160, 0.8
SIX = np.array([0.1, 0.2, 0.35, 0.5, 0.7, 0.9]), np.array([0.2, 0.4, 0.6])
OURS = planner.BETS, planner.FUTILITY_BETS


def cheapest(
    gate: Callable[[float], Characteristics], low: float = 1.01, high: float = 60.0
) -> Characteristics:
    """The gate with the least patience that still has the power."""
    for _ in range(14):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if gate(middle).passed >= POWER else (middle, high)
    return gate(high)


def pairs(p0: float, p1: float, bets: tuple[np.ndarray, np.ndarray]) -> Characteristics:
    def gate(futility: float) -> Characteristics:
        up, down, effect = (1 - p0) * p1, p0 * (1 - p1), 0.75 * (p1 - p0)
        return pair_gate(up, down, alpha_t=0.05, effect=effect, futility=futility, cap=CAP)

    with betting(bets):
        return cheapest(gate)


def two_by_two(p0: float, p1: float) -> Characteristics:
    return cheapest(lambda f: screen_gate(p0, p1, threshold=20, cap_threshold=20, futility=1 / f, cap=CAP))


@contextmanager
def betting(bets: tuple[np.ndarray, np.ndarray]) -> Iterator[None]:
    planner.BETS, planner.FUTILITY_BETS = bets
    try:
        yield
    finally:
        planner.BETS, planner.FUTILITY_BETS = OURS


def main() -> None:
    print("| p0 | uplift | Wald's bound, runs | pairs (two bets) | pairs (six bets) | 2×2 e-process |")
    print("|---|---|---|---|---|---|")
    for p0, uplift in product((0.05, 0.2, 0.5), (0.2, 0.4)):
        p1 = p0 + uplift
        bound = wald_bound(p0, p1, power=POWER)
        cells = [pairs(p0, p1, OURS), pairs(p0, p1, SIX), two_by_two(p0, p1)]
        shown = [f"{2 * c.pairs / bound:.2f}× ({2 * c.pairs:.0f} runs, power {c.passed:.2f})" for c in cells]
        print(f"| {p0} | {uplift} | {bound:.1f} | {' | '.join(shown)} |", flush=True)
    print("\n| ATE (p0 = .2) | α_t | two bets: power, runs | six bets: power, runs |\n|---|---|---|---|")
    for effect, alpha_t in product((0.0, 0.1, 0.2, 0.4), (0.05, 0.0124)):
        shown = []
        for bets in (OURS, SIX):
            with betting(bets):
                c = pair_gate(0.8 * (0.2 + effect), 0.2 * (0.8 - effect), alpha_t=alpha_t)
            shown.append(f"{c.passed:.3f}, {2 * c.pairs:.0f}")
        print(f"| {effect} | {alpha_t} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
