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


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From the train task of this number on, lessons do what ``effects`` says."""

    after: int
    effects: dict[str, float]


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
    turns: tuple[Turn, ...] = ()
    """The world may change along the tasks: from train task number ``after`` on the effects are others. A
    function of the task alone, and told to nobody; a run with ``stream = true`` meets the tasks in this
    order. Truth is that of the last turn."""
    tells: bool = True
    """False: it keeps the truth to itself, so that the audit has to find it by trials."""

    def __post_init__(self) -> None:
        if self.clusters < 1:
            raise ValueError(f"clusters must be 1 or more, is {self.clusters}")
        stated = [self.effects, *(turn.effects for turn in self.turns)]
        for kind, effect in ((k, e) for effects in stated for k, e in effects.items()):
            if kind not in EFFECTS:
                raise ValueError(f"effects: unknown kind {kind!r}; known: {', '.join(EFFECTS)}")
            if not -1 <= effect <= 1:
                raise ValueError(f"effects: {kind} must be in [-1, 1], is {effect}")
        if not all(0 <= effects.get("gaming", 0) <= 1 for effects in stated):
            raise ValueError("effects: gaming is a share of wrong answers, in [0, 1]")


class Lab:
    """The planted world. A task's view tells its own baseline success and what lessons do to it: only the
    lab's learner knows what to do with that."""

    Config = LabConfig
    version = 3
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
        view = {"name": name, "cluster": cluster, "p0": p0, "effects": self._effects_on(split, number)}
        return Task(
            id=name,
            split=split,
            view=view,
            reference=right_answer(view),
            cluster=cluster,
            features=(cluster,),
        )

    def _effects_on(self, split: Split, number: int) -> dict[str, float]:
        turned = self._effects
        for turn in self.config.turns:  # other splits are the world as it is in the end
            if split != "train" or number >= turn.after:
                turned = turned | turn.effects
        return turned

    def exact(self, task: Task, answer: JSON) -> Verdict:
        return Verdict(float(answer == task.reference))

    def truth(self, body: Body, tasks: Sequence[Task], beside: Sequence[Body] = ()) -> float | None:
        """The lesson's effect on the chance of success, alone or added to others, mean over the tasks."""
        if not self.config.tells or not tasks:
            return None
        gains = [
            chance(t.view, t.features, [*beside, body]) - chance(t.view, t.features, beside) for t in tasks
        ]
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
