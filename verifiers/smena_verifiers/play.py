"""Verifiers of what was played: the state that it ended in, and how it was gone about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict


class StateConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set: the environment knows its goals."""


class State:
    """Asks ``environment.goals(task, answer)``: goal → whether the state that the play ended in meets it. The
    score is the share of goals met; ``all`` tells whether it is all of them. No goal, no verdict."""

    Config = StateConfig
    version = 1

    def __init__(self, config: StateConfig | None = None) -> None:
        self.config = config or StateConfig()

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput where the environment has no goals."""
        told = getattr(environment, "goals", None)
        if told is None:
            raise BadInput(
                f"verifier 'state' needs goals and {type(environment).__name__} has no method "
                "goals(task, answer) that tells which are met"
            )
        goals: dict[str, bool] = dict(told(task, attempt.answer))
        if not goals:
            return Verdict(0.0, {}, given=False)
        met = sum(map(bool, goals.values()))
        return Verdict(met / len(goals), {"all": float(met == len(goals)), "goals": goals})


class PlanConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[verifier.plan]``: what each of three faults weighs."""

    invalid: float = 1.0
    loops: float = 1.0
    length: float = 1.0
    slack: float = 1.5
    """A play of so many times the reference's length has no fault of length; of twice that it has it whole."""

    def __post_init__(self) -> None:
        weights = (self.invalid, self.loops, self.length)
        if min(weights) < 0 or not sum(weights):
            raise ValueError("invalid, loops and length must be 0 or more and not all 0")
        if self.slack < 1:
            raise ValueError(f"slack must be 1 or more, is {self.slack}")


class Step(msgspec.Struct, frozen=True):
    """A step of a play, as ``environment.steps(task, answer)`` tells it. ``state``: whatever is equal where
    the play is in the same place again; empty: not known."""

    action: str
    valid: bool = True
    state: str = ""


class Plan:
    """How sound the play was, whatever it came to: 1 − the weighted mean of the share of invalid actions, the
    share of steps back into a state that was there before, and the excess over the reference's length."""

    Config = PlanConfig
    version = 1

    def __init__(self, config: PlanConfig | None = None) -> None:
        self.config = config or PlanConfig()

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput where the environment has no steps."""
        told = getattr(environment, "steps", None)
        if told is None:
            raise BadInput(
                f"verifier 'plan' needs steps and {type(environment).__name__} has no method "
                "steps(task, answer) that tells them"
            )
        steps = [s if isinstance(s, Step) else msgspec.convert(s, Step) for s in told(task, attempt.answer)]
        if not steps:
            return Verdict(0.0, {"steps": 0.0})
        reference = getattr(environment, "reference_length", lambda _: None)(task)
        faults = {"invalid": sum(not s.valid for s in steps) / len(steps), "loops": _loops(steps)}
        weights = {"invalid": self.config.invalid, "loops": self.config.loops}
        if reference:
            allowed = self.config.slack * reference
            faults["length"] = min(1.0, max(0.0, (len(steps) - allowed) / allowed))
            weights["length"] = self.config.length
        total = sum(weights.values())
        fault = sum(weights[n] * faults[n] for n in faults) / total if total else 0.0
        detail: dict[str, Any] = {**faults, "steps": float(len(steps))}
        return Verdict(1.0 - fault, detail)


def _loops(steps: Sequence[Step]) -> float:
    """Share of steps that lead to where the play was before; by (action, nothing changed) where no state is
    told: the same action three times in a row."""
    if any(s.state for s in steps):
        seen = Counter(s.state for s in steps if s.state)
        return sum(n - 1 for n in seen.values()) / len(steps)
    again = sum(
        a.action == b.action == c.action for a, b, c in zip(steps, steps[1:], steps[2:], strict=False)
    )
    return again / len(steps)
