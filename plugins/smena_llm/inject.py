"""The one place in a prompt where knowledge goes, of the same length with and without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from smena.values import Antipattern, Body, Fact, Pattern

INERT = "This line is here to fill the space; nothing in it bears on the task. "
TOKEN = 4
"""Characters that are about a token."""


def line(body: Body) -> str:
    """An item as one line of text."""
    match body:
        case Fact(entity, attribute, value):
            said = f"{entity}: {attribute} is {value}"
        case Pattern(name, triggers, steps):
            said = f"{name}{_when(triggers)}" + (f": {'; then '.join(steps)}" if steps else "")
        case Antipattern(name, triggers, failure, steps):
            done = f" ({'; then '.join(steps)})" if steps else ""
            said = f"Avoid {name}{done}{_when(triggers)}: {failure}"
    return "- " + " ".join(said.split())


def _when(triggers: Sequence[str]) -> str:
    return f" [where {' and '.join(triggers)}]" if triggers else ""


def block(bodies: Sequence[Body], size: int, placebo: Literal["inert", "none"]) -> str:
    """The items' lines and, with placebo ``inert``, as much text that says nothing as fills the block up to
    the next multiple of ``size`` characters: a prompt with few items or none is as long as one with some.

    >>> len(block([], 300, "inert")) == len(block([Fact("a", "b", "c")], 300, "inert")) == 300
    True
    """
    text = "\n".join(map(line, bodies))
    if placebo == "none":
        return text
    room = -len(text) % size if text else size
    if text and room == 0:
        return text
    if text and room < 4:  # too little for a line: fill another block
        room += size
    filler = ("\n- " if text else "- ") + INERT * (room // len(INERT) + 1)
    return text + filler[: room - 1].rstrip().ljust(room - 1, ".") + "."


def fit(bodies: Sequence[Body], tokens: int) -> list[Body]:
    """The items that go into so many tokens (0: all). The last, which a comparison adds, goes last of all; of
    the others the best, which come first, are kept."""
    if not tokens:
        return list(bodies)
    kept = list(bodies)
    while kept and sum(len(line(b)) + 1 for b in kept) > tokens * TOKEN:
        kept.pop(-2 if len(kept) > 1 else -1)
    return kept
