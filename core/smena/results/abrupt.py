"""Does a learning curve jump? A step on top of a smooth curve, with a stated false-alarm rate and power. Pure.

The null is a logistic curve on {1, x, log(1 + t/10), x²} (t the point, x = t scaled to [0, 1]); the statistic is
the largest score z of a step 1{t ≥ k} added to it; its distribution under the null is simulated from the fitted
curve (parametric bootstrap), the fit repeated each time. A transition is more than a jump: it may be claimed only
with three or more system sizes and a metric that is not thresholded."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smena.errors import BadInput

Array = NDArray[np.float64]
Verdict = Literal["no evidence", "abrupt relative to a smooth null", "transition supported"]

MIN_POINTS = 8
EDGE = 2
"""Points at either end at which no step is looked for."""
ALPHA = 0.05
JUMP = 0.2
"""The jump whose power is printed."""
MIN_SIZES = 3


class Curve(NamedTuple):
    """``hits`` of ``n`` trials at each point, in order; ``x``: what the points are called. Not a share of counts:
    ``continuous`` with the mean in ``hits / n``."""

    name: str
    x: tuple[float, ...]
    hits: tuple[float, ...]
    n: tuple[float, ...]


class Abrupt(NamedTuple):
    """``at``: the x at which the step fits best, ``z`` its score, ``jump`` the fitted step in share, ``p`` by the
    bootstrap, ``power``: chance that a jump of :data:`JUMP` there would have been found; None where it was not
    looked for (too few points, a flat curve)."""

    name: str
    points: int
    at: float | None
    z: float
    jump: float | None
    p: float | None
    power: float | None
    fitted: tuple[float, ...]
    why: str = ""


def analyse(curve: Curve, draws: int = 300, seed: int = 0) -> Abrupt:
    """Raises BadInput for counts that cannot be."""
    hits, n = np.asarray(curve.hits, float), np.asarray(curve.n, float)
    if hits.shape != n.shape or (n <= 0).any() or (hits < 0).any() or (hits > n).any():
        raise BadInput(f"{curve.name}: hits must be between 0 and n at every point, n above 0")
    points = len(hits)
    if points < MIN_POINTS:
        why = f"{points} points; {MIN_POINTS} are the least to tell a jump from a smooth rise"
        return Abrupt(curve.name, points, None, 0.0, None, None, None, (), why)
    design = _design(points)
    p, k, z = _test(design, hits, n)
    rng = np.random.default_rng(seed)
    null = np.array([_test(design, rng.binomial(n.astype(int), p), n)[2] for _ in range(draws)])
    p_value = (1 + int((null >= z - 1e-9).sum())) / (draws + 1)
    threshold = float(np.quantile(null, 1 - ALPHA))
    before, after = slice(max(0, k - 3), k), slice(k, k + 3)
    rest = (hits - n * p) / n
    return Abrupt(
        curve.name,
        points,
        curve.x[k],
        z,
        float(_step(hits, n, before, after)),
        p_value,
        _power(design, p, n, k, threshold, rng, max(100, draws // 3)),
        tuple(float(v) for v in p),
        "" if np.abs(rest).sum() else "the curve is flat",
    )


def _design(points: int) -> Array:
    t = np.arange(points, dtype=float)
    x = t / max(1, points - 1)
    return np.column_stack([np.ones(points), x, np.log1p(t / 10), x**2])


def _test(design: Array, hits: Any, n: Array) -> tuple[Array, int, float]:
    """The fitted null, the point of the best step and its score z."""
    p = _fit(design, np.asarray(hits, float), n)
    weight = n * p * (1 - p)
    information = design.T @ (design * weight[:, None]) + 1e-8 * np.eye(design.shape[1])
    points = len(p)
    steps = (np.arange(points)[:, None] >= np.arange(EDGE, points - EDGE)[None, :]).astype(float)
    score = steps.T @ (np.asarray(hits, float) - n * p)
    cross = steps.T @ (design * weight[:, None])
    variance = steps.T @ weight - np.einsum("ij,ij->i", cross @ np.linalg.inv(information), cross)
    z = np.abs(score) / np.sqrt(np.maximum(variance, 1e-9 + 0.02 * (steps.T @ weight)))
    best = int(np.argmax(z))
    return p, EDGE + best, float(z[best])


def _fit(design: Array, hits: Array, n: Array) -> Array:
    """Logistic regression by Newton's steps, halved while they do not help (the columns are nearly collinear),
    with a slight ridge so that all-0 and all-1 curves stay finite."""
    beta = np.zeros(design.shape[1])
    share = (hits.sum() + 0.5) / (n.sum() + 1)
    beta[0] = np.log(share / (1 - share))
    ridge = np.full(design.shape[1], 1e-3)
    ridge[0] = 1e-6

    def worth(at: Array) -> float:
        eta = design @ at
        return float(hits @ eta - n @ np.logaddexp(0, eta) - ridge @ at**2 / 2)

    value = worth(beta)
    for _ in range(60):
        p = _share(design, beta)
        gradient = design.T @ (hits - n * p) - ridge * beta
        step = np.linalg.solve(design.T @ (design * (n * p * (1 - p))[:, None]) + np.diag(ridge), gradient)
        scale = 1.0
        while (better := worth(beta + scale * step)) < value and scale > 1e-6:
            scale /= 2
        gained, beta, value = better - value, beta + scale * step, better
        if gained < 1e-7:
            break
    return _share(design, beta)


def _share(design: Array, beta: Array) -> Array:
    fitted: Array = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
    return fitted


def _step(hits: Array, n: Array, before: slice, after: slice) -> float:
    return float(hits[after].sum() / n[after].sum() - hits[before].sum() / n[before].sum())


def _power(
    design: Array, p: Array, n: Array, k: int, threshold: float, rng: np.random.Generator, draws: int
) -> float:
    """Chance that the curve with a jump of JUMP at k would have gone above the threshold."""
    sign = -1.0 if p[k:].mean() + JUMP > 0.98 else 1.0
    jumped = np.clip(p + sign * JUMP * (np.arange(len(p)) >= k), 0.005, 0.995)
    found = [_test(design, rng.binomial(n.astype(int), jumped), n)[2] > threshold for _ in range(draws)]
    return float(np.mean(found))


def verdict(curves: list[Abrupt], sizes: int, continuous: bool) -> tuple[Verdict, str]:
    """One word on all curves, one a system size, and what keeps it from a stronger one. The level is shared among
    the curves (Bonferroni)."""
    tested = [c for c in curves if c.p is not None]
    if not tested:
        return "no evidence", "no curve is long enough to be tested"
    found = [c for c in tested if c.p is not None and c.p <= ALPHA / len(tested)]
    if not found:
        return "no evidence", f"no step with p ≤ {ALPHA / len(tested):.3g} on {len(tested)} curves"
    if sizes < MIN_SIZES:
        return "abrupt relative to a smooth null", (
            f"system sizes: {sizes}; a transition may be claimed only with {MIN_SIZES} or more and a continuous "
            "metric"
        )
    if not continuous:
        return (
            "abrupt relative to a smooth null",
            "the metric is a share of thresholded outcomes: it can make a jump",
        )
    if len(found) < len(tested):
        return "abrupt relative to a smooth null", f"only {len(found)} of {len(tested)} sizes show it"
    z = [c.z / np.sqrt(c.points) for c in sorted(tested, key=lambda c: c.name)]
    if not all(a < b for a, b in pairwise(z)):
        return "abrupt relative to a smooth null", "the step does not grow with the size: no scaling"
    return "transition supported", f"a step at every one of {sizes} sizes, growing with the size"
