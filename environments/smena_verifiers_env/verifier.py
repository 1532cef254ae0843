"""The taskset's own rewards as a verifier."""

from __future__ import annotations

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict


class RewardsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set: the taskset says how it is scored."""


class Rewards:
    """The weighted mean of the rewards that the task defines."""

    Config = RewardsConfig
    version = 1

    def __init__(self, config: RewardsConfig) -> None:
        self.config = config

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput for environments that are no such taskset, InfraError when a reward fails."""
        score = getattr(environment, "verifiers_score", None)
        if score is None:
            raise BadInput("verifier 'verifiers-rewards' judges its own tasksets only: --env verifiers:NAME")
        verdict: Verdict = score(task, attempt.answer)
        return verdict
