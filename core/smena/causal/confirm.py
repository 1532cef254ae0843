"""Gate 2: sequential, paired, anytime-valid. It asks for trials a batch at a time and decides pair by pair,
in order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import islice
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from smena.causal.effects import ate, conflict_split_half, penalties
from smena.causal.eprocess import Betting, lower_bound
from smena.causal.gate import Answer, Arm, Ask, Evidence
from smena.causal.pairs import AskTell, Draws, Pair, PairLog, Rounds, shuffled
from smena.errors import BadInput

MAX_THETA = 0.999


class PairGate(AskTell):
    """Gate 2 [5.2, 5.3]: does the item help over a pool by more than it costs and disturbs? Paired betting.

    The null is ATE ≤ θ = λ·cost + μ·max(c*, 0); the item passes when E_θ ≥ 1/α_t. Conflict is measured on
    control tasks only for an item whose E has reached 1/α_t at θ = λ·cost; it comes from other runs and can
    only raise θ, so that the error guarantee is untouched; if E falls short at the raised θ, pairs go on.
    Dropped when the futility e-process reaches ``futility`` (the effect is below ``effect``); undecided at
    ``cap`` pairs.

    With at least ``cap`` tasks in the pool every pair is on a fresh task and the claim is about the
    population the pool was drawn from. With fewer, tasks are drawn uniformly with replacement and the claim
    is about the mean effect over this very pool.

    Parameters
    ----------
    item : the item's digest; the order of tasks is a function of it. A later test of the same item has
    ``digest@round`` here: an order and trials of its own, which no earlier gate has seen.
    pool : ids of tasks where the item applies, the origin not among them. Fewer than ``min_tasks``: undecided
    at once.
    control, control_size : tasks of D_val where the item would be retrieved, and how many D_val has in all
    (elsewhere K changes nothing).
    alpha_t : level of this test, from online error control.
    cost, lam, mu : cost(K) in [0, 1], λ, μ.
    control_tasks, control_runs : at most so many control tasks, and runs a task and arm (2 or more).
    batch, cap, max_spoiled : in pairs.
    name : of the gate, in its decision and its streams.
    """

    arms: ClassVar[tuple[Arm, ...]] = (0, 1)

    def __init__(
        self,
        item: str,
        pool: Sequence[str],
        control: Sequence[str] = (),
        control_size: int = 0,
        *,
        alpha_t: float,
        cost: float = 0.0,
        lam: float = 0.0,
        mu: float = 0.0,
        effect: float = 0.15,
        futility: float = 5.0,
        cap: int = 300,
        batch: int = 8,
        min_tasks: int = 5,
        control_tasks: int = 24,
        control_runs: int = 2,
        max_spoiled: int = 75,
        name: str = "confirm",
    ) -> None:
        super().__init__(name)
        if not 0 < alpha_t < 1:
            raise BadInput(f"alpha_t must be in (0, 1), is {alpha_t}")
        if control_size < len(control):
            raise BadInput(f"{len(control)} control tasks cannot be part of a control pool of {control_size}")
        self.pool, self.cost, self.lam, self.mu = sorted(set(pool)), cost, lam, mu
        self.control, self.control_size = shuffled(item, set(control)), control_size
        self.control_runs = control_runs
        self._probed = self.control[:control_tasks]
        self.alpha_t, self.futility, self.cap, self.batch = alpha_t, futility, cap, batch
        self.min_tasks, self.max_spoiled = min_tasks, max_spoiled
        self.conflict: float | None = None if mu > 0 and self._probed else 0.0
        self.theta = min(penalties(cost, 0.0, lam, mu), MAX_THETA)
        self.effect = effect
        self._process = self._betting()
        self._log = PairLog(f"{name}:{item}", arms=self.arms)
        _, at, turn = item.partition("@")
        self._control_log = PairLog(f"control{at}{turn}", "trusted", keep_repeats=True)
        self._control_pairs: list[Pair] = []
        self._pairs: list[Pair] = []
        self._backlog: deque[Pair] = deque()
        self._probing = False
        self.fresh_tasks = len(self.pool) >= cap
        self._draws = Rounds(shuffled(item, self.pool)) if self.fresh_tasks else Draws(item, self.pool)
        if len(self.pool) < min_tasks:
            self._decide("undecided", f"pool too small: {len(self.pool)} tasks match, {min_tasks} needed")
        self.evidence = self._report()

    def _next(self) -> list[Ask]:
        if self._probing:
            again, self._control_log.again = self._control_log.again, []
            return self._control_log.ask(
                again or [task for task in self._probed for _ in range(self.control_runs)]
            )
        again, self._log.again = self._log.again, []
        fresh = islice(self._draws, max(0, min(self.batch, self.cap - len(self._pairs)) - len(again)))
        return self._log.ask([*again, *fresh])

    def _take(self, answers: Sequence[Answer]) -> None:
        if self._probing:
            self._control_pairs += self._control_log.take(answers)
            if not self._control_log.again or self._control_log.lost > len(self._probed) * self.control_runs:
                self._probing = False
                self._weigh_conflict()
        else:
            self._backlog += self._log.take(answers)
        while self._backlog and self.verdict is None and not self._probing:
            pair = self._backlog.popleft()
            self._pairs.append(pair)
            self._process.update(self._difference(pair))
            self._judge()
        if self.verdict is None and not self._probing and self._log.spoiled >= self.max_spoiled:
            self._decide("undecided", self._log.why_spoiled)

    def _betting(self) -> Betting:
        """The e-process of the claim at the present θ."""
        return Betting(self.theta, self.effect)

    def _difference(self, pair: Pair) -> ArrayLike:
        """What a pair tells the e-process."""
        return pair.difference

    @property
    def standing(self) -> tuple[int, float, float]:
        """Number, sum and sum of squares of the differences so far: what an order of work goes by."""
        d = [pair.difference for pair in self._pairs]
        return len(d), float(sum(d)), float(sum(x * x for x in d))

    def at_level(self, alpha_t: float) -> None:
        """Go on at another level: that which saves made meanwhile, or another procedure, allow. Only before
        the verdict, and by a rule that does not look at this gate's own pairs."""
        if not 0 < alpha_t < 1:
            raise BadInput(f"alpha_t must be in (0, 1), is {alpha_t}")
        if self.verdict is None:
            self.alpha_t = alpha_t
            self.evidence = self._report()

    @property
    def _e_value(self) -> float:
        return float(self._process.e_value.min())

    @property
    def _futility(self) -> float:
        return float(self._process.futility.max())

    def _judge(self) -> None:
        e, futility, n = self._e_value, self._futility, len(self._pairs)
        state = f"1/α_t = {1 / self.alpha_t:.1f} at θ = {self.theta:.3f} after {n} pairs"
        if e * self.alpha_t >= 1 and self._tasks_seen() >= self.min_tasks:
            if self.conflict is None:
                self._probing = True
            else:
                self._decide("pass", f"E = {e:.1f} reached {state}")
        elif futility >= self.futility:
            refuted = f"an effect of {self.effect:g} is refuted"
            self._decide("drop", f"{refuted}: futility {futility:.1f} ≥ {self.futility:g} after {n} pairs")
        elif n >= self.cap:
            self._decide("undecided", f"E = {e:.1f} did not reach {state}, which is the cap")

    def _weigh_conflict(self) -> None:
        rewards: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for pair in self._control_pairs:
            rewards[pair.task].append((pair.base.reward, pair.treated.reward))
        arms = [np.array(rows).T for rows in rewards.values() if len(rows) >= 2]
        if not arms:
            return self._decide(
                "undecided",
                f"conflict cannot be measured: {self._control_log.why_spoiled} on control tasks",
            )
        on_retrieved = conflict_split_half([a[0] for a in arms], [a[1] for a in arms])
        self.conflict = on_retrieved * len(self.control) / self.control_size
        self.theta = min(penalties(self.cost, self.conflict, self.lam, self.mu), MAX_THETA)
        self._process = self._betting()
        for pair in self._pairs:
            self._process.update(self._difference(pair))
        self._judge()

    def _tasks_seen(self) -> int:
        return len({pair.task for pair in self._pairs})

    def _report(self) -> Evidence:
        sampled = "fresh tasks, one pair each: the mean effect over the population the pool was drawn from"
        drawn = "tasks drawn with replacement: the mean effect over this pool of tasks"
        evidence: Evidence = {
            "n": len(self._pairs),
            "runs": self.runs,
            "lost_pairs": self._log.lost + self._control_log.lost,
            "repeated_pairs": self._log.repeats,
            "surplus_pairs": len(self._backlog),
            "pool": self.pool,
            "pool_size": len(self.pool),
            "tasks_seen": self._tasks_seen(),
            "estimand": sampled if self.fresh_tasks else drawn,
            "alpha_t": self.alpha_t,
            "threshold": 1 / self.alpha_t,
            "theta": self.theta,
            "e_value": self._e_value,
            "futility": self._futility,
            "cost": self.cost,
            "conflict": self.conflict,
            "control_tasks": len(self._probed),
            "control_runs": 2 * len(self._control_pairs),
            "reason": self.reason,
        }
        if self._pairs:
            d = [pair.difference for pair in self._pairs]
            found = ate(d, [pair.task for pair in self._pairs])
            lower = lower_bound(d, self.alpha_t)
            evidence |= {
                "p0": float(np.mean([pair.base.reward for pair in self._pairs])),
                "p1": float(np.mean([pair.treated.reward for pair in self._pairs])),
                "ate": found.estimate,
                "interval": list(found.interval),
                "ate_lower": lower,
                "delta_u": found.estimate - self.theta,
                "delta_u_lower": lower - self.theta,
                "differences": d,
            }
        return evidence
