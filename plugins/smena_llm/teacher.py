"""A language model as teacher: from a gap to the smallest lessons, never the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from smena.errors import InfraError, NoLessons
from smena.protocols import Lesson, Situation
from smena.values import JSON, Antipattern, Body, Fact, Feedback, Pattern, canonical

from smena_llm.ask import Failed, ask_object
from smena_llm.calls import Model, Overflow
from smena_llm.client import Message
from smena_llm.config import ModelConfig, behaviour
from smena_llm.reading import Unreadable
from smena_llm.templates import Templates, task_values


class TeacherConfig(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[teacher.llm]``."""

    lessons: int = 3
    """At most so many for a failed attempt."""
    ladder: Literal["gap", "direct"] = "gap"
    """``gap``: small lessons, the least disclosing first [3.2]. ``direct``: the whole correction at once (the
    ablation)."""
    triggers: int = 1
    """A lesson that names none of the task's features is tied to so many of them, the most telling first; one
    that names more keeps so many."""


class LlmTeacher:
    """Sees what the learner saw, its answer and the gap; never the reference. The host's leak check follows."""

    Config = TeacherConfig
    version = 1

    def __init__(self, config: TeacherConfig | None = None) -> None:
        self.config = config or TeacherConfig()
        self.model = Model(self.config, "teacher.llm")
        self.use_prompts("", {})

    @property
    def identity(self) -> JSON:
        return [behaviour(self.config), self.templates.texts]

    def use_prompts(self, env: str, templates: Mapping[str, str]) -> None:
        self.templates = Templates(env, templates, self.config.prompts)

    def messages(self, situation: Situation, feedback: Feedback) -> list[Message]:
        """The prompt."""
        values, render = task_values(situation.view, situation.features), self.templates.render
        direct = self.config.ladder == "direct"
        findings = [{"aspect": f.aspect, "value": f.value} for f in feedback.gap.findings]
        failed = render("failed", answer=feedback.failed.answer, findings=findings, **values)
        lessons = 1 if direct else self.config.lessons
        return [
            {"role": "system", "content": render("teacher", direct=direct, lessons=lessons, **values)},
            {"role": "user", "content": f"{render('task', **values)}\n\n{failed}"},
        ]

    def lessons(self, situation: Situation, feedback: Feedback, seed: int) -> Sequence[Lesson]:
        """Raises NoLessons where the reply holds none that can be read; an empty list is the model's own."""
        try:
            got = ask_object(
                self.model, self.templates, self.messages(situation, feedback), seed, _listed, []
            )
        except Overflow:
            raise InfraError(
                f"overflow: task and attempt are longer than {self.config.model} takes: choose another model"
            ) from None
        if isinstance(got, Failed):
            raise NoLessons(got.text)
        bodies = [body for found in got if (body := self._body(found, situation.features)) is not None]
        distinct = list({canonical(body): body for body in bodies}.values())[: self.config.lessons]
        if got and not distinct:
            raise NoLessons(f"unparsable: none of {len(got)} lessons has a kind and what that kind needs")
        direct = self.config.ladder == "direct"
        return [Lesson("direct" if direct else f"rung-{n}", body) for n, body in enumerate(distinct, start=1)]

    def _body(self, found: Any, features: Sequence[str]) -> Body | None:
        """What of a model's lesson makes sense; None: nothing."""
        if not isinstance(found, dict):
            return None

        def text(name: str) -> str:
            return " ".join(str(found.get(name) or "").split())[:500]

        def texts(name: str) -> tuple[str, ...]:
            listed = found.get(name)
            return (
                tuple(str(s).strip()[:500] for s in listed if str(s).strip())
                if isinstance(listed, list)
                else ()
            )

        if found.get("kind") == "fact":
            fact = Fact(text("entity"), text("attribute"), text("value"))
            return fact if fact.entity and fact.value else None
        named = tuple(t for t in texts("triggers") if t in features)
        triggers = (named or tuple(features))[: self.config.triggers]
        if found.get("kind") == "antipattern" and text("name") and text("failure_mode"):
            return Antipattern(text("name"), triggers, text("failure_mode"), texts("steps"))
        if found.get("kind") == "pattern" and text("name") and texts("steps"):
            return Pattern(text("name"), triggers, texts("steps"))
        return None


def _listed(found: dict[str, Any]) -> list[Any]:
    listed = found.get("lessons")
    if not isinstance(listed, list):
        raise Unreadable('"lessons" must be a list')
    return listed
