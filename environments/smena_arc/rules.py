"""What all train pairs of a task agree on, and what that predicts for a test input. From the view alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from smena_arc.look import Look
from smena_arc.relations import QUIET, RELATIONS


def unanimous(pairs: Sequence[Look]) -> dict[str, str]:
    """What all pairs agree on, in the order of ``RELATIONS``, without the ``QUIET`` values."""
    found: dict[str, str] = {}
    for name, relation in RELATIONS:
        values = {relation(p) for p in pairs}
        if len(values) == 1 and (value := values.pop()) and f"{name}={value}" not in QUIET:
            found[name] = value
    return found


def size_rule(pairs: Sequence[Look]) -> str | None:
    """How the output's size follows from the input's, if one rule covers all pairs."""
    shapes = [(p.input.shape, p.output.shape) for p in pairs]
    if all(a == b for a, b in shapes):
        return "same"
    if all(a == b[::-1] for a, b in shapes):
        return "transposed"
    ratios = {(Fraction(b[0], a[0]), Fraction(b[1], a[1])) for a, b in shapes}
    outputs = {b for _, b in shapes}
    varied = len({a for a, _ in shapes}) > 1
    if len(ratios) == 1 and (varied or _simple(*next(iter(ratios)))):
        tall, wide = ratios.pop()
        return f"ratio-{tall}x{wide}"
    if len(outputs) == 1 and len(shapes) > 1:
        tall, wide = outputs.pop()
        return f"const-{tall}x{wide}"
    return None


def predict_size(rule: str | None, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The size that the rule gives for an input of this shape, or None."""
    h, w = shape
    match (rule or "").partition("-"):
        case ("same", _, _):
            return h, w
        case ("transposed", _, _):
            return w, h
        case ("const", _, text):
            tall, wide = text.split("x")
            return int(tall), int(wide)
        case ("ratio", _, text):
            sides = [Fraction(t) * side for t, side in zip(text.split("x"), (h, w), strict=True)]
            whole = all(side.denominator == 1 for side in sides)
            return (int(sides[0]), int(sides[1])) if whole else None
    return None


def predict_palette(pairs: Sequence[Look], colours: frozenset[int]) -> frozenset[int] | None:
    """The output's colours for an input with these, by the simplest rule that covers all pairs: a fixed
    palette, or the input's with fixed additions and removals."""
    befores, afters = [p.palettes[0] for p in pairs], [p.palettes[1] for p in pairs]
    if len(pairs) > 1 and len(set(befores)) > 1 and len(set(afters)) == 1:
        return afters[0]
    gains = {after - before for before, after in zip(befores, afters, strict=True)}
    losses = {before - after for before, after in zip(befores, afters, strict=True)}
    if len(gains) == 1 and len(losses) == 1:
        return (colours | gains.pop()) - losses.pop()
    return None


def _simple(tall: Fraction, wide: Fraction) -> bool:
    """Small whole ratios are believed even if all inputs are of one size; 7/9 is rather a constant output."""
    return all(1 in (r.numerator, r.denominator) for r in (tall, wide))
