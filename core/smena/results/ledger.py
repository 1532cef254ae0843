"""What a run took: trials, cost and latency by purpose, runs by decision. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from smena.results.estimates import quantile
from smena.results.figures import Family, GateCost, Ledger
from smena.store.records import Use
from smena.values import Decision

FAMILIES = {
    "bank": "bank: baselines that choose pools",
    "train": "train: attempts and lessons",
    "screen": "screen: gate 1, origin task",
    "confirm": "confirm: gate 2, pool and control",
    "again": "again: revision, revival, foundational items once more",
    "combine": "combine: pairs of foundational items",
    "gold": "gold: ground truth at promotion",
    "eval": "eval: held-out accuracy",
    "audit": "audit: which saves were false",
}
"""First parts of purposes, in the order of a run, with words for people."""


def family(name: str, uses: Iterable[Use]) -> Family:
    """A trial that serves several uses is counted, and paid, once."""
    used, trials = 0, {}
    for use in uses:
        used += 1
        trials[use.key] = use
    distinct = list(trials.values())
    latencies = [t.latency for t in distinct]
    count = Counter(t.status for t in distinct)
    return Family(
        name,
        used,
        len(distinct),
        math.fsum(t.cost for t in distinct),
        quantile(latencies, 0.5),
        quantile(latencies, 0.95),
        count["infra"],
        count["timeout"],
        count["abstain"],
        retried=sum(t.attempts - (t.status in ("ok", "abstain")) for t in distinct),
    )


def ledger(families: Sequence[Family], decisions: Iterable[Decision]) -> Ledger:
    runs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for decision in decisions:
        if isinstance(spent := decision.evidence.get("runs"), int):
            runs[decision.gate, decision.verdict].append(spent)
    gates = [
        GateCost(
            gate, verdict, len(spent), sum(spent), float(quantile([float(r) for r in spent], 0.5) or 0.0)
        )
        for (gate, verdict), spent in runs.items()
    ]
    return Ledger(
        tuple(families),
        sum(f.trials for f in families),
        math.fsum(f.cost for f in families),
        sum(f.infra + f.timeout + f.abstain for f in families),
        tuple(gates),
    )
