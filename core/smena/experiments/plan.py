"""What an experiment will take and what it can see, before it starts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import NormalDist
from typing import NamedTuple

from smena.errors import BadInput
from smena.experiments.spec import Experiment, Hypothesis
from smena.results.comparing import POWER, Counts, compare_shares, smallest_visible
from smena.results.document import Cell, Column, Document, Section
from smena.setup import Setup
from smena.store import Store


class ArmPlan(NamedTuple):
    """Trials of one run. ``fixed``: those that are certain (bank, first attempts, held-out without memory);
    ``shared``: of these, those that an earlier arm of the same seed has made; ``why``: cannot run here."""

    arm: str
    fixed: int
    shared: int
    train: int
    eval: int
    why: str = ""


def arm_plans(experiment: Experiment) -> list[ArmPlan]:
    seen: set[tuple[str, str, str]] = set()
    sizes: dict[str, tuple[int, int]] = {}
    plans = []
    for arm in experiment.arms:
        config = experiment.config(arm, experiment.seeds[0])
        try:
            setup = Setup(config)
            if setup.env_print not in sizes:  # to make an environment's tasks may take seconds
                sizes[setup.env_print] = len(setup.tasks("train")), len(setup.tasks("eval"))
            train, held = sizes[setup.env_print]
            train, held = min(config.tasks or train, train), min(config.eval_tasks or held, held)
        except BadInput as error:
            plans.append(ArmPlan(arm, 0, 0, 0, 0, str(error)))
            continue
        fixed = config.bank * train + train + config.eval_repeats * held
        key = (setup.env_print, setup.learner_print, setup.judge.fingerprint)
        plans.append(ArmPlan(arm, fixed, fixed if key in seen else 0, train, held))
        seen.add(key)
    return plans


def plan(experiment: Experiment, store: Store | None = None) -> Document:
    """Trials and time by arm, and for each hypothesis the smallest effect that it would see with power .8."""
    plans = arm_plans(experiment)
    seeds, expects = len(experiment.seeds), experiment.expects
    able = [p for p in plans if not p.why]
    trials = seeds * sum(p.fixed - p.shared + max(0.0, expects.trials - p.fixed) for p in able)
    minutes = seeds * sum(expects.seconds for _ in able) / 60
    absent = [p for p in plans if p.why]
    said = [
        f"{experiment.id}: {len(experiment.arms)} arms × {seeds} seeds = {len(experiment.arms) * seeds} runs.",
        f"About {trials:,.0f} new trials and at most {minutes:,.0f} CPU minutes, if each run takes the "
        f"{expects.trials:,.0f} trials and {expects.seconds:,.0f} s that the file expects of one that shares "
        f"nothing; {seeds * sum(p.shared for p in able):,} of the trials are shared between arms.",
        *(f"{p.arm}: not measured here: {p.why}" for p in absent),
        experiment.stopping,
    ]
    frozen = store is not None and any(e.id == experiment.id for e in store.experiments())
    begin = f"`smena experiment run {experiment.name}`"
    state = (
        "It is frozen." if frozen else f"It is frozen, and cannot be changed, when it is first run: {begin}."
    )
    return Document(
        "plan",
        f"Plan of {experiment.name}",
        (*said, state),
        (_arms(plans, seeds), _power(experiment, plans)),
        (),
        (),
        (),
        f"smena experiment plan {experiment.name}",
    )


def _arms(plans: Iterable[ArmPlan], seeds: int) -> Section:
    columns = (
        Column("arm"),
        Column("train tasks", "count", "train"),
        Column("held-out tasks", "count", "eval"),
        Column("certain trials a seed", "count", "fixed"),
        Column("of these shared", "count", "shared"),
        Column("cannot run here", key="why"),
    )
    rows = tuple((p.arm, p.train, p.eval, p.fixed, p.shared, p.why) for p in plans)
    says = (
        "Certain trials: the bank, first attempts, held-out tasks without memory. Retries, gates, held-out tasks "
        "with memory and the audit come on top and depend on what is learned."
    )
    return Section("arms", f"Arms, {seeds} seeds each", says, columns, rows)


def _power(experiment: Experiment, plans: Iterable[ArmPlan]) -> Section:
    by_arm = {p.arm: p for p in plans}
    rows: list[tuple[Cell, ...]] = []
    for h in experiment.hypotheses:
        rows += _powers(h, experiment, by_arm)
    columns = (Column("hypothesis"), Column("part"), Column("units", "count"), Column("sees, with power .8"))
    says = (
        f"Levels are those of Holm's first step over {experiment.family} hypotheses, both directions. Accuracy: "
        f"a paired difference with standard deviation {experiment.expects.sd:g} between tasks, seeds averaged "
        f"within a task. FPR_save: {experiment.expects.saves:g} distinct saves a run, all decided by the audit, "
        "as the file expects; the same lesson saved under several seeds counts once and makes it less."
    )
    return Section("power", "Power at this budget", says, columns, tuple(rows))


def _powers(h: Hypothesis, experiment: Experiment, arms: dict[str, ArmPlan]) -> Iterable[tuple[Cell, ...]]:
    level = experiment.alpha / (2 * (1 if h.secondary else max(1, experiment.family)))
    sizes = [arms[a] for a in (*h.treated, *([h.base] if h.base else [])) if not arms[a].why]
    if not sizes:
        yield (h.id, "all", 0, "nothing: no arm of it can run here")
        return
    saves = round(experiment.expects.saves * len(experiment.seeds))
    if h.test in ("paired-accuracy", "fpr-and-accuracy", "quality-and-cost"):
        n = min(p.train for p in sizes)
        yield (h.id, f"Acc@{h.n or 'N'}", n, _accuracy(n, level, experiment.expects.sd))
    if h.test in ("conflict-and-precision", "trend"):
        n = min(p.eval for p in sizes)
        yield (h.id, "held-out tasks", n, _accuracy(n, level, experiment.expects.sd))
    if h.test in ("fpr-and-accuracy", "conflict-and-precision"):
        seen = smallest_visible(Counts(0.05 * saves, saves), saves, level)
        text = "no difference" if seen is None else f"a rise from 5% of {100 * seen:.0f} points or more"
        yield (h.id, "false share of saves", saves, text)
    if h.test == "fpr-drift":
        clean = compare_shares(Counts(0, saves), Counts(0, saves), h.tolerance, level)
        seen = smallest_visible(Counts(0, saves), saves, level)
        text = (
            f"can confirm ±{100 * clean.high:.0f} points at best (asked: ±{100 * h.tolerance:g}); sees a "
            f"degradation of {100 * (seen or 1):.0f} points"
        )
        yield (h.id, "FPR_save, each domain", saves, text)


def _accuracy(n: int, level: float, sd: float) -> str:
    normal = NormalDist()
    effect = (normal.inv_cdf(1 - level) + normal.inv_cdf(POWER)) * sd / math.sqrt(max(1, n))
    return f"a difference of {100 * min(1.0, effect):.1f} points or more"
