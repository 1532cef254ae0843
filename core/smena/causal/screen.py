"""Gate 1: a sequential, anytime-valid test on the origin task."""

from __future__ import annotations

from collections.abc import Sequence

from smena.causal.effects import uplift
from smena.causal.eprocess import TwoByTwo
from smena.causal.gate import Answer, Ask, Evidence
from smena.causal.pairs import AskTell, PairLog


class ScreenGate(AskTell):
    """Gate 1 [3.4]: is the item worth trying elsewhere? A sequential 2×2 e-process on the origin task.

    Parameters
    ----------
    item, origin : the item's digest and the task it was learned on. The success that triggered the gate is
    never counted.
    theta : least uplift of interest, in probability.
    threshold : pass when E ≥ threshold. 4 screens; 20 is a test at level .05 that may stand alone.
    futility : drop when m_alt/m_null ≤ futility.
    cap, cap_threshold : after ``cap`` pairs, pass if E ≥ cap_threshold, else undecided.
    batch : pairs asked at a time. max_spoiled : lost and repeated pairs borne before giving up.
    """

    def __init__(
        self,
        item: str,
        origin: str,
        *,
        theta: float = 0.0,
        threshold: float = 4.0,
        futility: float = 0.35,
        cap: int = 12,
        cap_threshold: float = 2.0,
        batch: int = 2,
        max_spoiled: int = 12,
    ) -> None:
        super().__init__("screen")
        self.origin, self.threshold, self.futility = origin, threshold, futility
        self.cap, self.cap_threshold, self.batch, self.max_spoiled = cap, cap_threshold, batch, max_spoiled
        self.surplus = 0
        self._log = PairLog(f"screen:{item}")
        self._process = TwoByTwo(theta)
        self._y0: list[int] = []
        self._y1: list[int] = []
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        self._log.again.clear()
        return self._log.ask([self.origin] * min(self.batch, self.cap - len(self._y0)))

    def _take(self, answers: Sequence[Answer]) -> None:
        for pair in self._log.take(answers):
            if self.verdict is None:
                self._y0.append(pair.base.y)
                self._y1.append(pair.treated.y)
                self._process.update(pair.base.y, pair.treated.y)
                self._judge()
            else:
                self.surplus += 1
        if self.verdict is None and self._log.spoiled >= self.max_spoiled:
            self._decide("undecided", self._log.why_spoiled)

    def _judge(self) -> None:
        e, bayes_factor, n = float(self._process.e_value), float(self._process.bayes_factor), len(self._y0)
        if e >= self.threshold:
            self._decide("pass", f"E = {e:.2f} reached {self.threshold:g} after {n} pairs")
        elif bayes_factor <= self.futility:
            self._decide(
                "drop", f"m_alt/m_null = {bayes_factor:.2f} fell to {self.futility:g} after {n} pairs"
            )
        elif n >= self.cap and e >= self.cap_threshold:
            self._decide("pass", f"E = {e:.2f} is at least {self.cap_threshold:g} at the cap of {n} pairs")
        elif n >= self.cap:
            self._decide("undecided", f"E = {e:.2f} is below {self.cap_threshold:g} at the cap of {n} pairs")

    def _report(self) -> Evidence:
        evidence: Evidence = {
            "n": len(self._y0),
            "runs": self.runs,
            "lost_pairs": self._log.lost,
            "repeated_pairs": self._log.repeats,
            "surplus_pairs": self.surplus,
            "pool": [self.origin],
            "pool_size": 1,
            "estimand": "uplift on the origin task over the learner's randomness",
            "theta": self._process.theta,
            "threshold": self.threshold,
            "e_value": float(self._process.e_value),
            "bayes_factor": float(self._process.bayes_factor),
            "reason": self.reason,
        }
        if self._y0:
            found = uplift(self._y0, self._y1)
            evidence |= {
                "p0": found.p0,
                "p1": found.p1,
                "uplift": found.uplift,
                "interval": list(found.interval),
            }
            evidence["outcomes"] = [list(pair) for pair in zip(self._y0, self._y1, strict=True)]
        return evidence
