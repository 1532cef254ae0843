"""Effects of a knowledge item K: uplift on one task, ATE over a pool, conflict with what is trusted, and ΔU
of the three.

Rewards are in [0, 1]; BadInput is raised for anything else, NaN included, and for empty arms.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smena.causal.eprocess import lower_bound
from smena.causal.intervals import Interval, newcombe, z_value
from smena.errors import BadInput


class Uplift(NamedTuple):
    """uplift = p̂₁ − p̂₀ on one task [3.4], with Newcombe's interval."""

    p0: float
    p1: float
    uplift: float
    interval: Interval
    n0: int
    n1: int


class Effect(NamedTuple):
    """An average treatment effect in units of reward, its standard error and interval.

    ``units`` is how many independent units (tasks) it rests on, ``n`` how many differences. One unit: ``se``
    is inf."""

    estimate: float
    se: float
    interval: Interval
    units: int
    n: int


class DeltaU(NamedTuple):
    """ΔU(K) = ATE − λ·cost − μ·conflict [5.3]. ``lower`` is ΔU − z·σ̂, or anytime-valid where it says so."""

    estimate: float
    lower: float
    ate: float
    cost: float
    conflict: float


def uplift(baseline: Sequence[int], treatment: Sequence[int], alpha: float = 0.05) -> Uplift:
    """Outcomes y ∈ {0, 1} of trials without and with K on the same task; the triggering success is not among
    them [3.4]."""
    if not set(baseline) | set(treatment) <= {0, 1}:
        raise BadInput("uplift takes outcomes that are 0 or 1")
    if not baseline or not treatment:
        raise BadInput(
            f"uplift needs trials in both arms, has {len(baseline)} baseline and {len(treatment)} treatment"
        )
    s0, s1, n0, n1 = sum(baseline), sum(treatment), len(baseline), len(treatment)
    return Uplift(s0 / n0, s1 / n1, s1 / n1 - s0 / n0, newcombe(s0, n0, s1, n1, alpha), n0, n1)


def ate(differences: ArrayLike, tasks: Sequence[Hashable], alpha: float = 0.05) -> Effect:
    """ATE [5.2] with the task as the sampling unit: mean difference, cluster-robust standard error, t
    interval.

    Parameters
    ----------
    differences : shape (n,)
        Reward with K minus reward without, one a pair of trials on the same task.
    tasks : length n
        The task of each pair. Runs on one task share its difficulty: they are one unit, however many.

    With equally many pairs a task the standard error is sd(task means)/√G, with G − 1 degrees of freedom.
    G tasks that all agree have no spread to go by: then the interval allows for the share 1 − (α/2)^(1/G) of
    unseen tasks with the worst (best) effect there can be, as Clopper–Pearson's does for 0 of G.
    """
    d = _differences(differences)
    if len(tasks) != d.size:
        raise BadInput(f"{d.size} differences but {len(tasks)} task names")
    groups: dict[Hashable, int] = {task: i for i, task in enumerate(dict.fromkeys(tasks))}
    index = np.array([groups[task] for task in tasks])
    mean, units = float(d.mean()), len(groups)
    if units < 2:
        return Effect(mean, inf, Interval(-1.0, 1.0), units, d.size)
    sums = np.bincount(index, weights=d - mean, minlength=units)
    se = sqrt(units / (units - 1) * float(sums @ sums)) / d.size
    if se == 0:
        unseen = 1 - (alpha / 2) ** (1 / units)
        return Effect(
            mean, se, Interval(mean - unseen * (mean + 1), mean + unseen * (1 - mean)), units, d.size
        )
    half = se * t_value(units - 1, alpha)
    return Effect(mean, se, Interval(max(-1.0, mean - half), min(1.0, mean + half)), units, d.size)


def ate_over_runs(baseline: ArrayLike, treatment: ArrayLike, alpha: float = 0.05) -> Effect:
    """ATE with every run counted as independent, as the paper's σ̂ reads literally.

    Under effects that differ between tasks its interval is too short (false saves .107–.143 where .025 was
    meant): a baseline to compare with; :func:`ate` is the estimate to use."""
    r0, r1 = _rewards(baseline), _rewards(treatment)
    mean = float(r1.mean() - r0.mean())
    if min(r0.size, r1.size) < 2:
        return Effect(mean, inf, Interval(-1.0, 1.0), 1, r1.size)
    se = sqrt(float(r0.var(ddof=1)) / r0.size + float(r1.var(ddof=1)) / r1.size)
    half = se * z_value(alpha)
    return Effect(mean, se, Interval(max(-1.0, mean - half), min(1.0, mean + half)), r1.size, r1.size)


