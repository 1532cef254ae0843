"""Coverage of the anytime lower bound of ATE (ΔU shifts both by a constant) on new tasks with heterogeneous
effects.

python bench/gates/coverage.py [--repeats 4000] [--seed 1]

A bound covers when it is below the true mean effect after every one of 10..300 pairs at once: the reader
may look when he likes. Beside it the one-sided 95% cluster-t bound, looked at as often; and what the plain
estimate reads at the moment E reaches 20.
"""

from __future__ import annotations

import argparse

import numpy as np
from smena.causal.effects import t_value
from smena.causal.eprocess import Betting, lower_bound

CAP = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, r = np.random.default_rng(args.seed), args.repeats
    print(
        "| mean, spread over tasks | anytime covers | t bound covers | estimate at save | bound after 300 |"
    )
    print("|---|---|---|---|---|")
    quantile = np.array([0.0, *(t_value(n, 0.10) for n in range(1, CAP))])  # .10 two-sided: .05 below
    for mean, spread in ((0.0, 0.3), (0.1, 0.1), (0.2, 0.0), (0.2, 0.2), (0.4, 0.3)):
        p0 = 0.35 + 0.2 * (rng.beta(0.5, 2, (CAP, r)) - 0.2)
        p1 = np.clip(p0 + mean + spread * rng.choice([-1, 1], (CAP, r)), 0, 1)
        truth = float((p1 - p0).mean())
        d = (rng.random((CAP, r)) < p1).astype(float) - (rng.random((CAP, r)) < p0)
        at_truth, at_zero = Betting(truth, shape=(r,)), Betting(0.0, shape=(r,))
        broken, saved = np.zeros(r, dtype=bool), np.zeros(r, dtype=int)
        for n in range(CAP):
            at_truth.update(d[n])
            at_zero.update(d[n])
            broken |= at_truth.e_value >= 20  # the bound is above the truth exactly when E at the truth is
            saved[(saved == 0) & (at_zero.e_value >= 20)] = n + 1
        count = np.arange(1, CAP + 1)[:, None]
        means = np.cumsum(d, axis=0) / count
        spread_seen = np.sqrt(
            np.maximum(np.cumsum(d**2, axis=0) / count - means**2, 0) / np.maximum(count - 1, 1)
        )
        t_broken = (means - quantile[:, None] * spread_seen > truth)[9:].any(axis=0)
        shares = [
            f"{1 - x.mean():.4f} ± {np.sqrt(x.mean() * (1 - x.mean()) / r):.4f}" for x in (broken, t_broken)
        ]
        when = means[saved[saved > 0] - 1, np.flatnonzero(saved)].mean()
        last = np.mean(lower_bound(d[:, :500].T, 0.05))
        print(f"| {truth:.2f}, ± {spread} | {' | '.join(shares)} | {when:.3f} | {last:.3f} |", flush=True)


if __name__ == "__main__":
    main()
