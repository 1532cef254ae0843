"""Matched pairs [5.2]: for domains where the same task cannot be tried with and without K, pair similar
ones.

The comparison then rests on the covariates: what differs between the arms and is not among them stays a
confounder. ``imbalance`` says how alike the arms are after matching; above .1 it is usual not to trust the
pairs.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from smena.errors import BadInput


class Matches(NamedTuple):
    """``pairs``: (baseline index, treatment index), each index at most once. ``unmatched``: how many of
    either arm are left over. ``imbalance``: the largest standardised mean difference over covariates (0 for
    exact matching)."""

    pairs: list[tuple[int, int]]
    unmatched: tuple[int, int]
    imbalance: float


def exact_pairs(baseline: Sequence[Hashable], treatment: Sequence[Hashable]) -> Matches:
    """Pair units whose covariates are equal, in the order given; one to one."""
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for j, covariates in enumerate(treatment):
        waiting[covariates].append(j)
    pairs = [(i, waiting[c].popleft()) for i, c in enumerate(baseline) if waiting[c]]
    return Matches(pairs, (len(baseline) - len(pairs), len(treatment) - len(pairs)), 0.0)


def nearest_pairs(baseline: ArrayLike, treatment: ArrayLike, caliper: float = 0.5) -> Matches:
    """Pair units one to one so that the sum of distances is least; pairs farther than ``caliper`` are
    dropped.

    ``baseline`` has shape (n, d), ``treatment`` (m, d). The distance is Euclidean after each covariate is
    divided by its standard deviation over both arms, so that the caliper is in standard deviations. Raises
    BadInput for shapes that do not fit and for NaN."""
    from scipy.optimize import linear_sum_assignment

    x0, x1 = np.asarray(baseline, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    if x0.ndim != 2 or x1.ndim != 2 or x0.shape[1] != x1.shape[1] or not len(x0) or not len(x1):
        raise BadInput(f"covariates must have shapes (n, d) and (m, d), have {x0.shape} and {x1.shape}")
    both = np.concatenate([x0, x1])
    if not np.isfinite(both).all():
        raise BadInput("a covariate is NaN or infinite: leave the unit out or fill it in")
    scale = both.std(axis=0)
    scale[scale == 0] = 1.0
    distance = np.linalg.norm((x0[:, None] - x1[None]) / scale, axis=-1)
    rows, columns = linear_sum_assignment(distance)
    pairs = [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if distance[i, j] <= caliper]
    imbalance = 0.0
    if pairs:
        i, j = (list(side) for side in zip(*pairs, strict=True))
        imbalance = float(np.abs((x0[i].mean(axis=0) - x1[j].mean(axis=0)) / scale).max())
    return Matches(pairs, (len(x0) - len(pairs), len(x1) - len(pairs)), imbalance)
