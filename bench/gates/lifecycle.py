"""The gates of the lifecycle: revision exactly, combination and the way from gate 2 through the gold audit by
simulation.

python bench/gates/lifecycle.py [--repeats 2000] [--seed 1]
"""

from __future__ import annotations

import argparse

import numpy as np
from smena.causal.audit import MIN_GOLD, ppi_plus_plus
from smena.causal.combine import CombineGate
from smena.causal.eprocess import Betting
from smena.causal.gate import Answer
from smena.causal.planner import pair_gate

CAP, MORE = 300, 80


def revision() -> None:
    print("| revision, exact: true effect | p0 | P(deprecated) | P(confirmed) | undecided | runs |")
    print("|---|---|---|---|---|---|")
    for effect in (-0.2, 0.0, 0.05, 0.1, 0.2, 0.4):
        for p0 in (0.2, 0.5):
            up, down = (1 - p0) * (p0 + effect), p0 * (1 - p0 - effect)
            c = pair_gate(up, down, alpha_t=0.05, effect=0.1, futility=20.0, cap=CAP)
            shares = f"{c.dropped:.3f} | {c.passed:.3f} | {c.undecided:.3f}"
            print(f"| {effect:+} | {p0} | {shares} | {2 * c.pairs:.0f} |")


def combination(rng: np.random.Generator, repeats: int, alpha: float = 0.05) -> None:
    pool = [f"t{i}" for i in range(24)]
    print(
        f"\n| combination, α = {alpha}: neither, both, first, second | P(saved) | runs | interaction, mean |"
    )
    print("|---|---|---|---|")
    for name, p in (
        ("null and null", (0.2, 0.2, 0.2, 0.2)),
        ("null and null", (0.5, 0.5, 0.5, 0.5)),
        ("useful and null", (0.2, 0.6, 0.6, 0.2)),
        ("two halves of +.4", (0.2, 0.6, 0.2, 0.2)),
        ("+.3 and +.3, additive", (0.2, 0.8, 0.5, 0.5)),
        ("+.4 and +.4, redundant", (0.2, 0.6, 0.6, 0.6)),
    ):
        saved, runs, interaction = 0, 0, []
        for i in range(repeats):
            gate = CombineGate(f"{i}", pool, alpha_t=alpha, cap=CAP, name="combine")
            while gate.verdict is None:
                asks = gate.ask()
                y = rng.random(len(asks)) < [p[ask.arm] for ask in asks]
                gate.tell([Answer(ask, True, int(v), float(v)) for ask, v in zip(asks, y, strict=True)])
            saved += gate.verdict == "pass"
            runs += gate.evidence["runs"]
            interaction.append(gate.evidence["interaction"])
        share = saved / repeats
        error = np.sqrt(share * (1 - share) / repeats)
        print(
            f"| {name}: {', '.join(map(str, p))} | {share:.3f} ± {error:.3f} | {runs / repeats:.0f} "
            f"| {np.mean(interaction):+.2f} |",
            flush=True,
        )


def promotion(rng: np.random.Generator, repeats: int, alpha_t: float = 0.0124) -> None:
    """Gate 2 on a noisy verifier's word, then 40 gold pairs and 80 others, all fresh: as in a run."""
    print(f"\n| promotion, α_t = {alpha_t} | gate 2 alone | then gold | one more time, at half the level |")
    print("|---|---|---|---|")
    for name, lift, fooled in (
        ("null", 0.0, 0.0),
        ("gaming, a quarter of failures", 0.0, 0.25),
        ("gaming, 40% of failures", 0.0, 0.4),
        ("useful, ATE .3", 0.4, 0.0),
        ("useful, ATE .45", 0.6, 0.0),
    ):
        passed = np.zeros(3)
        for _ in range(repeats):
            word, _ = pairs(rng, CAP, lift, fooled)
            process, crossed = Betting(0.03), False
            for d in word:
                process.update(d)
                if process.e_value * alpha_t >= 1:
                    crossed = True
                    break
                if process.futility >= 5:
                    break
            if not crossed:
                continue
            passed[0] += 1
            if audit(rng, lift, fooled, 0.05):
                passed[1:] += 1
            elif audit(rng, lift, fooled, 0.025):
                passed[2] += 1
        shown = [f"{p:.3f} ± {np.sqrt(p * (1 - p) / repeats):.3f}" for p in passed / repeats]
        print(f"| {name} | {' | '.join(shown)} |", flush=True)


def audit(rng: np.random.Generator, lift: float, fooled: float, alpha: float) -> bool:
    word, gold = pairs(rng, MIN_GOLD + MORE, lift, fooled)
    return ppi_plus_plus(gold[:MIN_GOLD], word[:MIN_GOLD], word[MIN_GOLD:], alpha).interval.low > 0.03


def pairs(rng: np.random.Generator, n: int, lift: float, fooled: float) -> tuple[np.ndarray, np.ndarray]:
    """Differences by a verifier of error .1 that takes a share ``fooled`` of the treated failures for
    successes, and by ground truth."""
    p0 = rng.beta(0.5, 2, n)
    y0, y1 = rng.random(n) < p0, rng.random(n) < p0 + (1 - p0) * lift
    seen0 = y0 ^ (rng.random(n) < 0.1)
    convincing = y1 | (rng.random(n) < fooled)
    seen1 = convincing ^ (rng.random(n) < 0.1)
    return seen1.astype(float) - seen0, y1.astype(float) - y0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    revision()
    promotion(rng, args.repeats)
    combination(rng, args.repeats // 5)


if __name__ == "__main__":
    main()
