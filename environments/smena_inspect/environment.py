"""An Inspect AI task as an environment: its dataset and its scorers. Its solvers are not run: how an answer is
found is the learner's business."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from smena import (
    JSON,
    SPLITS,
    Attempt,
    BadInput,
    Body,
    Gap,
    InfraError,
    Split,
    Task,
    Verdict,
    digest,
)
from smena.foreign import check_shares, gap_of, split_of, tells

if TYPE_CHECKING:
    from inspect_ai import Task as InspectTask

INSTALL = "pip install 'smena[inspect]'"


class InspectConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[env.inspect]``."""

    arg: str = ""
    """The task, as `inspect eval` takes it: ``package/task``, or ``file.py@task``."""
    args: dict[str, JSON] = {}
    """Arguments of the task."""
    shares: tuple[float, float, float, float] = (0.4, 0.3, 0.1, 0.2)
    """Of the samples, for train, eval, holdout and audit, by a hash of a sample's content."""
    limit: int = 0
    """At most so many samples; 0: all."""

    def __post_init__(self) -> None:
        check_shares(self.shares)


class Inspect:
    """Single-turn tasks. One whose samples need a sandbox, files or tools is refused in words."""

    Config = InspectConfig
    version = 1
    verifiers: ClassVar = {"inspect": 1.0}
    learner = teacher = "llm"

    def __init__(self, config: InspectConfig) -> None:
        self.config = config
        if not config.arg:
            raise BadInput("which Inspect task? --env inspect:PACKAGE/TASK or --env inspect:FILE.py@TASK")
        if config.arg.endswith(".py"):
            raise BadInput(f"which task of {config.arg}? --env inspect:{config.arg}@TASK")

    def tasks(self, split: Split) -> Sequence[Task]:
        return self._splits[split]

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        """What can be said of an answer without its target."""
        return gap_of(attempt.answer)

    def leaks(self, task: Task, body: Body) -> bool:
        """Is a right answer a word of it?"""
        return tells(body, _right(task))

    def inspect_score(self, task: Task, answer: JSON) -> Verdict:
        """An answer that is no text is wrong. Raises InfraError when a scorer fails."""
        if not isinstance(answer, str):
            return Verdict(0.0)
        try:
            return asyncio.run(self._score(task, answer))
        except InfraError:
            raise
        except Exception as error:
            raise InfraError(
                f"a scorer of {self.config.arg} failed: {type(error).__name__}: {error}"
            ) from error

    async def _score(self, task: Task, answer: str) -> Verdict:
        from inspect_ai.scorer import Target, value_to_float

        target, metadata = task.reference["target"], task.reference["metadata"]
        found: dict[str, float] = {}
        for number, scorer in enumerate(self._scorers):
            score = await scorer(_state(task, answer, target, metadata), Target(target))
            if score is None or isinstance(score.value, dict | list):
                raise InfraError(f"scorer {number + 1} of {self.config.arg} gives no single value")
            value = value_to_float()(score.value)
            if not (math.isfinite(value) and 0 <= value <= 1):
                raise InfraError(f"scorer {number + 1} of {self.config.arg} gives {value}: must be in [0, 1]")
            found[f"scorer{number + 1}"] = value
        return Verdict(sum(found.values()) / len(found), dict(found))

    @cached_property
    def _task(self) -> InspectTask:
        try:
            from inspect_ai._eval.loader import load_tasks
        except ImportError as error:
            raise BadInput(f"environment 'inspect' needs Inspect AI ({error}): {INSTALL}") from None
        try:
            found = load_tasks([self.config.arg], dict(self.config.args))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise BadInput(f"the Inspect task {self.config.arg!r} cannot be loaded: {said}") from error
        if len(found) != 1:
            names = ", ".join(task.name for task in found) or "none"
            raise BadInput(f"{self.config.arg!r} must be one Inspect task, found {names}: write FILE.py@TASK")
        return found[0]

    @cached_property
    def _scorers(self) -> Sequence[Any]:
        scorers = self._task.scorer
        if not scorers:
            raise BadInput(f"the Inspect task {self.config.arg!r} has no scorer, so nothing can be judged")
        return scorers if isinstance(scorers, list) else [scorers]

    @cached_property
    def _splits(self) -> dict[Split, list[Task]]:
        splits: dict[Split, list[Task]] = {split: [] for split in SPLITS}
        seen: set[str] = set()
        for number, sample in enumerate(self._task.dataset):
            if self.config.limit and number >= self.config.limit:
                break
            if sample.sandbox or sample.files or sample.setup or self._task.sandbox:
                raise BadInput(
                    f"the Inspect task {self.config.arg!r} works in a sandbox of its own, which the bridge "
                    "cannot play: it takes tasks that ask a question and score the answer"
                )
            view: dict[str, JSON] = {"question": _text(sample.input)}
            if sample.choices:
                view["choices"] = list(sample.choices)
                view["form"] = "End with a line 'ANSWER: LETTER', A for the first choice."
            content = digest(view)
            if content in seen:  # a copy in another split would be learned on and measured on
                continue
            seen.add(content)
            split = split_of(content, self.config.shares)
            target = [sample.target] if isinstance(sample.target, str) else list(sample.target)
            reference = {"target": target, "metadata": _plain(sample.metadata or {})}
            name = (
                f"{self._task.name}/{content[:8]}" if sample.id is None else f"{self._task.name}/{sample.id}"
            )
            features = ("form=choice" if sample.choices else "form=text",)
            splits[split].append(Task(name, split, view, reference, features=features))
        return splits


def _state(task: Task, answer: str, target: list[str], metadata: dict[str, Any]) -> Any:
    """What a scorer gets to see: as after a run with this answer."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelName, ModelOutput
    from inspect_ai.scorer import Target
    from inspect_ai.solver import TaskState

    state = TaskState(
        model=ModelName("smena/learner"),
        sample_id=task.id,
        epoch=1,
        input=task.view["question"],
        messages=[ChatMessageUser(content=task.view["question"]), ChatMessageAssistant(content=answer)],
        target=Target(target),
        choices=task.view.get("choices"),
        output=ModelOutput.from_content("smena/learner", answer),
        completed=True,
        metadata=metadata,
    )
    if task.view.get("choices"):
        from inspect_ai.solver._multiple_choice import parse_answers, set_choices_based_on_generated_response

        set_choices_based_on_generated_response(state, parse_answers(state, len(target) > 1))
    return state


def _right(task: Task) -> list[str]:
    """The texts that say the answer: a letter stands for its choice."""
    choices, targets = task.view.get("choices"), task.reference["target"]
    if not choices:
        return list(targets)
    return [
        str(choices[ord(t) - ord("A")]) for t in targets if len(t) == 1 and ord(t) - ord("A") < len(choices)
    ]


def _text(given: Any) -> str:
    """A question, or a conversation as text."""
    if isinstance(given, str):
        return given
    return "\n\n".join(f"{message.role}: {message.text}" for message in given)


def _plain(value: Any) -> JSON:
    """Metadata as JSON; what has no such form as its text."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=str))
