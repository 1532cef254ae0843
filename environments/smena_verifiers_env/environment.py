"""A taskset of the `verifiers` package (0.4, `verifiers.v1`) as an environment: its tasks and its rewards. Its
harnesses and runtimes are not used: how an answer is found is the learner's business."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

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
from smena.secrets import leaves

INSTALL = "pip install 'smena[verifiers]'"
PROMPT = {"prompt", "system_prompt", "idx", "id", "name", "description"}
"""What of a task's data is not ground truth; everything else stays behind."""


class VerifiersConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[env.verifiers]``."""

    arg: str = ""
    """The taskset's id: an installed package that exports a ``Taskset``."""
    args: dict[str, JSON] = {}
    """Fields of the taskset's configuration."""
    shares: tuple[float, float, float, float] = (0.4, 0.3, 0.1, 0.2)
    """Of the tasks, for train, eval, holdout and audit, by a hash of a task's content."""
    limit: int = 1000
    """At most so many tasks: a taskset may be endless."""

    def __post_init__(self) -> None:
        check_shares(self.shares)
        if self.limit < 1:
            raise ValueError(f"limit must be 1 or more, is {self.limit}")


class Verifiers:
    """Single-turn tasks. One that needs a container or tools is refused in words."""

    Config = VerifiersConfig
    version = 1
    verifiers: ClassVar = {"verifiers-rewards": 1.0}
    learner = teacher = "llm"

    def __init__(self, config: VerifiersConfig) -> None:
        self.config = config
        if not config.arg:
            raise BadInput("which taskset? --env verifiers:NAME, the id of an installed taskset package")

    def tasks(self, split: Split) -> Sequence[Task]:
        return self._splits[split]

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        """What can be said of an answer without its ground truth."""
        return gap_of(attempt.answer)

    def leaks(self, task: Task, body: Body) -> bool:
        """Is a part of the ground truth a word of it?"""
        return tells(body, (answer for _, answer in leaves(task.reference)))

    def verifiers_score(self, task: Task, answer: JSON) -> Verdict:
        """An answer that is no text is wrong. Raises InfraError when a reward fails or needs a runtime."""
        if not isinstance(answer, str):
            return Verdict(0.0)
        theirs = self._theirs[task.id]
        trace = _trace(theirs, answer)
        try:
            asyncio.run(theirs.score(trace))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise InfraError(f"scoring of taskset {self.config.arg} failed: {said}") from error
        rewards = {name: reward for name, reward in trace.rewards.items() if reward is not None}
        weight = sum(abs(reward.weight) for reward in rewards.values())
        if not weight:
            raise InfraError(f"taskset {self.config.arg} gives no reward without a runtime of its own")
        total = sum(reward.value for reward in rewards.values()) / weight
        if not math.isfinite(total):
            raise InfraError(f"taskset {self.config.arg} gives the reward {total}")
        told = {name: reward.score for name, reward in rewards.items()}
        return Verdict(min(1.0, max(0.0, total)), dict(told))

    @cached_property
    def _taskset(self) -> Any:
        try:
            from verifiers.v1.utils.loaders import taskset_class, taskset_config_type
        except ImportError as error:
            raise BadInput(
                f"environment 'verifiers' needs the package verifiers ({error}): {INSTALL}"
            ) from None
        try:
            config = taskset_config_type(self.config.arg)(id=self.config.arg, **self.config.args)
            return taskset_class(self.config.arg)(config)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise BadInput(f"the taskset {self.config.arg!r} cannot be loaded: {said}") from error

    @cached_property
    def _theirs(self) -> dict[str, Any]:
        """Their tasks by our ids; copies by content are left out."""
        found: dict[str, Any] = {}
        for theirs in islice(self._taskset, self.config.limit):
            if theirs.NEEDS_CONTAINER or theirs.data.image or type(theirs).toolsets(theirs.config):
                raise BadInput(
                    f"the taskset {self.config.arg!r} needs a container or tools, which the bridge cannot give: "
                    "it takes tasks that ask a question and score the answer"
                )
            found.setdefault(f"{self.config.arg}/{digest(_view(theirs))[:12]}", theirs)
        return found

    @cached_property
    def _splits(self) -> dict[Split, list[Task]]:
        splits: dict[Split, list[Task]] = {split: [] for split in SPLITS}
        for name, theirs in self._theirs.items():
            view = _view(theirs)
            split = split_of(digest(view), self.config.shares)
            data = theirs.data.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
            reference = {key: value for key, value in data.items() if key not in PROMPT}
            features = (f"taskset={self.config.arg}",)
            splits[split].append(Task(name, split, view, reference, features=features))
        return splits


def _view(theirs: Any) -> dict[str, JSON]:
    view = {"question": theirs.data.prompt_text}
    return view | ({"instructions": theirs.data.system_prompt} if theirs.data.system_prompt else {})


def _trace(theirs: Any, answer: str) -> Any:
    """What a reward gets to see: as after a run with this answer."""
    import verifiers.v1 as vf

    agent = vf.AgentInfo(config=vf.AgentConfig(), name="smena")
    task = vf.TraceTask(type=type(theirs).__name__, data=theirs.data)
    nodes = [
        vf.MessageNode(message=vf.UserMessage(content=theirs.data.prompt_text)),
        vf.MessageNode(parent=0, message=vf.AssistantMessage(content=answer), sampled=True),
    ]
    return vf.Trace(task=task, agent=agent, nodes=nodes, root_reply=answer)
