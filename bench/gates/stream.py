"""Every save policy on the same stream of 500 candidates: false share of saves, P(save | null), power,
runs.

python bench/gates/stream.py [--repeats 40] [--seed 2026] [--no-useful] [--weak-origin] [--only NAME]

Decisions are those of the gates in `smena.causal` (same e-processes, thresholds and order), vectorised over
candidates. Pools: a fresh task for every pair. Conflict is left out (no control runs).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from smena.causal.eprocess import Betting, TwoByTwo
from smena.causal.online import e_lond, next_level
from smena.causal.order import upper_confidence
from world import KINDS, MIX, THETA, World

M = 500
Saved = np.ndarray
Runs = np.ndarray


def screen(world: World, cap: int = 12, batch: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Gate 1 at its defaults: (passed, runs)."""
    p0, p1 = world.origins()
    process = TwoByTwo(shape=p0.shape)
    verdict, runs = np.zeros(p0.size, dtype=int), np.zeros(p0.size)
    for n in range(1, cap + 1):
        process.update(world.flips(p0), world.flips(p1))
        e, open_ = process.e_value, verdict == 0
        if n % batch == 1 % batch:
            runs[open_] += 2 * batch
        verdict[open_ & (e >= 4)] = 1
        verdict[(verdict == 0) & (process.bayes_factor <= 0.35)] = -1
        if n == cap:
            verdict[(verdict == 0) & (e >= 2)] = 1
    return verdict == 1, runs


