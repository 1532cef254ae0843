"""Evidence that may be looked at after every observation: e-processes, kept as small incremental states.

An e-process is a nonnegative process whose expectation is at most 1 under the null at every stopping time, so
P(it ever reaches 1/α | null) ≤ α (Ville). Both classes here are mixtures of products; the state is the vector
of the components' logarithms. They take arrays: with ``shape=(m,)`` one object serves m candidates at once,
each update being one observation for each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smena.errors import BadInput

Array = NDArray[np.float64]

Q0 = np.array([0.03, 0.08, 0.15, 0.25, 0.35, 0.45])
LIFT = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
NO_EFFECT = np.array([*Q0, 0.6, 0.75, 0.9])
BETS = np.array([0.4, 0.8])
"""Shares of wealth at stake. Two do better than a finer grid, at small effects and large: `bench/gates` has
the table."""
FUTILITY_BETS = np.array([0.2, 0.5, 0.8])


class TwoByTwo:
    """One task, two arms, binary outcomes: H0: p1 − p0 ≤ θ (Turner, Ly & Grünwald, arXiv:2106.02693).

    E = Σ_j w_j Π_t alt_j(y0, y1) / null_j(y0, y1) over a grid of alternatives (q0, q1); null_j is the point
    of H0 nearest to alt_j in relative entropy. Each update is a pair: one baseline and one treatment trial,
    independent of each other.

    Parameters
    ----------
    theta : float in [0, 0.5)
        The least uplift worth having, in units of success probability. Raises BadInput outside.
    shape : of the candidates held side by side; () for one.

    >>> evidence = TwoByTwo()
    >>> for _ in range(4):
    ...     evidence.update(0, 1)
    >>> round(float(evidence.e_value), 1)
    15.2
    """

    def __init__(self, theta: float = 0.0, shape: tuple[int, ...] = ()) -> None:
        self.theta = theta
        self._alternative, self._null, self._no_effect = _two_by_two_tables(float(theta))
        self._log_alternative = np.zeros((*shape, self._alternative.shape[-1]))
        self._log_null = np.zeros_like(self._log_alternative)
        self._log_no_effect = np.zeros((*shape, NO_EFFECT.size))

    def update(self, y0: ArrayLike, y1: ArrayLike) -> None:
        """Take one pair of outcomes in {0, 1} (a scalar each, or arrays of ``shape``)."""
        cell = 2 * np.asarray(y0, dtype=np.intp) + np.asarray(y1, dtype=np.intp)
        self._log_alternative += self._alternative[cell]
        self._log_null += self._null[cell]
        self._log_no_effect += self._no_effect[cell]

    @property
    def e_value(self) -> Array:
        """Evidence against H0; reject at level α when it is at least 1/α, at any time."""
        return np.asarray(np.exp(self._log_alternative - self._log_null).mean(axis=-1))

    @property
    def bayes_factor(self) -> Array:
        """Marginal likelihood m_alt of the alternatives over m_null of equal arms: small when going on is
        futile. Not an e-value."""
        return np.asarray(np.exp(_log_mean(self._log_alternative) - _log_mean(self._log_no_effect)))


def _log_mean(logs: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(logs, axis=-1) - np.log(logs.shape[-1]))


@lru_cache(maxsize=64)
def _two_by_two_tables(theta: float) -> tuple[Array, Array, Array]:
    """Log likelihood of the cells (y0, y1) = 00, 01, 10, 11 (rows): under each alternative, its null point,
    equal arms (columns)."""
    q0, q1, r0, r1 = two_by_two_grid(theta)
    return _log_cells(q0, q1), _log_cells(r0, r1), _log_cells(NO_EFFECT, NO_EFFECT)


def two_by_two_grid(theta: float) -> tuple[Array, Array, Array, Array]:
    """The alternatives (q0, q1) of :class:`TwoByTwo` with q1 − q0 > θ and their null points (r0, r1), flat
    arrays."""
    if not 0 <= theta < LIFT[-1]:
        raise BadInput(f"theta must be in [0, {LIFT[-1]}), is {theta}")
    q0, q1 = (grid.ravel() for grid in np.broadcast_arrays(Q0[:, None], Q0[:, None] + LIFT))
    inside = q1 - q0 > theta + 1e-9
    return q0[inside], q1[inside], *null_point(q0[inside], q1[inside], theta)


def null_point(q0: Array, q1: Array, theta: float) -> tuple[Array, Array]:
    """(r, r+θ) that minimises kl(q1, r+θ) + kl(q0, r): the reverse information projection of (q0, q1) on H0.

    The sum is convex in r, so that its derivative is bisected. For θ = 0 it is ((q0+q1)/2, the same)."""
    low, high = np.zeros_like(q0), np.full_like(q0, 1 - theta)
    for _ in range(60):
        r = (low + high) / 2
        slope = (r - q0) / (r * (1 - r)) + (r + theta - q1) / ((r + theta) * (1 - r - theta))
        low, high = np.where(slope < 0, r, low), np.where(slope < 0, high, r)
    r = (low + high) / 2
    return r, r + theta


def _log_cells(p0: Array, p1: Array) -> Array:
    return np.log([(1 - p0) * (1 - p1), (1 - p0) * p1, p0 * (1 - p1), p0 * p1])


class Betting:
    """A pool of tasks, paired rewards in [0, 1]: H0: E[Y1 − Y0] ≤ θ (Waudby-Smith & Ramdas,
    arXiv:2010.09686).

    E_θ = mean_j Π_t (1 + ℓ_j/(1+θ)·(D_t − θ)) with D = Y1 − Y0 and ℓ_j the share of wealth put at stake. A
    factor equals 1 − ℓ_j + ℓ_j (1+D)/(1+θ), so that E_θ falls in θ. Pairs must be independent given the past,
    or at least have conditional mean ≤ θ under H0; nothing else is assumed of their distribution.

    Parameters
    ----------
    theta : float in (−1, 1)
        What the effect must exceed (λ·cost + μ·conflict), in units of reward. Raises BadInput outside.
    effect : float
        The futility side tests E[D] ≥ effect: when ``futility`` is large, the effect is smaller than that.
    shape : of the candidates held side by side; () for one.
    """

    def __init__(self, theta: float = 0.0, effect: float = 0.15, shape: tuple[int, ...] = ()) -> None:
        _check_theta(theta)
        self.theta, self.effect = theta, effect
        self._log_wealth = np.zeros((*shape, BETS.size))
        self._log_futility = np.zeros((*shape, FUTILITY_BETS.size))

    def update(self, difference: ArrayLike) -> None:
        """Take one pair's difference Y1 − Y0 in [−1, 1] (a scalar, or an array of ``shape``)."""
        d = np.asarray(difference, dtype=np.float64)[..., None]
        self._log_wealth += np.log1p(BETS * ((1 + d) / (1 + self.theta) - 1))
        self._log_futility += np.log1p(-FUTILITY_BETS * (d - self.effect))

    @property
    def e_value(self) -> Array:
        """Evidence for an effect above θ; reject at level α when it is at least 1/α, at any time."""
        return np.asarray(np.exp(self._log_wealth).mean(axis=-1))

    @property
    def futility(self) -> Array:
        """Evidence for an effect below ``effect``, an e-process too."""
        return np.asarray(np.exp(self._log_futility).mean(axis=-1))