def conflict_paper(
    baseline: Sequence[ArrayLike], treatment: Sequence[ArrayLike], size: int | None = None
) -> float:
    """Share of control tasks on which the mean reward with K is below that without [5.3], as the paper has
    it.

    Each sequence has one array of rewards a task. ``size`` is how many tasks D_val has; on those not given K
    changes nothing. Ties broken by noise count: a harmless item scores .24 with 5 runs an arm and .38 with
    50."""
    count = _check_control(baseline, treatment, size)
    worse = sum(
        float(_rewards(r1).mean()) < float(_rewards(r0).mean())
        for r0, r1 in zip(baseline, treatment, strict=True)
    )
    return worse / count


def conflict_split_half(
    baseline: Sequence[ArrayLike], treatment: Sequence[ArrayLike], size: int | None = None
) -> float:
    """c* = mean_i b_i^A (b_i^B − Ȳ_i): an unbiased estimate of mean_i b_i (b_i − y_i), averaged over all
    splits in halves.

    b_i and y_i are the expected rewards on task i without and with K; for deterministic binary rewards that
    is the paper's share, for a harmless item it is 0 (and the estimate may be negative). Arm lengths must
    agree: run k of one arm may share its randomness with run k of the other, and products of such runs are
    left out, which keeps c* unbiased.

    Σ_{j≠k} b_j (b_k − y_k) / (n(n−1)); each task needs n ≥ 2 runs an arm. ``size`` as in
    :func:`conflict_paper`."""
    count = _check_control(baseline, treatment, size)
    total = 0.0
    for r0, r1 in zip(map(_rewards, baseline), map(_rewards, treatment), strict=True):
        if r0.size != r1.size or r0.size < 2:
            raise BadInput(
                f"split-half conflict needs two or more runs and as many an arm, has {r0.size} and {r1.size}"
            )
        loss = r0 - r1
        total += float(r0.sum() * loss.sum() - r0 @ loss) / (r0.size * (r0.size - 1))
    return total / count


def delta_u(
    effect: Effect, cost: float, conflict: float, lam: float, mu: float, alpha: float = 0.05
) -> DeltaU:
    """ΔU with the paper's lower bound ΔU − z_{α/2}·σ̂ [5.3]; cost and conflict enter at their values."""
    penalty = penalties(cost, conflict, lam, mu)
    estimate = effect.estimate - penalty
    return DeltaU(estimate, max(-inf, estimate - z_value(alpha) * effect.se), effect.estimate, cost, conflict)


def delta_u_anytime(
    differences: ArrayLike, cost: float, conflict: float, lam: float, mu: float, alpha: float
) -> DeltaU:
    """ΔU with a lower bound that holds at whatever moment one stopped: that of
    :func:`smena.causal.eprocess.lower_bound`.

    It needs pairs drawn independently from the population or pool that is spoken of. The estimate at the
    moment of saving is inflated (.26 for a true .20 in simulation): report the bound."""
    d = _differences(differences)
    penalty = penalties(cost, conflict, lam, mu)
    mean = float(d.mean())
    return DeltaU(mean - penalty, float(lower_bound(d, alpha)) - penalty, mean, cost, conflict)


def penalties(cost: float, conflict: float, lam: float, mu: float) -> float:
    """θ = λ·cost(K) + μ·max(conflict(K), 0): what ATE must exceed [5.3]. Raises BadInput when a weight or the
    cost is negative or NaN."""
    for name, value in (("cost", cost), ("lambda", lam), ("mu", mu)):
        if not (isfinite(value) and value >= 0):
            raise BadInput(f"{name} must be a number of at least 0, is {value}")
    return lam * cost + mu * max(conflict, 0.0)


def t_value(df: int, alpha: float) -> float:
    """t_{α/2} with ``df`` degrees of freedom."""
    from scipy.special import stdtrit

    z_value(alpha)
    return float(stdtrit(df, 1 - alpha / 2))


def _rewards(values: ArrayLike, low: float = 0.0) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size == 0:
        raise BadInput("an arm is empty: every comparison needs trials in both arms")
    if not bool(((array >= low) & (array <= 1)).all()):  # NaN compares false
        raise BadInput(
            f"rewards must be numbers in [{low:g}, 1], found {array[~((array >= low) & (array <= 1))][0]}"
        )
    return array


def _differences(values: ArrayLike) -> NDArray[np.float64]:
    return _rewards(values, low=-1.0)


def _check_control(baseline: Sequence[ArrayLike], treatment: Sequence[ArrayLike], size: int | None) -> int:
    count = len(baseline) if size is None else size
    if len(baseline) != len(treatment) or count < max(1, len(baseline)):
        raise BadInput(
            f"conflict needs one array a control task and arm and a control pool no smaller than these: "
            f"{len(baseline)} baseline, {len(treatment)} treatment, pool of {count}"
        )
    return count
