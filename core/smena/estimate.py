"""What a run will take, before it begins: trials by purpose, tokens and money, each as an interval.

How many trials a run makes depends on what comes of them. The lower end is a run in which every task is solved
at once and nothing is learned; the upper end one in which every task needs the whole ladder, every lesson of
a success comes to the gates and each is audited. In between stands what three runs of the lab took (seeds 0, 1,
2 at the defaults: `smena run --env lab --seed N`); one run is no promise for another domain, and what the
lifecycle tests again later is not in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from smena.setup import Setup
from smena.values import Usage

GATE_TYPICAL, GATE_MOST = 86, 720
"""Trials by which both gates of ``causal`` decide about an eligible lesson: 5,532 for 64 of them on the lab (on
`make demo`'s ARC tasks it was 341 each); and its caps: 12 and 300 pairs, 24 control tasks of 2 pairs."""
SHARE_ELIGIBLE = 0.36
"""Of the train tasks, those that bring a lesson to the gates: 64 of 180 on the lab (ARC: 46 of 168)."""
RETRIES_TYPICAL, ITEMS_TYPICAL = 0.25, 0.17
"""Shares of the ladder that a train task goes through, and of its lessons that are new: 534 trials and about
120 items for 180 tasks on the lab (ARC: 456 and 99 for 168)."""


class Range(NamedTuple):
    """``low`` ≤ ``typical`` ≤ ``high``."""

    low: float
    typical: float
    high: float

    def __add__(self, other: object) -> Range:
        assert isinstance(other, tuple)
        return Range(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, other: Range) -> Range:
        return Range(*(a * b for a, b in zip(self, other, strict=True)))


class PerTrial(NamedTuple):
    """What one trial takes. ``price`` None: nobody knows. ``basis``: where the figures come from."""

    tokens_in: Range
    tokens_out: Range
    price: Range | None
    seconds: float | None
    basis: str


def trials(setup: Setup) -> dict[str, Range]:
    """Trials by purpose."""
    config = setup.config
    sizes = {split: len(setup.tasks(split)) for split in ("train", "eval", "audit")}
    n = min(sizes["train"], config.tasks or sizes["train"])
    held = min(sizes["eval"], config.eval_tasks or sizes["eval"])
    waves = math.ceil(n / config.wave)
    ladder = config.attempts - 1
    most_items = n * ladder
    audited = min(config.audit_items or most_items, most_items)
    arms = 2 * config.audit_repeats * min(config.pool, sizes["audit"])
    return {
        "bank": Range(*[n * config.bank] * 3),
        "learning": Range(n, n * (1 + 1 + RETRIES_TYPICAL * ladder), n * (config.attempts + 1)),
        "gates": Range(0, n * SHARE_ELIGIBLE * GATE_TYPICAL, n * GATE_MOST),
        "held-out": Range(*(held * config.eval_repeats * k for k in (1, 2 + waves / 2, 2 + waves))),
        "audit": Range(0, min(audited, n * ITEMS_TYPICAL * ladder) * arms, audited * arms),
    }


def measured(usages: Sequence[Usage]) -> PerTrial | None:
    """From trials of the same learner that the store remembers: mean, and the mean give or take three standard
    errors."""
    if len(usages) < 10:
        return None
    prices = [u.price for u in usages if u.price is not None]
    return PerTrial(
        _around([u.tokens_in for u in usages]),
        _around([u.tokens_out for u in usages]),
        _around(prices) if len(prices) == len(usages) else None,
        sum(u.seconds for u in usages) / len(usages),
        f"mean of {len(usages)} trials of this learner in the store",
    )


def _around(values: Sequence[float]) -> Range:
    n = len(values)
    mean = sum(values) / n
    error = 3 * math.sqrt(sum((v - mean) ** 2 for v in values) / max(1, n - 1) / n)
    return Range(max(0.0, mean - error), mean, mean + error)
