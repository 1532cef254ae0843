"""Calibration of the composite verifier: near-duplicates, recovery of planted weights, a million labels.

    python bench/calibration.py

The near-duplicate world: one verifier that is right 93% of the time, and four that share a verdict that is right
74% of the time, each of which differs from it 3% of the time. Equal weights follow the four."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from smena_verifiers.calibration import NonNegativeLogistic

Floats = NDArray[np.float64]
PLANTED, INTERCEPT = np.array([2.0, 1.0, 0.5, 0.0]), -1.5


def near_duplicates(n: int, rng: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
    y = rng.integers(0, 2, n)
    good = np.where(rng.random(n) < 0.93, y, 1 - y)
    shared = np.where(rng.random(n) < 0.74, y, 1 - y)
    copies = [np.where(rng.random(n) < 0.97, shared, 1 - shared) for _ in range(4)]
    return np.column_stack([good, *copies]).astype(float), y


def by_accuracy(X: Floats, y: NDArray[np.int64], test: Floats) -> NDArray[np.int64]:
    """Weights proportional to each verifier's accuracy, τ = ½."""
    weights = ((X > 0.5) == y[:, None]).mean(axis=0)
    told: NDArray[np.int64] = (test @ (weights / weights.sum()) > 0.5).astype(int)
    return told


def main() -> None:
    rng = np.random.default_rng(0)
    test, truth = near_duplicates(100_000, rng)
    fitted, weighed = [], []
    for _ in range(500):
        X, y = near_duplicates(50, rng)
        fitted.append(NonNegativeLogistic().fit(X, y).score(test, truth))
        weighed.append((by_accuracy(X, y, test) == truth).mean())
    equal = ((test.mean(axis=1) > 0.5) == truth).mean()
    print("near-duplicates, 50 labels, 500 repeats, accuracy on 100,000 others:")
    print(f"  fitted {np.mean(fitted):.3f} (5% {np.quantile(fitted, 0.05):.3f}), ", end="")
    print(f"accuracy weights {np.mean(weighed):.3f}, equal weights {equal:.3f}")

    inside, repeats = np.zeros(4), 500
    for _ in range(repeats):
        X = rng.random((2000, 4))
        y = (rng.random(2000) < expit(X @ PLANTED + INTERCEPT)).astype(int)
        model = NonNegativeLogistic().fit(X, y)
        inside += np.abs(model.coef_[0] - PLANTED) <= 1.96 * np.maximum(model.std_err_, 1e-12)
    print(
        f"planted β {PLANTED.tolist()}, 2,000 labels: within the 95% interval {(inside / repeats).tolist()}"
    )

    X = rng.random((1_000_000, 6))
    y = (rng.random(1_000_000) < expit(X[:, :4] @ PLANTED + INTERCEPT)).astype(int)
    began = time.perf_counter()
    model = NonNegativeLogistic().fit(X, y)
    seconds, found = time.perf_counter() - began, model.coef_[0].round(2).tolist()
    print(f"1,000,000 labels, 6 verifiers: {seconds:.1f} s, β {found}")


if __name__ == "__main__":
    main()
