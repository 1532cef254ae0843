"""A language model as learner. Single-shot tasks: ranked hypotheses, then the validator picks [3.1];
interactive ones: thought and action, step by step.

Prompt: system, task, notes (the injected knowledge, always at this place), form of the answer. What stays the
same between trials of a task comes first, which is what providers' prompt caches want.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from smena.errors import InfraError
from smena.estimate import PerTrial, Range
from smena.protocols import Situation
from smena.values import JSON, Attempt, Body, Feedback, Hypothesis, canonical

from smena_llm.ask import Failed, ask_object
from smena_llm.calls import Model, Overflow, Reply
from smena_llm.check import check
from smena_llm.client import Message
from smena_llm.config import ModelConfig, behaviour
from smena_llm.episode import play
from smena_llm.inject import TOKEN, block, fit, line
from smena_llm.reading import Unreadable
from smena_llm.templates import Templates, task_values


class LearnerConfig(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[learner.llm]``."""

    hypotheses: int = 1
    """Distinct answers that a reply may rank."""
    samples: int = 1
    """Replies, each with a seed of its own; answers that more of them give come first."""
    steps: Literal[2, 1] = 1
    """2: another call checks the answers and puts them in order. 1: the model's own order."""
    placebo: Literal["inert", "none"] = "inert"
    """What stands in the place of lessons where there are none: see :func:`smena_llm.inject.block`."""
    block: int = 600
    """Characters that the notes are filled up to, or to a multiple of it."""
    lesson_tokens: int = 2000
    """At most about so many tokens of lessons in a prompt; 0: no limit."""
    max_steps: int = 50
    """Actions in an episode."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("hypotheses", "samples", "block", "max_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, is {getattr(self, name)}")


class LlmLearner:
    """P_θ as a model behind an API. Its unit of cost is a thousand tokens, in and out."""

    Config = LearnerConfig
    version = 1

    def __init__(self, config: LearnerConfig | None = None) -> None:
        self.config = config or LearnerConfig()
        self.model = Model(self.config)
        self.use_prompts("", {})

    @property
    def concurrent(self) -> int:
        return self.config.concurrent

    @property
    def identity(self) -> JSON:
        return [behaviour(self.config), self.templates.texts]

    def use_prompts(self, env: str, templates: Mapping[str, str]) -> None:
        self.templates = Templates(env, templates, self.config.prompts)

    def attempt(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        """Try once. A reply that is empty, refused or unreadable is the model's own failure: no answer."""
        bodies, dropped = self._within(situation, knowledge, feedback)
        while True:
            try:
                if situation.play is not None:
                    made = self._play(situation, bodies, feedback, seed)
                else:
                    made = self._answer(situation, bodies, feedback, seed)
                break
            except Overflow:
                if not bodies:
                    raise InfraError(self._too_long(situation)) from None
                shorter = fit(bodies, max(1, sum(len(line(b)) for b in bodies) // TOKEN // 2))
                dropped, bodies = dropped + len(bodies) - len(shorter), shorter
        if dropped:
            made = msgspec.structs.replace(made, trace={**made.trace, "lessons_dropped": dropped})
        return made

    def cost(self, body: Body) -> float:
        """A thousandth for every token that the item takes in a prompt, at most 1."""
        return min(1.0, len(line(body)) / TOKEN / 1000)

    def check(self) -> Iterator[tuple[str, str]]:
        """One call, and what it shows, as (label, words). Raises BadInput or InfraError where it fails."""
        return check(Model(msgspec.structs.replace(self.config, retries=1)))

    def forecast(self, situations: Sequence[Situation]) -> PerTrial:
        """What a trial will take, from the prompts of some tasks; the length of replies is a guess."""
        sizes = [len(_shown(self.messages(s, []))) / TOKEN * self.config.samples for s in situations]
        mean, most = sum(sizes) / max(1, len(sizes)), self.config.max_tokens * self.config.samples
        into, out = Range(0.75 * mean, mean, 1.5 * mean), Range(0.05 * most, 0.2 * most, most)
        prices = self.model.prices
        price = None
        if prices is not None:
            price = Range(*(i * prices.into + o * prices.out for i, o in zip(into, out, strict=True)))
        basis = f"prompts of {len(sizes)} tasks at {TOKEN} characters a token; replies guessed"
        return PerTrial(into, out, price, None, basis)

    def messages(
        self, situation: Situation, bodies: Sequence[Body], feedback: Feedback | None = None
    ) -> list[Message]:
        """The prompt."""
        values, config, render = (
            task_values(situation.view, situation.features),
            self.config,
            self.templates.render,
        )
        task = render("task", **values)
        after = []
        if notes := block(bodies, config.block, config.placebo):
            after.append(render("lessons", block=notes, **values))
        if feedback is not None:
            after.append(render("feedback", findings=_findings(feedback), **values))
        if situation.play is not None:
            after.append(render("episode", **values))
        else:
            after += [render("answer", **values), render("form", hypotheses=config.hypotheses, **values)]
        system, rest = render("system", **values), "\n\n".join(after)
        if not self._marks_cache:
            return [{"role": "system", "content": system}, {"role": "user", "content": f"{task}\n\n{rest}"}]
        mark = {"cache_control": {"type": "ephemeral"}}
        return [
            {"role": "system", "content": [{"type": "text", "text": system, **mark}]},
            {
                "role": "user",
                "content": [{"type": "text", "text": task, **mark}, {"type": "text", "text": rest}],
            },
        ]

    @property
    def _marks_cache(self) -> bool:
        """Anthropic's models cache what is marked; others find stable beginnings by themselves."""
        return "anthropic/" in self.config.model or "claude" in self.config.model

    def _answer(
        self, situation: Situation, bodies: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        messages = self.messages(situation, bodies, feedback)
        said: list[Reply] = []
        ranked: dict[bytes, Hypothesis] = {}
        votes: dict[bytes, int] = {}
        failed: Failed | None = None
        for sample in range(self.config.samples):
            got = ask_object(self.model, self.templates, messages, seed + 1000 * sample, _read, said)
            if isinstance(got, Failed):
                failed = got
                continue
            for answer in got[: self.config.hypotheses]:
                key = canonical(answer)
                ranked.setdefault(key, Hypothesis(answer, source="model"))
                votes[key] = votes.get(key, 0) + 1
        order = sorted(ranked, key=lambda key: -votes[key])
        if self.config.steps == 2 and len(order) > 1:
            order = self._picked(messages, order, ranked, seed, said)
        hypotheses = tuple(ranked[key] for key in order)
        return Attempt(
            answer=hypotheses[0].answer if hypotheses else None,
            hypotheses=hypotheses,
            cost=self._size(messages, said),
            trace={"prompt": _shown(messages), **_told(said)},
            error="" if hypotheses or failed is None else failed.text,
        )

    def _picked(
        self,
        messages: list[Message],
        order: list[bytes],
        ranked: Mapping[bytes, Hypothesis],
        seed: int,
        said: list[Reply],
    ) -> list[bytes]:
        answers = [ranked[key].answer for key in order]
        check = [*messages, {"role": "user", "content": self.templates.render("pick", answers=answers)}]

        def read(found: dict[str, Any]) -> list[int]:
            numbers = found.get("order")
            if not isinstance(numbers, list) or not all(isinstance(n, int) for n in numbers):
                raise Unreadable('"order" must be a list of numbers')
            return [n - 1 for n in dict.fromkeys(numbers) if 1 <= n <= len(order)]

        got = ask_object(self.model, self.templates, check, seed + 500, read, said, temperature=0.0)
        if isinstance(got, Failed):
            return order
        return [order[n] for n in got] + [key for n, key in enumerate(order) if n not in got]

    def _play(
        self, situation: Situation, bodies: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        assert situation.play is not None
        messages = self.messages(situation, bodies, feedback)
        done = play(self.model, self.templates, messages, situation.play, seed, self.config.max_steps)
        return Attempt(
            answer=done.answer,
            hypotheses=(Hypothesis(done.answer, steps=tuple(done.actions), source="model"),),
            cost=self._size(messages, done.said),
            trace={"prompt": _shown(messages), **_told(done.said), "observations": done.seen},
            error=done.error,
        )

    def _within(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None
    ) -> tuple[list[Body], int]:
        """The lessons for which there is room: within their own limit, and the model's window."""
        bodies = fit(knowledge, self.config.lesson_tokens)
        if window := self.model.window:
            room = (window - self.config.max_tokens) * TOKEN
            while bodies and len(_shown(self.messages(situation, bodies, feedback))) > room:
                bodies.pop(-2 if len(bodies) > 1 else -1)
        return bodies, len(knowledge) - len(bodies)

    def _too_long(self, situation: Situation) -> str:
        size = len(self.templates.render("task", **task_values(situation.view, situation.features))) // TOKEN
        return (
            f"overflow: the task alone is about {size:,} tokens, more than {self.config.model} takes with "
            f"{self.config.max_tokens:,} for the reply: choose a model with a longer context, or a shorter task "
            "template (`smena prompt show task`)"
        )

    @staticmethod
    def _size(messages: Sequence[Message], said: Sequence[Reply]) -> float:
        """Thousands of tokens, by length: the same wherever it is counted."""
        return round((len(_shown(messages)) + sum(len(reply.text) for reply in said)) / TOKEN / 1000, 3)


def _read(found: dict[str, Any]) -> list[JSON]:
    listed = found.get("hypotheses")
    if not isinstance(listed, list):
        if "answer" in found:
            return [found["answer"]]
        raise Unreadable('"hypotheses" must be a list')
    answers = [h["answer"] for h in listed if isinstance(h, dict) and h.get("answer") is not None]
    if not answers:
        raise Unreadable('no hypothesis has an "answer"')
    return answers


def _told(said: Sequence[Reply]) -> dict[str, JSON]:
    """What the model said; ``cached`` where none of it is new, so that gates do not count it twice."""
    cached = {"cached": True} if said and all(reply.cached for reply in said) else {}
    return {"replies": [reply.text for reply in said], **cached}


def _findings(feedback: Feedback) -> list[JSON]:
    return [{"aspect": f.aspect, "value": f.value} for f in feedback.gap.findings]


def _shown(messages: Sequence[Message]) -> str:
    def text(content: Any) -> str:
        return content if isinstance(content, str) else "\n\n".join(part["text"] for part in content)

    return "\n\n".join(text(m["content"]) for m in messages)
