"""A learner whose success is a coin with a known bias, and a teacher who plants lessons of known effect.

A lesson's name begins with its kind, and nothing else about it matters: see `smena_lab.plants`."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
from smena import Attempt, BadInput, Body, Feedback, Lesson, Pattern, Situation, digest
from smena.values import JSON

from smena_lab.plants import EFFECTS, chance, make_up


class LearnerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ways in which real learners depart from independent coins."""

    coupled: bool = False
    """Both arms of a comparison throw the same coin (common random numbers)."""
    coins: int = 0
    """Seed correlation: only so many different coins exist, whatever the task, so that two trials share
    their luck with probability 1/coins; 0: a coin for every trial. Models a learner whose outcome depends on
    few effective seeds. No gate's guarantee covers a small number."""
    drift: float = 0.0
    """The learner has good and bad days: its chance is shifted by up to so much either way. The day is a
    function of the seed, so both arms of a pair have the same one and other pairs others: drift under
    concurrent baselines. A slow trend through a run cannot be had: a trial does not know when it runs."""

    frozen: bool = False
    """Seeds do not matter: equal trials give equal answers, as a model at temperature 0 does. It says so, and
    repeats count once."""

    def __post_init__(self) -> None:
        if self.coins < 0:
            raise ValueError(f"coins must be 0 or more, is {self.coins}")
        if not 0 <= self.drift <= 1:
            raise ValueError(f"drift must be in [0, 1], is {self.drift}")


class LabLearner:
    """Succeeds with the planted chance. Cost: one unit an attempt and one more an item."""

    Config = LearnerConfig
    version = 3

    def __init__(self, config: LearnerConfig) -> None:
        self.config = config
        self.deterministic = config.frozen

    def attempt(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        view, features = _planted_view(situation), situation.features
        if self.config.frozen:
            seed = 0
        luck = self._luck(view["name"], [digest(body) for body in knowledge], seed)
        coin = random.Random(luck)
        if coin.random() < chance(view, features, knowledge) + self._day(seed):
            answer = f"right:{view['name']}"
        elif coin.random() < make_up(view, features, knowledge):
            answer = f"convincing:{luck}"
        else:
            answer = f"wrong:{luck}"
        return Attempt(answer=answer, cost=1.0 + len(knowledge), trace={"luck": luck})

    def _luck(self, task: str, arm: list[str], seed: int) -> str:
        coin = [seed % self.config.coins] if self.config.coins else [task, seed]
        luck: str = digest([coin, [] if self.config.coupled else arm])
        return luck

    def _day(self, seed: int) -> float:
        if not self.config.drift:
            return 0.0
        return random.Random(digest(["day", seed])).uniform(-self.config.drift, self.config.drift)

    def cost(self, body: Body) -> float:
        return 0.01


def _planted_view(situation: Situation) -> dict[str, JSON]:
    """Raises BadInput where nothing is planted."""
    if not isinstance(situation.view, dict) or "p0" not in situation.view:
        raise BadInput("learner and teacher 'lab' play planted tasks only: --env lab")
    return situation.view


class TeacherConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``mix``: how often each kind is planted, as weights; ``per_cluster``: lessons of a cluster to choose
    from (a crutch always belongs to its task, a combination has two halves)."""

    mix: dict[str, float] = msgspec.field(
        default_factory=lambda: {
            "useful": 0.2,
            "null": 0.4,
            "harmful": 0.15,
            "crutch": 0.15,
            "gaming": 0.05,
            "combination": 0.05,
        }
    )
    per_cluster: int = 8
    rungs: int = 3

    def __post_init__(self) -> None:
        if unknown := set(self.mix) - set(EFFECTS):
            raise ValueError(f"mix: unknown kind {min(unknown)!r}; known: {', '.join(EFFECTS)}")
        if not self.mix or min(self.mix.values()) < 0 or not sum(self.mix.values()):
            raise ValueError("mix: weights must be 0 or more and not all 0")


class LabTeacher:
    """Plants lessons without knowing which are good, as teachers do."""

    Config = TeacherConfig
    version = 2

    def __init__(self, config: TeacherConfig) -> None:
        self.config = config

    def lessons(self, situation: Situation, feedback: Feedback, seed: int) -> Sequence[Lesson]:
        view = _planted_view(situation)
        rng = random.Random(digest([view["name"], seed]))
        cluster = view["cluster"]
        planted = []
        for rung in range(self.config.rungs):
            number = rng.randrange(self.config.per_cluster)
            kind = self._kind(cluster, number)
            place = view["name"] if kind == "crutch" else f"{cluster}/{number}"
            half = f":{rng.choice(('left', 'right'))}" if kind == "combination" else ""
            planted.append(Lesson(f"rung-{rung}", Pattern(f"{kind}:{place}{half}", (cluster,), ("planted",))))
        return planted

    def _kind(self, cluster: str, number: int) -> str:
        rng = random.Random(digest(["kind", cluster, number]))
        (kind,) = rng.choices(list(self.config.mix), weights=list(self.config.mix.values()))
        return kind