def pair_paths(
    world: World, who: np.ndarray, cap: int = 300, tasks: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """E after each pair, shape (cap, len(who)), and the pair after which futility ends the test (cap if
    never).

    ``tasks`` = 0: a fresh task a pair; else draws with replacement from a pool of so many."""
    _, path, end = pair_differences(world, who, cap, tasks)
    return path, end


def pair_differences(
    world: World, who: np.ndarray, cap: int = 300, tasks: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The differences of the pairs, and of them what :func:`pair_paths` says."""
    if tasks:
        pool0, pool1 = world.tasks(who, tasks)
    process = Betting(THETA, shape=(who.size,))
    path, end = np.empty((cap, who.size), dtype=np.float32), np.full(who.size, cap)
    differences = np.empty((cap, who.size), dtype=np.int8)
    for n in range(cap):
        if tasks:
            drawn, column = world.rng.integers(0, tasks, who.size), np.arange(who.size)
            p0, p1 = pool0[drawn, column], pool1[drawn, column]
        else:
            p0, p1 = world.tasks(who)
        differences[n] = world.flips(p1) - world.flips(p0)
        process.update(differences[n])
        path[n] = np.minimum(process.e_value, 1e30)
        end[(process.futility >= 5) & (end == cap)] = n + 1
    return differences, path, end


def e_lond_saves(world: World, alpha: float, tasks: int = 0, with_screen: bool = True) -> tuple[Saved, Runs]:
    """The default policy: screen, then pairs until 1/α_t, futility or the cap; candidates come one after
    the other."""
    passed, runs = (
        screen(world) if with_screen else (np.ones(world.kind.size, dtype=bool), np.zeros(world.kind.size))
    )
    who = np.flatnonzero(passed)
    path, end = pair_paths(world, who, tasks=tasks)
    saved = np.zeros(world.kind.size, dtype=bool)
    for run in range(world.kind.size // M):
        tested = found = 0
        for column in np.flatnonzero(who // M == run):
            crossing = path[: end[column], column] >= 1 / e_lond(tested, found, alpha)
            stop = int(crossing.argmax()) + 1 if crossing.any() else int(end[column])
            saved[who[column]] = crossing.any()
            runs[who[column]] += 2 * 8 * math.ceil(stop / 8)  # batches of 8 pairs are paid whole
            tested, found = tested + 1, found + int(crossing.any())
    return saved, runs


def ordered_saves(
    world: World, alpha: float, budget: int, width: int = 4, batch: int = 8
) -> tuple[Saved, Runs]:
    """``order = "ucb"`` of the default policy, all 500 in one wave: screen, then batches of pairs for the
    ``width`` candidates that look best, each test at the e-LOND level of its index and of the saves until
    now; what is not decided within the budget waits, and is not saved."""
    passed, runs = screen(world)
    who = np.flatnonzero(passed)
    d, path, end = pair_differences(world, who)
    saved = np.zeros(world.kind.size, dtype=bool)
    for run in range(world.kind.size // M):
        columns = np.flatnonzero(who // M == run)
        seen = np.zeros(columns.size, dtype=int)
        open_ = np.ones(columns.size, dtype=bool)
        found, spent = 0, runs[run * M : (run + 1) * M].sum()
        total, squares = np.zeros(columns.size), np.zeros(columns.size)
        while open_.any() and spent < budget:
            score = np.where(open_, upper_confidence(seen, total, squares), -np.inf)
            for i in np.argsort(-score, kind="stable")[: min(width, int(open_.sum()))]:
                column = columns[i]
                runs[who[column]] += 2 * batch
                spent += 2 * batch
                level = e_lond(max(i, found), found, alpha)
                for n in range(seen[i], min(seen[i] + batch, path.shape[0])):
                    seen[i] += 1
                    total[i] += d[n, column]
                    squares[i] += d[n, column] ** 2
                    if path[n, column] >= 1 / level:
                        saved[who[column]], open_[i], found = True, False, found + 1
                        break
                    if n + 1 >= end[column]:
                        open_[i] = False
                        break
    return saved, runs


def batch_saves(
    world: World, alpha: float, budget: int, width: int = 4, batch: int = 8, fewest: int = 20
) -> tuple[Saved, Runs]:
    """One batch: screen, pairs in UCB order, then e-BH once over those that the screen passed, on stopped
    e-values. ``fewest`` saves are worth having: who has enough for them needs no more pairs."""
    passed, runs = screen(world)
    who = np.flatnonzero(passed)
    d, path, end = pair_differences(world, who)
    saved = np.zeros(world.kind.size, dtype=bool)
    for run in range(world.kind.size // M):
        columns = np.flatnonzero(who // M == run)
        m = columns.size
        seen, open_, e = np.zeros(m, dtype=int), np.ones(m, dtype=bool), np.ones(m)
        total, squares = np.zeros(m), np.zeros(m)
        spent = runs[run * M : (run + 1) * M].sum()
        while open_.any() and spent < budget:
            score = np.where(open_, upper_confidence(seen, total, squares), -np.inf)
            for i in np.argsort(-score, kind="stable")[: min(width, int(open_.sum()))]:
                column = columns[i]
                runs[who[column]] += 2 * batch
                spent += 2 * batch
                for n in range(seen[i], min(seen[i] + batch, path.shape[0])):
                    seen[i] += 1
                    total[i] += d[n, column]
                    squares[i] += d[n, column] ** 2
                    e[i] = path[n, column]
                    if e[i] >= m / (alpha * fewest) or n + 1 >= end[column]:
                        open_[i] = False
                        break
        ranked = np.sort(e)[::-1]
        enough = np.flatnonzero(ranked >= m / (alpha * np.arange(1, m + 1)))
        if enough.size:
            saved[who[columns[e >= ranked[enough[-1]]]]] = True
    return saved, runs


def saffron_saves(world: World, alpha: float) -> tuple[Saved, Runs]:
    """``levels = "saffron"``: screen, then candidates one after the other at the level that SAFFRON gives to
    p = 1/E of those before."""
    passed, runs = screen(world)
    who = np.flatnonzero(passed)
    _, path, end = pair_differences(world, who)
    saved = np.zeros(world.kind.size, dtype=bool)
    for run in range(world.kind.size // M):
        p_values: list[float] = []
        for column in np.flatnonzero(who // M == run):
            level = max(next_level("saffron", p_values, alpha), 1e-12)
            crossing = path[: end[column], column] >= 1 / level
            stop = int(crossing.argmax()) + 1 if crossing.any() else int(end[column])
            saved[who[column]] = crossing.any()
            runs[who[column]] += 2 * 8 * math.ceil(stop / 8)
            p_values.append(1 / max(1.0, float(path[stop - 1, column])))
    return saved, runs


def ucb_saves(
    world: World, alpha: float, budget: int, ordered: bool, enough: float = 200.0
) -> tuple[Saved, Runs]:
    """All 500 at hand, no screen: pairs go where the upper confidence bound is largest; e-BH on the stopped
    e-values."""
    repeats = world.kind.size // M
    runs = np.zeros(world.kind.size)
    process = Betting(THETA, shape=(world.kind.size,))
    count, total, squares = (np.zeros(world.kind.size) for _ in range(3))
    spent, batch = runs.reshape(repeats, M).sum(1), 16
    while (spent < budget).any():
        score = upper_confidence(count, total, squares) if ordered else -count
        waiting = (process.e_value < enough) & np.repeat(spent < budget, M)
        score = np.where(waiting, score, -np.inf).reshape(repeats, M)
        top = np.argsort(-score, axis=1, kind="stable")[:, :batch]
        who = (top + M * np.arange(repeats)[:, None])[np.take_along_axis(score, top, 1) > -np.inf]
        if not who.size:
            break
        p0, p1 = world.tasks(who)
        d = np.full(world.kind.size, 0.0)
        d[who] = world.flips(p1) - world.flips(p0)
        wealth, doubt = process._log_wealth.copy(), process._log_futility.copy()
        process.update(d)
        idle = np.ones(world.kind.size, dtype=bool)
        idle[who] = False
        process._log_wealth[idle], process._log_futility[idle] = wealth[idle], doubt[idle]
        count[who] += 1
        total[who] += d[who]
        squares[who] += d[who] ** 2
        runs[who] += 2
        spent = runs.reshape(repeats, M).sum(1)
    saved = np.zeros(world.kind.size, dtype=bool)
    for e, out in zip(process.e_value.reshape(repeats, M), saved.reshape(repeats, M), strict=True):
        ranked = np.sort(e)[::-1]
        enough_for = np.flatnonzero(ranked >= M / (alpha * np.arange(1, M + 1)))
        if enough_for.size:
            out |= e >= ranked[enough_for[-1]]
    return saved, runs


def paper(
    world: World, check: bool, n_cf: int = 5, theta: float = 0.2, gamma: float = 0.5
) -> tuple[Saved, Runs]:
    """The paper to the letter: n_cf + n_cf runs on the origin, then 10 + 10 on each of 20 tasks, σ̂ over
    runs."""
    p0, p1 = world.origins()
    saved, runs = np.ones(p0.size, dtype=bool), np.zeros(p0.size)
    if check:
        base, treated = (world.rng.binomial(n_cf, p) / n_cf for p in (p0, p1))
        saved, runs = (treated - base > theta + 1e-9) & (base < gamma - 1e-9), runs + 2 * n_cf
    who = np.flatnonzero(saved)
    base, treated = (world.rng.binomial(10, p).sum(0) / 200 for p in world.tasks(who, 20))
    sigma = np.sqrt((base * (1 - base) + treated * (1 - treated)) / 199)
    ate = treated - base
    saved[who] = (ate > THETA) & (ate - THETA - 1.959964 * sigma > 0)  # λ·cost = δ·cost = θ
    runs[who] += 400
    return saved, runs


def uses(world: World, lost: Callable[[int, int], bool], horizon: int = 10) -> tuple[Saved, Runs]:
    """A rule that counts successes and failures of 10 uses on pool tasks."""
    kept, runs = np.ones(world.kind.size, dtype=bool), np.zeros(world.kind.size)
    successes = np.zeros(world.kind.size, dtype=int)
    for n in range(1, horizon + 1):
        runs += kept
        successes += world.flips(world.tasks(np.arange(world.kind.size))[1])
        kept &= ~np.array([[lost(s, n - s) for s in range(n + 1)]])[0][successes]
    return kept, runs


def strict_gain(world: World, tasks: int = 40) -> tuple[Saved, Runs]:
    p0, p1 = world.tasks(np.arange(world.kind.size), tasks)
    gain = world.flips(p1).sum(0, dtype=int) - world.flips(p0).sum(0, dtype=int)
    return gain > 0, np.full(world.kind.size, 2.0 * tasks)


def judge(world: World, sensitivity: float = 0.9, specificity: float = 0.8) -> tuple[Saved, Runs]:
    y = world.flips(world.origins()[1])
    return world.rng.random(y.size) < np.where(y == 1, sensitivity, 1 - specificity), np.ones(y.size)


def keep(share: float) -> Callable[[World], tuple[Saved, Runs]]:
    return lambda world: (world.rng.random(world.kind.size) < share, np.zeros(world.kind.size))


POLICIES: dict[str, Callable[[World], tuple[Saved, Runs]]] = {
    "causal (default: e-LOND, α = .10)": lambda w: e_lond_saves(w, 0.10),
    "causal, α = .05": lambda w: e_lond_saves(w, 0.05),
    "causal, pool of 24 with replacement": lambda w: e_lond_saves(w, 0.10, tasks=24),
    "causal, SAFFRON": lambda w: saffron_saves(w, 0.10),
    "causal, UCB order, e-LOND, 10k runs": lambda w: ordered_saves(w, 0.10, 10_000),
    "causal, UCB order, e-LOND, 12k runs": lambda w: ordered_saves(w, 0.10, 12_000),
    "causal, UCB order, e-LOND, 14k runs": lambda w: ordered_saves(w, 0.10, 14_000),
    "causal, screen, UCB order, e-BH, 14k runs": lambda w: batch_saves(w, 0.10, 14_000),
    "causal, UCB order, e-BH, 8k runs": lambda w: ucb_saves(w, 0.10, 8_000, ordered=True),
    "causal, UCB order, e-BH, 10k runs": lambda w: ucb_saves(w, 0.10, 10_000, ordered=True),
    "causal, UCB order, e-BH, 14k runs": lambda w: ucb_saves(w, 0.10, 14_000, ordered=True),
    "the same, round robin, 10k runs": lambda w: ucb_saves(w, 0.10, 10_000, ordered=False),
    "paper": lambda w: paper(w, check=True),
    "paper, no counterfactual check": lambda w: paper(w, check=False),
    "save-all = transition": keep(1.0),
    "random": keep(0.5),
    "llm-judge (sens .9, spec .8)": judge,
    "votes (10 uses)": lambda w: uses(w, lambda s, f: 2 + s - f <= 0),
    "counters (10 uses)": lambda w: uses(w, lambda s, f: f >= 3),
    "success-rate (10 uses)": lambda w: uses(w, lambda s, f: s + f >= 3 and s / (s + f) < 0.5),
    "strict-gain (40 tasks)": strict_gain,
}


def summary(world: World, saved: Saved, runs: Runs) -> str:
    repeats = world.kind.size // M
    false, true = (
        (saved & ~world.useful).reshape(repeats, M).sum(1),
        (saved & world.useful).reshape(repeats, M).sum(1),
    )

    def mean(values: np.ndarray) -> str:
        return f"{values.mean():.3f} ± {values.std(ddof=1) / np.sqrt(values.size):.3f}"

    share = mean(false / np.maximum(false + true, 1))
    useful = world.useful.reshape(repeats, M).sum(1)
    power = mean(true / useful) if useful.all() else "–"
    by_kind = " ".join(
        f"{saved[world.kind == k].mean():.3f}" if (world.kind == k).any() else "–" for k in (0, 2, 3)
    )
    spent = runs.reshape(repeats, M).sum(1)
    cost = f"{spent.mean():,.0f} ± {spent.std(ddof=1) / np.sqrt(repeats):,.0f}"
    return f"{share} | {power} | {by_kind} | {(false > 0).mean():.3f} | {cost}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--no-useful", action="store_true", help="nulls in place of the useful ones")
    parser.add_argument(
        "--weak-origin", action="store_true", help="useful items help no more on their origin"
    )
    args = parser.parse_args()
    mix = (MIX[0] + MIX[1], 0.0, *MIX[2:]) if args.no_useful else MIX
    print(f"{M} candidates, {args.repeats} repeats, mix {dict(zip(KINDS, mix, strict=True))}, θ = {THETA}")
    print(
        "| policy | false share of saves | power | P(save): null, crutch, harmful | any false save | runs |"
    )
    print("|---|---|---|---|---|---|")
    for name, policy in ((n, p) for n, p in POLICIES.items() if n.startswith(args.only)):
        world = World.draw(M * args.repeats, args.seed, mix, None if args.weak_origin else 0.8)
        print(f"| {name} | {summary(world, *policy(world))} |", flush=True)


if __name__ == "__main__":
    main()
