"""Gate updates a second on one core: one update is one pair of one candidate, its e-value and futility read.

python bench/gates/speed.py
"""

from __future__ import annotations

import time

import numpy as np
from smena.causal.eprocess import Betting, TwoByTwo


def main() -> None:
    rng = np.random.default_rng(1)
    print("| candidates side by side | pairs (betting) | 2×2 |\n|---|---|---|")
    for candidates, steps in ((1, 2000), (100, 500), (10_000, 30)):
        y = rng.integers(0, 2, (2, steps, candidates))
        rates = []
        for process in (Betting(0.03, shape=(candidates,)), TwoByTwo(shape=(candidates,))):
            start = time.perf_counter()
            for n in range(steps):
                if isinstance(process, Betting):
                    process.update(y[1, n] - y[0, n])
                    _ = process.e_value, process.futility
                else:
                    process.update(y[0, n], y[1, n])
                    _ = process.e_value, process.bayes_factor
            rates.append(candidates * steps / (time.perf_counter() - start))
        print(f"| {candidates:,} | {rates[0]:,.0f}/s | {rates[1]:,.0f}/s |")


if __name__ == "__main__":
    main()
