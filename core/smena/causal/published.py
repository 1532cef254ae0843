"""Rules by which published systems keep or lose a lesson, as gates: no control arm, or one look. Baselines
to compare with.

A *use* is a treatment trial on a task of the pool: what happens to an item that is already in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from smena.causal.gate import Answer, Ask, Evidence
from smena.causal.pairs import AskTell, Draws, Pair, PairLog, chance, shuffled


class UseGate(AskTell):
    """Keeps an item through ``uses`` uses unless ``lost(successes, failures)``, asked after every one,
    gives a reason to drop it.

    Tasks are drawn from the pool with replacement. Uses that were not judged are replaced; as many lost as
    wanted: undecided. All gates of this kind use the same trials."""

    def __init__(
        self, name: str, item: str, pool: Sequence[str], uses: int, lost: Callable[[int, int], str]
    ) -> None:
        super().__init__(name)
        self.uses, self._lost = uses, lost
        self._stream = f"use:{item}"
        self._tasks = Draws(item, pool)
        self._replicates: Counter[str] = Counter()
        self.successes = self.failures = self.unjudged = 0
        if not pool:
            self._decide("undecided", "pool too small: no task matches")
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        asks = []
        for task in islice(self._tasks, self.uses - self.successes - self.failures):
            asks.append(Ask(task, 1, self._replicates[task], self._stream))
            self._replicates[task] += 1
        return asks

    def _take(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if self.verdict is not None:
                return
            self.unjudged += not answer.ok
            self.successes += answer.ok and answer.y == 1
            self.failures += answer.ok and answer.y == 0
            if answer.ok and (why := self._lost(self.successes, self.failures)):
                self._decide("drop", f"{why} after {self.successes + self.failures} uses")
        if self.verdict is None and self.unjudged >= self.uses:
            self._decide("undecided", f"{self.unjudged} uses were not judged")
        elif self.verdict is None and self.successes + self.failures >= self.uses:
            self._decide("pass", f"still kept after {self.uses} uses")

    def _report(self) -> Evidence:
        return {
            "n": self.successes + self.failures,
            "runs": self.runs,
            "successes": self.successes,
            "failures": self.failures,
            "unjudged": self.unjudged,
            "estimand": "none: uses have no control arm",
            "reason": self.reason,
        }


class StrictGain(AskTell):
    """Accepts if the sum of rewards over held-out tasks strictly rises, one run a task and arm (GEPA,
    arXiv:2507.19457)."""

    def __init__(self, item: str, pool: Sequence[str], tasks: int) -> None:
        super().__init__("confirm")
        self._chosen = shuffled(item, set(pool))[:tasks]
        self._log = PairLog(f"confirm:{item}")
        self._pairs: list[Pair] = []
        if not self._chosen:
            self._decide("undecided", "pool too small: no task matches")
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        again, self._log.again = self._log.again, []
        return self._log.ask(again or self._chosen)

    def _take(self, answers: Sequence[Answer]) -> None:
        self._pairs += self._log.take(answers)
        if self._log.spoiled > len(self._chosen):
            self._decide("undecided", self._log.why_spoiled)
        elif not self._log.again:
            gain = sum(pair.difference for pair in self._pairs)
            rises = gain > 1e-12
            self._decide(
                "pass" if rises else "drop", f"the sum {'rises' if rises else 'does not rise'}: {gain:+.3g}"
            )

    def _report(self) -> Evidence:
        return {
            "n": len(self._pairs),
            "runs": self.runs,
            "lost_pairs": self._log.lost,
            "differences": [pair.difference for pair in self._pairs],
            "pool": sorted(self._chosen),
            "estimand": "the sum of rewards over these tasks, one run each",
            "reason": self.reason,
        }


class JudgeGate(AskTell):
    """Saves if a judge calls one run with the item on its origin a success (AWM, arXiv:2409.07429).

    The judge is the run's own verdict with stated error rates: P(says success | success) = ``sensitivity``,
    P(says failure | failure) = ``specificity``; its errors are a function of the item."""

    def __init__(self, item: str, origin: str, sensitivity: float, specificity: float) -> None:
        super().__init__("screen")
        self.origin, self.sensitivity, self.specificity = origin, sensitivity, specificity
        self._item, self._tries = item, 0
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        self._tries += 1
        return [Ask(self.origin, 1, self._tries - 1, f"use:{self._item}")]

    def _take(self, answers: Sequence[Answer]) -> None:
        answer = answers[0]
        if answer.ok:
            right = chance(f"judge|{self._item}") < (self.sensitivity if answer.y else self.specificity)
            success = bool(answer.y) == right
            self._decide(
                "pass" if success else "drop", f"the judge says {'success' if success else 'failure'}"
            )
        elif self._tries >= 3:
            self._decide("undecided", f"{self._tries} runs were not judged")

    def _report(self) -> Evidence:
        return {"n": int(self.verdict in ("pass", "drop")), "runs": self.runs, "reason": self.reason}