def betting_e_value(differences: ArrayLike, theta: float) -> float:
    """E_θ of :class:`Betting` after all of ``differences`` (shape (n,), each in [−1, 1]), at any θ in (−1,
    1)."""
    _check_theta(theta)
    d = np.asarray(differences, dtype=np.float64)
    log_wealth = np.log1p(np.outer((1 + d) / (1 + theta) - 1, BETS)).sum(axis=0)
    return float(np.exp(np.minimum(log_wealth, 700.0)).mean())


def lower_bound(differences: ArrayLike, alpha: float) -> Any:
    """Anytime-valid lower bound of the mean: the largest θ with E_θ ≥ 1/α; −1 when there is none.

    ``differences`` has shape (..., n), values in [−1, 1]; the result has shape (...), a float for one
    sequence. It covers at every stopping time at once with probability ≥ 1 − α, and is never above the sample
    mean (arXiv:2010.09686). Raises BadInput for α outside (0, 1)."""
    if not 0 < alpha < 1:
        raise BadInput(f"alpha must be in (0, 1), is {alpha}")
    ratio = 1 + np.asarray(differences, dtype=np.float64)[..., None]
    target = np.log(BETS.size / alpha)
    low, high = np.full(ratio.shape[:-2], -1.0), np.ones(ratio.shape[:-2])
    for _ in range(40):
        theta = (low + high) / 2
        log_wealth = np.log1p(BETS * (ratio / (1 + theta[..., None, None]) - 1)).sum(axis=-2)
        enough = np.logaddexp.reduce(log_wealth, axis=-1) >= target
        low, high = np.where(enough, theta, low), np.where(enough, high, theta)
    return low if low.ndim else float(low)


def _check_theta(theta: float) -> None:
    if not -1 < theta < 1:
        raise BadInput(f"theta must be in (-1, 1), is {theta}")
