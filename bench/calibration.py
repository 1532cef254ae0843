"""Calibration of the composite verifier: near-duplicates, recovery of planted weights, a million labels.

    python bench/calibration.py

The near-duplicate benchmark of the statistics is known by its figures alone, at 50 labels: majority (equal
weights) .739, weights by accuracy .764 and .880 with a fitted τ, scikit-learn's CalibratedClassifierCV
.922, Dawid and Skene without labels .692, the non-negative logistic model .926. ``RECONSTRUCTED`` is what
such figures come from: three verifiers that err apart, and four that share a lenient verdict, so that the
four outvote the three and no threshold at ½ fits. It was found by a random search over 1 to 3 independent
verifiers, 2 to 5 duplicates, their rates, how far duplicates differ and the share of right answers, by all
of these figures but CalibratedClassifierCV's; it is not the only world that gives them. ``ALIKE`` is
another, with round numbers. ``ONE`` is harder, and no reconstruction: a single good verifier, right hardly
more often than the estimator is to be.

A rule's accuracy is exact: summed over all patterns of verdicts, not sampled."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from smena_verifiers.calibration import NonNegativeLogistic

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
PLANTED, INTERCEPT = np.array([2.0, 1.0, 0.5, 0.0]), -1.5
LABELS, REPEATS, PUBLISHED = 50, 300, (0.739, 0.764, 0.880, 0.922, 0.692, 0.926)


class World(NamedTuple):
    """``good`` verifiers that pass a right answer with the first and a wrong one with the second probability of
    ``alone``, and ``copies`` of a verdict with those of ``shared``, each of which differs from it with
    probability ``differ``. ``right``: share of right answers."""

    right: float
    good: int
    alone: tuple[float, float]
    copies: int
    shared: tuple[float, float]
    differ: float

    def patterns(self) -> tuple[Floats, Floats]:
        """Every pattern of verdicts, and the probability of each with y = 0 and with y = 1, of shape (2, n)."""
        V = np.array(list(product((0.0, 1.0), repeat=self.good + self.copies)))
        good, copies = V[:, : self.good], V[:, self.good :]
        same, other = 1 - self.differ, self.differ
        chances = []
        for prior, of in ((1 - self.right, 1), (self.right, 0)):
            alone, shared = self.alone[of], self.shared[of]
            passed = np.where(copies > 0, same, other).prod(axis=1)
            failed = np.where(copies > 0, other, same).prod(axis=1)
            apart = np.where(good > 0, alone, 1 - alone).prod(axis=1)
            chances.append(prior * apart * (shared * passed + (1 - shared) * failed))
        return V, np.array(chances)


RECONSTRUCTED = World(0.4, 3, (0.84, 0.15), 4, (0.85, 0.40), 0.05)
ALIKE = World(0.5, 3, (0.85, 0.15), 4, (0.90, 0.50), 0.05)
COPIES = World(0.5, 3, (0.70, 0.30), 4, (0.90, 0.10), 0.05)
APART = World(0.5, 5, (0.75, 0.25), 0, (0.5, 0.5), 0.0)
PENALTIES = (0.1, 0.3, 1.0, 2.0, 4.0)
ONE = World(0.5, 1, (0.93, 0.07), 4, (0.74, 0.26), 0.03)


def accuracy(told: NDArray[np.bool_], chances: Floats) -> float:
    return float(np.where(told, chances[1], chances[0]).sum())


def dawid_skene(V: Floats, chances: Floats) -> NDArray[np.bool_]:
    """What it says of each pattern, from any number of unlabelled outcomes: EM from the majority on."""
    weight = chances.sum(axis=0)
    q = np.where(V.mean(axis=1) > 0.5, 0.99, 0.01)
    for _ in range(60):
        logits = []
        for r in (weight * q, weight * (1 - q)):
            rate = np.clip(r @ V / r.sum(), 1e-4, 1 - 1e-4)
            logits.append(np.log(r.sum()) + V @ np.log(rate) + (1 - V) @ np.log(1 - rate))
        q = expit(logits[0] - logits[1])
    said: NDArray[np.bool_] = q > 0.5
    return said


def by_accuracy(X: Floats, y: Labels) -> Floats:
    """Weights proportional to each verifier's accuracy."""
    weights: Floats = ((X > 0.5) == y[:, None]).mean(axis=0)
    return weights / weights.sum()


