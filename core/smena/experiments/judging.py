"""The pre-registered tests. Each takes arms and gives parts; a hypothesis is supported when all of its parts
are, refuted when one is shown to be the other way round, and undecided else. Pure.

Errors: both one-sided p-values of a hypothesis are doubled into one directional p-value, and Holm's correction
runs over the family, so that the chance of any wrong verdict (supported where it is false, refuted where it is
true) is at most alpha."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from smena.experiments.evidence import Arm, Cells
from smena.experiments.spec import Experiment, Hypothesis
from smena.results.comparing import Compared, compare_shares, effective, holm
from smena.results.crossdomain import READINGS, unlike_gates
from smena.results.estimates import Estimate, missing
from smena.values import Value

Outcome = Literal["supported", "refuted", "undecided"]
EQUAL_COMPUTE = 0.05
"""Arms whose mean cost of a first attempt differs by less than this share have equal compute."""


class Part(Value, frozen=True):
    """One comparison. ``p_for``: one-sided, of what the hypothesis needs; ``p_against``: of the opposite."""

    name: str
    needs: str
    estimate: Estimate
    kind: Literal["difference", "number"] = "difference"
    p_for: float = 1.0
    p_against: float = 1.0
    note: str = ""


class Judged(Value, frozen=True):
    """``p``: directional and uncorrected; ``p_holm``: over the family (for a secondary one: equal to ``p``)."""

    id: str
    claim: str
    verdict: Outcome
    direction: Outcome
    p: float
    p_holm: float
    parts: tuple[Part, ...]
    why: str
    may_say: str
    may_not_say: str
    secondary: bool
    seeds: int


def judge(experiment: Experiment, arms: Mapping[str, Arm]) -> list[Judged]:
    """The verdict on each hypothesis, in the order of the file."""
    tested = [(h, *_test(h, arms)) for h in experiment.hypotheses]
    raw = [_directional(parts) for _, parts, _ in tested]
    main = [i for i, (h, _, _) in enumerate(tested) if not h.secondary]
    padded = [raw[i][0] for i in main] + [1.0] * (experiment.family - len(main))
    corrected = dict(zip(main, holm(padded), strict=False))
    return [
        _judged(h, parts, why, raw[i], corrected.get(i, raw[i][0]), experiment.alpha, arms)
        for i, (h, parts, why) in enumerate(tested)
    ]


def _directional(parts: Sequence[Part]) -> tuple[float, Outcome]:
    """Supported needs all parts (the greatest p), refuted one of them (the least, Bonferroni)."""
    if not parts:
        return 1.0, "undecided"
    supported = max(p.p_for for p in parts)
    refuted = min(1.0, len(parts) * min(p.p_against for p in parts))
    best = min(supported, refuted)
    return min(1.0, 2 * best), "supported" if supported <= refuted else "refuted"


def _judged(
    h: Hypothesis,
    parts: Sequence[Part],
    why: str,
    raw: tuple[float, Outcome],
    corrected: float,
    alpha: float,
    arms: Mapping[str, Arm],
) -> Judged:
    p, direction = raw
    verdict: Outcome = direction if corrected <= alpha else "undecided"
    if why and verdict == "supported":
        verdict = "undecided"
    if verdict == "undecided" and not why:
        why = f"neither it nor its opposite is shown at {alpha:g} (p = {corrected:.3f} after correction)"
    seeds = min((len(arms[a].runs) for a in (*h.treated, *([h.base] if h.base else []))), default=0)
    say = h.may_say if verdict == "supported" else _say(h, verdict)
    return Judged(
        h.id,
        h.claim,
        verdict,
        direction,
        p,
        corrected,
        tuple(parts),
        why,
        say,
        h.may_not_say,
        h.secondary,
        seeds,
    )


def _say(h: Hypothesis, verdict: Outcome) -> str:
    if verdict == "refuted":
        return f"In this experiment the opposite of {h.id} was shown for at least one of its parts: {h.claim}"
    return f"This experiment leaves {h.id} undecided; it neither supports nor refutes: {h.claim}"


def _test(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    """Parts, and in words what keeps the hypothesis from being supported whatever they say."""
    names = (*h.treated, *([h.base] if h.base else []))
    if absent := [n for n in names if n not in arms or not arms[n].runs]:
        told = "; ".join(f"{n}: {_first(arms[n].missing) if n in arms else 'no such arm'}" for n in absent)
        several = h.test in ("fpr-drift", "trend")
        if not several or h.base in absent or set(h.treated) <= set(absent):
            return [], f"not measured ({told})"
    tests: dict[str, Callable[[Hypothesis, Mapping[str, Arm]], tuple[list[Part], str]]] = {
        "paired-accuracy": _paired_accuracy,
        "fpr-and-accuracy": _fpr_and_accuracy,
        "conflict-and-precision": _conflict_and_precision,
        "quality-and-cost": _quality_and_cost,
        "fpr-drift": _fpr_drift,
        "trend": _trend,
    }
    parts, why = tests[h.test](h, arms)
    if seeds := {s for n in names if n in arms for s in arms[n].missing}:
        why = why or f"seeds {sorted(seeds)} of some arms are missing"
    return parts, why


def _first(missing_: Mapping[int, str]) -> str:
    return next(iter(missing_.values()), "no run")


def _paired_accuracy(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    treated, base = arms[h.treated[0]], arms[h.base]
    part = _paired(f"Acc@{h.n or 'N'}", base.acc(h.n), treated.acc(h.n), "above 0")
    mean = [sum(r.compute for r in a.runs) / len(a.runs) for a in (base, treated)]
    ratio = mean[1] / mean[0] if mean[0] else math.inf
    unequal = abs(ratio - 1) > EQUAL_COMPUTE
    if unequal:  # then neither answer is about the two steps
        part = msgspec.structs.replace(part, p_for=1.0, p_against=1.0)
        return [part], f"compute is not equal: a first attempt costs {ratio:.2f} times that of the base"
    return [part], ""


def _fpr_and_accuracy(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    treated, base = arms[h.treated[0]], arms[h.base]
    fpr, why = _shares(h.reading, treated, base)
    accuracy = _paired(
        f"Acc@{h.n or 'N'}", base.acc(h.n), treated.acc(h.n), f"above −{h.margin:g}", -h.margin
    )
    return [fpr, accuracy], why


def _conflict_and_precision(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    treated, base = arms[h.treated[0]], arms[h.base]
    conflict = _paired(
        "Conflict_rate on held-out tasks", base.conflict(), treated.conflict(), "below 0", below=True
    )
    share, why = _shares("false_share", treated, base)
    precision = Part(
        "save precision (1 − false share of saves)",
        "above 0",
        _turn(share.estimate),
        "difference",
        share.p_for,
        share.p_against,
        share.note,
    )
    return [conflict, precision], why


def _turn(e: Estimate) -> Estimate:
    if e.value is None or e.low is None or e.high is None:
        return e
    return Estimate(-e.value, -e.high, -e.low, e.n, e.unit, e.method)


def _quality_and_cost(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    treated, base = arms[h.treated[0]], arms[h.base]
    quality = _paired(f"Acc@{h.n or 'N'}", base.acc(h.n), treated.acc(h.n), "above 0")
    old, new = base.cost(), treated.cost()
    ratio = {c: math.log(new[c] / old[c]) for c in old.keys() & new.keys() if old[c] > 0 and new[c] > 0}
    found = two_way(ratio)
    cost = Part(
        "log ratio of C_success, tasks solved in both",
        "below 0",
        found.estimate,
        "number",
        found.p_below(0.0),
        found.p_above(0.0),
    )
    return [quality, cost], ""


def _fpr_drift(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    base, parts, said = arms[h.base], [], []
    zero = effective(base.items(h.reading))
    for name in h.treated:
        arm = arms[name]
        if not arm.runs:
            said.append(f"{name} was not measured ({_first(arm.missing)})")
            continue
        if unlike := unlike_gates(base.runs[0].fpr, arm.runs[0].fpr):
            said.append(f"{name}: refused, {unlike}")
            continue
        first = effective(arm.items(h.reading))
        title = f"{READINGS[h.reading]}, {name} − {h.base}"
        needs = f"within ±{h.tolerance:g}"
        if first is None or zero is None:
            lacking = name if first is None else h.base
            said.append(f"{READINGS[h.reading]} of {lacking} is undefined: no save that the audit decided")
            parts.append(Part(title, needs, missing("undefined in one of the arms", "distinct items")))
            continue
        found = compare_shares(first, zero, h.tolerance)
        parts.append(
            Part(title, needs, _estimate(found, first.n), "difference", found.p_within, found.p_beyond)
        )
    return parts, "; ".join(said)


def _shares(reading: str, treated: Arm, base: Arm) -> tuple[Part, str]:
    name = READINGS[reading]  # type: ignore[index]
    first, zero = effective(treated.items(reading)), effective(base.items(reading))
    if first is None or zero is None:
        lacking = treated.name if first is None else base.name
        why = f"{name} of {lacking} is undefined: nothing was saved that the audit could decide"
        return Part(name, "below 0", missing("undefined in one of the arms", "distinct items")), why
    found = compare_shares(first, zero)
    return Part(name, "below 0", _estimate(found, first.n), "difference", found.p_less, found.p_more), ""


def _estimate(found: Compared, n: float) -> Estimate:
    return Estimate(
        found.value, found.low, found.high, round(n), "distinct items", "90%: two one-sided tests"
    )


def _trend(h: Hypothesis, arms: Mapping[str, Arm]) -> tuple[list[Part], str]:
    parts, said = [], []
    for name in h.treated:
        arm = arms[name]
        if not arm.runs:
            said.append(f"{name} was not measured ({_first(arm.missing)})")
            continue
        found = two_way(arm.slopes())
        note = ""
        falls = {step: two_way(cells) for step, cells in arm.falls().items()}
        if falls:
            step, worst = min(falls.items(), key=lambda f: f[1].p_below(0.0))
            p = min(1.0, len(falls) * worst.p_below(0.0))
            change = worst.estimate.value or 0.0
            note = f"clearest fall: {100 * change:+.1f} points at step {step}, p = {p:.3f} of {len(falls)}"
            if p <= 0.05:
                said.append(f"{name} falls at step {step}: not monotone")
        parts.append(
            Part(
                f"{name}: rise of held-out accuracy, first step to last",
                "above 0",
                found.estimate,
                "difference",
                found.p_above(0.0),
                found.p_below(0.0),
                note,
            )
        )
    return parts, "; ".join(said)


def _paired(
    name: str, base: Cells, treated: Cells, needs: str, bound: float = 0.0, below: bool = False
) -> Part:
    found = two_way({cell: treated[cell] - base[cell] for cell in base.keys() & treated.keys()})
    sides = (found.p_below(bound), found.p_above(bound))
    return Part(name, needs, found.estimate, "difference", *(sides if below else reversed(sides)))


class Mean(Value, frozen=True):
    """A mean over (task, seed) cells with a standard error that lets both vary; ``p_*`` are one-sided."""

    estimate: Estimate
    se: float
    df: float
    cells: int

    def p_above(self, bound: float) -> float:
        """Of "the mean is above ``bound``"."""
        return self._p((self.estimate.value or 0.0) - bound)

    def p_below(self, bound: float) -> float:
        return self._p(bound - (self.estimate.value or 0.0))

    def _p(self, gap: float) -> float:
        from scipy.special import stdtr

        if self.estimate.value is None or self.df < 1:
            return 1.0
        if self.se == 0:  # all alike: what n units that all agree can show, as Clopper–Pearson has it
            return float((1 - min(1.0, gap)) ** self.estimate.n) if gap > 0 else 1.0
        return float(stdtr(self.df, -gap / self.se))


def two_way(cells: Cells) -> Mean:
    """Mean over cells; variance = tasks' + (seeds' − cells')₊, each as the cluster-robust one (Cameron, Gelbach &
    Miller 2011), degrees of freedom by Satterthwaite. One seed: tasks only."""
    if not cells:
        return Mean(missing("no task was judged in both arms"), 0.0, 0.0, 0)
    n = len(cells)
    mean = math.fsum(cells.values()) / n
    # In one order: cells come out of sets, and what is added in another order is not the same to the last bit.
    rest = {cell: value - mean for cell, value in sorted(cells.items())}
    tasks, seeds = _sums(rest, 0), _sums(rest, 1)
    if len(tasks) < 2:
        return Mean(Estimate(mean, n=1, method="one task: no interval"), 0.0, 0.0, n)
    by_task = _variance(tasks, n)
    extra = max(0.0, _variance(seeds, n) - _variance(list(rest.values()), n)) if len(seeds) > 1 else 0.0
    se = math.sqrt(by_task + extra)
    if se < 1e-12:
        bound = 1 - 0.025 ** (1 / len(tasks))
        low, high = mean - bound, mean + bound
        return Mean(Estimate(mean, low, high, len(tasks), "tasks", "all alike"), 0.0, len(tasks) - 1.0, n)
    df = (by_task + extra) ** 2 / (
        by_task**2 / (len(tasks) - 1) + (extra**2 / (len(seeds) - 1) if extra else 0.0)
    )
    from scipy.special import stdtrit

    half = float(stdtrit(df, 0.975)) * se
    how = "t, tasks and seeds as clusters" if len(seeds) > 1 else "t over tasks, one seed"
    return Mean(Estimate(mean, mean - half, mean + half, len(tasks), "tasks", how), se, df, n)


def _sums(cells: Mapping[tuple[str, int], float], by: int) -> list[float]:
    sums: dict[str | int, float] = defaultdict(float)
    for cell, value in cells.items():
        sums[cell[by]] += value
    return list(sums.values())


def _variance(sums: Sequence[float], n: int) -> float:
    groups = len(sums)
    return groups / (groups - 1) * math.fsum(s * s for s in sums) / n**2
