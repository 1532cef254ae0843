"""Would showing a lesson to the learner give the answer away? Looks for the test outputs as digits in
whatever spelling.

The body becomes one stream of digits (brackets, commas, line ends and all other characters dropped, colour
names read as digits), and each test output, in its eight positions, is looked for as rows that follow one
another, with room for row labels between them. A part of a quarter of the grid is enough if the view does
not hold it. Grids of fewer than nine cells are looked for only in strings that are grids: a digit or two in
an operator's name is no leak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from smena import Body
from smena.values import JSON

from smena_arc.scoring import Grid

SHORT = 9
"""Cells from which on a run of digits is no chance."""
PART = 4
"""One part in so many of a grid is substantial."""
LABEL = 4
"""Digits that may stand between two rows: `row 12:`."""

_COLOURS = (
    "black", "blue", "red", "green", "yellow", "grey|gray", "magenta|fuchsia|pink", "orange",
    "cyan|azure|teal|light[ -]?blue", "maroon|brown",
)  # fmt: skip
_NAMES = [(str(d), re.compile(rf"\b(?:{n})\b", re.I)) for d, n in reversed(list(enumerate(_COLOURS)))]
_GRIDLIKE = re.compile(r"[\d\s,;|/\[\](){}]*\d[\d\s,;|/\[\](){}]*")
_NESTED = re.compile(r"\[\s*\[[\d\s,\[\]]*\]\s*\]")


def leaks(view: dict[str, Any], outputs: Sequence[Grid], body: Body) -> bool:
    """True if a test output, or a substantial part that the view lacks, can be read off the body.

    >>> from smena import Fact
    >>> leaks({"train": [], "test": []}, [[[1, 2], [3, 4]]], Fact("test", "output", "12/34"))
    True
    """
    strings = list(_strings(body))
    stream = _digits(" ".join(strings))
    small = list(_small(strings))
    shown = "".join("".join(_rows(g)) for grid in _grids(view) for g in (grid, _transposed(grid)))
    return any(_leaks_grid(grid, stream, small, shown) for grid in outputs)


def _leaks_grid(grid: Grid, stream: str, small: list[str], shown: str) -> bool:
    cells = len(grid) * len(grid[0])
    if cells < SHORT:
        return any("".join(rows) in small for rows in _positions(grid))
    part = max(SHORT, -(-cells // PART))
    return len(stream) >= part and any(_found(rows, part, stream, shown) for rows in _positions(grid))


def _found(rows: list[str], part: int, stream: str, shown: str) -> bool:
    """The whole grid without a gap, or a part of enough rows that cannot be read off the view as easily."""
    if "".join(rows) in stream:
        return True
    count = min(len(rows), -(-part // len(rows[0])))
    blocks = (rows[i : i + count] for i in range(len(rows) - count + 1))
    return any(follows(block, stream) and not follows(block, shown) for block in blocks)


def follows(rows: Sequence[str], stream: str) -> bool:
    """Do the rows occur one after the other, with at most ``LABEL`` digits between two? Rows of one or two
    digits must touch: a label would be as good as a row."""
    room = LABEL if len(rows[0]) > 2 else 0
    ends = {m + len(rows[0]) for m in _starts(rows[0], stream)}
    for row in rows[1:]:
        ends = {
            e + gap + len(row) for e in ends for gap in range(room + 1) if stream.startswith(row, e + gap)
        }
    return bool(ends)


def _starts(row: str, stream: str) -> Iterator[int]:
    at = stream.find(row)
    while at >= 0:
        yield at
        at = stream.find(row, at + 1)


def _strings(value: JSON) -> Iterator[str]:
    """All texts of a body, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
    else:
        yield from _strings([getattr(value, name) for name in value.__struct_fields__])


def _digits(text: str) -> str:
    for digit, name in _NAMES:
        text = name.sub(digit, text)
    return "".join(c for c in text if c in "0123456789")


def _small(strings: list[str]) -> Iterator[str]:
    """Digits of what looks like a grid by itself: nested lists anywhere, strings of digits and separators,
    alone or in a row."""
    run = ""
    for text in strings:
        yield from (_digits(m.group()) for m in _NESTED.finditer(text))
        if _GRIDLIKE.fullmatch(text):
            yield _digits(text)
            run += _digits(text)
        else:
            yield run
            run = ""
    yield run


def _positions(grid: Grid) -> Iterator[list[str]]:
    """The rows of the grid as it is, mirrored, turned and transposed."""
    for base in (grid, _transposed(grid)):
        for upright in (base, base[::-1]):
            yield _rows(upright)
            yield _rows([row[::-1] for row in upright])


def _transposed(grid: Grid) -> Grid:
    return [list(column) for column in zip(*grid, strict=True)]


def _rows(grid: Grid) -> list[str]:
    return ["".join(map(str, row)) for row in grid]


def _grids(view: dict[str, Any]) -> Iterator[Grid]:
    for pair in (*view["train"], *view["test"]):
        yield from pair.values()
