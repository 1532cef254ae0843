"""How a run's answers were judged: what each verifier weighed, how far they agreed, whether lessons played to
them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from smena.agreement import d_var, entropy, fleiss_kappa, gwet_ac1, vote
from smena.errors import BadInput
from smena.gaps import gaps
from smena.judge import COMPOSITE
from smena.results.figures import Bin, GapFigure, Judging, VerifierFigure
from smena.store import Served, Store
from smena.store.records import SOURCES

GOLD = "gold"


def judging(store: Store, run: str, config: Mapping[str, Any], items: Sequence[str]) -> Judging | None:
    """None where the environment's own verifier judged alone: then there is nothing to weigh."""
    asked_for: str = config.get("verifier", "")
    if not asked_for:
        return None
    served = list(store.outcomes(run))
    outcomes = {s.outcome.trial: s.outcome for s in served if s.trial.kind == "attempt"}
    judged = [o for o in outcomes.values() if o.status in ("ok", "abstain")]
    names = sorted({n for o in judged for n in o.scores if "." not in n and n != GOLD})
    asked = [n for n in names if n not in SOURCES]  # a late verdict overrules, it does not agree
    votes = [[vote(o.scores[n]) if n in o.scores else None for n in asked] for o in judged]
    rules = config.get("settings", {}).get("verifier.composite", {}) if asked_for == COMPOSITE else {}
    number = str(rules.get("calibration", ""))
    told = _calibration(store, number)
    weights: Mapping[str, float] = told.get("weights") or rules.get("verifiers") or {}
    return Judging(
        asked_for,
        number,
        tuple(_verifier(n, judged, weights.get(n), told["verifiers"].get(n, {})) for n in names),
        tuple(Bin(float(b["said"]), float(b["true"]), int(b["n"])) for b in told["reliability"]),
        told["note"],
        len(judged),
        sum(o.status == "abstain" for o in judged),
        _number(fleiss_kappa(votes)) if len(asked) > 1 else None,
        _number(gwet_ac1(votes)) if len(asked) > 1 else None,
        _mean([entropy(v) for v in votes]) if len(asked) > 1 else None,
        _mean([d_var([o.scores[n] for n in asked if n in o.scores]) for o in judged])
        if len(asked) > 1
        else None,
        _gaps(served, items),
    )


def _calibration(store: Store, number: str) -> dict[str, Any]:
    """Of the calibration that judged; empty figures where there was none or it is not in this store."""
    empty: dict[str, Any] = {"weights": {}, "verifiers": {}, "reliability": [], "note": ""}
    if not number:
        return empty | {"note": "no calibration: weights are as configured, or equal"}
    try:
        found = store.calibration(number)
    except BadInput:
        return empty | {"note": f"calibration {number} is not in this store"}
    figures = found.figures
    note = (
        f"calibration {found.number} of {found.env}: {found.labels} labels ({found.gold}), "
        f"accuracy {figures['accuracy']:.3f}, Brier score {figures['brier']:.4f} ({figures['how']})"
    )
    return {
        "weights": found.model["weights"],
        "verifiers": figures["verifiers"],
        "reliability": figures["reliability"],
        "note": note,
    }


def _verifier(
    name: str, judged: Sequence[Any], weight: float | None, told: Mapping[str, Any]
) -> VerifierFigure:
    scores = [o.scores[name] for o in judged if name in o.scores]
    low, high = told.get("interval", (None, None))
    return VerifierFigure(
        name,
        len(scores),
        _mean(scores),
        weight,
        told.get("slope"),
        low,
        high,
        told.get("alone"),
        told.get("sensitivity"),
        told.get("specificity"),
        told.get("adds"),
    )


def _gaps(served: Sequence[Served], items: Sequence[str]) -> tuple[GapFigure, ...]:
    return tuple(
        GapFigure(g.item, g.tasks, g.visible, g.hidden, g.gap, _number(g.error))
        for g in gaps(served, items, GOLD)
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else None
