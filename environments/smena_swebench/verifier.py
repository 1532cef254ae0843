"""The verifier `swebench-tests`: the official verdict, with partial credit where it is no."""

from __future__ import annotations

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict

from smena_swebench.environment import SweBench, detail


class TestsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set."""


class SweBenchTests:
    """1.0 for a resolved instance; else a quarter of the share of tests repaired times that of tests kept."""

    Config = TestsConfig
    version = 1

    def __init__(self, config: TestsConfig | None = None) -> None:
        self.config = config or TestsConfig()

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        if not isinstance(environment, SweBench):
            raise BadInput("verifier 'swebench-tests' judges answers of environment swebench only")
        judged = environment.judge(task, attempt.answer)
        return Verdict(judged.score, detail(judged))
