"""What a failed attempt lacks [3.1.1]. Computed from the train pairs, which the learner may see anyway; of
the test outputs it tells at most size, palette and object count, only when asked, and with the number of
bits that this discloses.

There is no difference mask of the test grid: it gives the answer away in a third of the tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log2
from typing import Any

from smena import Attempt, Finding, Gap
from smena.values import JSON

from smena_arc.look import Look, looks, objects
from smena_arc.relations import RELATIONS
from smena_arc.rules import predict_palette, predict_size, size_rule, unanimous
from smena_arc.scoring import ATTEMPTS, SIDE, Grid, attempts_of, is_grid


def gap(view: dict[str, Any], attempt: Attempt) -> Gap:
    """From the view and the attempt: what the train pairs have in common, and where the attempt departs
    from it."""
    pairs = looks(view)
    return Gap((*_required(pairs), *_departures(view, pairs, attempt)))


def disclosed(view: dict[str, Any], outputs: Sequence[Grid]) -> tuple[Finding, ...]:
    """Size, palette and object count of the test outputs. ``bits`` bounds what each discloses: 0 where the
    train pairs' rule predicts it, else the logarithm of how many values there could be."""
    pairs = looks(view)
    found: list[Finding] = []
    for n, (test, output) in enumerate(zip(view["test"], outputs, strict=True), start=1):
        found += _disclose(
            f"test-{n}", pairs, Look({"input": test["input"], "output": output}, pairs[0].ground)
        )
    return tuple(found)


def _required(pairs: Sequence[Look]) -> Iterator[Finding]:
    agreed = unanimous(pairs)
    for name, relation in RELATIONS:
        values = sorted({relation(p) or "none" for p in pairs})
        if name in agreed or len(values) > 1:
            yield Finding(name, agreed.get(name) or f"varies: {' | '.join(values)}")
    if rule := size_rule(pairs):
        yield Finding("size-rule", rule)


def _departures(view: dict[str, Any], pairs: Sequence[Look], attempt: Attempt) -> Iterator[Finding]:
    agreed, rule, ground = unanimous(pairs), size_rule(pairs), pairs[0].ground
    tried = list(_tried(attempt, len(view["test"])))
    if not tried:
        yield Finding("attempt", "no program fits the train pairs: no grid was handed in")
    for label, n, grid in tried:
        look = Look({"input": view["test"][n]["input"], "output": grid}, ground)
        for aspect, value in _violations(look, agreed, rule):
            yield Finding(f"attempt.{aspect}", f"{label}, test {n + 1}: {value}")


def _violations(look: Look, agreed: dict[str, str], rule: str | None) -> Iterator[tuple[str, str]]:
    """Where the pair (test input, grid handed in) is unlike the train pairs."""
    wanted = predict_size(rule, look.input.shape)
    if wanted and wanted != look.output.shape:
        yield "size", f"{_by(look.output.shape)} where the train pairs' rule {rule} gives {_by(wanted)}"
    relations = dict(RELATIONS)
    for name, value in agreed.items():
        if (own := relations[name](look)) != value:
            yield name, f"{own or 'none'} where all train pairs have {value}"


def _tried(attempt: Attempt, tests: int) -> Iterator[tuple[str, int, Grid]]:
    """(label, test input, grid) of the best hypotheses, or of the answer where hypotheses come without
    theirs."""
    told = [h for h in attempt.hypotheses[:ATTEMPTS] if isinstance(h.answer, list | tuple)]
    for h in told:
        for n, grid in enumerate(h.answer[:tests]):
            if is_grid(grid):
                yield " > ".join(h.steps) or "no step", n, grid
    if not told:
        for n, grids in enumerate(attempts_of(attempt.answer, tests)):
            yield from ((f"attempt {k}", n, grid) for k, grid in enumerate(grids, start=1))


def _disclose(name: str, pairs: Sequence[Look], look: Look) -> Iterator[Finding]:
    def tell(aspect: str, value: str, expected: bool, bits: float) -> Finding:
        return Finding(f"{name}.{aspect}", value, "reference", 0.0 if expected else bits)

    h, w = look.output.shape
    yield tell(
        "size", _by((h, w)), predict_size(size_rule(pairs), look.input.shape) == (h, w), log2(SIDE * SIDE)
    )
    before, after = look.palettes
    yield tell("palette", ",".join(map(str, sorted(after))), predict_palette(pairs, before) == after, 10.0)
    counts = [len(objects(grid, look.ground)) for grid in (look.input, look.output)]
    same = unanimous(pairs).get("object-count") == "same" and counts[0] == counts[1]
    most = ((h + 1) // 2) * ((w + 1) // 2)
    yield tell("objects", str(counts[1]), same, log2(most + 1))


def _by(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def prediction(attempt: Attempt) -> JSON:
    """The first grid that the attempt hands in, or None."""
    return next((grid for _, _, grid in _tried(attempt, 1)), None)
