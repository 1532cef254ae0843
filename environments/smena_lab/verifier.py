"""A verifier that errs at known rates, and that can be played to."""

from __future__ import annotations

import random

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict, digest


class NoisyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``lab-noisy``."""

    sensitivity: float = 0.9
    """Share of right answers that it accepts."""
    specificity: float = 0.9
    """Share of wrong answers that it rejects, unless they are convincing."""

    late: float = 0.0
    """Delay: share of attempts that it has no verdict on while the run lasts. The trial abstains, and leaves
    both arms, until somebody says it (`smena verdict add`) and the run is decided anew."""

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity", "late"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], is {getattr(self, name)}")


class Noisy:
    """Takes a convincing answer for a right one. Its error is a function of the attempt, not of when it is
    asked: the same trial, the same verdict."""

    Config = NoisyConfig
    version = 2

    def __init__(self, config: NoisyConfig) -> None:
        self.config = config

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput outside the lab: elsewhere nobody knows the error rates."""
        if not isinstance(attempt.trace, dict) or "luck" not in attempt.trace:
            raise BadInput("verifier 'lab-noisy' judges the lab's learner only: --env lab --learner lab")
        luck = attempt.trace["luck"]
        if random.Random(digest(["late", task.id, luck])).random() < self.config.late:
            return Verdict(0.0, given=False)
        looks_right = attempt.answer == task.reference or str(attempt.answer).startswith("convincing:")
        accepts = self.config.sensitivity if looks_right else 1 - self.config.specificity
        noise = random.Random(digest(["verdict", task.id, attempt.answer, luck])).random()
        return Verdict(float(noise < accepts))
