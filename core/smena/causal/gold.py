"""The gold audit at promotion: ground truth has the last word on what a verifier was convinced of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from smena.causal.audit import MIN_GOLD, ppi_plus_plus
from smena.causal.effects import Effect
from smena.causal.gate import Answer, Ask, Evidence
from smena.causal.pairs import AskTell, Draws, Pair, PairLog
from smena.errors import BadInput


class GoldGate(AskTell):
    """``gold`` fresh pairs judged by ground truth too and ``more`` by the verifier alone, all drawn alike from
    the pool; PPI++ makes one estimate of the true effect of them [`smena.causal.audit`].

    One look, after all pairs are there, at the two-sided interval of level ``alpha``. ``pass``: it is above
    θ, what gate 2 asked for. ``drop``: it is below ``effect``, or the estimate is not above θ. Else
    undecided. No pair of gate 2 is used: where that stopped, the verifier's word is inflated."""

    def __init__(
        self,
        item: str,
        pool: Sequence[str],
        theta: float,
        *,
        gold: int = MIN_GOLD,
        more: int = 80,
        effect: float = 0.15,
        alpha: float = 0.05,
    ) -> None:
        super().__init__("gold")
        if gold < MIN_GOLD or more < 2:
            raise BadInput(
                f"the gold audit needs {MIN_GOLD} gold pairs and 2 others, is to have {gold}, {more}"
            )
        self.theta, self.effect, self.alpha = theta, effect, alpha
        self._pool = sorted(set(pool))
        self._logs = PairLog(f"gold:{item}"), PairLog(f"gold-more:{item}")
        self._wanted = gold, more
        self._draws = Draws(f"gold|{item}", self._pool)
        self._pairs: tuple[list[Pair], list[Pair]] = [], []
        self._first = 0
        if not self._pool:
            self._decide("undecided", "pool too small: no task matches")
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        asks: list[list[Ask]] = []
        for log, pairs, wanted in zip(self._logs, self._pairs, self._wanted, strict=True):
            again, log.again = log.again, []
            asks.append(log.ask([*again, *islice(self._draws, wanted - len(pairs) - len(again))]))
        self._first = len(asks[0])
        return [*(ask._replace(gold=True) for ask in asks[0]), *asks[1]]

    def _take(self, answers: Sequence[Answer]) -> None:
        for log, pairs, own in zip(
            self._logs, self._pairs, (answers[: self._first], answers[self._first :]), strict=True
        ):
            pairs += log.take(own)
        if all(len(p) >= n for p, n in zip(self._pairs, self._wanted, strict=True)):
            self._judge()
        elif sum(log.spoiled for log in self._logs) > sum(self._wanted):
            self._decide(
                "undecided", f"gold: {self._logs[0].why_spoiled}; others: {self._logs[1].why_spoiled}"
            )

    def _judge(self) -> None:
        found = self._estimate()
        low, high = found.interval
        said = f"true effect {found.estimate:+.3f} [{low:+.3f}, {high:+.3f}] by {found.units} gold pairs"
        if low > self.theta:
            self._decide("pass", f"{said}: above θ = {self.theta:.3f}")
        elif found.estimate <= self.theta or high < self.effect:
            self._decide("drop", f"{said}: the verifier's word does not hold")
        else:
            self._decide("undecided", f"{said}: θ = {self.theta:.3f} is inside")

    def _estimate(self) -> Effect:
        gold, more = self._pairs
        true = [_gold(pair.treated) - _gold(pair.base) for pair in gold]
        claimed, others = ([pair.difference for pair in pairs] for pairs in (gold, more))
        return ppi_plus_plus(true, claimed, others, self.alpha)

    def _report(self) -> Evidence:
        gold, more = self._pairs
        evidence: Evidence = {
            "n": len(gold),
            "verifier_pairs": len(more),
            "runs": self.runs,
            "lost_pairs": sum(log.lost for log in self._logs),
            "repeated_pairs": sum(log.repeats for log in self._logs),
            "pool": self._pool,
            "pool_size": len(self._pool),
            "estimand": "the mean effect over this pool by ground truth (PPI++)",
            "theta": self.theta,
            "alpha": self.alpha,
            "reason": self.reason,
        }
        if all(len(p) >= n for p, n in zip(self._pairs, self._wanted, strict=True)):
            found = self._estimate()
            evidence |= {
                "ate": found.estimate,
                "interval": list(found.interval),
                "gold_differences": [_gold(p.treated) - _gold(p.base) for p in gold],
                "verifier_differences": [p.difference for p in gold],
                "more_differences": [p.difference for p in more],
            }
        return evidence


def _gold(answer: Answer) -> float:
    if answer.gold is None or not 0 <= answer.gold <= 1:
        raise BadInput(f"task {answer.ask.task!r}: ground truth gave {answer.gold}, a score is in [0, 1]")
    return answer.gold
