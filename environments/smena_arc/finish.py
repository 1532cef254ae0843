"""Finishers: last steps that are fitted.

From a node's train values and the train outputs they learn a rule that turns the one into the other, or
nothing. Rules carry over to test inputs; what a rule has no word on is no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from smena_arc.ops.base import Case, Grid, Index, Mask, colours, same
from smena_arc.ops.geometry import TURNS
from smena_arc.ops.parts import PLANES
from smena_arc.ops.planes import WIDE, line_colour_planes

Rule = Callable[[Grid, Case], Grid | None]
Sources = list[tuple[str, Grid]]
"""What a cell may become besides a constant: named planes of colours, in order of preference."""


class Cells(NamedTuple):
    """All cells of all train pairs in a row: pair, own colour, output colour, which sources match it."""

    pair: Index
    own: Index
    out: Index
    matches: list[Mask]


class Evidence:
    """The train pairs at a node, from which finishers learn. What several of them need is made once."""

    def __init__(self, values: Sequence[Grid], cases: Sequence[Case], outputs: Sequence[Grid]) -> None:
        self.values, self.cases, self.outputs = values, cases, outputs
        self._cells: dict[Callable[[Grid, Case], Sources], Cells] = {}

    @cached_property
    def as_mask(self) -> Evidence:
        """The inputs as values: for rules that use the value as a mask."""
        return Evidence([c.input for c in self.cases], self.cases, self.outputs)

    @property
    def pairs(self) -> Iterator[tuple[Grid, Grid]]:
        """Value and output of each pair."""
        return zip(self.values, self.outputs, strict=True)

    def cells(self, sources: Callable[[Grid, Case], Sources]) -> Cells:
        if sources not in self._cells:
            out = np.concatenate([o.ravel() for o in self.outputs])
            found = [sources(v, c) for v, c in zip(self.values, self.cases, strict=True)]
            stacks = [np.concatenate([s[i][1].ravel() for s in found]) for i in range(len(found[0]))]
            own = np.concatenate([v.ravel() for v in self.values])
            pair = np.repeat(np.arange(len(found)), [v.size for v in self.values])
            matches = [stack == out for stack in stacks]
            self._cells[sources] = Cells(pair, own.astype(np.int64), out.astype(np.int64), matches)
        return self._cells[sources]


Fit = Callable[[Evidence], Rule | None]


class Finisher(NamedTuple):
    """``same_shape``: it is for values that have their outputs' shapes already; else it is for the others."""

    name: str
    same_shape: bool
    fit: Fit


FINISHERS: dict[str, Finisher] = {}
"""In the order of their registration: of several that explain a task, the first is the simplest."""


def finisher(same_shape: bool, name: str = "") -> Callable[[Fit], Fit]:
    def register(fit: Fit) -> Fit:
        label = name or fit.__name__
        FINISHERS[label] = Finisher(label, same_shape, fit)
        return fit

    return register


@finisher(same_shape=True)
def fit_colours(evidence: Evidence) -> Rule | None:
    """One colour for another everywhere; colours that the train pairs do not show stay."""
    table = np.arange(10, dtype=np.uint8)
    seen = np.zeros(10, np.bool_)
    for value, output in evidence.pairs:
        for colour in np.flatnonzero(np.bincount(value.ravel(), minlength=10)):
            there = output[value == colour]
            if (there != there[0]).any() or (seen[colour] and table[colour] != there[0]):
                return None
            table[colour], seen[colour] = there[0], True
    return lambda value, case: table[value]


def _plain(value: Grid, case: Case) -> Sources:
    """The cell itself, the input's cell, and the input's most frequent and rarest colour."""
    found: Sources = []
    if case.input.shape == value.shape:
        found.append(("input", case.input))
    else:
        found.append(("input", value))
    found.append(("self", value))
    present = colours(case.input) or [0]
    for index in (0, -1, 1):
        colour = present[index] if index < len(present) else present[-1]
        found.append((f"role{index}", np.full(value.shape, colour, np.uint8)))
    return found


class Table(NamedTuple):
    """What to do for a key, or a key and colour: a constant 0..9, 10 + a source's index, −1 for unclear."""

    keys: Index
    plain: Index
    refined: Index


MOST_KEYS = 400


