"""The gold audit: an effect that a verifier claims, corrected by a few pairs judged by ground truth.

An item that plays to the verifier and not to the task is saved with probability .95 on the verifier's word
and .01 with 40 gold pairs (`bench/gates/gaming.py`). Plain verifier noise, equal in both arms, only shrinks
the effect.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from smena.causal.effects import Effect
from smena.causal.intervals import Interval, z_value
from smena.errors import BadInput

MIN_GOLD = 40
"""Fresh gold pairs below which the normal interval is not to be trusted."""


def ppi_plus_plus(
    gold: ArrayLike, verifier_on_gold: ArrayLike, verifier: ArrayLike, alpha: float = 0.05
) -> Effect:
    """Prediction-powered estimate of the mean gold difference (PPI++, Angelopoulos, Duchi & Zrnic,
    arXiv:2311.01453).

    ``gold`` (n,) are gold differences D of pairs, ``verifier_on_gold`` (n,) the verifier's differences f on
    the same pairs, ``verifier`` (N,) its differences on other pairs; all in [−1, 1], one pair a task, pairs
    of both kinds drawn alike. λ = clip(cov(D, f) / ((1 + n/N)·var f), 0, 1); estimate = λ·mean_N f +
    mean_n(D − λf); se² = λ²·var f/N + var(D − λf)/n. A useless verifier gets λ = 0 and the gold pairs speak
    alone. Raises BadInput for fewer than two pairs of either kind, lengths that differ, or values outside
    [−1, 1]."""
    d, f, more = (
        np.asarray(values, dtype=np.float64).ravel() for values in (gold, verifier_on_gold, verifier)
    )
    n, big = d.size, more.size
    if n != f.size or n < 2 or big < 2:
        raise BadInput(
            f"the audit needs two or more pairs of each kind, both judged on gold: has {n}, {f.size}, {big}"
        )
    if not all(bool((np.abs(values) <= 1).all()) for values in (d, f, more)):  # NaN compares false
        raise BadInput("differences of rewards must be numbers in [-1, 1]")
    pooled = float(np.concatenate([f, more]).var(ddof=1))
    weight = 0.0 if pooled == 0 else float(np.clip(np.cov(d, f)[0, 1] / ((1 + n / big) * pooled), 0, 1))
    corrected = d - weight * f
    estimate = weight * float(more.mean()) + float(corrected.mean())
    se = sqrt(weight**2 * pooled / big + float(corrected.var(ddof=1)) / n)
    half = z_value(alpha) * se
    return Effect(estimate, se, Interval(max(-1.0, estimate - half), min(1.0, estimate + half)), n, n + big)
