"""`exact` asks the environment and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from smena import Attempt, BadInput, Task, Verdict
from smena.config import convert
from smena.registry import Registry
from smena_verifiers.exact import Exact, ExactConfig

TASK = Task(id="t", split="train", view=None, reference=4)


class Oracle:
    verifiers = {"exact": 1.0}  # noqa: RUF012

    def exact(self, task: Task, answer: Any) -> Verdict:
        return Verdict(float(answer == task.reference), {"partial": 0.5})


class Judged:
    verifiers = {"jury": 1.0}  # noqa: RUF012


@pytest.mark.parametrize(("answer", "score"), [(4, 1.0), (5, 0.0), (None, 0.0), ([[4]], 0.0)])
def test_the_environments_verdict_is_the_verdict(answer: Any, score: float) -> None:
    verdict = Exact().verify(Oracle(), TASK, Attempt(answer=answer))  # type: ignore[arg-type]
    assert verdict == Verdict(score, {"partial": 0.5})


def test_without_an_oracle_it_says_what_to_do() -> None:
    with pytest.raises(BadInput, match=r"Judged has none: judge it with its own verifiers \(jury\)"):
        Exact().verify(Judged(), TASK, Attempt(answer=4))  # type: ignore[arg-type]


def test_registered_and_without_settings() -> None:
    assert isinstance(Registry.load().make("verifier", "exact"), Exact)
    with pytest.raises(BadInput, match="unknown field 'tau'"):
        convert({"tau": 1}, ExactConfig, "[verifier.exact]")
