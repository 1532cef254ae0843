"""Estimates that carry their n, their interval and the name of the method; or, in words, why there is none.
Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from smena.causal.intervals import clopper_pearson, wilson
from smena.values import Value

ALPHA = 0.05
"""All intervals of a report are two-sided at level 1 − ALPHA."""

EXACT = "Clopper–Pearson"
SCORE = "Wilson"
CLUSTERED = "Wilson on the effective number of tasks"
STUDENT = "t over tasks"
NO_DIFFERENCE = "all pairs equal: exact upper bound of the share of tasks that differ"


class Estimate(Value, frozen=True):
    """``value`` with its interval [low, high], from ``n`` independent units (``unit`` names them).

    ``hits``: the numerator where the value is a share of counts. ``value`` None: ``why`` says what is
    missing. ``low`` None beside a value: too few units for an interval."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    unit: str = "tasks"
    method: str = ""
    hits: int | None = None
    why: str = ""


def missing(why: str, unit: str = "tasks") -> Estimate:
    return Estimate(None, unit=unit, why=why)


def share(hits: int, n: int, unit: str, method: str = SCORE, why: str = "") -> Estimate:
    """A share of counts. ``why``: what to say when n is 0."""
    if n == 0:
        return missing(why or f"no {unit}", unit)
    low, high = (clopper_pearson if method == EXACT else wilson)(hits, n, ALPHA)
    return Estimate(hits / n, min(low, hits / n), max(high, hits / n), n, unit, method, hits)


def clustered(means: Sequence[float], repeats: int, why: str = "no task was measured") -> Estimate:
    """Mean of per-task shares, the task as the sampling unit.

    Wilson's interval with n·p(1−p)/s² in place of n (s²: variance between tasks; Kish's effective size), kept
    between the number of tasks and the number of trials: it stays in [0, 1] and never shrinks to a point."""
    n = len(means)
    if n == 0:
        return missing(why)
    p = min(1.0, max(0.0, math.fsum(means) / n))
    spread = math.fsum((m - p) ** 2 for m in means) / (n - 1) if n > 1 else 0.0
    effective = (
        min(float(n * max(repeats, 1)), max(float(n), n * p * (1 - p) / spread))
        if spread > 1e-12
        else float(n)
    )
    low, high = wilson(p * effective, effective, ALPHA)
    return Estimate(p, min(low, p), max(high, p), n, "tasks", CLUSTERED)


def mean(values: Sequence[float], unit: str = "tasks", why: str = "") -> Estimate:
    """A mean with Student's interval over independent units."""
    n = len(values)
    if n == 0:
        return missing(why or f"no {unit}", unit)
    value = math.fsum(values) / n
    if n == 1:
        return Estimate(value, n=1, unit=unit, method="one unit: no interval")
    half = _half_width(values, value)
    return Estimate(value, value - half, value + half, n, unit, STUDENT)


def paired(differences: Sequence[float], why: str = "no task was measured in both arms") -> Estimate:
    """Mean difference of paired task means in [−1, 1], the task as the sampling unit.

    Where all pairs are equal Student's interval would be a point, which n tasks cannot show: then ± the
    exact upper bound of the share of tasks on which the arms differ."""
    n = len(differences)
    if n == 0:
        return missing(why)
    value = math.fsum(differences) / n
    if not any(differences):
        bound = clopper_pearson(0, n, ALPHA).high
        return Estimate(0.0, -bound, bound, n, "tasks", NO_DIFFERENCE)
    if n == 1:
        return Estimate(value, n=1, method="one unit: no interval")
    half = _half_width(differences, value)
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), n, "tasks", STUDENT)


def _half_width(values: Sequence[float], centre: float) -> float:
    from scipy.special import stdtrit

    n = len(values)
    sd = math.sqrt(math.fsum((v - centre) ** 2 for v in values) / (n - 1))
    return float(stdtrit(n - 1, 1 - ALPHA / 2)) * sd / math.sqrt(n)


def quantile(values: Sequence[float], q: float) -> float | None:
    """The nearest-rank quantile, a value that did occur; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]
