"""Revision: does what was trusted still help? Counterfactual refutation, sequential and anytime-valid."""

from __future__ import annotations

from collections.abc import Sequence

from smena.causal.confirm import PairGate
from smena.causal.eprocess import Betting
from smena.causal.gate import Evidence
from smena.causal.pairs import Pair

MIN_FAILURES = 2
"""Distinct tasks that must fail with the item and be solved without it before one speaks of a failure
mode."""


class ReviseGate(PairGate):
    """The item is innocent until refuted [3.5]: pairs on fresh trials, with and without it.

    ``drop``: the e-process against ATE ≥ ``effect`` has reached 1/alpha, so that an item which still gains
    ``effect`` is refuted with probability at most alpha a revision, whenever one looks. ``pass``: E_θ of gate
    2 has reached 1/alpha, and the revision ends early. Undecided at the cap: it stays as it was. An item that
    gains less than ``effect`` may be refuted though it helps; it can come back.

    Harm is a claim of its own: betting on −D against E[−D] ≤ 0. Where that has reached 1/alpha and
    ``MIN_FAILURES`` tasks or more failed with the item and not without it, the item reproduces a failure mode
    (evidence ``failure_mode``)."""

    def __init__(
        self,
        item: str,
        pool: Sequence[str],
        *,
        alpha: float,
        cost: float = 0.0,
        lam: float = 0.0,
        effect: float = 0.1,
        cap: int = 300,
        batch: int = 8,
        min_tasks: int = 5,
        max_spoiled: int = 75,
    ) -> None:
        self._harm = Betting(0.0)
        self._failed: dict[str, int] = {}
        super().__init__(
            item,
            pool,
            alpha_t=alpha,
            cost=cost,
            lam=lam,
            effect=effect,
            futility=1 / alpha,
            cap=cap,
            batch=batch,
            min_tasks=min_tasks,
            max_spoiled=max_spoiled,
            name="revise",
        )

    def _difference(self, pair: Pair) -> float:
        self._harm.update(-pair.difference)
        if pair.difference < 0:
            self._failed[pair.task] = self._failed.get(pair.task, 0) + 1
        return pair.difference

    def _report(self) -> Evidence:
        evidence = super()._report()
        harm = float(self._harm.e_value)
        evidence["effect"] = self.effect
        evidence["harm_e_value"] = harm
        evidence["failed_tasks"] = dict(self._failed)
        evidence["failure_mode"] = harm * self.alpha_t >= 1 and len(self._failed) >= MIN_FAILURES
        return evidence