def threshold(s: Floats, y: Labels) -> float:
    """The τ that is right most often on these labels."""
    seen = np.unique(s)
    between = np.concatenate([[seen[0] - 1], (seen[1:] + seen[:-1]) / 2, [seen[-1] + 1]])
    return float(between[np.argmax([((s > tau) == y).mean() for tau in between])])


def near_duplicates(world: World, rng: np.random.Generator) -> list[float]:
    """Accuracies in the order of ``PUBLISHED``, then the 5% quantile of fits and the best possible rule."""
    V, chances = world.patterns()
    rules: dict[str, Callable[[Floats, Labels], NDArray[np.bool_]]] = {
        "weights": lambda X, y: V @ by_accuracy(X, y) > 0.5 + 1e-12,
        "tau": lambda X, y: V @ by_accuracy(X, y) > threshold(X @ by_accuracy(X, y), y),
        "sklearn": lambda X, y: CalibratedClassifierCV(LogisticRegression()).fit(X, y).predict(V) > 0,
        "fitted": lambda X, y: NonNegativeLogistic().fit(X, y).predict(V) > 0,
    }
    found: dict[str, list[float]] = {name: [] for name in rules}
    while len(found["fitted"]) < REPEATS:
        drawn = rng.choice(chances.size, LABELS, p=chances.ravel())
        X, y = V[drawn % len(V)], drawn // len(V)
        if min(y.sum(), LABELS - y.sum()) < 5:  # CalibratedClassifierCV has five folds
            continue
        for name, rule in rules.items():
            found[name].append(accuracy(rule(X, y), chances))
    mean = {name: float(np.mean(each)) for name, each in found.items()}
    equal = accuracy(V.mean(axis=1) > 0.5, chances)
    unlabelled = accuracy(dawid_skene(V, chances), chances)
    low, best = float(np.quantile(found["fitted"], 0.05)), float(chances.max(axis=0).sum())
    return [equal, mean["weights"], mean["tau"], mean["sklearn"], unlabelled, mean["fitted"], low, best]


def penalised(world: World, rng: np.random.Generator) -> list[float]:
    """Mean accuracy of the fit by penalty, on the same labels."""
    V, chances = world.patterns()
    found: list[list[float]] = []
    while len(found) < 200:
        drawn = rng.choice(chances.size, LABELS, p=chances.ravel())
        X, y = V[drawn % len(V)], drawn // len(V)
        if y.min() < y.max():
            fits = (NonNegativeLogistic(penalty).fit(X, y) for penalty in PENALTIES)
            found.append([accuracy(fit.predict(V) > 0, chances) for fit in fits])
    return [float(x) for x in np.mean(found, axis=0)]


def main() -> None:
    warnings.filterwarnings("ignore", category=FutureWarning)
    rng = np.random.default_rng(0)
    print(f"near-duplicates, {LABELS} labels, {REPEATS} repeats, accuracy:")
    print("               equal weights fitted-τ sklearn unlabelled fitted  (5%)   best possible")
    print("published     ", *(f"{x:.3f}  " for x in PUBLISHED))
    for name, world in (("reconstructed", RECONSTRUCTED), ("alike", ALIKE), ("one good", ONE)):
        print(f"{name:14}", *(f"{x:.3f}  " for x in near_duplicates(world, rng)))

    print(f"by penalty {PENALTIES}:")
    worlds = (RECONSTRUCTED, ALIKE, ONE, COPIES, APART)
    for name, world in zip(
        ("reconstructed", "alike", "one good", "good copies", "apart"), worlds, strict=True
    ):
        print(f"{name:14}", *(f"{x:.3f}  " for x in penalised(world, np.random.default_rng(0))))

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
