"""The embedded teacher of an interactive task: from the conditions that a failed episode left unmet to a
ladder of lessons.

The environment tells which steps bring a condition about (`means`), for any task of the kind; the teacher
says as little of it as helps: one missing step, the procedure. Like any teacher it errs: now and then it
leaves a step out or names a wrong thing. Such lessons are what the gates are for. It sees the gap and what
the student did, never where things are.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from smena.protocols import Lesson
from smena.values import JSON, Antipattern, Fact, Feedback, Pattern

from smena_search.player import STOP, fits, things, words

LOOP = 3
"""A command done so often is a loop."""


def lessons(
    features: Sequence[str],
    means: Mapping[str, Sequence[str]],
    feedback: Feedback,
    triggers: Sequence[str],
    slip: float,
    rng: random.Random,
) -> Iterator[Lesson]:
    """Least disclosing first; none where no unmet condition has a known means."""
    slots = dict(feature.split("=", 1) for feature in features if "=" in feature)
    done = [words(command) for command in _commands(feedback.failed.answer)]
    unmet = [f.value for f in feedback.gap.findings if f.value in means]
    when = tuple(triggers)
    if unmet:
        procedure = tuple(means[unmet[-1]])
        if rng.random() < slip:
            procedure = _mistaken(procedure, done, rng)
        missing = [s for s in procedure if not any(fits(s, c, slots) is not None for c in done)]
        key = missing[0] if missing else procedure[-1]
        rungs = {"verb": (_bare(key),), "step": (key,), "procedure": procedure}
        said: set[tuple[str, ...]] = set()
        for rung, steps in rungs.items():
            if steps not in said:
                said.add(steps)
                yield Lesson(rung, Pattern(" → ".join(steps), when, steps))
    for loop in _loops(done, slots):
        yield Lesson("antipattern", Antipattern(loop, when, "done over and over, to no end", (loop,)))
    for thing, place in _places(done, slots):
        yield Lesson("fact", Fact(thing, "may be found at", place))


def lifted(command: Sequence[str], slots: Mapping[str, str]) -> str:
    """A command as a step for tasks of its kind: what the task names becomes a slot, numbers go.

    >>> lifted(("move", "potato", "1", "to", "fridge", "2"), {"object": "potato"})
    'move ?object to fridge'
    """
    names = {value: f"?{slot}" for slot, value in reversed(list(slots.items()))}
    return " ".join([command[0], *(names.get(w, w) for w in command[1:] if not w.isdigit())])


def _bare(step: str) -> str:
    """The verb and the first thing."""
    verb, *rest = step.split()
    return " ".join([verb, *rest[: 2 if rest and rest[0] == "another" else 1]])


def _mistaken(
    procedure: tuple[str, ...], done: Sequence[tuple[str, ...]], rng: random.Random
) -> tuple[str, ...]:
    """A step left out, or one done with another thing that the student came by."""
    at = rng.randrange(len(procedure))
    *front, last = procedure[at].split()
    met = sorted({noun for command in done for noun, _ in things(command)} - {last})
    if front and not last.startswith("?") and met:
        return (*procedure[:at], " ".join([*front, rng.choice(met)]), *procedure[at + 1 :])
    return (*procedure[:at], *procedure[at + 1 :]) or procedure


def _loops(done: Sequence[tuple[str, ...]], slots: Mapping[str, str]) -> list[str]:
    """The command that was repeated most, if it deserves to be called a loop; of one verb and no things: not
    worth a word."""
    counts = Counter(command for command in done if len(things(command)) > 1)
    return [lifted(command, slots) for command, count in counts.most_common(1) if count >= LOOP]


def _places(done: Sequence[tuple[str, ...]], slots: Mapping[str, str]) -> list[tuple[str, str]]:
    """Where the student itself got a thing that the task names: from "take potato 1 from shelf 2"."""
    found = []
    for command in done:
        named = [noun for noun, _ in things(command)]
        if "from" in command and len(named) == 2 and named[0] in slots.values() and named[1] not in STOP:
            found.append((named[0], named[1]))
    return found[:1]


def _commands(answer: JSON) -> list[str]:
    """What was done, by the answer of an episode: ``{"actions": [{"sent": …}, …]}``."""
    actions = answer.get("actions", []) if isinstance(answer, dict) else []
    return [a["sent"] for a in actions if isinstance(a, dict) and a.get("sent") and words(a["sent"])]
