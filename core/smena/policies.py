"""The save policies of Smena and of its founding paper; those of published systems are in
`smena.published`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from smena.causal.audit import MIN_GOLD
from smena.causal.combine import CombineGate
from smena.causal.confirm import PairGate
from smena.causal.gate import Gate
from smena.causal.gold import GoldGate
from smena.causal.literal import KeepAll, PaperConfirm, PaperScreen
from smena.causal.online import e_lond, next_level
from smena.causal.revise import ReviseGate
from smena.causal.screen import ScreenGate
from smena.protocols import Candidate, Order, Rhythm

GOLD_LEVEL = 0.05
"""Of the two-sided interval in an item's first gold audit; half of it in each further one."""
TINY = 1e-12
"""For a level of 0: an e-value of 10¹² passes."""


class CausalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``causal``. Counts are of pairs of trials or of tasks, as named."""

    alpha: float = 0.1
    """The false share of saves stays below this over a run (e-LOND)."""
    lam: float = 0.1
    """λ: reward that one unit of cost must buy."""
    mu: float = 0.5
    """μ: reward that one unit of conflict must buy."""
    theta: float = 0.0
    """Least uplift of interest at the screen."""
    screen_threshold: float = 4.0
    screen_futility: float = 0.35
    screen_cap: int = 12
    screen_cap_threshold: float = 2.0
    screen_batch: int = 2
    effect: float = 0.15
    """An effect on the pool below this is not worth waiting for."""
    futility: float = 5.0
    cap: int = 300
    batch: int = 8
    min_tasks: int = 5
    """k: independent tasks before trust [6.2]."""
    control_tasks: int = 24
    control_runs: int = 2
    """Runs a control task and arm."""
    gold: int = 40
    """Fresh pairs that ground truth judges before an item is trusted, where the run's verifier is not the
    oracle and the environment has one; 0: the verifier's word is enough. At least 40 otherwise."""
    gold_more: int = 80
    """Fresh pairs beside them that only the verifier judges (PPI++)."""
    order: Literal["arrival", "ucb"] = "arrival"
    """Who gets pairs first among candidates that wait: all side by side, or those that look best."""
    budget: int = 0
    """With ``order = "ucb"``: trials a wave for gate 2; who is not decided by then waits for the next. 0: no
    limit."""
    width: int = 4
    """With ``order = "ucb"``: candidates that get a batch at a time."""
    levels: Literal["e-lond", "saffron", "lord++"] = "e-lond"
    """How α is spread over tests. e-LOND holds whatever the dependence between items; SAFFRON and LORD++ are
    the economy modes, and assume that items' p-values (1/E) are independent."""
    revise: int = 8
    """Waves after which a trusted or foundational item is looked at again; 0: never."""
    revise_alpha: float = 0.05
    """P(an item that still gains ``revise_effect`` is deprecated) a revision."""
    revise_effect: float = 0.1
    window: int = 16
    """Waves without reactivation after which a deprecated item is collected; 0: never."""
    horizon: int = 24
    """Waves after which a foundational item that was not saved is collected; 0: never."""
    combine: int = 4
    """At most so many new pairs of foundational items are tried a wave; 0: none."""
    screened_out: bool = False
    """True: what the screen drops becomes foundational as well. A lesson that works only beside another looks
    useless alone; so does one that is."""

    def __post_init__(self) -> None:
        _in_unit("alpha", self.alpha)
        _at_least(0, lam=self.lam, mu=self.mu)
        _at_least(
            1, screen_cap=self.screen_cap, screen_batch=self.screen_batch, cap=self.cap, batch=self.batch
        )
        _at_least(2, min_tasks=self.min_tasks, control_runs=self.control_runs)
        _at_least(
            1,
            control_tasks=self.control_tasks,
            futility=self.futility,
            screen_threshold=self.screen_threshold,
        )
        _in_unit("revise_alpha", self.revise_alpha)
        _in_unit("revise_effect", self.revise_effect)
        _at_least(0, revise=self.revise, window=self.window, horizon=self.horizon, combine=self.combine)
        _at_least(0, budget=self.budget)
        _at_least(1, width=self.width)
        if self.gold and (self.gold < MIN_GOLD or self.gold_more < 2):
            raise ValueError(
                f"gold must be 0 or {MIN_GOLD} or more and gold_more 2 or more, are {self.gold}, {self.gold_more}"
            )
        if not 0 <= self.theta < 0.5:
            raise ValueError(f"theta must be in [0, 0.5), is {self.theta}")


