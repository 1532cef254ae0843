"""Tasks whose baseline success is drawn from Beta(½, 2), in clusters; answers are right or wrong, the
oracle is exact, and the effect of every lesson is known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import ClassVar

import msgspec
from smena import Attempt, Body, Example, Fact, Finding, Gap, Task, Verdict, digest
from smena.values import JSON, Split

from smena_lab.plants import EFFECTS, chance


class LabConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``sizes`` are tasks a split; ``clusters`` how many kinds of task there are; ``seed`` draws the
    difficulties."""

    sizes: dict[str, int] = msgspec.field(
        default_factory=lambda: {"train": 60, "eval": 60, "holdout": 30, "audit": 60}
    )
    clusters: int = 4
    seed: int = 0
    effects: dict[str, float] = {}
    """What a kind of lesson does, where it is not the default of :data:`smena_lab.plants.EFFECTS`."""
    tells: bool = True
    """False: it keeps the truth to itself, so that the audit has to find it by trials."""

    def __post_init__(self) -> None:
        if self.clusters < 1:
            raise ValueError(f"clusters must be 1 or more, is {self.clusters}")
        for kind, effect in self.effects.items():
            if kind not in EFFECTS:
                raise ValueError(f"effects: unknown kind {kind!r}; known: {', '.join(EFFECTS)}")
            if not -1 <= effect <= 1:
                raise ValueError(f"effects: {kind} must be in [-1, 1], is {effect}")
        if not 0 <= self.effects.get("gaming", 0) <= 1:
            raise ValueError("effects: gaming is a share of wrong answers, in [0, 1]")


class Lab:
    """The planted world. A task's view tells its own baseline success and what lessons do to it: only the
    lab's learner knows what to do with that."""

    Config = LabConfig
    version = 2
    verifiers: ClassVar = {"exact": 1.0}
    learner = teacher = "lab"

    def __init__(self, config: LabConfig) -> None:
        self.config = config
        self._effects = EFFECTS | config.effects

    def tasks(self, split: Split) -> Sequence[Task]:
        return [self._task(split, number) for number in range(self.config.sizes.get(split, 0))]

    def _task(self, split: Split, number: int) -> Task:
        rng = random.Random(digest(["lab", self.config.seed, split, number]))
        name, cluster = f"{split}-{number:04}", f"cluster={number % self.config.clusters}"
        p0 = round(rng.betavariate(0.5, 2), 6)
        view = {"name": name, "cluster": cluster, "p0": p0, "effects": self._effects}
        return Task(
            id=name,
            split=split,
            view=view,
            reference=right_answer(view),
            cluster=cluster,
            features=(cluster,),
        )

    def exact(self, task: Task, answer: JSON) -> Verdict:
        return Verdict(float(answer == task.reference))

    def truth(self, body: Body, tasks: Sequence[Task]) -> float | None:
        """The lesson's effect on the chance of success, alone, mean over the tasks."""
        if not self.config.tells or not tasks:
            return None
        gains = [chance(t.view, t.features, [body]) - chance(t.view, t.features, []) for t in tasks]
        return sum(gains) / len(gains)

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        return Gap((Finding("answer", "wrong"),))

    def example(self, task: Task, attempt: Attempt) -> Example:
        return Example(input=task.view, expected_output=None, student_output_before_fix=attempt.answer)

    def leaks(self, task: Task, body: Body) -> bool:
        """A planted lesson is a name; nothing else is an answer."""
        return isinstance(body, Fact) and bool(body.value == task.reference)


def right_answer(view: dict[str, JSON]) -> str:
    return f"right:{view['name']}"
