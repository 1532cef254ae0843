"""A domain so small that it needs no plugin: partners for a plugin under test (an environment for a learner, a
learner for an environment). Nothing of it is offered to users.

Words are shifted along the alphabet; the right shift depends on a colour. The learner guesses it, and a pattern
``shift:K`` tells it."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from typing import ClassVar

import msgspec

from smena.config import RunConfig
from smena.hookspecs import hookimpl
from smena.protocols import Environment, Lesson, Move, SearchSpace, Situation
from smena.registry import Registry
from smena.setup import registry
from smena.values import JSON, Attempt, Body, Feedback, Finding, Gap, Pattern, Split, Task, Verdict, digest
from smena.worker import Worker

SHIFTS = 5
COLOURS = {"red": 1, "green": 2, "blue": 3}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No settings."""


def shifted(word: str, by: int) -> str:
    return "".join(LETTERS[(LETTERS.index(c) + by) % 26] for c in word)


class ToySpace:
    """One step, one of SHIFTS programs; the view's example says which of them fit."""

    def __init__(self, view: JSON) -> None:
        self._view = view
        self._moves = [Move(f"shift:{n}", 1.0, "shift") for n in range(SHIFTS)]

    def root(self) -> int:
        return -1

    def moves(self, node: int) -> Sequence[Move]:
        return self._moves if node < 0 else []

    def apply(self, node: int, name: str) -> int | None:
        number = name.removeprefix("shift:")
        return int(number) if node < 0 and number.isdigit() and int(number) < SHIFTS else None

    def key(self, node: int) -> Hashable:
        return node

    def fits(self, node: int) -> bool:
        return node >= 0 and shifted(self._view["example"][0], node) == self._view["example"][1]

    def answer(self, node: int) -> JSON | None:
        return shifted(self._view["word"], node) if node >= 0 else None


class Toy:
    """The environment ``contract-toy``."""

    Config = Nothing
    version = 1
    verifiers: ClassVar = {"contract-equal": 1.0}
    learner = teacher = "contract-toy"

    def __init__(self, config: Nothing) -> None:
        self.config = config

    def tasks(self, split: Split) -> Sequence[Task]:
        return [self._task(split, number) for number in range(12 if split != "holdout" else 4)]

    def _task(self, split: Split, number: int) -> Task:
        rng = random.Random(digest(["toy", split, number]))
        colour = list(COLOURS)[number % len(COLOURS)]
        word, other = ("".join(rng.choices(LETTERS, k=8)) for _ in range(2))
        view = {"word": word, "colour": colour, "example": [other, shifted(other, COLOURS[colour])]}
        reference = shifted(word, COLOURS[colour])
        return Task(f"{split}-{number}", split, view, reference, colour, (f"colour={colour}",))

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        return Gap((Finding("answer", "not the right shift"),))

    def exact(self, task: Task, answer: JSON) -> Verdict:
        return Verdict(float(answer == task.reference))

    def space(self, view: JSON) -> SearchSpace:
        return ToySpace(view)


class ToyLearner:
    """Guesses a shift; a pattern of the right colour is followed."""

    Config = Nothing
    version = 1

    def __init__(self, config: Nothing) -> None:
        self.config = config

    def attempt(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        rng = random.Random(digest([seed, situation.view, knowledge]))
        known = [
            b for b in knowledge if isinstance(b, Pattern) and set(b.triggers) <= set(situation.features)
        ]
        told = [int(step.partition(":")[2]) for b in known for step in b.steps if step.startswith("shift:")]
        by = rng.choice(told) if told and rng.random() < 0.9 else rng.randrange(SHIFTS)
        return Attempt(answer=shifted(situation.view["word"], by), cost=1.0)

    def cost(self, body: Body) -> float:
        return 0.01


class ToyTeacher:
    """Reads the shift off the view's example, or says a wrong one."""

    Config = Nothing
    version = 1

    def __init__(self, config: Nothing) -> None:
        self.config = config

    def lessons(self, situation: Situation, feedback: Feedback, seed: int) -> Sequence[Lesson]:
        colour, (word, seen) = situation.view["colour"], situation.view["example"]
        right = (LETTERS.index(seen[0]) - LETTERS.index(word[0])) % 26
        steps = (f"shift:{(right + seed % 2) % SHIFTS}",)
        return [Lesson("rule", Pattern(f"{colour} {steps[0]}", (f"colour={colour}",), steps))]


class Equal:
    """Verifier ``contract-equal``: the environment's ``exact``, else equality with the reference."""

    Config = Nothing
    version = 1

    def __init__(self, config: Nothing) -> None:
        self.config = config

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        own = getattr(environment, "exact", None)
        verdict: Verdict = (
            own(task, attempt.answer) if own else Verdict(float(attempt.answer == task.reference))
        )
        return verdict


class Absent:
    """Learner ``contract-absent``: knows nothing, plays a few actions where there is something to play."""

    Config = Nothing
    version = 1
    ACTIONS = 6

    def __init__(self, config: Nothing) -> None:
        self.config = config

    def attempt(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        if situation.play is None:
            return Attempt(answer=None, cost=1.0)
        rng, seen = random.Random(seed), []
        with situation.play() as episode:
            shown = episode.start()
            for _ in range(self.ACTIONS):
                seen.append(shown.text)
                if shown.done:
                    break
                shown = episode.act(rng.choice(sorted(shown.actions)) if shown.actions else "look")
            return Attempt(answer=episode.answer(), cost=float(len(seen)), trace=seen)

    def cost(self, body: Body) -> float:
        return 0.0


class Hooks:
    """The toy as a plugin."""

    @hookimpl
    def smena_environments(self) -> dict[str, str]:
        return {"contract-toy": f"{__name__}:Toy"}

    @hookimpl
    def smena_learners(self) -> dict[str, str]:
        return {"contract-toy": f"{__name__}:ToyLearner", "contract-absent": f"{__name__}:Absent"}

    @hookimpl
    def smena_teachers(self) -> dict[str, str]:
        return {"contract-toy": f"{__name__}:ToyTeacher"}

    @hookimpl
    def smena_verifiers(self) -> dict[str, str]:
        return {"contract-equal": f"{__name__}:Equal"}


PLUGIN = "smena.testing"


def plugins() -> Registry:
    """The installed plugins, and the toy."""
    found = registry()
    if not found.manager.has_plugin(PLUGIN):
        found.register(Hooks(), PLUGIN)
    return found


def make_worker(config: RunConfig, sandbox: str = "auto") -> Worker:
    """A worker that knows the toy too, in whatever process it is made.

    Workers are forked and would share the state of Python's own generator: one that leans on it must show."""
    random.seed()
    plugins()
    return Worker(config, sandbox)
