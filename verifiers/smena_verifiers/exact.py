"""The oracle as a verifier: V ∈ {0, 1} by exact ground truth [5.4]."""

from __future__ import annotations

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict


class ExactConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set: the environment knows what is right."""


class Exact:
    """Asks ``environment.exact(task, attempt.answer)``. An answer of the wrong shape is wrong (score 0),
    not an error."""

    version = 1
    Config = ExactConfig

    def __init__(self, config: ExactConfig | None = None) -> None:
        self.config = config or ExactConfig()

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput when the environment has no exact oracle."""
        oracle = getattr(environment, "exact", None)
        if oracle is None:
            raise BadInput(
                f"verifier 'exact' needs an exact oracle and {type(environment).__name__} has none: "
                f"judge it with its own verifiers ({', '.join(environment.verifiers)}) or give it a method "
                "exact(task, answer)"
            )
        verdict: Verdict = oracle(task, attempt.answer)
        return verdict