def _actions(index: Index, size: int, cells: Cells) -> Index:
    """For every group the first source that always matches, else its constant, else −1 (−2: nobody there)."""
    table = np.bincount(index * 10 + cells.out, minlength=size * 10).reshape(size, 10)
    total = table.sum(axis=1)
    action = np.where((table > 0).sum(axis=1) == 1, table.argmax(axis=1), -1)
    for source in (*range(2, len(cells.matches)), 1, 0):
        good = np.bincount(index[cells.matches[source]], minlength=size) == total
        if source >= 2:  # the input's and the cell's own colour go before a constant, others after it
            good &= action == -1
        action[good] = 10 + source
    action[total == 0] = -2
    return action


def _numbered(flat: Index) -> tuple[Index, Index]:
    """The distinct keys, and for every cell the place of its key among them."""
    if flat.max() > 10_000:
        return np.unique(flat, return_inverse=True)
    keys = np.flatnonzero(np.bincount(flat))
    places = np.zeros(int(keys[-1]) + 1, np.int64)
    places[keys] = np.arange(keys.size)
    return keys, places[flat]


def learn(planes: Sequence[Index], cells: Cells, witnesses: int = 1) -> Table | None:
    """What each key of the planes means. Keys that are ambiguous are told apart by the cell's colour.

    A key (and colour) that changes cells must occur in as many pairs as ``witnesses``."""
    keys, index = _numbered(np.concatenate([p.ravel() for p in planes]))
    if keys.size > MOST_KEYS:
        return None
    plain = _actions(index, keys.size, cells)
    unclear = plain == -1
    pair = index * 10 + cells.own
    refined = np.full(keys.size * 10, -2)
    if unclear.any():
        refined = _actions(pair, keys.size * 10, cells)
        if (refined[pair[unclear[index]]] == -1).any():
            return None
    if witnesses > 1:
        group = np.where(unclear[index], pair, index + keys.size * 10)
        changed = group[~(cells.matches[0] | cells.matches[1])]
        pairs = np.zeros((keys.size * 11, len(planes)), np.bool_)
        pairs[group, cells.pair] = True
        if changed.size and pairs[changed].sum(axis=1).min() < witnesses:
            return None
    return Table(keys, plain, refined)


def consult(table: Table, plane: Index, value: Grid, sources: Sources) -> Grid | None:
    """The table's word on every cell, or None if it has none on some."""
    index = np.minimum(np.searchsorted(table.keys, plane), table.keys.size - 1)
    known = table.keys[index] == plane
    action = table.plain[index]
    action = np.where(action == -1, table.refined[index * 10 + value], action)
    if not known.all() or (action < 0).any():
        return None
    out = np.minimum(action, 9).astype(np.uint8)
    for i, (_, colour) in enumerate(sources):
        np.copyto(out, colour, where=action == 10 + i)
    return out


def _by_plane(
    make: Callable[[Grid], Index], sources: Callable[[Grid, Case], Sources] = _plain, witnesses: int = 1
) -> Fit:
    def fit(evidence: Evidence) -> Rule | None:
        planes = [make(v) for v in evidence.values]
        table = learn(planes, evidence.cells(sources), min(witnesses, len(planes)))
        if table is None:
            return None
        return lambda value, case: consult(table, make(value), value, sources(value, case))

    return fit


def _fit_mask(evidence: Evidence) -> Rule | None:
    """The value's colours say what becomes of the input: stay, a constant, a colour by its role."""
    if any(v.shape != c.input.shape for v, c in zip(evidence.values, evidence.cases, strict=True)):
        return None
    table = learn([v.astype(np.int64) for v in evidence.values], evidence.as_mask.cells(_plain))
    if table is None:
        return None

    def rule(value: Grid, case: Case) -> Grid | None:
        if value.shape != case.input.shape:
            return None
        return consult(table, value.astype(np.int64), case.input, _plain(value, case))

    return rule


finisher(True, "fit_mask")(_fit_mask)
finisher(True, "fit_roles")(_by_plane(lambda g: g.astype(np.int64)))
for _name in sorted(PLANES, key=lambda name: name in WIDE):
    finisher(True, f"fit_by:{_name}")(_by_plane(PLANES[_name], witnesses=2 if _name in WIDE else 1))


def _surroundings(value: Grid, case: Case) -> Sources:
    """Besides the plain sources: mirror images, the first and last cell of the line, the four neighbours."""
    found = _plain(value, case)
    found += [("flip_h", value[:, ::-1]), ("flip_v", value[::-1]), ("rot180", value[::-1, ::-1])]
    lines = {"left": value[:, :1], "right": value[:, -1:], "top": value[:1], "bottom": value[-1:]}
    found += [(name, np.broadcast_to(line, value.shape)) for name, line in lines.items()]
    found += list(zip(("row", "column"), line_colour_planes(value), strict=True))
    padded = np.pad(value, 1, mode="edge")
    found += [
        ("n", padded[:-2, 1:-1]),
        ("s", padded[2:, 1:-1]),
        ("w", padded[1:-1, :-2]),
        ("e", padded[1:-1, 2:]),
    ]
    return found


