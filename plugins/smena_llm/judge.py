"""A language model as verifier. Its error rates are estimated from outcomes, never assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smena.errors import InfraError
from smena.protocols import Environment
from smena.values import JSON, Attempt, Task, Verdict, canonical, digest

from smena_llm.ask import Failed, ask_object
from smena_llm.calls import Model, Overflow
from smena_llm.config import ModelConfig, behaviour
from smena_llm.reading import Unreadable
from smena_llm.templates import Templates, task_values


class JudgeConfig(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[verifier.llm-judge]``."""

    temperature: float | None = 0.0
    reference: bool = False
    """Show it the reference answer."""


class LlmJudge:
    """The score is the probability that the model gives the answer. Its seed is a function of the answer: the
    same answer, the same question."""

    Config = JudgeConfig
    version = 1

    def __init__(self, config: JudgeConfig | None = None) -> None:
        self.config = config or JudgeConfig()
        self.model = Model(self.config, "verifier.llm-judge")
        self.use_prompts("", {})

    @property
    def identity(self) -> JSON:
        return [behaviour(self.config), self.templates.texts]

    def use_prompts(self, env: str, templates: Mapping[str, str]) -> None:
        self.templates = Templates(env, templates, self.config.prompts)

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """An attempt without an answer scores 0 and costs no call. Raises InfraError where no score is to be
        had."""
        if attempt.answer is None:
            return Verdict(0.0)
        values, render = task_values(task.view, task.features), self.templates.render
        shown = self.config.reference
        judged = render(
            "judged", answer=attempt.answer, reference=shown, truth=task.reference if shown else None
        )
        messages = [
            {"role": "system", "content": render("judge", reference=shown, **values)},
            {"role": "user", "content": f"{render('task', **values)}\n\n{judged}"},
        ]
        seed = int(digest([task.view, canonical(attempt.answer).decode()])[:7], 16)
        try:
            got = ask_object(self.model, self.templates, messages, seed, _score, [])
        except Overflow:
            raise InfraError(f"overflow: task and answer are longer than {self.config.model} takes") from None
        if isinstance(got, Failed):
            raise InfraError(f"the judge gave no score: {got.text}")
        return Verdict(got)


def _score(found: dict[str, Any]) -> float:
    score = found.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise Unreadable('"score" must be a number from 0 to 1')
    return float(score)
