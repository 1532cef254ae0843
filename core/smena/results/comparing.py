"""Shares compared: exact intervals of a difference, equivalence within a tolerance, the power that a data set
had, heterogeneity between groups, and Holm's correction. Pure.

Numbers of units may be fractional: an item that was saved in several runs is one unit, however often it came
(:func:`effective`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from smena.causal.intervals import Interval
from smena.results.estimates import ALPHA, Estimate, missing

LEVEL = 0.05
"""One-sided level of each test."""
POWER = 0.8

DIFFERENCE = "square-and-add of two exact intervals"
KISH = "Clopper–Pearson on distinct items"


class Counts(NamedTuple):
    """``hits`` of ``n`` independent units; both may be fractional."""

    hits: float
    n: float

    @property
    def share(self) -> float:
        return self.hits / self.n


def exact(counts: Counts, alpha: float) -> Interval:
    """Clopper–Pearson for counts that may be fractional."""
    from scipy.special import betaincinv

    hits, n = counts
    low = betaincinv(hits, n - hits + 1, alpha / 2) if hits > 0 else 0.0
    high = betaincinv(hits + 1, n - hits, 1 - alpha / 2) if hits < n else 1.0
    return Interval(float(low), float(high))


def effective(items: Mapping[str, tuple[int, int]]) -> Counts | None:
    """Counts with the distinct item as the unit. ``items``: per item its hits and how often it came.

    The share stays Σ hits / Σ times; its weight is (Σ times)² / Σ times² (Kish), the number of items where
    all came equally often: the truth about an item does not change with the run that saved it."""
    times = [n for _, n in items.values() if n]
    if not times:
        return None
    weight = sum(times) ** 2 / sum(n * n for n in times)
    return Counts(sum(hits for hits, _ in items.values()) / sum(times) * weight, weight)


def pooled_share(items: Mapping[str, tuple[int, int]], unit: str, why: str) -> Estimate:
    """The share over several runs with its exact interval; ``hits`` are left out: they are not whole."""
    counts = effective(items)
    if counts is None:
        return missing(why, unit)
    low, high = exact(counts, ALPHA)
    n = sum(1 for _, times in items.values() if times)
    return Estimate(
        counts.share, min(low, counts.share), max(high, counts.share), n, f"distinct {unit}", KISH
    )


def difference(first: Counts, base: Counts, alpha: float) -> Interval:
    """Interval of ``first`` − ``base``: Newcombe's way to add two intervals, with exact ones in place of
    Wilson's, so that few units make it wide and never too short."""
    p1, p0 = first.share, base.share
    (low1, high1), (low0, high0) = exact(first, alpha), exact(base, alpha)
    below = math.hypot(p1 - low1, high0 - p0)
    above = math.hypot(high1 - p1, p0 - low0)
    return Interval(max(-1.0, p1 - p0 - below), min(1.0, p1 - p0 + above))


def least_level(holds: Callable[[float], bool]) -> float:
    """The smallest one-sided level at which a claim that is read off an interval holds: its p-value.

    ``holds(level)`` must stay true as the level grows; 1 when it never holds."""
    if not holds(0.5):
        return 1.0
    low, high = math.log(1e-9), math.log(0.5)
    if holds(math.exp(low)):
        return 1e-9
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(math.exp(middle)) else (middle, high)
    return math.exp(high)


class Compared(NamedTuple):
    """A difference of shares with its 90% interval (two one-sided tests at 5%) and what it says.

    ``p_within``: of "nearer than the tolerance"; ``p_beyond``: of "farther, in either direction"; ``p_less``
    and ``p_more``: of "below 0" and "above 0"."""

    value: float
    low: float
    high: float
    p_within: float
    p_beyond: float
    p_less: float
    p_more: float


def compare_shares(first: Counts, base: Counts, tolerance: float = 0.0, level: float = LEVEL) -> Compared:
    def at(alpha: float) -> Interval:
        return difference(first, base, 2 * alpha)

    low, high = at(level)
    return Compared(
        first.share - base.share,
        low,
        high,
        least_level(lambda a: at(a).low > -tolerance and at(a).high < tolerance),
        min(1.0, 2 * least_level(lambda a: at(a).low > tolerance or at(a).high < -tolerance)),
        least_level(lambda a: at(a).high < 0),
        least_level(lambda a: at(a).low > 0),
    )


def smallest_visible(base: Counts, n: float, level: float = LEVEL, power: float = POWER) -> float | None:
    """The smallest rise over ``base`` that ``n`` units would have shown (lower bound above 0) with this power,
    if the base's share is what it looks like. None: not even the greatest rise there can be."""
    import numpy as np
    from scipy.stats import binom

    n0, n1 = (max(1, min(round(m), 2000)) for m in (base.n, n))
    p0 = base.share
    (x0, _, u0), (x1, l1, _) = _limits(n0, level), _limits(n1, level)
    d = x1[:, None] / n1 - x0[None, :] / n0
    shown = d - np.hypot(x1[:, None] / n1 - l1[:, None], u0[None, :] - x0[None, :] / n0) > 0
    against = shown @ binom.pmf(x0, n0, p0)

    def strong(rise: float) -> bool:
        return bool(binom.pmf(x1, n1, min(1.0, p0 + rise)) @ against >= power)

    if p0 >= 1 or not strong(1 - p0):
        return None
    low, high = 0.0, 1 - p0
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if strong(middle) else (middle, high)
    return high


def _limits(n: int, level: float) -> tuple[Any, Any, Any]:
    """Counts 0..n with their exact one-sided limits, each of shape (n + 1,)."""
    import numpy as np
    from scipy.special import betaincinv

    x = np.arange(n + 1)
    with np.errstate(all="ignore"):
        low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, level), 0.0)
        high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - level), 1.0)
    return x, low, high


class Heterogeneity(NamedTuple):
    """Do groups differ? Pearson's statistic Q over groups, its p-value given the margins (Monte Carlo: right
    for small counts too), and I² = max(0, 1 − df/Q)."""

    q: float
    groups: int
    p: float
    i_squared: float


def heterogeneity(groups: Sequence[tuple[int, int]], draws: int = 4000) -> Heterogeneity | None:
    """``groups``: hits and n of each. None: fewer than two groups with any unit, nothing to compare."""
    import numpy as np

    kept = [(hits, n) for hits, n in groups if n]
    if len(kept) < 2:
        return None
    sizes = np.array([n for _, n in kept])
    hits, total = sum(h for h, _ in kept), int(sizes.sum())
    if hits in (0, total):
        return Heterogeneity(0.0, len(kept), 1.0, 0.0)

    share = hits / total

    def statistic(counts: Any) -> Any:
        return ((counts - sizes * share) ** 2 / (sizes * share * (1 - share))).sum(axis=-1)

    found = float(statistic(np.array([h for h, _ in kept])))
    rng = np.random.default_rng(20260101)
    drawn = rng.multivariate_hypergeometric(sizes, hits, size=draws)
    p = (1 + int((np.asarray(statistic(drawn)) >= found - 1e-9).sum())) / (draws + 1)
    return Heterogeneity(found, len(kept), p, max(0.0, 1 - (len(kept) - 1) / found) if found else 0.0)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given: reject those at most α and the family's error is at most
    α.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, running = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted
