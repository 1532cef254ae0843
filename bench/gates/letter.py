"""What the paper's rules do to items that change nothing: exact where the sum is small, else simulated.

python bench/gates/letter.py [--repeats 4000] [--seed 1]
"""

from __future__ import annotations

import argparse

import numpy as np
from smena.causal.effects import ate, ate_over_runs, conflict_paper, conflict_split_half


def binomial(n: int, p: float) -> np.ndarray:
    pmf = np.array([1.0])
    for _ in range(n):
        pmf = np.convolve(pmf, [1 - p, p])
    return pmf


def false_save(n: int, theta: float, gamma: float, p: float) -> float:
    """P(uplift > θ and p̂₀ < γ) for p1 = p0 = p and n + n runs, exactly."""
    pmf, k = binomial(n, p), np.arange(n + 1) / n
    ok = (k[None, :] - k[:, None] > theta + 1e-9) & (k[:, None] < gamma - 1e-9)
    return float(pmf @ ok @ pmf)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng, r = np.random.default_rng(args.seed), args.repeats
    print("| uplift > θ ∧ p̂₀ < γ, exact worst false save | γ = .5 | γ = 1 |\n|---|---|---|")
    for n, theta in ((5, 0.2), (10, 0.2), (5, 0.0), (10, 0.0), (20, 0.0)):
        worst = [max(false_save(n, theta, gamma, p) for p in np.linspace(0, 1, 201)) for gamma in (0.5, 1.01)]
        print(f"| n_cf = {n}, θ = {theta} | {worst[0]:.3f} | {worst[1]:.3f} |")

    print("\n| ATE − 1.96σ̂ > 0, mean 0, ± .3 a task, 400 runs | σ̂ over runs | over tasks |\n|---|---|---|")
    for tasks, n in ((10, 20), (20, 10), (50, 4)):
        saved = np.zeros(2)
        for _ in range(r // 2):
            effect = rng.choice([-0.3, 0.3], tasks)
            y0 = rng.random((n, tasks)) < 0.4
            y1 = rng.random((n, tasks)) < 0.4 + effect
            clustered = ate((y1.astype(float) - y0).mean(axis=0), range(tasks))
            saved += ate_over_runs(y0, y1).interval.low > 0, clustered.interval.low > 0
        print(
            f"| {tasks} tasks × {n} runs an arm | " + " | ".join(f"{s / (r // 2):.3f}" for s in saved) + " |"
        )

    print("\n| conflict, harmless item, 40 tasks | paper, mean | c*, mean ± sd |\n|---|---|---|")
    for n in (2, 5, 10, 50):
        paper, ours = [], []
        for _ in range(r // 10):
            p = rng.beta(0.5, 0.5, 40)
            b, y = ((rng.random((n, 40)) < p).astype(float).T for _ in range(2))
            paper.append(conflict_paper(list(b), list(y)))
            ours.append(conflict_split_half(list(b), list(y)))
        print(f"| {n} runs an arm | {np.mean(paper):.3f} | {np.mean(ours):+.4f} ± {np.std(ours):.3f} |")


if __name__ == "__main__":
    main()
