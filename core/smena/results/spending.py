"""What a run used of paid services: calls, tokens, dollars, by service. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from smena.results.figures import Service
from smena.results.wording import plural
from smena.values import Usage


def services(usages: Iterable[Usage]) -> tuple[Service, ...]:
    """One row for each model and version that answered; dearest first. An execution whose price nobody knows is
    counted beside the sum, never as 0 dollars in silence."""
    by: dict[tuple[str, str], list[Usage]] = defaultdict(list)
    for usage in usages:
        by[usage.model, usage.version].append(usage)
    found = [
        Service(
            model,
            version,
            len(used),
            sum(u.calls for u in used),
            sum(u.retried for u in used),
            sum(u.tokens_in for u in used),
            sum(u.tokens_out for u in used),
            sum(u.tokens_cached for u in used),
            math.fsum(u.price for u in used if u.price is not None),
            sum(u.price is None for u in used),
        )
        for (model, version), used in by.items()
    ]
    return tuple(sorted(found, key=lambda s: (-s.price, s.model, s.version)))


def in_words(found: Iterable[Service]) -> str:
    """``$0.0212 for 40 calls (1 made again), 12,300 tokens in, 900 out``."""
    known = tuple(found)
    calls, retried = sum(s.calls for s in known), sum(s.retried for s in known)
    into, out = sum(s.tokens_in for s in known), sum(s.tokens_out for s in known)
    unknown = sum(s.unpriced for s in known)
    paid = f"${math.fsum(s.price for s in known):.4f}"
    if unknown == sum(s.executions for s in known):
        paid = "an unknown price"
    elif unknown:
        paid += f" and the unknown price of {plural(unknown, 'execution')}"
    return f"{paid} for {plural(calls, 'call')} ({retried:,} made again), {into:,} tokens in, {out:,} out"
