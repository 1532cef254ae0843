"""Save policies of published systems, as baselines: each rule as its source has it, on the same trials as
the causal gates.

Where the source lets a language model judge a use, the run's own verdict stands in for it: success is
agreement (a helpful tag, a hit), failure is disagreement.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from smena.causal.gate import Gate
from smena.causal.literal import KeepAll
from smena.causal.pairs import chance
from smena.causal.published import JudgeGate, StrictGain, UseGate
from smena.protocols import Candidate


class NoSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """This policy has no settings."""


class SaveAll:
    """Every lesson is kept at once and for ever, as in Reflexion (arXiv:2303.11366)."""

    Config: ClassVar[Any] = NoSettings
    version = 1
    needs_transition = False

    def __init__(self, config: Any) -> None:
        self.config = config

    def screen(self, item: str, origin: str) -> Gate:
        return KeepAll("screen")

    def confirm(self, candidate: Candidate) -> Gate:
        return KeepAll("confirm")


class Transition(SaveAll):
    """The 0→1 transition alone [3.3]: saves a useless item with probability p0."""

    needs_transition = True

    def screen(self, item: str, origin: str) -> Gate:
        return KeepAll("screen", "it preceded a 0→1 transition")


class RandomConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``random``."""

    probability: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        _shares(probability=self.probability)


class RandomSave(SaveAll):
    """Keeps a share of the lessons whatever they do [7.2]; the draw is a function of the item and the
    seed."""

    Config = RandomConfig

    def screen(self, item: str, origin: str) -> Gate:
        kept = chance(f"random|{self.config.seed}|{item}") < self.config.probability
        return KeepAll("screen", "the dice say so", verdict="pass" if kept else "drop")


class JudgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``llm-judge``: the error rates of the judge."""

    sensitivity: float = 0.9
    specificity: float = 0.8

    def __post_init__(self) -> None:
        _shares(sensitivity=self.sensitivity, specificity=self.specificity)


class Judge(SaveAll):
    """Saved if a judge calls the run a success (Agent Workflow Memory, arXiv:2409.07429)."""

    Config = JudgeConfig

    def screen(self, item: str, origin: str) -> Gate:
        return JudgeGate(item, origin, self.config.sensitivity, self.config.specificity)


class UsesConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many uses a lesson goes through before the run says that it was kept."""

    uses: int = 10

    def __post_init__(self) -> None:
        if self.uses < 1:
            raise ValueError(f"uses must be 1 or more, is {self.uses}")


class _Uses(SaveAll):
    Config: ClassVar[Any] = UsesConfig

    def lost(self, successes: int, failures: int) -> str:
        """Why an item with these uses behind it is dropped; empty: it is kept."""
        raise NotImplementedError

    def confirm(self, candidate: Candidate) -> Gate:
        return UseGate("confirm", candidate.item, candidate.pool, self.config.uses, self.lost)


class VotesConfig(UsesConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``votes``. ``remove`` is 3 in the source while its list is overfull (25 rules or more)."""

    add: int = 2
    remove: int = 1


class Votes(_Uses):
    """ADD gives 2, AGREE or EDIT +1, REMOVE −1; dropped at 0 (ExpeL, arXiv:2308.10144)."""

    Config = VotesConfig

    def lost(self, successes: int, failures: int) -> str:
        score = self.config.add + successes - self.config.remove * failures
        return f"votes fell to {score}" if score <= 0 else ""


class CountersConfig(UsesConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``counters``. ``harmful`` 0: count only and keep all, as the source has it."""

    harmful: int = 3


class Counters(_Uses):
    """Helpful and harmful tags are counted; the variant here drops at 3 harmful ones (ACE,
    arXiv:2510.04618)."""

    Config = CountersConfig

    def lost(self, successes: int, failures: int) -> str:
        return f"{failures} harmful tags" if 0 < self.config.harmful <= failures else ""


class SuccessRate(_Uses):
    """Dropped when at least 3 hits have a success rate below one half (MemP, arXiv:2508.06433)."""

    def lost(self, successes: int, failures: int) -> str:
        hits = successes + failures
        return f"{successes} successes in {hits} hits" if hits >= 3 and successes / hits < 0.5 else ""


class StrictGainConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``strict-gain``."""

    tasks: int = 40
    """Held-out tasks, at most all of the pool."""

    def __post_init__(self) -> None:
        if self.tasks < 1:
            raise ValueError(f"tasks must be 1 or more, is {self.tasks}")


class StrictGainSave(SaveAll):
    """Accepted if the held-out sum strictly rises (GEPA, arXiv:2507.19457; SkillOpt)."""

    Config = StrictGainConfig

    def confirm(self, candidate: Candidate) -> Gate:
        return StrictGain(candidate.item, candidate.pool, self.config.tasks)


def _shares(**values: float) -> None:
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in [0, 1], is {value}")
