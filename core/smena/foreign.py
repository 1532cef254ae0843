"""What environments share that bring a foreign task set: questions, answered in words, scored by code that is not
ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from smena.values import JSON, SPLITS, Body, Finding, Gap, Split, canonical


def check_shares(shares: Sequence[float]) -> None:
    """Raises ValueError unless they are a share of the tasks for each split, in the order of ``SPLITS``."""
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares must be four shares ≥ 0 that add up to 1, are {list(shares)}")


def split_of(content: str, shares: Sequence[float]) -> Split:
    """The split of a task by the digest of its content: the same wherever and whenever it is loaded.

    >>> split_of("00ff", (0.4, 0.3, 0.1, 0.2)), split_of("ffff", (0.4, 0.3, 0.1, 0.2))
    ('train', 'audit')
    """
    place, end = int(content, 16) / 16 ** len(content), 0.0
    for split, share in zip(SPLITS, shares, strict=True):
        end += share
        if place < end:
            return split
    return SPLITS[-1]


def gap_of(answer: JSON) -> Gap:
    """What can be said of an answer that was not accepted, without its target."""
    if not isinstance(answer, str) or not answer.strip():
        return Gap((Finding("form", "the answer is empty or no text"),))
    return Gap((Finding("form", f"an answer of {len(answer.split())} words was not accepted"),))


def tells(body: Body, answers: Iterable[str]) -> bool:
    """Is one of these answers a word of it?"""
    said = canonical(body).decode()
    return any(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", said) for answer in answers if answer)
