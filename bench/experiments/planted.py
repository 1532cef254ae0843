"""Planted truth for the verdicts: how often are H2, H3 and H5 judged wrongly, and do intervals of FPR_save cover?

Simulated at the level of what a run stores: which of a domain's items each seed met and saved, each item's truth,
which tasks each seed solved, what conflict each held-out task showed. Whole runs are not repeated. From there on
it is the product's own code: `smena.experiments.judging.judge` with Holm's correction over five, and the
intervals of `smena report fpr`. A domain's items are shared by its seeds, tasks have their own difficulty, and
each seed's memory has good and bad luck that all of its tasks share.

    python bench/experiments/planted.py --experiments 200
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from smena.experiments.evidence import Arm, SeedRun
from smena.experiments.judging import judge
from smena.experiments.spec import Experiment, Hypothesis
from smena.results.compare import Episode
from smena.results.comparing import pooled_share
from smena.results.crossdomain import DomainRun
from smena.results.estimates import EXACT, share
from smena.store import Run

SEEDS = 5
RUN = Run(id="r", env="e@1", learner="l@1", teacher="t@1", policy="p@1", seed=0, config={}, fingerprint="r")
PRINTS = ("e@1", "l@1", "p@1", "gamma=0.9", "pool=10", "bank=4")
Rng = np.random.Generator


def fpr_share(null: float, save_null: float, save_useful: float) -> float:
    """The true false share of saves: of what the policy saves in the long run."""
    false, right = null * save_null, (1 - null) * save_useful
    return false / (false + right)


class World:
    """A domain: its items with their truth, its tasks with their difficulty."""

    def __init__(
        self, rng: Rng, items: int = 80, null: float = 0.7, tasks: int = 120, met: float = 0.5
    ) -> None:
        self.rng, self.met = rng, met
        self.null = rng.random(items) < null
        self.p = rng.beta(0.5, 1.5, tasks)
        self.held = rng.beta(0.5, 1.5, 100)

    def arm(
        self,
        name: str,
        save_null: float,
        save_useful: float,
        gain: float = 0.0,
        harm: float = 0.0,
        spread: float = 0.02,
    ) -> Arm:
        """``gain`` is added to every task's chance; ``harm``: share of what a held-out task solves that memory
        loses; ``spread``: SD of a seed's luck, shared by all of its tasks."""
        runs = []
        for seed in range(SEEDS):
            rng = self.rng
            met = rng.random(self.null.size) < self.met
            saved = met & (rng.random(self.null.size) < np.where(self.null, save_null, save_useful))
            luck = rng.normal(0, spread)
            solved = rng.random(self.p.size) < np.clip(self.p + gain + luck, 0, 1)
            conflict = self._conflict(harm, rng)
            items = {
                "false_share": {f"{i}": int(self.null[i]) for i in np.flatnonzero(saved)},
                "save_given_null": {f"{i}": int(saved[i]) for i in np.flatnonzero(met & self.null)},
            }
            fpr = DomainRun(name, name, "", "p", seed, PRINTS, None, "", items, {}, 1, "planted")
            told = {f"{i}": Episode(int(s), 1.0) for i, s in enumerate(solved)}
            runs.append(SeedRun(seed, RUN, fpr, told, {}, {}, conflict, 1.0))
        return Arm(name, tuple(runs), {})

    def _conflict(self, harm: float, rng: Rng) -> dict[str, float]:
        """c* of two trials an arm, as `conflict_by_task` has it."""
        base = rng.random((self.held.size, 2)) < self.held[:, None]
        with_ = rng.random((self.held.size, 2)) < (self.held * (1 - harm))[:, None]
        loss = base.astype(float) - with_
        c = (base.sum(1) * loss.sum(1) - (base * loss).sum(1)) / 2
        return {f"{i}": float(v) for i, v in enumerate(c)}


def experiment(test: str, treated: Arm, base: Arm, **more: Any) -> str:
    h = Hypothesis(
        id="H", claim="", test=test, treated=(treated.name,), base=base.name, may_say="", may_not_say="", **more
    )  # fmt: skip
    spec = Experiment(
        name="x", question="", seeds=tuple(range(SEEDS)), shared={}, arms={treated.name: {}, base.name: {}},
        hypotheses=(h,), family=5,
    )  # fmt: skip
    return judge(spec, {treated.name: treated, base.name: base})[0].verdict


def h2(rng: Rng, save_null: float, loss: float) -> str:
    w = World(rng)
    return experiment(
        "fpr-and-accuracy", w.arm("causal", save_null, 0.5, -loss), w.arm("all", 1.0, 1.0), margin=0.05
    )


def h3(rng: Rng, harm: float, save_null: float) -> str:
    w = World(rng)
    return experiment(
        "conflict-and-precision",
        w.arm("with", save_null, 0.5, harm=harm),
        w.arm("without", 0.5, 0.5, harm=0.3),
    )


def h5(rng: Rng, here: float, there: float, items: int) -> str:
    """``here``, ``there``: the true false share of saves in the two domains."""

    def rate(target: float) -> float:
        return target / (1 - target) * 0.3 / 0.7 * 0.6

    a, b = World(rng, items), World(rng, items)
    return experiment(
        "fpr-drift", b.arm("there", rate(there), 0.6), a.arm("here", rate(here), 0.6), tolerance=0.1
    )


