"""The embedded teacher: finds a program by enumeration and tells of it as little as helps.

It searches on what the learner may check (the train pairs), never on the reference, so that its program may
fit and still be wrong: such lessons are what the gates are for. That the attempt failed tells it which
answers are wrong; programs that give one of them are passed over.

Of a task that is played it speaks as :mod:`smena_search.coach` does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from smena.protocols import Lesson, Move, SearchSpace, Situation
from smena.values import Antipattern, Attempt, Feedback, Pattern, canonical, digest

from smena_search import coach
from smena_search.enumeration import enumerate_fits
from smena_search.space import space_of


class TeacherConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the teacher, ``[teacher.search]``."""

    nodes: int = 4000
    """Steps that the enumeration tries at most."""
    depth: int = 3
    """At most so many steps in a program."""
    ladder: Literal["gap", "direct"] = "gap"
    """``gap``: the least disclosing lesson first [3.2]. ``direct``: the whole program at once (the
    ablation)."""
    antipatterns: bool = True
    """Last of all, tell of a program that explained everything and was wrong."""
    triggers: int = 1
    """How many of the task's features, the most telling first, a lesson is tied to."""

    slip: float = 0.25
    """Of a task that is played: how often the teacher errs, leaving a step out or naming a wrong thing."""

    def __post_init__(self) -> None:
        if not 0 <= self.slip <= 1:
            raise ValueError(f"slip must be in [0, 1], is {self.slip}")
        for name in ("nodes", "depth"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, is {getattr(self, name)}")


class SearchTeacher:
    """Turns the cheapest program that fits, and has not just failed, into a ladder of lessons."""

    Config = TeacherConfig
    version = 1

    def __init__(self, config: TeacherConfig | None = None) -> None:
        self.config = config or TeacherConfig()

    def lessons(self, situation: Situation, feedback: Feedback, seed: int) -> Sequence[Lesson]:
        """The ladder of the task, least disclosing first; empty where nothing is found. ``seed`` plays a part
        in the teacher's errors only."""
        config = self.config
        triggers = situation.features[: config.triggers]
        if situation.space is None and situation.play is not None:
            return self._coach(situation, triggers, feedback, seed)
        space = space_of(situation)
        refuted = list(_refuted(space, feedback.failed))
        wrong = {answer for _, answer in refuted}
        fits = enumerate_fits(space, config.nodes, config.depth)
        fit = next((fit for fit in fits if fit.answer not in wrong), None)
        lessons: list[Lesson] = []
        if fit is not None:
            rungs = ladder(fit.moves)
            if config.ladder == "direct":
                rungs = {"program": rungs["program"]}
            lessons += [
                Lesson(rung, Pattern(_title(steps), triggers, steps)) for rung, steps in rungs.items()
            ]
        if config.antipatterns:
            lessons += [Lesson("antipattern", _antipattern(steps, triggers)) for steps, _ in refuted[:1]]
        return lessons

    def _coach(
        self, situation: Situation, triggers: Sequence[str], feedback: Feedback, seed: int
    ) -> Sequence[Lesson]:
        config, rng = self.config, random.Random(int(digest(["coach", seed]), 16))
        told = coach.lessons(situation.features, situation.means, feedback, triggers, config.slip, rng)
        return [
            lesson
            for lesson in told
            if (config.antipatterns or lesson.rung != "antipattern")
            and (config.ladder == "gap" or lesson.rung in ("procedure", "antipattern"))
        ]


def ladder(moves: Sequence[Move]) -> dict[str, tuple[str, ...]]:
    """Rungs by name, from what discloses least to the whole program; those that say the same are one."""
    steps = tuple(move.name for move in moves)
    families = tuple(f"?{move.family}" for move in moves)
    rungs = {
        "family": families,
        "first-step": (steps[0], *["?"] * (len(steps) - 1)),
        "template": (*steps[:-1], families[-1]),
        "program": steps,
    }
    names: dict[tuple[str, ...], str] = {}
    for rung, body in rungs.items():
        names.setdefault(body, rung)
    names[steps] = "program"
    return {rung: body for body, rung in names.items()}


def _refuted(space: SearchSpace, failed: Attempt) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """The hypotheses that the validator let through, with their answers: the attempt failed, so each is
    wrong."""
    for hypothesis in failed.hypotheses:
        node = space.root()
        for step in hypothesis.steps:
            node = None if node is None else space.apply(node, step)
        if node is not None and space.fits(node):
            yield hypothesis.steps, canonical(space.answer(node))


def _antipattern(steps: tuple[str, ...], triggers: tuple[str, ...]) -> Antipattern:
    return Antipattern(_title(steps), triggers, "explains all that can be checked, and is wrong", steps)


def _title(steps: tuple[str, ...]) -> str:
    return " → ".join(steps)
