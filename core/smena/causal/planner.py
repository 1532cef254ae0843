"""What a gate will cost and find before a single run is paid for: Wald's bound, and exact operating
characteristics.

For binary rewards a gate is a walk on a lattice of counts; the probability of every verdict and the
expected number of pairs follow by summing over it. Nothing here is simulated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smena.causal.eprocess import BETS, FUTILITY_BETS, NO_EFFECT, two_by_two_grid
from smena.errors import BadInput

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Characteristics(NamedTuple):
    """Exact probabilities of a gate's verdicts, and expected pairs (one pair = two runs), in a stated
    world."""

    passed: float
    dropped: float
    undecided: float
    pairs: float


def kl(p: float, q: Array) -> Array:
    """Relative entropy of Bernoulli(p) from Bernoulli(q), in nats; 0·log 0 = 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first = p * np.log(p / q) if p > 0 else np.zeros_like(q)
        second = (1 - p) * np.log((1 - p) / (1 - q)) if p < 1 else np.zeros_like(q)
    return np.asarray(first + second)


def wald_bound(p0: float, p1: float, theta: float = 0.0, alpha: float = 0.05, power: float = 0.8) -> float:
    """Runs (both arms together) that any test of p1 − p0 ≤ θ must expect to spend where it passes with
    ``power``.

    E₁[N] ≥ d(power, α) / max_w min_r {w·kl(p1, r+θ) + (1−w)·kl(p0, r)} (Wald 1945; two arms: Garivier &
    Kaufmann, arXiv:1602.04589): w is the share of runs given to the treatment, (r, r+θ) the nearest point
    of the null. Raises BadInput unless 0 ≤ p0, p0 + θ < p1 ≤ 1."""
    if not (p0 >= 0 and p0 + theta < p1 <= 1 and 0 < alpha < power < 1):
        raise BadInput(
            f"no effect to find: p0 = {p0}, p1 = {p1}, theta = {theta}, alpha = {alpha}, power = {power}"
        )
    share = np.linspace(0.02, 0.98, 481)[:, None]
    r = np.linspace(max(0.0, p0 - 1e-9), min(1.0, p1) - theta, 2001)[None, 1:-1]
    nearest = (share * kl(p1, r + theta) + (1 - share) * kl(p0, r)).min(axis=1)
    need = float(kl(power, np.array(alpha)))
    return need / float(nearest.max())


def pair_gate(
    up: float,
    down: float,
    *,
    alpha_t: float,
    theta: float = 0.0,
    effect: float = 0.15,
    futility: float = 5.0,
    cap: int = 300,
) -> Characteristics:
    """The confirm gate on fresh tasks with binary rewards (conflict aside).

    ``up`` = P(a pair has Y1 − Y0 = 1), ``down`` = P(it is −1): with independent arms up = (1−p0)·p1 and
    down = p0·(1−p1); ATE = up − down. Settings as in :class:`smena.causal.confirm.PairGate`."""
    stay = 1 - up - down
    if min(up, down, stay) < -1e-12:
        raise BadInput(f"up = {up} and down = {down} are not probabilities of exclusive events")
    wealth = 1 + BETS * (1 - theta) / (1 + theta), 1 - BETS, 1 - BETS * theta / (1 + theta)
    doubt = 1 - FUTILITY_BETS * (1 - effect), 1 + FUTILITY_BETS * (1 + effect), 1 + FUTILITY_BETS * effect

    def step(alive: Array) -> Array:
        moved = max(stay, 0.0) * alive
        moved[1:] += up * alive[:-1]
        moved[:, 1:] += down * alive[:, :-1]
        return moved

    return _walk(
        cap, step, lambda n: _product(n, *wealth) * alpha_t >= 1, lambda n: _product(n, *doubt) >= futility
    )


def screen_gate(
    p0: float,
    p1: float,
    *,
    theta: float = 0.0,
    threshold: float = 4.0,
    futility: float = 0.35,
    cap: int = 12,
    cap_threshold: float = 2.0,
) -> Characteristics:
    """The screen gate on a task where the learner succeeds with probability p0 without and p1 with the
    item.

    Settings as in :class:`smena.causal.screen.ScreenGate`; ``threshold`` = ``cap_threshold`` = 20 and
    ``cap`` = 100 make it a test at level .05 that may stand alone."""
    q0, q1, r0, r1 = two_by_two_grid(theta)

    def e_value(n: int) -> Array:
        base = _successes(n, q0 / r0, (1 - q0) / (1 - r0))
        return np.asarray(base @ _successes(n, q1 / r1, (1 - q1) / (1 - r1)).T / q0.size)

    def bayes_factor(n: int) -> Array:
        alternative = _successes(n, q0, 1 - q0) @ _successes(n, q1, 1 - q1).T / q0.size
        equal = _successes(n, NO_EFFECT, 1 - NO_EFFECT)
        return np.asarray(alternative * NO_EFFECT.size / (equal @ equal.T))

    def step(alive: Array) -> Array:
        moved = (1 - p0) * alive
        moved[1:] += p0 * alive[:-1]
        both = (1 - p1) * moved
        both[:, 1:] += p1 * moved[:, :-1]
        return both

    return _walk(
        cap,
        step,
        lambda n: e_value(n) >= (threshold if n < cap else min(threshold, cap_threshold)),
        lambda n: bayes_factor(n) <= futility,
    )


def _walk(
    cap: int, step: Callable[[Array], Array], passes: Callable[[int], Mask], drops: Callable[[int], Mask]
) -> Characteristics:
    """Sum over the lattice: ``alive[i, j]`` is the probability of being there undecided after n pairs."""
    alive = np.ones((1, 1))
    passed = dropped = pairs = 0.0
    for n in range(1, cap + 1):
        pairs += float(alive.sum())
        alive = step(np.pad(alive, (0, 1)))
        accept = passes(n)
        refuse = drops(n) & ~accept
        passed += float(alive[accept].sum())
        dropped += float(alive[refuse].sum())
        alive[accept | refuse] = 0.0
    return Characteristics(passed, dropped, float(alive.sum()), pairs)


def _product(n: int, up: Array, down: Array, stay: Array) -> Array:
    """Mean over components of up^i · down^j · stay^(n−i−j), for i and j in 0..n."""
    k = np.arange(n + 1.0)[:, None]
    return np.asarray(((up / stay) ** k * stay**n) @ ((down / stay) ** k).T / up.size)


def _successes(n: int, success: Array, failure: Array) -> Array:
    """success^k · failure^(n−k) for k in 0..n (rows) and each component (columns)."""
    k = np.arange(n + 1.0)[:, None]
    return np.asarray(success**k * failure ** (n - k))
