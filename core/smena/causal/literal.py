"""The paper's own gates, to the letter, as baselines to compare with: fixed numbers of runs and point
estimates.

What they get wrong is measured in `bench/gates`; the gates in :mod:`~smena.causal.screen` and
:mod:`~smena.causal.confirm` are the ones to use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from smena.causal.effects import Effect, ate, ate_over_runs, conflict_paper, delta_u, uplift
from smena.causal.gate import Answer, Ask, Evidence, GateVerdict
from smena.causal.pairs import AskTell, Pair, PairLog

SLACK = 1e-12
"""So that .8 − .6 > .2 is false, as it is on paper."""


class KeepAll(AskTell):
    """Decides with no trial: keeps (or, for a rule that throws dice, drops) whatever comes."""

    def __init__(
        self, name: str, reason: str = "this policy keeps everything", verdict: GateVerdict = "pass"
    ) -> None:
        super().__init__(name)
        self._decide(verdict, reason)
        self.evidence = {"n": 0, "runs": 0, "reason": reason}


class PaperScreen(AskTell):
    """save ⇔ y_{t+1} = 1 ∧ uplift > θ ∧ p̂₀ < γ, from n_cf baseline and n_cf treatment runs on the origin
    task [3.4].

    y_{t+1} = 1 is what brought the item here, and is not among the runs. ``borderline``: an uplift in (θ, θ +
    borderline] passes only if the lower end of its interval at level alpha is above θ ("the confidence bound
    in borderline cases"). Lost pairs are replaced; more than n_cf of them: undecided."""

    def __init__(
        self,
        item: str,
        origin: str,
        *,
        n_cf: int,
        theta: float,
        gamma: float,
        borderline: float = 0.0,
        alpha: float = 0.05,
    ) -> None:
        super().__init__("screen")
        self.origin, self.n_cf, self.theta, self.gamma, self.borderline, self.alpha = (
            origin,
            n_cf,
            theta,
            gamma,
            borderline,
            alpha,
        )
        self._log = PairLog(f"screen:{item}")
        self._pairs: list[Pair] = []
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        self._log.again.clear()
        return self._log.ask([self.origin] * (self.n_cf - len(self._pairs)))

    def _take(self, answers: Sequence[Answer]) -> None:
        self._pairs += self._log.take(answers)
        if len(self._pairs) >= self.n_cf:
            self._judge()
        elif self._log.spoiled > self.n_cf:
            self._decide("undecided", self._log.why_spoiled)

    def _judge(self) -> None:
        found = uplift([p.base.y for p in self._pairs], [p.treated.y for p in self._pairs], self.alpha)
        if found.uplift <= self.theta + SLACK:
            self._decide("drop", f"uplift {found.uplift:.2f} is not above θ = {self.theta:g}")
        elif found.p0 >= self.gamma - SLACK:
            self._decide("drop", f"p̂₀ = {found.p0:.2f} is not below γ = {self.gamma:g}")
        elif found.uplift <= self.theta + self.borderline + SLACK and found.interval.low <= self.theta:
            self._decide(
                "drop",
                f"borderline uplift {found.uplift:.2f}: lower bound {found.interval.low:.2f} is not above θ",
            )
        else:
            self._decide(
                "pass",
                f"uplift {found.uplift:.2f} > {self.theta:g} and p̂₀ = {found.p0:.2f} < {self.gamma:g}",
            )

    def _report(self) -> Evidence:
        evidence: Evidence = {
            "n": len(self._pairs),
            "runs": self.runs,
            "lost_pairs": self._log.lost,
            "repeated_pairs": self._log.repeats,
            "pool": [self.origin],
            "pool_size": 1,
            "estimand": "uplift on the origin task over the learner's randomness",
            "theta": self.theta,
            "gamma": self.gamma,
            "reason": self.reason,
        }
        if self._pairs:
            found = uplift([p.base.y for p in self._pairs], [p.treated.y for p in self._pairs], self.alpha)
            evidence |= {
                "p0": found.p0,
                "p1": found.p1,
                "uplift": found.uplift,
                "interval": list(found.interval),
            }
        return evidence


class PaperConfirm(AskTell):
    """ATE > δ·cost [5.2] and ΔU − z_{α/2}·σ̂ > 0 [5.3], from n_eval runs a task and arm over the whole pool.

    σ̂ is over runs, as written; the cluster interval is reported beside it. Conflict is the paper's share,
    over n_eval runs a control task and arm with the trusted set injected; it is measured only where the item
    would pass without it, which does not change the decision. More spoiled pairs than half of those wanted:
    undecided."""

    def __init__(
        self,
        item: str,
        pool: Sequence[str],
        control: Sequence[str] = (),
        control_size: int = 0,
        *,
        n_eval: int,
        cost: float,
        delta: float,
        lam: float,
        mu: float,
        alpha: float = 0.05,
    ) -> None:
        super().__init__("confirm")
        self.pool, self.control, self.control_size = sorted(set(pool)), sorted(set(control)), control_size
        self.n_eval, self.cost, self.delta, self.lam, self.mu, self.alpha = (
            n_eval,
            cost,
            delta,
            lam,
            mu,
            alpha,
        )
        self.conflict: float | None = None if self.control and mu > 0 else 0.0
        self._logs = {
            "pool": PairLog(f"confirm:{item}"),
            "control": PairLog("control", "trusted", keep_repeats=True),
        }
        self._pairs: dict[str, list[Pair]] = {"pool": [], "control": []}
        self._stage = "pool"
        if not self.pool:
            self._decide("undecided", "pool too small: no task matches")
        self.evidence = self._report()

    def _tasks(self) -> list[str]:
        return self.pool if self._stage == "pool" else self.control

    def _next(self) -> list[Ask]:
        log = self._logs[self._stage]
        again, log.again = log.again, []
        return log.ask(again or [task for task in self._tasks() for _ in range(self.n_eval)])

    def _take(self, answers: Sequence[Answer]) -> None:
        log, wanted = self._logs[self._stage], len(self._tasks()) * self.n_eval
        self._pairs[self._stage] += log.take(answers)
        if log.spoiled > wanted / 2:
            self._decide("undecided", log.why_spoiled)
        elif not log.again:
            if self._stage == "control":
                arms = self._by_task("control")
                self.conflict = conflict_paper([a[0] for a in arms], [a[1] for a in arms], self.control_size)
            self._judge()

    def _by_task(self, stage: str) -> list[tuple[list[float], list[float]]]:
        arms: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        for pair in self._pairs[stage]:
            arms[pair.task][0].append(pair.base.reward)
            arms[pair.task][1].append(pair.treated.reward)
        return list(arms.values())

    def _effect(self) -> Effect:
        pairs = self._pairs["pool"]
        return ate_over_runs([p.base.reward for p in pairs], [p.treated.reward for p in pairs], self.alpha)

    def _judge(self) -> None:
        found = self._effect()
        least = self.delta * self.cost
        utility = delta_u(found, self.cost, self.conflict or 0.0, self.lam, self.mu, self.alpha)
        if found.estimate <= least + SLACK:
            self._decide("drop", f"ATE {found.estimate:.3f} is not above δ·cost = {least:.3f}")
        elif utility.lower <= 0:
            self._decide("drop", f"ΔU − z·σ̂ = {utility.lower:.3f} is not above 0")
        elif self.conflict is None:
            self._stage = "control"
        else:
            self._decide(
                "pass",
                f"ATE {found.estimate:.3f} > δ·cost = {least:.3f} and ΔU − z·σ̂ = {utility.lower:.3f} > 0",
            )

    def _report(self) -> Evidence:
        pairs = self._pairs["pool"]
        evidence: Evidence = {
            "n": len(pairs),
            "runs": self.runs,
            "lost_pairs": sum(log.lost for log in self._logs.values()),
            "repeated_pairs": self._logs["pool"].repeats,
            "pool": self.pool,
            "pool_size": len(self.pool),
            "estimand": "the mean effect over this pool of tasks",
            "cost": self.cost,
            "conflict": self.conflict,
            "reason": self.reason,
        }
        if pairs:
            found, cluster = (
                self._effect(),
                ate([p.difference for p in pairs], [p.task for p in pairs], self.alpha),
            )
            utility = delta_u(found, self.cost, self.conflict or 0.0, self.lam, self.mu, self.alpha)
            evidence |= {
                "p0": sum(p.base.reward for p in pairs) / len(pairs),
                "p1": sum(p.treated.reward for p in pairs) / len(pairs),
                "ate": found.estimate,
                "interval_over_runs": list(found.interval),
                "interval": list(cluster.interval),
                "delta_u": utility.estimate,
                "delta_u_lower": utility.lower if utility.lower > float("-inf") else None,
            }
        return evidence
