"""False alarms and power of `smena report abrupt-change` on curves of 60 points and 30 runs.

python bench/experiments/abrupt.py --curves 150
"""

from __future__ import annotations

import argparse

import numpy as np
from smena.results.abrupt import ALPHA, Curve, analyse

POINTS, RUNS = 60, 30


def curves() -> dict[str, np.ndarray]:
    t = np.arange(POINTS)
    flat = np.full(POINTS, 0.3)
    return {
        "flat": flat,
        "power law": 0.7 - 0.5 * (1 + t) ** -0.5,
        "logistic": 0.2 + 0.4 / (1 + np.exp(-(t - 30) / 8)),
        "steep logistic": 0.2 + 0.4 / (1 + np.exp(-(t - 30) / 3)),
        "steep logistic from 0 to 1": 1 / (1 + np.exp(-(t - 30) / 4)),
        "jump of 20 points": flat + 0.2 * (t >= 30),
        "jump of 20 points on a power law": 0.6 - 0.4 * (1 + t) ** -0.5 + 0.2 * (t >= 30),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=int, default=150)
    given = parser.parse_args()
    print("| curve | share with p ≤ .05 | mean power told |\n|---|---|---|")
    for name, p in curves().items():
        rng = np.random.default_rng(len(name))
        x, n = tuple(map(float, range(POINTS))), (float(RUNS),) * POINTS
        found = [
            analyse(Curve(name, x, tuple(map(float, rng.binomial(RUNS, p))), n), 99)
            for _ in range(given.curves)
        ]
        share = np.mean([a.p is not None and a.p <= ALPHA for a in found])
        power = np.mean([a.power or 0 for a in found])
        print(f"| {name} | {share:.2f} of {given.curves} | {power:.2f} |", flush=True)
