"""Whose turn it is: the order of work among candidates that wait for pairs.

The order may use everything seen so far: each candidate's e-process stays one whatever decides when it gets
its next pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smena.errors import BadInput

PRIOR_PAIRS, PRIOR_MEAN, PRIOR_VARIANCE = 6, 0.1, 0.25


def upper_confidence(
    count: ArrayLike, total: ArrayLike, squares: ArrayLike, width: float = 1.5
) -> NDArray[np.float64]:
    """μ + width·sd of each candidate's effect: large for those that look good and those little is known of.

    ``count``, ``total``, ``squares`` have shape (m,): number, sum and sum of squares of the differences seen.
    Six pseudo-pairs of mean .1 and variance .25 are added: fewer let one unlucky pair bury a useful item."""
    n, s, q = (np.asarray(values, dtype=np.float64) for values in (count, total, squares))
    weight = n + PRIOR_PAIRS
    mean = (s + PRIOR_PAIRS * PRIOR_MEAN) / weight
    second = (q + PRIOR_PAIRS * (PRIOR_VARIANCE + PRIOR_MEAN**2)) / weight
    return np.asarray(mean + width * np.sqrt(np.maximum(second - mean**2, 0) / weight))


def next_in_line(
    count: ArrayLike,
    total: ArrayLike,
    squares: ArrayLike,
    e_value: ArrayLike,
    batch: int = 1,
    enough: float = 200.0,
) -> NDArray[np.intp]:
    """Indices of the ``batch`` candidates to give a pair to next, best first; those with E ≥ ``enough``
    need none.

    With e-BH over m candidates choose enough ≥ m/(α·k) for the fewest saves k that are worth having: 200 is
    500 candidates, α = .1 and 25 saves. Lower, and candidates stop just short of a threshold that then
    saves none. Ties go to the earlier candidate. Shorter than ``batch``, or empty, when fewer want one.
    Raises BadInput for a batch below 1."""
    if batch < 1:
        raise BadInput(f"batch must be 1 or more, is {batch}")
    score = upper_confidence(count, total, squares)
    waiting = np.flatnonzero(np.asarray(e_value) < enough)
    return waiting[np.argsort(-score[waiting], kind="stable")[:batch]]


def bank_screen(baseline_mean: ArrayLike, treatment_mean: ArrayLike, least: float = 0.0) -> NDArray[np.bool_]:
    """Which candidates to drop on a shared bank of baseline runs: those whose mean reward is not ``least``
    above the bank's.

    The bank may drop and must never save: an undetected drift of +.10 in the learner since the bank was
    filled makes half of all saves false (.50) if it decides, and .002 if it only screens."""
    return np.asarray(treatment_mean, dtype=np.float64) - np.asarray(baseline_mean, dtype=np.float64) <= least
