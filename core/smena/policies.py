"""The save policies of Smena and of its founding paper; those of published systems are in
`smena.published`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from smena.causal.confirm import PairGate
from smena.causal.gate import Gate
from smena.causal.literal import KeepAll, PaperConfirm, PaperScreen
from smena.causal.online import e_lond
from smena.causal.screen import ScreenGate


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
        if not 0 <= self.theta < 0.5:
            raise ValueError(f"theta must be in [0, 0.5), is {self.theta}")


class Causal:
    """Sequential gates that hold their error: screen on the origin task, paired betting on a pool, e-LOND
    over the run."""

    Config = CausalConfig
    version = 1
    needs_transition = True

    def __init__(self, config: CausalConfig) -> None:
        self.config = config

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

    def confirm(
        self,
        item: str,
        pool: Sequence[str],
        control: Sequence[str],
        control_size: int,
        cost: float,
        tested: int,
        saved: int,
    ) -> Gate:
        c = self.config
        return PairGate(
            item,
            pool,
            control,
            control_size,
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

    def confirm(
        self,
        item: str,
        pool: Sequence[str],
        control: Sequence[str],
        control_size: int,
        cost: float,
        tested: int,
        saved: int,
    ) -> Gate:
        c = self.config
        return PaperConfirm(
            item,
            pool,
            control,
            control_size,
            n_eval=c.n_eval,
            cost=cost,
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
