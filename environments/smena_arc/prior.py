"""What is tried first: menus with costs, from the steps of right programs on ARC-1 training."""

from __future__ import annotations

from collections.abc import Iterable
from math import log

from smena.protocols import Move

from smena_arc import stamps as _stamps  # noqa: F401  (registers its finishers)
from smena_arc.finish import FINISHERS
from smena_arc.ops import OPERATORS
from smena_arc.uses import USES

CONTEXTS = ("same", "smaller", "larger", "pieces_same", "pieces_other")
"""What a node holds: a grid of its output's shape; a larger one (the output is smaller); any other grid;
pieces of a canvas that has the output's shape; other pieces."""

SHARED, FLOOR = 20.0, 0.35
"""Weights of what other contexts say, and of ignorance, in counts."""


def _smoothed(names: Iterable[str]) -> dict[str, tuple[float, ...]]:
    """Half of the counts go to the variants in equal shares: what is good for one colour is for another."""
    stems: dict[str, list[str]] = {}
    for name in names:
        stems.setdefault(name.partition(":")[0], []).append(name)
    out = {}
    for variants in stems.values():
        counts = [USES.get(v, (0,) * len(CONTEXTS)) for v in variants]
        shared = [sum(column) / len(variants) for column in zip(*counts, strict=True)]
        for variant, own in zip(variants, counts, strict=True):
            out[variant] = tuple((mine + ours) / 2 for mine, ours in zip(own, shared, strict=True))
    return out


def _menu(context: str) -> list[Move]:
    pieces = context.startswith("pieces")
    families = {o.name: o.family for o in OPERATORS.values() if (o.takes == "pieces") == pieces}
    if not pieces:
        families |= {f.name: "fit" for f in FINISHERS.values() if f.same_shape == (context == "same")}
    column = CONTEXTS.index(context)
    counts = _smoothed(families)
    everywhere = {name: sum(numbers) + FLOOR for name, numbers in counts.items()}
    total = sum(everywhere.values())
    weights = {name: counts[name][column] + SHARED * everywhere[name] / total for name in families}
    whole = sum(weights.values())
    moves = [Move(name, round(-log(w / whole), 3), families[name]) for name, w in weights.items()]
    return sorted(moves, key=lambda m: m.cost)


MENUS = {context: _menu(context) for context in CONTEXTS}
"""The moves of every context, the cheapest first; the weights exp(−cost) of a menu sum to 1."""