class Causal:
    """Sequential gates that hold their error: screen on the origin task, paired betting on a pool, e-LOND
    over the run."""

    Config = CausalConfig
    version = 2
    needs_transition = True

    def __init__(self, config: CausalConfig) -> None:
        self.config = c = config
        self.rhythm = Rhythm(c.revise, c.window, c.horizon, c.combine, c.min_tasks, c.screened_out)
        self.order = Order(c.width, c.budget) if c.order == "ucb" else None

    def screen(self, item: str, origin: str) -> Gate:
        c = self.config
        return ScreenGate(
            item,
            origin,
            theta=c.theta,
            threshold=c.screen_threshold,
            futility=c.screen_futility,
            cap=c.screen_cap,
            cap_threshold=c.screen_cap_threshold,
            batch=c.screen_batch,
            max_spoiled=c.screen_cap,
        )

    def confirm(self, candidate: Candidate) -> Gate:
        return self._pairs(PairGate, "confirm", candidate)

    def combine(self, candidate: Candidate) -> Gate:
        return self._pairs(CombineGate, "combine", candidate)

    def revise(self, item: str, pool: Sequence[str], cost: float) -> Gate:
        c = self.config
        return ReviseGate(
            item,
            pool,
            alpha=c.revise_alpha,
            cost=cost,
            lam=c.lam,
            effect=c.revise_effect,
            cap=c.cap,
            batch=c.batch,
            min_tasks=c.min_tasks,
            max_spoiled=max(8, c.cap // 4),
        )

    def gold(self, item: str, pool: Sequence[str], theta: float, again: int) -> Gate | None:
        c = self.config
        if not c.gold:
            return None
        # .025 + .0125 + …: over all its audits a gaming item is saved with probability .05 at most
        alpha = GOLD_LEVEL / 2**again
        return GoldGate(item, pool, theta, gold=c.gold, more=c.gold_more, effect=c.effect, alpha=alpha)

    def level(self, gate: Gate, p_values: Sequence[float], saved: int) -> None:
        c = self.config
        if not isinstance(gate, PairGate):
            return
        if c.levels == "e-lond":
            # more saved than began before it: taken for a later test, which is never too lenient
            gate.at_level(e_lond(max(len(p_values), saved), saved, c.alpha))
        else:
            gate.at_level(max(next_level(c.levels, p_values, c.alpha), TINY))

    def _pairs(self, kind: type[PairGate], name: str, candidate: Candidate) -> PairGate:
        c = self.config
        item, pool, control, control_size, cost, tested, saved = candidate
        return kind(
            item,
            pool,
            control,
            control_size,
            name=name,
            alpha_t=e_lond(tested, saved, c.alpha),
            cost=cost,
            lam=c.lam,
            mu=c.mu,
            effect=c.effect,
            futility=c.futility,
            cap=c.cap,
            batch=c.batch,
            min_tasks=c.min_tasks,
            control_tasks=c.control_tasks,
            control_runs=c.control_runs,
            max_spoiled=max(8, c.cap // 4),
        )


class PaperConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``paper``, by the paper's letters."""

    counterfactual: bool = True
    """False: the 0→1 transition alone makes a candidate [3.3], the ablation of 7.2."""
    n_cf: int = 5
    theta: float = 0.2
    gamma: float = 0.5
    borderline: float = 0.0
    n_eval: int = 10
    delta: float = 0.1
    lam: float = 0.1
    mu: float = 0.5
    alpha: float = 0.05

    def __post_init__(self) -> None:
        _in_unit("alpha", self.alpha)
        _at_least(1, n_cf=self.n_cf, n_eval=self.n_eval)
        _at_least(0, delta=self.delta, lam=self.lam, mu=self.mu, borderline=self.borderline)
        if not (-1 <= self.theta < 1 and 0 < self.gamma <= 1):
            raise ValueError(
                f"theta must be in [-1, 1) and gamma in (0, 1], are {self.theta} and {self.gamma}"
            )


class Paper:
    """The founding paper's rules to the letter [3.3, 3.4, 5.2, 5.3]: fixed runs, point estimates, σ̂ over
    runs."""

    Config = PaperConfig
    version = 1
    needs_transition = True

    def __init__(self, config: PaperConfig) -> None:
        self.config = config

    def screen(self, item: str, origin: str) -> Gate:
        c = self.config
        if not c.counterfactual:
            return KeepAll("screen", "the 0→1 transition alone, without the counterfactual check")
        return PaperScreen(
            item, origin, n_cf=c.n_cf, theta=c.theta, gamma=c.gamma, borderline=c.borderline, alpha=c.alpha
        )

    def confirm(self, candidate: Candidate) -> Gate:
        c = self.config
        return PaperConfirm(
            candidate.item,
            candidate.pool,
            candidate.control,
            candidate.control_size,
            n_eval=c.n_eval,
            cost=candidate.cost,
            delta=c.delta,
            lam=c.lam,
            mu=c.mu,
            alpha=c.alpha,
        )


def _in_unit(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must be in (0, 1), is {value}")


def _at_least(least: float, **values: float) -> None:
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{name} must be {least} or more, is {value}")