Case = tuple[str, str, Callable[[Rng], str], frozenset[str]]
CASES: list[Case] = [
    ("H2", "true: 1% of nulls saved, no loss", lambda r: h2(r, 0.01, 0.0), frozenset({"refuted"})),
    ("H2", "false: saves as false as save-all's", lambda r: h2(r, 0.5, 0.0), frozenset({"supported"})),
    ("H2", "false: loses exactly the margin", lambda r: h2(r, 0.01, 0.06), frozenset({"supported"})),
    (
        "H2",
        "false: worse than save-all, loses 15 points",
        lambda r: h2(r, 1.0, 0.15),
        frozenset({"supported"}),
    ),
    ("H3", "true: no harm and few false saves", lambda r: h3(r, 0.0, 0.02), frozenset({"refuted"})),
    ("H3", "false: the same harm and precision", lambda r: h3(r, 0.3, 0.5), frozenset({"supported"})),
    ("H3", "false: the same harm, better precision", lambda r: h3(r, 0.3, 0.02), frozenset({"supported"})),
    ("H3", "false: more harm, worse precision", lambda r: h3(r, 0.6, 0.9), frozenset({"supported"})),
    ("H5", "true: 5% and 5%", lambda r: h5(r, 0.05, 0.05, 400), frozenset({"refuted"})),
    ("H5", "true: 5% and 12%", lambda r: h5(r, 0.05, 0.12, 400), frozenset({"refuted"})),
    (
        "H5",
        "false: 5% and 15%, exactly the tolerance",
        lambda r: h5(r, 0.05, 0.15, 400),
        frozenset({"supported"}),
    ),
    ("H5", "false: 5% and 40%", lambda r: h5(r, 0.05, 0.40, 400), frozenset({"supported"})),
    ("H5", "true, few items: 5% and 5%", lambda r: h5(r, 0.05, 0.05, 60), frozenset({"refuted"})),
    ("H5", "false, few items: 2% and 12%", lambda r: h5(r, 0.02, 0.12, 60), frozenset({"supported"})),
]


def verdicts(experiments: int) -> None:
    print(
        "| hypothesis | planted truth | wrong | supported | refuted | undecided |\n|---|---|---|---|---|---|"
    )
    wrong_by: dict[str, list[int]] = {}
    for name, what, make, wrong in CASES:
        rng = np.random.default_rng(sum(map(ord, name + what)))
        found = [make(rng) for _ in range(experiments)]
        bad = sum(v in wrong for v in found)
        counts = [found.count(v) for v in ("supported", "refuted", "undecided")]
        e = share(bad, experiments, "experiments", EXACT)
        told = f"{bad} of {experiments} [{100 * (e.low or 0):.1f}, {100 * (e.high or 0):.1f}]%"
        print(f"| {name} | {what} | {told} | " + " | ".join(f"{c}" for c in counts) + " |", flush=True)
        wrong_by.setdefault(name, []).append(bad)
    for name, bad_ in wrong_by.items():
        print(f"\n{name}: worst case wrong in {100 * max(bad_) / experiments:.1f}% of {experiments}", end="")
    print("\n")


def coverage(experiments: int) -> None:
    """One run's interval and that of five seeds with shared items, for both readings."""
    print("| items | null items saved | reading | one run covers | five seeds cover |\n|---|---|---|---|---|")
    for items in (40, 200):
        for save_null in (0.005, 0.05, 0.3):
            rng = np.random.default_rng(items + int(1000 * save_null))
            held: dict[str, list[list[bool]]] = {r: [[], []] for r in ("false_share", "save_given_null")}
            for _ in range(experiments):
                w = World(rng, items)
                arm = w.arm("a", save_null, 0.5)
                # the items of a world are what it is about: its own long-run share is the truth
                n, u = w.null.sum(), (~w.null).sum()
                truths = {
                    "false_share": n * save_null / (n * save_null + u * 0.5) if n or u else 0.0,
                    "save_given_null": save_null,
                }
                for reading, truth in truths.items():
                    mine = [r.fpr.items[reading] for r in arm.runs]
                    one = share(sum(mine[0].values()), len(mine[0]), "items", EXACT)
                    total: dict[str, tuple[int, int]] = {}
                    for run in mine:
                        for item, hit in run.items():
                            h, t = total.get(item, (0, 0))
                            total[item] = h + hit, t + 1
                    for at, e in enumerate((one, pooled_share(total, "items", ""))):
                        if e.value is not None:
                            held[reading][at].append((e.low or 0.0) <= truth <= (e.high or 0.0))
            for reading, both in held.items():
                cells = [f"{100 * np.mean(h):.1f}% of {len(h)}" for h in both]
                print(f"| {items} | {save_null:g} | {reading} | {cells[0]} | {cells[1]} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--experiments", type=int, default=200)
    told = parser.parse_args()
    verdicts(told.experiments)
    coverage(max(told.experiments, 400))
