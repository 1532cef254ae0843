"""Does a lesson please the verifiers more than the truth? Per item: what it does to the reward that the verifiers
give, less what it does to a hidden score (ground truth, or tests that nobody saw), by task."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from smena.store.records import Served


class Gap(NamedTuple):
    """``visible`` and ``hidden``: mean effect of the item over ``tasks`` tasks that were judged both ways, with
    it and without; ``gap``: their difference, ``error`` its standard error over tasks (NaN for one)."""

    item: str
    tasks: int
    visible: float
    hidden: float
    gap: float
    error: float


def gaps(served: Iterable[Served], items: Iterable[str], hidden: str) -> list[Gap]:
    """The items for which there is something to say, the largest gap first. Each trial counts once."""
    trials = {
        s.outcome.trial: s for s in served if s.outcome.reward is not None and hidden in s.outcome.scores
    }
    by_task: dict[str, list[Served]] = {}
    for s in trials.values():
        by_task.setdefault(s.trial.task, []).append(s)
    found = []
    for item in items:
        pairs = []
        for group in by_task.values():
            arms = (
                [s for s in group if item in s.trial.knowledge],
                [s for s in group if not s.trial.knowledge],
            )
            if all(arms):
                (seen, truth), (seen_0, truth_0) = (_means(arm, hidden) for arm in arms)
                pairs.append((seen - seen_0, truth - truth_0))
        if pairs:
            found.append(_gap(item, pairs))
    return sorted(found, key=lambda g: -g.gap)


def _means(arm: list[Served], hidden: str) -> tuple[float, float]:
    n = len(arm)
    return sum(s.outcome.reward or 0.0 for s in arm) / n, sum(s.outcome.scores[hidden] for s in arm) / n


def _gap(item: str, pairs: list[tuple[float, float]]) -> Gap:
    n = len(pairs)
    visible, hidden = (sum(column) / n for column in zip(*pairs, strict=True))
    each = [a - b for a, b in pairs]
    mean = sum(each) / n
    error = math.sqrt(sum((g - mean) ** 2 for g in each) / (n - 1) / n) if n > 1 else math.nan
    return Gap(item, n, visible, hidden, mean, error)
