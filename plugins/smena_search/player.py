"""The embedded learner in an interactive task: a stochastic policy over the commands that are offered. It
knows words and numbers, no domain.

On its own it is drawn to commands that share words with the task, bored by what it has done, and curious: a
verb that told of new things is used again. Knowledge changes that. A *pattern* is a procedure: its steps are
done in order, each as soon as a command fits it; until then the player looks for the things that the step
names, where it saw them or where a *fact* says that they are. An *antipattern* makes its steps unlikely.

A step is words of a command with slots: ``take ?object`` fits "take potato 2 from shelf 1" in a task with
feature ``object=potato``. A slot stays with the thing that it was first filled with, potato 2, until
``another ?object``.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from smena.protocols import Episode, Observation
from smena.values import JSON, Antipattern, Body, Fact, Pattern

STOP = frozenset(
    word
    for line in (
        "a about all an and any are at by find for from get in into is it its of on one or put some that the",
        "their them then there these this those to two under up use using with you your",
    )
    for word in line.split()
)
"""Words that tell nothing about what a task is about."""
PATIENCE = 15
"""Actions without progress after which a procedure is begun again, or another one is."""

UNDO = 3.0
"""Against a command that names the same things as the one before."""

Words = tuple[str, ...]
Thing = tuple[str, str]
"""A noun and its number: ("potato", "2")."""


class Temper(NamedTuple):
    """How the policy weighs. A command's weight is exp of the sum of what speaks for it.

    ``follow``: probability that an action follows a pattern, while there is one. ``focus``: for each word
    shared with the task, or with the step that is looked for. ``boredom``: against each earlier use.
    ``caution``: against what an antipattern names."""

    follow: float
    focus: float
    boredom: float
    caution: float


class Played(NamedTuple):
    """``answer``: the episode's. ``followed``: how many actions each pattern (by name) decided."""

    answer: JSON
    actions: int
    followed: dict[str, int]


def play(
    episode: Episode,
    view: JSON,
    features: Sequence[str],
    knowledge: Sequence[Body],
    temper: Temper,
    rng: random.Random,
) -> Played:
    """Play to the end. The episode has to tell what can be done; ``ValueError`` where it does not."""
    slots = dict(feature.split("=", 1) for feature in features if "=" in feature)
    mind = _Mind(words(_text(view)), slots, knowledge, temper, rng)
    with episode:
        now = episode.start()
        mind.saw(None, now)
        count = 0
        while not now.done:
            if not now.actions:
                raise ValueError("the episode does not tell which commands are possible")
            command = mind.choose(now.actions)
            now = episode.act(command)
            mind.saw(command, now)
            count += 1
        return Played(episode.answer(), count, dict(mind.followed))


@lru_cache(maxsize=16384)
def words(text: str) -> Words:
    return tuple(re.findall(r"[a-z0-9]+", text.lower()))


@lru_cache(maxsize=16384)
def things(tokens: Words) -> tuple[Thing, ...]:
    """Nouns with numbers, in the order in which they are named."""
    found = ((noun, number) for noun, number in pairwise(tokens) if number.isdigit() and not noun.isdigit())
    return tuple(dict.fromkeys(found))


def nouns(step: str, slots: Mapping[str, str]) -> set[str]:
    """What a step speaks of, its verb left out."""
    return (
        {slots.get(t[1:], "") if t.startswith("?") else t for t in step.split()[1:]} - STOP - {"", "another"}
    )


def _shared(command: Words, about: Collection[str]) -> int:
    """How many nouns a command shares; none, unless the first thing that it names is one of them."""
    named = things(command)
    return sum(noun in about for noun, _ in named) if named and named[0][0] in about else 0


class Binding(NamedTuple):
    """What the slots of a procedure were filled with, and everything that was."""

    held: Mapping[str, Thing]
    used: frozenset[Thing]


UNBOUND = Binding({}, frozenset())


def fits(step: str, command: Words, slots: Mapping[str, str], binding: Binding = UNBOUND) -> Binding | None:
    """The binding after a command that fits the step; None: it does not. The verb comes first, the other
    words in order."""
    held, used = dict(binding.held), set(binding.used)
    at, fresh = 0, False
    for token in step.split():
        if token == "another":
            fresh = True
            continue
        slot = token[1:] if token.startswith("?") else ""
        word = slots.get(slot, "") if slot else token
        places = [i for i in range(at, len(command)) if command[i] == word]
        if not places or (at == 0 and places[0] != 0):
            return None
        at = places[0] + 1
        if slot:
            thing = (word, command[at] if at < len(command) and command[at].isdigit() else "")
            if fresh and thing in used:
                return None
            if not fresh and held.get(slot, thing) != thing:
                return None
            held[slot] = thing
            used.add(thing)
            fresh = False
    return Binding(held, frozenset(used))


