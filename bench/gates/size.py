"""Error of the gates over their null, stopped at the worst moment an adversary could choose (no futility,
every pair looked at).

python bench/gates/size.py [--repeats 20000] [--seed 1]

First exact sums over the lattice for independent binary pairs, then worlds that only simulation reaches.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from smena.causal.eprocess import Betting
from smena.causal.planner import pair_gate, screen_gate

ALPHA, CAP, THETA = 0.05, 300, 0.03
Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""(rng, pair number, repeats) → differences of that pair, shape (repeats,)."""


def exact() -> None:
    print("| gate, exact | null grid | worst P(pass) | at | nominal |\n|---|---|---|---|---|")
    grid = np.linspace(0, 1, 41)
    for theta in (0.0, 0.03):
        alone = {"threshold": 20, "cap_threshold": 20, "futility": 0.0, "cap": 100, "theta": theta}
        worst, at = max((screen_gate(p, min(p + theta, 1), **alone).passed, p) for p in grid)
        print(f"| 2×2, E ≥ 20, cap 100 | p1 = p0 + {theta} | {worst:.4f} | p0 = {at:.3f} | .05 |")
    worst, at = max((screen_gate(p, p).passed, p) for p in grid)
    print(f"| screen at its defaults (not a test) | p1 = p0 | {worst:.4f} | p0 = {at:.3f} | – |")
    for theta in (0.0, THETA):
        for alpha_t in (0.05, 0.0124):
            downs = np.linspace(0, (1 - theta) / 2, 21)
            worst, at = max(
                (pair_gate(d + theta, d, theta=theta, alpha_t=alpha_t, futility=np.inf).passed, d)
                for d in downs
            )
            print(f"| pairs, cap 300 | up = down + {theta} | {worst:.4f} | down = {at:.3f} | {alpha_t} |")


def fresh(
    effect: Callable[[np.random.Generator, int], np.ndarray], together: float = 0.0, drift: float = 0.0
) -> Draw:
    """A fresh task a pair; ``effect`` is added to p0 ~ Beta(.5, 2); ``together``: share of pairs with
    common randomness; ``drift``: how much both arms have gained by the last pair."""

    def draw(rng: np.random.Generator, n: int, repeats: int) -> np.ndarray:
        p0 = rng.beta(0.5, 2, repeats) * 0.4 + 0.3 + drift * (n / CAP - 0.5)
        p1 = p0 + effect(rng, repeats)
        u0, u1 = rng.random(repeats), rng.random(repeats)
        u1 = np.where(rng.random(repeats) < together, u0, u1)
        return (u1 < p1).astype(float) - (u0 < p0)

    return draw


def pool(size: int, repeats: int, rng: np.random.Generator, shared: bool) -> Draw:
    """Draws with replacement from pools whose own mean effect is exactly θ, tasks ± .3 about it.
    ``shared``: every run of one replicate number has the same luck on all tasks (a seed that does not
    depend on the task)."""
    effect = rng.choice([-0.3, 0.3], (size // 2, repeats))
    effect = np.concatenate([effect, -effect]) + THETA
    uses = np.zeros((size, repeats), dtype=int)
    luck = rng.random((2, CAP, repeats))
    columns = np.arange(repeats)

    def draw(rng: np.random.Generator, n: int, repeats: int) -> np.ndarray:
        task = rng.integers(0, size, repeats)
        replicate = uses[task, columns]
        uses[task, columns] += 1
        u0, u1 = (luck[:, replicate, columns]) if shared else rng.random((2, repeats))
        return (u1 < 0.5 + effect[task, columns]).astype(float) - (u0 < 0.5)

    return draw


def two_points(low: float, high: float) -> Draw:
    """Graded rewards: D is ``low`` or ``high``, with mean θ."""
    share = (THETA - low) / (high - low)
    return lambda rng, n, repeats: np.where(rng.random(repeats) < share, high, low)


def crossing(draw: Draw, rng: np.random.Generator, repeats: int) -> np.ndarray:
    process, crossed = Betting(THETA, shape=(repeats,)), np.zeros(repeats, dtype=bool)
    for n in range(CAP):
        process.update(draw(rng, n, repeats))
        crossed |= process.e_value >= 1 / ALPHA
    return crossed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, r = np.random.default_rng(args.seed), args.repeats
    exact()
    worlds: dict[str, Draw] = {
        "equal effects": fresh(lambda g, m: np.full(m, THETA)),
        "heterogeneous effects, ± .25 a task": fresh(lambda g, m: THETA + g.choice([-0.25, 0.25], m)),
        "rare large gain (+.3 on 1 task in 10, else 0)": fresh(
            lambda g, m: np.where(g.random(m) < 0.1, 0.3, 0.0)
        ),
        "drift of both arms, ± .15": fresh(lambda g, m: np.full(m, THETA), drift=0.3),
        "common random numbers in half of the pairs": fresh(lambda g, m: np.full(m, THETA), together=0.5),
        "common random numbers in all pairs": fresh(lambda g, m: np.full(m, THETA), together=1.0),
        "graded, −1 or +.1": two_points(-1.0, 0.1),
        "graded, −.1 or +1": two_points(-0.1, 1.0),
        "graded, −1 or +1": two_points(-1.0, 1.0),
        "pool of 24 with replacement": pool(24, r, rng, shared=False),
        "pool of 6 with replacement": pool(6, r, rng, shared=False),
        "NOT COVERED: seeds shared by all tasks, pool of 24": pool(24, r, rng, shared=True),
    }
    print(
        f"\n| pairs, simulated, mean effect θ = {THETA}, {r} × | P(ever E ≥ 20 by {CAP}) ± s.e. |\n|---|---|"
    )
    for name, draw in worlds.items():
        rate = crossing(draw, rng, r).mean()
        print(f"| {name} | {rate:.4f} ± {np.sqrt(rate * (1 - rate) / r):.4f} |", flush=True)


if __name__ == "__main__":
    main()
