"""Best-first enumeration of programs: cheapest first, no state prolonged twice, within a budget of steps
tried."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

from smena.protocols import Move, SearchSpace
from smena.values import canonical


class Fit(NamedTuple):
    """A program that fits: its moves, and its answer as canonical JSON."""

    moves: tuple[Move, ...]
    answer: bytes


def enumerate_fits(space: SearchSpace, nodes: int, depth: int) -> Iterator[Fit]:
    """Programs that fit, the cheapest of each distinct answer, in order of cost, until ``nodes`` steps are
    tried.

    A program that fits is not prolonged. Siblings wait in line behind the cheapest, so the frontier stays
    small."""
    order: dict[int, tuple[Sequence[Move], list[Move]]] = {}
    frontier: list[tuple[float, int, float, Any, tuple[Move, ...], list[Move], int]] = []
    serial = count()

    def by_cost(node: Any) -> list[Move]:
        moves = space.moves(node)
        if id(moves) not in order:
            order[id(moves)] = moves, sorted(moves, key=lambda move: move.cost)
        return order[id(moves)][1]

    def wait(cost: float, node: Any, path: tuple[Move, ...], moves: list[Move], i: int) -> None:
        if i < len(moves):
            heapq.heappush(frontier, (cost + moves[i].cost, next(serial), cost, node, path, moves, i))

    root = space.root()
    seen: set[Hashable] = {space.key(root)}
    answers: set[bytes] = set()
    wait(0.0, root, (), by_cost(root), 0)
    for _ in range(nodes):
        if not frontier:
            return
        total, _, cost, node, path, moves, i = heapq.heappop(frontier)
        wait(cost, node, path, moves, i + 1)
        child = space.apply(node, moves[i].name)
        if child is None:
            continue
        program = (*path, moves[i])
        if space.fits(child):
            answer = canonical(space.answer(child))
            if answer not in answers and answer != b"null":
                answers.add(answer)
                yield Fit(program, answer)
        elif len(program) < depth and (key := space.key(child)) not in seen:
            seen.add(key)
            wait(total, child, program, by_cost(child), 0)