class _Procedure:
    """A pattern being followed."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.verbs = {step.split()[0] for step in pattern.steps}
        self.begin()

    def begin(self) -> None:
        self.at, self.binding = 0, UNBOUND

    @property
    def step(self) -> str:
        return self.pattern.steps[self.at]

    def done(self, command: Words, slots: Mapping[str, str]) -> bool:
        """Was that the step? Then the next is due; after the last, the first."""
        after = fits(self.step, command, slots, self.binding)
        if after is None:
            return False
        self.at, self.binding = self.at + 1, after
        if self.at == len(self.pattern.steps):
            self.begin()
        return True


class _Mind:
    """What the player holds in mind during one episode."""

    def __init__(
        self,
        task: Words,
        slots: Mapping[str, str],
        knowledge: Sequence[Body],
        temper: Temper,
        rng: random.Random,
    ) -> None:
        self._slots, self._temper, self._rng = slots, temper, rng
        self._about = frozenset(task) - STOP
        self._procedures = [_Procedure(k) for k in knowledge if isinstance(k, Pattern) and k.steps]
        rng.shuffle(self._procedures)
        self._warnings = [step for k in knowledge if isinstance(k, Antipattern) for step in k.steps]
        self._facts = [k for k in knowledge if isinstance(k, Fact)]
        self._known: set[Thing] = set()
        self._seen: dict[Thing, Words] = {}
        self._uses: Counter[str] = Counter()
        self._tried: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._moved: Counter[str] = Counter()
        self._offered: tuple[str, ...] = ()
        self._last: tuple[Thing, ...] = ()
        self._idle = 0
        self.followed: Counter[str] = Counter()

    def saw(self, command: str | None, now: Observation) -> None:
        """Remember what came of a command (None: the beginning)."""
        mentioned = set(things(words(now.text)))
        if command is not None:
            tokens = words(command)
            self._uses[command] += 1
            self._tried[tokens[0]] += 1
            self._told[tokens[0]] += len(mentioned - self._known)
            self._moved[tokens[0]] += now.actions != self._offered
            for thing in mentioned.difference(things(tokens)):
                self._seen[thing] = tokens
            self._last = things(tokens)
            if self._procedures:
                self._progress(tokens)
        self._known |= mentioned
        self._offered = now.actions

    def choose(self, offered: Sequence[str]) -> str:
        if self._procedures and self._rng.random() < self._temper.follow:
            procedure = self._procedures[0]
            self.followed[procedure.pattern.name] += 1
            return self._draw(offered, self._toward(procedure, offered))
        return self._draw(offered, self._freely(offered))

    def _progress(self, command: Words) -> None:
        if self._procedures[0].done(command, self._slots):
            self._idle = 0
            if self._procedures[0].at == 0:  # all steps done, and it goes on: let another have its turn
                self._procedures.append(self._procedures.pop(0))
            return
        self._idle += 1
        if self._idle > PATIENCE:
            self._idle = 0
            self._procedures[0].begin()
            self._procedures.append(self._procedures.pop(0))

    def _freely(self, offered: Sequence[str]) -> list[float]:
        """Weights without a pattern: what the task speaks of, what is new, what tells of new things."""
        return [self._novelty(c) + self._temper.focus * _shared(words(c), self._about) for c in offered]

    def _toward(self, procedure: _Procedure, offered: Sequence[str]) -> list[float]:
        """Weights that lead to the procedure's next step: a command that fits; else what may make one
        possible."""
        step, slots = procedure.step, self._slots
        ready = [fits(step, words(c), slots, procedure.binding) is not None for c in offered]
        if any(ready):
            return [self._novelty(c) if now else -math.inf for c, now in zip(offered, ready, strict=True)]
        wanted = nouns(step, slots)
        fresh = "another" in step.split()
        ways = [way for thing, way in self._seen.items() if self._sought(thing, procedure, wanted, fresh)]
        leads = {thing for way in ways for thing in things(way)}
        rumours = {f.value for f in self._facts if f.entity in wanted}
        weights = []
        for command in offered:
            tokens = words(command)
            named = things(tokens)
            if tokens[0] in procedure.verbs and procedure.binding.used.intersection(named):
                weights.append(-math.inf)  # a step out of turn undoes what was done
                continue
            pull = _shared(tokens, wanted) + _shared(tokens, rumours) + bool(named and named[0] in leads)
            weights.append(self._novelty(command) + self._temper.focus * pull)
        return weights

    def _sought(self, thing: Thing, procedure: _Procedure, wanted: Iterable[str], fresh: bool) -> bool:
        """Is this the thing that the step needs: of the right kind, not one that it may not be?"""
        if thing[0] not in wanted:
            return False
        if fresh:
            return thing not in procedure.binding.used
        bound = {held[0]: held for held in procedure.binding.held.values()}
        return bound.get(thing[0], thing) == thing

    def _novelty(self, command: str) -> float:
        """What a command promises: it was not used, its verb tells of new things or changes what can be
        done."""
        verb = words(command)[0]
        tells = math.log((1.0 + self._told[verb]) / (1.0 + self._tried[verb]))
        works = math.log((1.0 + self._moved[verb]) / (1.0 + self._tried[verb]))
        again = len(self._last) > 1 and set(things(words(command))) == set(
            self._last
        )  # most often, to undo it
        promise = max(-1.0, min(1.0, tells)) + 2 * max(-2.0, works)
        return promise - self._temper.boredom * self._uses[command] - UNDO * again

    def _draw(self, offered: Sequence[str], weights: Sequence[float]) -> str:
        weights = [w - self._temper.caution * self._warned(c) for c, w in zip(offered, weights, strict=True)]
        top = max(weights)
        if top == -math.inf:
            return self._rng.choice(offered)
        return self._rng.choices(offered, [math.exp(w - top) for w in weights])[0]

    def _warned(self, command: str) -> bool:
        tokens = words(command)
        return any(fits(step, tokens, self._slots) is not None for step in self._warnings)


def _text(view: JSON) -> str:
    """All that a view says in words."""
    match view:
        case str():
            return view
        case dict():
            return " ".join(_text(value) for value in view.values())
        case list() | tuple():
            return " ".join(_text(value) for value in view)
    return ""
