"""How far verifiers agree: Fleiss' kappa, Gwet's AC1, normalised entropy and D_var [5.1], with every
degenerate case defined. Pure functions.

Votes are given as items × raters, a class (0 … classes − 1) or None where a rater has not voted. Items with
fewer than two votes say nothing of agreement and are left out.

==================  ==============  ======  =======
case                Fleiss' kappa   AC1     entropy
==================  ==============  ======  =======
all agree           NaN (0/0)       1       0
one class in sight  NaN (0/0)       1       0
one rater           NaN             NaN     0
no vote             NaN             NaN     NaN
==================  ==============  ======  =======

References: Fleiss, Psychological Bulletin 76 (1971); Gwet, Br. J. Math. Stat. Psychol. 61 (2008)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

Votes = Sequence[Sequence[int | None]]


def _counts(votes: Votes, classes: int) -> list[list[int]]:
    found = []
    for item in votes:
        row = [0] * classes
        for vote in item:
            if vote is not None:
                if not 0 <= vote < classes:
                    raise ValueError(f"a vote must be in 0 … {classes - 1}, is {vote}")
                row[vote] += 1
        if sum(row) >= 2:
            found.append(row)
    return found


def _observed(counts: Sequence[Sequence[int]]) -> float:
    """Mean share of agreeing pairs of raters."""
    shares = (sum(n * (n - 1) for n in row) / (sum(row) * (sum(row) - 1)) for row in counts)
    return math.fsum(shares) / len(counts)


def _shares(counts: Sequence[Sequence[int]]) -> list[float]:
    """How much of the votes each class has; every item weighs the same."""
    return [math.fsum(row[c] / sum(row) for row in counts) / len(counts) for c in range(len(counts[0]))]


def fleiss_kappa(votes: Votes, classes: int = 2) -> float:
    """(P − P_e)/(1 − P_e), P_e = Σ p_c²; NaN where chance alone would agree (P_e = 1) or nothing can be
    said. With unequal numbers of votes, shares are means over items."""
    counts = _counts(votes, classes)
    if not counts:
        return math.nan
    chance = math.fsum(p * p for p in _shares(counts))
    return math.nan if chance >= 1 - 1e-12 else (_observed(counts) - chance) / (1 - chance)


def gwet_ac1(votes: Votes, classes: int = 2) -> float:
    """(P − P_e)/(1 − P_e), P_e = Σ p_c(1 − p_c)/(C − 1): stays high where nearly all is of one class, which
    kappa does not."""
    counts = _counts(votes, classes)
    if not counts:
        return math.nan
    chance = math.fsum(p * (1 - p) for p in _shares(counts)) / (classes - 1)
    return (_observed(counts) - chance) / (1 - chance)


def entropy(item: Sequence[int | None], classes: int = 2) -> float:
    """H̃ = −Σ p_c log p_c / log C of one item's votes, in [0, 1]; 0·log 0 = 0, 0 for a single class, NaN
    without a vote."""
    given = [vote for vote in item if vote is not None]
    if not given:
        return math.nan
    if classes < 2:
        return 0.0
    shares = [given.count(c) / len(given) for c in set(given)]
    return max(0.0, -math.fsum(p * math.log(p) for p in shares) / math.log(classes))


def d_var(scores: Iterable[float]) -> float:
    """Variance of scores in [0, 1] over its greatest possible value ¼; 0 for a single score, NaN for none.
    For monitoring only."""
    given = list(scores)
    if not given:
        return math.nan
    mean = math.fsum(given) / len(given)
    return 4 * math.fsum((score - mean) ** 2 for score in given) / len(given)


def vote(score: float) -> int:
    """A score in [0, 1] as a verdict: right or not."""
    return int(score > 0.5)
