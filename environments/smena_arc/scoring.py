"""ARC's official scoring, and the answer format it scores: ``[[attempt 1, attempt 2], …]``, one entry a
test input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from smena import Verdict
from smena.values import JSON

Grid = list[list[int]]

ATTEMPTS = 2
"""Grids that may be handed in for each test input; further ones are not looked at."""
SIDE = 30
"""Largest height and width of a grid."""


def is_grid(value: object) -> TypeGuard[Grid]:
    """A rectangle of colours 0..9, 1×1 to 30×30."""
    return why_no_grid(value) is None


def why_no_grid(value: object) -> str | None:
    """What keeps a value from being a grid, in words; None for a grid."""
    if not isinstance(value, list | tuple) or not value:
        return "must be a non-empty list of rows"
    if not all(isinstance(row, list | tuple) and row for row in value):
        return "every row must be a non-empty list"
    widths = {len(row) for row in value}
    if len(widths) > 1:
        return f"is ragged: rows of {min(widths)} and of {max(widths)} cells"
    if len(value) > SIDE or max(widths) > SIDE:
        return f"is {len(value)}×{max(widths)}, larger than {SIDE}×{SIDE}"
    for r, row in enumerate(value):
        for c, cell in enumerate(row):
            if type(cell) is not int or not 0 <= cell <= 9:
                return f"has {cell!r} in row {r + 1}, column {c + 1}: a colour is an integer 0..9"
    return None


def score(expected: Sequence[Grid], answer: JSON) -> Verdict:
    """1.0 iff for every test input one of its first two attempts equals the output exactly.

    ``detail``: ``partial``, the share of test inputs that are right; ``per_input``, 1 or 0 for each;
    ``why``, for an answer that is not in the format.

    >>> score([[[1]], [[2]]], [[[[1]]], [[[0]], [[2]]]]).score
    1.0
    >>> score([[[1]], [[2]]], [[[[1]]], []]).detail["partial"]
    0.5
    """
    if not isinstance(answer, list | tuple) or len(answer) != len(expected):
        found = f"{len(answer)} entries" if isinstance(answer, list | tuple) else type(answer).__name__
        return _verdict(
            [0] * len(expected), f"must be a list of {len(expected)} entries, one a test input; is {found}"
        )
    entries = list(zip(expected, answer, strict=True))
    problems = [
        f"test input {i + 1}: {why}" for i, entry in enumerate(answer) if (why := _why_no_entry(entry))
    ]
    return _verdict([int(_hit(want, entry)) for want, entry in entries], "; ".join(problems))


def assemble(answers: Sequence[JSON]) -> JSON:
    """The official answer from the hypotheses' answers, best first, each a list with one grid a test input.

    For every test input the first two distinct grids are taken: where the best two hypotheses agree, the
    third gets its say.

    >>> assemble([[[[1]], [[5]]], [[[2]], [[5]]], [[[3]], [[6]]]])
    [[[[1]], [[2]]], [[[5]], [[6]]]]
    """
    usable = [answer for answer in answers if isinstance(answer, list | tuple)]
    return [_distinct(usable, i) for i in range(max(map(len, usable), default=0))]


def attempts_of(answer: JSON, count: int) -> list[list[Grid]]:
    """The well-formed grids of an official answer that scoring would look at, for each of ``count`` test
    inputs."""
    entries = list(answer)[:count] if isinstance(answer, list | tuple) else []
    found = [[g for g in e[:ATTEMPTS] if is_grid(g)] if isinstance(e, list | tuple) else [] for e in entries]
    return found + [[] for _ in range(count - len(found))]


def _distinct(answers: Sequence[JSON], i: int) -> list[Grid]:
    chosen: list[Grid] = []
    for answer in answers:
        if i < len(answer) and is_grid(answer[i]) and answer[i] not in chosen:
            chosen.append(answer[i])
    return chosen[:ATTEMPTS]


def _why_no_entry(entry: object) -> str | None:
    if not isinstance(entry, list | tuple):
        return f"must be a list of up to {ATTEMPTS} grids, is {type(entry).__name__}"
    if is_grid(entry):
        return "is one grid, must be a list of grids: put brackets around it"
    return next(
        (f"attempt {n + 1} {why}" for n, g in enumerate(entry[:ATTEMPTS]) if (why := why_no_grid(g))), None
    )


def _hit(want: Grid, entry: object) -> bool:
    if not isinstance(entry, list | tuple):
        return False
    return any(is_grid(grid) and _plain(grid) == _plain(want) for grid in entry[:ATTEMPTS])


def _plain(grid: Grid) -> Grid:
    return [list(row) for row in grid]


def _verdict(per_input: list[int], why: str = "") -> Verdict:
    partial = sum(per_input) / len(per_input)
    detail: dict[str, JSON] = {"partial": partial, "per_input": per_input}
    return Verdict(float(all(per_input)), detail | ({"why": why} if why else {}))
