"""An item that plays to the verifier: P(save) on the verifier's word, and with the gold audit at promotion.

python bench/gates/gaming.py [--repeats 4000] [--seed 1]

200 pairs are judged by the verifier, 40 fresh ones also by ground truth. The gamed item changes nothing
true, but on a quarter of its failures the verifier is fooled. Save when the lower end of the 95% interval
is above θ = .03.
"""

from __future__ import annotations

import argparse

import numpy as np
from smena.causal.audit import MIN_GOLD, ppi_plus_plus
from smena.causal.effects import ate

THETA, PAIRS = 0.03, 200


def judged(rng: np.random.Generator, truth: np.ndarray, fooled: float, error: float) -> np.ndarray:
    """What a verifier with symmetric ``error`` says, which also takes a share ``fooled`` of failures for
    successes."""
    seen = truth ^ (rng.random(truth.shape) < error)
    return seen | (~truth & (rng.random(truth.shape) < fooled))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    print(f"| item | verifier's word | with {MIN_GOLD} gold pairs | gold pairs alone |\n|---|---|---|---|")
    for name, lift, fooled in (
        ("null", 0.0, 0.0),
        ("gamed", 0.0, 0.25),
        ("useful, ATE .3", 0.4, 0.0),
        ("useful, ATE .45", 0.6, 0.0),
    ):
        saves = np.zeros(3)
        for _ in range(args.repeats):
            p0 = rng.beta(1, 3, PAIRS + MIN_GOLD)
            y0, y1 = rng.random(p0.size) < p0, rng.random(p0.size) < p0 + (1 - p0) * lift
            f = judged(rng, y1, fooled, 0.05).astype(float) - judged(rng, y0, 0.0, 0.05)
            gold = (y1.astype(float) - y0)[:MIN_GOLD]
            for i, low in enumerate(
                (
                    ate(f, range(f.size)).interval.low,
                    ppi_plus_plus(gold, f[:MIN_GOLD], f[MIN_GOLD:]).interval.low,
                    ate(gold, range(MIN_GOLD)).interval.low,
                )
            ):
                saves[i] += low > THETA
        rates = saves / args.repeats
        print(
            f"| {name} | "
            + " | ".join(f"{p:.3f} ± {np.sqrt(p * (1 - p) / args.repeats):.3f}" for p in rates)
            + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
