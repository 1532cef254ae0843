"""The embedded learner: samples programs, keeps those that explain what it may check, answers with the
likeliest.

Two steps [3.1]: hypotheses are drawn from the environment's operator vocabulary, the validator (`space.fits`)
picks. Knowledge acts on the draw only: a pattern whose triggers hold takes a share ``rho`` of the proposals
until its programs are used up, an antipattern makes its steps less likely. Facts say nothing to it. Feedback
reaches it as knowledge; the gap itself it cannot read.

A task that is played, not answered, has an episode in place of a vocabulary: see :mod:`smena_search.player`.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec
from smena.errors import BadInput
from smena.protocols import SearchSpace, Situation
from smena.values import Antipattern, Attempt, Body, Fact, Feedback, Hypothesis, Pattern, canonical, digest

from smena_search.draws import Draws, Program, Validator
from smena_search.player import Temper, play
from smena_search.space import space_of


class LearnerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the learner, ``[learner.search]``."""

    budget: int = 60
    """B: distinct programs tried in an attempt, whoever proposes them. One that does not apply was tried
    too."""
    rho: float = 0.5
    """ρ: probability that a proposal comes from a matching pattern, while one has proposals left."""
    depth: int = 3
    """At most so many steps in a program of the learner's own; a pattern may be longer."""
    prior: float = 0.0
    """How far its own proposals follow the space's prior: a move is drawn in proportion to exp(−prior ·
    cost). 0: not at all, it knows the vocabulary and nothing else; 1: as the space says. A prior that was
    counted on solved tasks is knowledge that no gate has seen."""
    steps: Literal[2, 1] = 2
    """2: hypotheses, then the validator. 1: no validator, the answer that most programs give (ablation at
    equal compute)."""
    coupled: bool = False
    """False: arms are independent. True: the learner's own proposals are the same with any knowledge, which
    lowers variance and makes false saves impossible by construction; label results that use it."""
    max_hypotheses: int = 2
    """Distinct answers given, best first."""
    caution: float = 2.0
    """What an antipattern adds to the cost of each of its steps, in nats; against a command in an episode."""
    follow: float = 0.95
    """In an episode: probability that an action follows a pattern, while one applies."""
    focus: float = 3.0
    """In an episode: what each word that a command shares with the task, or with a pattern's step, adds for
    it, in nats."""
    boredom: float = 0.6
    """In an episode: what each earlier use of a command adds against it, in nats."""

    def __post_init__(self) -> None:
        for name in ("budget", "depth", "max_hypotheses"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, is {getattr(self, name)}")
        for name in ("rho", "follow"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], is {getattr(self, name)}")
        if self.prior < 0:
            raise ValueError(f"prior must be 0 or more, is {self.prior}")


class Trying(NamedTuple):
    """A program that was tried, and who proposed it: a pattern's digest or ``base``."""

    program: Program
    source: str


class SearchLearner:
    """P_θ as a sampler of programs, or as a player. Its unit of cost is one program tried, or one action."""

    Config = LearnerConfig
    version = 1

    def __init__(self, config: LearnerConfig | None = None) -> None:
        self.config = config or LearnerConfig()

    def attempt(
        self, situation: Situation, knowledge: Sequence[Body], feedback: Feedback | None, seed: int
    ) -> Attempt:
        """Try once. The answer is the list of the distinct answers of the ranked hypotheses; of an episode, the
        episode's."""
        if situation.space is None and situation.play is not None:
            return self._play(situation, knowledge, seed)
        space, two_steps = space_of(situation), self.config.steps == 2
        fits = Validator(space, on=two_steps)
        digests = () if self.config.coupled else tuple(digest(body) for body in knowledge)
        salt = digest([seed, situation.view, digests])
        active = [body for body in knowledge if applies(body, situation)]
        tried = list(self._tried(space, fits, active, salt))
        made = sorted((t for t in tried if t.program.node is not None), key=_likeliest)
        kept = [t for t in made if fits(t.program.node)] if two_steps else made
        ranked = _distinct(space, kept, voting=not two_steps)
        hypotheses = tuple(ranked[: self.config.max_hypotheses])
        return Attempt(
            answer=[h.answer for h in hypotheses],
            hypotheses=hypotheses,
            cost=float(len(tried)),
            trace={"tried": len(tried), "kept": len(kept), "by": dict(Counter(t.source for t in tried))},
        )

    def _play(self, situation: Situation, knowledge: Sequence[Body], seed: int) -> Attempt:
        assert situation.play is not None
        config = self.config
        known = [body for body in knowledge if isinstance(body, Fact) or applies(body, situation)]
        digests = () if config.coupled else tuple(digest(body) for body in knowledge)
        rng = _rng("play", digest([seed, situation.view, digests]))
        temper = Temper(config.follow, config.focus, config.boredom, config.caution)
        try:
            played = play(situation.play(), situation.view, situation.features, known, temper, rng)
        except ValueError as error:
            raise BadInput(f"learner 'search' cannot play here: {error}") from None
        return Attempt(played.answer, cost=float(played.actions), trace={"followed": played.followed})

    def cost(self, body: Body) -> float:
        """A hundredth for every word that the item carries (triggers and steps; three for a fact), at most 1.

        What it takes from the learner's own proposals is not counted: attempts have a fixed budget, so that
        it shows in the reward."""
        words = 3 if isinstance(body, Fact) else len(body.triggers) + len(body.steps)
        return min(1.0, words / 100)

    def _tried(
        self, space: SearchSpace, fits: Validator, active: Sequence[Body], salt: str
    ) -> Iterator[Trying]:
        """Up to B distinct programs, in the order of their proposal."""
        config = self.config
        caution: Counter[str] = Counter()
        for body in active:
            if isinstance(body, Antipattern):
                caution.update(dict.fromkeys(body.steps, config.caution))

        def stream(name: str, template: Sequence[str]) -> tuple[str, Draws]:
            return name, Draws(space, fits, template, config.prior, caution, _rng(name, salt))

        base = deque([stream("base", ("?",) * config.depth)])
        patterns = deque(stream(digest(b), b.steps) for b in active if isinstance(b, Pattern) and b.steps)
        mix = _rng("mix", salt)
        tried: set[tuple[str, ...]] = set()
        while len(tried) < config.budget and (base or patterns):
            informed = patterns and (not base or mix.random() < config.rho)
            queue = patterns if informed else base
            source, draws = queue[0]
            program = draws.next()
            if program is None:
                queue.popleft()
                continue
            queue.rotate(-1)
            if program.steps not in tried:
                tried.add(program.steps)
                yield Trying(program, source)


def applies(body: Body, situation: Situation) -> bool:
    """Do all triggers of a pattern or antipattern hold here? Facts never apply."""
    return not isinstance(body, Fact) and set(body.triggers) <= set(situation.features)


def _rng(name: str, salt: str) -> random.Random:
    return random.Random(int(digest([name, salt]), 16))


def _likeliest(trying: Trying) -> tuple[float, int]:
    return trying.program.cost, len(trying.program.steps)


def _distinct(space: SearchSpace, ranked: Sequence[Trying], voting: bool) -> list[Hypothesis]:
    """A hypothesis for each distinct answer, made by the first program that gives it, in the order given;
    with ``voting``, the answers on which most programs agree come first. Programs without an answer have no
    say."""
    found: dict[bytes, Hypothesis] = {}
    votes: Counter[bytes] = Counter()
    for (steps, _, node), source in ranked:
        answer = space.answer(node)
        if answer is not None:
            text = canonical(answer)
            votes[text] += 1
            found.setdefault(text, Hypothesis(answer, steps, source))
    order = sorted(found, key=lambda text: -votes[text]) if voting else found
    return [found[text] for text in order]
