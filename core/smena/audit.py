"""Which saves were false? The audit's verdict on an item: from its planted effect where that is known, else
from trials on tasks that no gate has seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from smena.causal.intervals import newcombe
from smena.values import JSON, Decision

LEVEL = 0.90
MARGIN = 0.05
PLANTED_RULE = {
    "source": "planted",
    "text": (
        "useful: the planted effect of the item alone, mean over the audit tasks where it applies, is above "
        "0; null: it is not. The truth is known here, no trial was needed and nothing is undecided."
    ),
}
AUDIT_RULE = {
    "source": "audit split",
    "level": LEVEL,
    "margin": MARGIN,
    "text": (
        f"useful: the {LEVEL:.0%} interval of the mean effect over the audit tasks where the item applies is "
        f"above 0; null: it is below {MARGIN:g}; else undecided. Newcombe's interval on the pooled trials of "
        "each arm: it holds for unequal tasks, and all trials coming out alike does not make it a point. No "
        "task of the audit split reached any gate."
    ),
}


def rule(sources: Collection[str]) -> dict[str, JSON]:
    """What the audit says it did, from the ``source`` of each of its decisions."""
    if PLANTED_RULE["source"] not in sources:
        return dict(AUDIT_RULE)
    if AUDIT_RULE["source"] not in sources:
        return dict(PLANTED_RULE)
    texts = f"Where the effect is planted: {PLANTED_RULE['text']} Elsewhere: {AUDIT_RULE['text']}"
    return AUDIT_RULE | {"source": "planted, or audit split", "text": texts}


def planted_decision(item: str, effect: float, tasks: Sequence[str], policy: str) -> Decision:
    """``pass`` (useful) or ``drop`` (to have saved it is a false save), by a known effect."""
    evidence: dict[str, object] = {"ate": effect, "tasks": list(tasks), "n_tasks": len(tasks), **PLANTED_RULE}
    evidence["reason"] = f"planted effect {effect:+.3f}, known without trials"
    return Decision(item, "audit", policy, "pass" if effect > 0 else "drop", evidence)


Arm = Sequence[float | None]
"""Rewards of one task's trials in one arm; None: lost to the machinery."""


def audit_decision(item: str, arms: Sequence[tuple[str, Arm, Arm]], policy: str) -> Decision:
    """Verdict ``pass`` (useful), ``drop`` (null or harmful: its save would be false) or ``undecided``.

    ``arms``: per audit task its id and the rewards without and with the item. A task with no trial left in
    either arm counts in neither. Pooled counts of independent, unequal trials spread less than a binomial
    (Hoeffding 1956), so that the interval is if anything too wide; fewer than two tasks are undecided."""
    kept = []
    for task, base, treated in arms:
        without, having = _judged(base), _judged(treated)
        if without and having:
            kept.append((task, without, having))
    evidence: dict[str, object] = {"tasks": [task for task, _, _ in kept], "n_tasks": len(kept), **AUDIT_RULE}
    if len(kept) < 2:
        evidence["reason"] = f"applies to {len(kept)} audit tasks; 2 are the least to speak of tasks at all"
        return Decision(item, "audit", policy, "undecided", evidence)
    p0, n0 = _pooled([without for _, without, _ in kept])
    p1, n1 = _pooled([having for _, _, having in kept])
    low, high = newcombe(p0 * n0, n0, p1 * n1, n1, 1 - LEVEL)
    verdict = "pass" if low > 0 else "drop" if high < MARGIN else "undecided"
    evidence |= {"p0": p0, "p1": p1, "n0": n0, "n1": n1, "ate": p1 - p0, "low": low, "high": high}
    evidence["reason"] = f"effect {p1 - p0:+.3f} [{low:+.3f}, {high:+.3f}] on {len(kept)} tasks"
    return Decision(item, "audit", policy, verdict, evidence)  # type: ignore[arg-type]


def _judged(arm: Arm) -> list[float]:
    return [reward for reward in arm if reward is not None]


def _pooled(arms: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Mean reward, each task counting alike whatever its arm lost, and the number of trials."""
    return sum(sum(arm) / len(arm) for arm in arms) / len(arms), sum(map(len, arms))
