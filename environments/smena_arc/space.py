"""ARC as a search space: nodes hold what a program so far makes of every train input."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from smena.protocols import Move
from smena.values import JSON

from smena_arc.finish import FINISHERS, Evidence, Rule
from smena_arc.ops import OPERATORS, Case, Grid, Pieces
from smena_arc.ops.base import MAX_SIDE, Operator, same
from smena_arc.prior import MENUS

MEMO, EVIDENCE = 20_000, 100
"""How many nodes a space remembers before it forgets them all, and for how many it keeps the finishers'
evidence.
A matter of memory, never of results."""


class Node:
    """A program: ``train`` are its values on the train inputs, ``tests`` on the test inputs, if asked."""

    __slots__ = ("children", "fitted", "key", "menu", "parent", "step", "tests", "train")

    def __init__(self, train: tuple[Any, ...], parent: Node | None, step: Operator | Rule | None) -> None:
        self.train, self.parent, self.step = train, parent, step
        self.key = _key(train)
        self.fitted = False
        self.menu: list[Move] = []
        self.tests: list[Any] | None = None
        self.children: dict[str, Node | None] = {}


def _key(values: tuple[Any, ...]) -> bytes:
    parts: list[bytes] = []
    for value in values:
        if isinstance(value, Pieces):
            parts.append(bytes((255, len(value.items))))
            for grid, row, col in value.items:
                parts += (bytes((*grid.shape, row, col)), grid.tobytes())
        else:
            parts += (bytes(value.shape), value.tobytes())
    return b"".join(parts)


def _grid(rows: JSON) -> Grid:
    grid = np.array(rows, np.uint8)
    grid.setflags(write=False)
    return grid


def _valid(value: Any) -> bool:
    if isinstance(value, Pieces):
        return bool(value.items)
    return bool(value.size > 0 and max(value.shape) <= MAX_SIDE)


def _output_shape(pairs: Sequence[tuple[Grid, Grid]], grid: Grid) -> tuple[int, int] | None:
    """The shape that the output to this input should have: as the input, constant, or in a fixed ratio."""
    shapes = {o.shape for _, o in pairs}
    if all(i.shape == o.shape for i, o in pairs):
        return (grid.shape[0], grid.shape[1])
    if len(shapes) == 1:
        height, width = shapes.pop()
        return (height, width)
    ratios = {(o.shape[0] / i.shape[0], o.shape[1] / i.shape[1]) for i, o in pairs}
    if len(ratios) == 1:
        down, across = ratios.pop()
        height, width = grid.shape[0] * down, grid.shape[1] * across
        if height % 1 == 0 and width % 1 == 0 and 0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE:
            return (int(height), int(width))
    return None


class GridSpace:
    """The operator vocabulary over one ARC view (:class:`smena.protocols.SearchSpace`).

    >>> view = {"train": [{"input": [[1, 0]], "output": [[0, 1]]}], "test": [{"input": [[2, 0, 3]]}]}
    >>> space = GridSpace(view)
    >>> node = space.apply(space.root(), "flip_h")
    >>> space.fits(node), space.answer(node)
    (True, [[[3, 0, 2]]])
    """

    def __init__(self, view: JSON) -> None:
        pairs = [(_grid(p["input"]), _grid(p["output"])) for p in view["train"]]
        tests = [_grid(p["input"]) for p in view["test"]]
        self.outputs = tuple(o for _, o in pairs)
        self.cases = [Case(i, _output_shape(pairs, i)) for i, _ in pairs]
        self.test_cases = [Case(i, _output_shape(pairs, i)) for i in tests]
        self.target = _key(self.outputs)
        self._root = self._made(Node(tuple(i for i, _ in pairs), None, None))
        self._root.tests = list(tests)
        self._remembered = 0
        self._evidence: dict[bytes, Evidence] = {}

    def root(self) -> Node:
        return self._root

    def moves(self, node: Node) -> Sequence[Move]:
        """The cheapest first; by what the node holds and how its size compares with the output's."""
        return node.menu

    def key(self, node: Node) -> Hashable:
        return node.key

    def fits(self, node: Node) -> bool:
        return node.fitted

    def apply(self, node: Node, name: str) -> Node | None:
        """None also where the step changes nothing."""
        if name in node.children:
            return node.children[name]
        child = self._apply(node, name)
        if self._remembered >= MEMO:
            self._root.children = {}
            self._remembered = 0
        node.children[name] = child
        self._remembered += 1
        return child

    def answer(self, node: Node) -> JSON | None:
        """A grid per test input."""
        values = self._tests(node)
        if any(v is None or isinstance(v, Pieces) for v in values):
            return None
        return [v.tolist() for v in values]

    def _apply(self, node: Node, name: str) -> Node | None:
        step = OPERATORS.get(name)
        if step is None:
            return self._finish(node, name)
        if (step.takes == "pieces") != isinstance(node.train[0], Pieces):
            return None
        made = []
        run = step.run
        for value, case in zip(node.train, self.cases, strict=True):
            result = run(value, case)
            if result is None or not _valid(result):
                return None
            made.append(result)
        child = Node(tuple(made), node, step)
        return None if child.key == node.key else self._made(child)

    def _finish(self, node: Node, name: str) -> Node | None:
        finisher = FINISHERS.get(name)
        if finisher is None or node.fitted or isinstance(node.train[0], Pieces):
            return None
        if finisher.same_shape != all(
            v.shape == o.shape for v, o in zip(node.train, self.outputs, strict=True)
        ):
            return None
        rule = finisher.fit(self._evidence_at(node))
        if rule is None:
            return None
        for value, case, output in zip(node.train, self.cases, self.outputs, strict=True):
            made = rule(value, case)
            if made is None or not same(made, output):
                return None
        return self._made(Node(self.outputs, node, rule))

    def _evidence_at(self, node: Node) -> Evidence:
        """What finishers share at a node; remembered for the last few nodes only, for it is large."""
        found = self._evidence.pop(node.key, None) or Evidence(node.train, self.cases, self.outputs)
        self._evidence[node.key] = found
        if len(self._evidence) > EVIDENCE:
            del self._evidence[next(iter(self._evidence))]
        return found

    def _made(self, node: Node) -> Node:
        """Fill in what is asked of every node."""
        first = node.train[0]
        if isinstance(first, Pieces):
            shapes = all(v.canvas.shape == o.shape for v, o in zip(node.train, self.outputs, strict=True))
            node.menu = MENUS["pieces_same" if shapes else "pieces_other"]
        elif node.key == self.target:
            node.fitted = True
        elif all(v.shape == o.shape for v, o in zip(node.train, self.outputs, strict=True)):
            node.menu = MENUS["same"]
        elif all(o.size <= v.size for v, o in zip(node.train, self.outputs, strict=True)):
            node.menu = MENUS["smaller"]
        else:
            node.menu = MENUS["larger"]
        return node

    def _tests(self, node: Node) -> list[Any]:
        if node.tests is None:
            assert node.parent is not None and node.step is not None
            run = node.step.run if isinstance(node.step, Operator) else node.step
            node.tests = []
            for value, case in zip(self._tests(node.parent), self.test_cases, strict=True):
                made = None if value is None else run(value, case)
                node.tests.append(made if made is not None and _valid(made) else None)
        return node.tests
