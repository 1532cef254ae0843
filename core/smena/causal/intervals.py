"""Intervals for shares and their differences. All take counts, give (low, high), and raise BadInput for
counts that cannot be."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from smena.errors import BadInput


class Interval(NamedTuple):
    """A two-sided interval, ends included."""

    low: float
    high: float


def z_value(alpha: float) -> float:
    """z_{α/2} of the standard normal: 1.96 for α = .05."""
    if not 0 < alpha < 1:
        raise BadInput(f"alpha must be in (0, 1), is {alpha}")
    return NormalDist().inv_cdf(1 - alpha / 2)


def wilson(successes: float, n: float, alpha: float = 0.05) -> Interval:
    """Wilson's score interval of a share; short and near nominal even for small n, not guaranteed.
    Counts may be fractional: an effective sample size.

    >>> [round(end, 4) for end in wilson(0, 10)]
    [0.0, 0.2775]
    """
    _check(successes, n)
    z = z_value(alpha)
    p = successes / n
    centre = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Interval(max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale))


def clopper_pearson(successes: int, n: int, alpha: float = 0.05) -> Interval:
    """The exact interval of a share: coverage at least 1 − α for every true share.

    >>> [round(end, 4) for end in clopper_pearson(0, 10)]
    [0.0, 0.3085]
    """
    _check(successes, n)
    z_value(alpha)
    from scipy.special import betaincinv

    low = betaincinv(successes, n - successes + 1, alpha / 2) if successes else 0.0
    high = betaincinv(successes + 1, n - successes, 1 - alpha / 2) if successes < n else 1.0
    return Interval(float(low), float(high))


def newcombe(successes0: float, n0: float, successes1: float, n1: float, alpha: float = 0.05) -> Interval:
    """Interval of p1 − p0 for two independent shares, from their Wilson intervals (Newcombe 1998, method
    10)."""
    low0, high0 = wilson(successes0, n0, alpha)
    low1, high1 = wilson(successes1, n1, alpha)
    p0, p1 = successes0 / n0, successes1 / n1
    below = sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2)
    above = sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2)
    return Interval(p1 - p0 - below, p1 - p0 + above)


def _check(successes: float, n: float) -> None:
    if n < 1:
        raise BadInput("an interval of a share needs at least one trial, n is 0")
    if not 0 <= successes <= n:
        raise BadInput(f"successes must be between 0 and n = {n}, is {successes}")
