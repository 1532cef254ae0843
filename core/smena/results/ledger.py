"""What a run took: trials, cost and latency by purpose, runs by decision. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from smena.results.estimates import quantile
from smena.results.figures import Family, GateCost, Ledger
from smena.store.records import Loss
from smena.values import CAUSES, Decision

FAMILIES = {
    "bank": "bank: baselines that choose pools",
    "train": "train: attempts and lessons",
    "screen": "screen: gate 1, origin task",
    "confirm": "confirm: gate 2, pool and control",
    "again": "again: revision, revival, foundational items once more",
    "combine": "combine: pairs of foundational items",
    "gold": "gold: ground truth at promotion",
    "eval": "eval: held-out accuracy",
    "vectors": "vectors: texts that lessons are likened by",
    "audit": "audit: which saves were false",
}
"""First parts of purposes, in the order of a run, with words for people."""


def family(name: str, used: int, trials: Sequence[tuple[str, float, float, int, str]]) -> Family:
    """``trials``: status, cost, latency, executions and cause of each distinct one: a trial that serves several
    uses is counted, and paid, once."""
    latencies = sorted(latency for _, _, latency, _, _ in trials)
    count = Counter(status for status, *_ in trials)
    causes = Counter(cause for *_, cause in trials if cause in CAUSES)
    return Family(
        name,
        used,
        len(trials),
        math.fsum(cost for _, cost, *_ in trials),
        quantile(latencies, 0.5),
        quantile(latencies, 0.95),
        count["infra"],
        count["timeout"],
        count["abstain"],
        retried=sum(attempts - (status in ("ok", "abstain")) for status, _, _, attempts, _ in trials),
        causes=dict(sorted(causes.items())),
    )


def ledger(families: Sequence[Family], decisions: Iterable[Decision], losses: Sequence[Loss] = ()) -> Ledger:
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
        tuple(losses),
    )