for _name in (
    "checker",
    "row_2",
    "col_2",
    "ring",
    "row_end",
    "col_end",
    "between",
    "sees",
    "line_used",
    "row",
    "col",
    "line_colours",
):
    finisher(True, f"fit_from:{_name}")(_by_plane(PLANES[_name], _surroundings, witnesses=2))


@finisher(same_shape=False)
def fit_tiles(evidence: Evidence) -> Rule | None:
    """The output is made of turned and mirrored copies of the value, the same way in every pair."""
    ratios = {(o.shape[0] / v.shape[0], o.shape[1] / v.shape[1]) for v, o in evidence.pairs}
    if len(ratios) != 1:
        return None
    down, across = ratios.pop()
    if down % 1 or across % 1 or not 1 < down * across <= 100:
        return None
    rows, cols = int(down), int(across)
    options: dict[str, Callable[[Grid], Grid]] = {"same": lambda g: g, **TURNS, "blank": np.zeros_like}
    plan: list[list[str]] = []
    for r in range(rows):
        plan.append([])
        for c in range(cols):
            for name, turn in options.items():
                if all(_is_tile(o, turn(v), r, c, v.shape) for v, o in evidence.pairs):
                    plan[-1].append(name)
                    break
            else:
                return None

    def rule(value: Grid, case: Case) -> Grid | None:
        if value.shape[0] * rows > 30 or value.shape[1] * cols > 30:
            return None
        made = [[options[name](value) for name in row] for row in plan]
        if any(t.shape != value.shape for row in made for t in row):
            return None
        return np.block(made)

    return rule


def _is_tile(output: Grid, tile: Grid, row: int, col: int, shape: tuple[int, ...]) -> bool:
    h, w = shape
    part = output[row * h : (row + 1) * h, col * w : (col + 1) * w]
    return part.shape == tile.shape and bool((part == tile).all())


@finisher(same_shape=False)
def fit_flat(evidence: Evidence) -> Rule | None:
    """One colour all over, by its role in the value, in the output's shape."""
    if any(c.shape is None for c in evidence.cases) or any((o != o[0, 0]).any() for o in evidence.outputs):
        return None
    for find in ROLES:
        if all(find(v) == o[0, 0] for v, o in evidence.pairs):
            return _flat(find)
    return None


def _flat(find: Callable[[Grid], int]) -> Rule:
    return lambda value, case: None if case.shape is None else np.full(case.shape, find(value), np.uint8)


ROLES: tuple[Callable[[Grid], int], ...] = (
    lambda grid: (colours(grid) or [0])[0],
    lambda grid: (colours(grid) or [0])[-1],
    lambda grid: int(np.bincount(grid.ravel()).argmax()),
)
"""The most frequent and the rarest colour but the background, the most frequent of all."""


def _symmetries(value: Grid) -> int:
    return int((value == value[:, ::-1]).all()) + 2 * int((value == value[::-1]).all())


NUMBERS: dict[str, Callable[[Grid], int]] = {
    "palette": lambda value: sum(1 << colour for colour in colours(value)),
    "n_colours": lambda value: len(colours(value)),
    "filled": lambda value: int(np.count_nonzero(value)),
    "top": lambda value: (colours(value) or [0])[0],
    "bottom": lambda value: (colours(value) or [0])[-1],
    "symmetric": _symmetries,
    "size": lambda value: value.shape[0] * 31 + value.shape[1],
}
"""What one number may tell of a whole grid."""


def _by_number(number: Callable[[Grid], int]) -> Fit:
    """A whole output for each number, where at least one number occurs twice."""

    def fit(evidence: Evidence) -> Rule | None:
        table: dict[int, Grid] = {}
        for value, output in evidence.pairs:
            if not same(table.setdefault(number(value), output), output):
                return None
        if len(table) == len(evidence.values):  # nothing was ever confirmed
            return None
        return lambda value, case: table.get(number(value))

    return fit


for _name, _number in NUMBERS.items():
    finisher(False, f"fit_picture:{_name}")(_by_number(_number))
