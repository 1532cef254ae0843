"""The task's own scorers as a verifier."""

from __future__ import annotations

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict


class ScorersConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set: the Inspect task says how it is scored."""


class InspectScorers:
    """The mean of the task's scorers, each turned into a number as Inspect does (``C`` is 1, ``P`` is ½)."""

    Config = ScorersConfig
    version = 1

    def __init__(self, config: ScorersConfig) -> None:
        self.config = config

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput for environments that are no Inspect task, InfraError when a scorer fails."""
        score = getattr(environment, "inspect_score", None)
        if score is None:
            raise BadInput("verifier 'inspect' judges Inspect tasks only: --env inspect:TASK")
        verdict: Verdict = score(task, attempt.answer)
        return verdict
