"""What triggers are matched against: ``name=value`` strings from the view alone, the most telling first.

A feature is left out where the train pairs disagree; only the size relation says ``mixed``. Values are
coarse on purpose: a value that few tasks share cannot carry a lesson to another task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from smena_arc.look import Array, Look, cuts, looks, objects, symmetries
from smena_arc.rules import size_rule, unanimous


def features(view: dict[str, Any]) -> tuple[str, ...]:
    """All features of a task. Deterministic, about twenty.

    >>> view = {"train": [{"input": [[1, 0]], "output": [[0, 1]]}], "test": [{"input": [[2, 0]]}]}
    >>> features(view)[:3]
    ('size=same', 'symmetry=kept', 'palette=same')
    """
    pairs = looks(view)
    found = {"size": "mixed"} | unanimous(pairs)
    told = found | _outputs(pairs) | _descriptions(view, pairs)
    return tuple(f"{name}={value}" for name, value in told.items())


def cluster(features: Iterable[str]) -> str:
    """A coarse signature, shared by tens of tasks: the size relation, and what is done to the cells or
    where the output comes from."""
    told = dict(f.split("=", 1) for f in features)
    size = told["size"]
    if size == "same":
        return f"same/{told.get('change', 'mixed')}"
    if size == "larger":
        return f"larger/{'blocks' if 'tiling' in told or 'size-rule' in told else 'other'}"
    if size == "smaller":
        cut = told.get("containment", "").startswith("output-in")
        return f"smaller/{'cut' if cut else 'by-rule' if told.keys() & {'size-rule', 'bands'} else 'varied'}"
    return size


def _coarse(rule: str | None) -> str | None:
    match (rule or "").partition("-"):
        case ("transposed", _, _):
            return "transposed"
        case ("const", _, text):
            return "one-cell" if text == "1x1" else "const"
        case ("ratio", _, text):
            tall, wide = text.split("x")
            if tall == wide:
                return f"ratio-{tall}"
            return "ratio-tall" if wide == "1" else "ratio-wide" if tall == "1" else "ratio"
    return None


def _outputs(pairs: list[Look]) -> dict[str, str]:
    """What the outputs have in common."""
    new = {p.palettes[1] - p.palettes[0] for p in pairs}
    added = next(iter(new)) if len(new) == 1 else None
    told = {
        "size-rule": _coarse(size_rule(pairs)),
        "new-colours": None if added is None else str(min(len(added), 2)) if len(added) < 2 else "2+",
        "output-objects": _common(_few(len(p.objects[1])) for p in pairs),
        "output-colours": _common(_few(len(p.palettes[1])) for p in pairs),
        "outputs": "equal-size" if len({p.output.shape for p in pairs}) == 1 and len(pairs) > 1 else None,
    }
    return {name: value for name, value in told.items() if value}


def _descriptions(view: dict[str, Any], pairs: list[Look]) -> dict[str, str]:
    """What all inputs are like, those of the test too."""
    tests = [np.array(test["input"], dtype=np.int8) for test in view["test"]]
    inputs = [p.input for p in pairs] + tests
    ground = pairs[0].ground
    told = {name: _common(describe(grid, ground) for grid in inputs) for name, describe in _DESCRIPTIONS}
    told["inputs"] = "equal-size" if len({grid.shape for grid in inputs}) == 1 else "varied-size"
    known = frozenset[int]().union(*(p.palettes[0] for p in pairs))
    told["test-colours"] = "new" if any(set(np.unique(grid).tolist()) - known for grid in tests) else None
    told["background"] = "black" if ground == 0 else "other"
    return {name: value for name, value in told.items() if value}


def _separators(grid: Array, ground: int) -> str | None:
    """Full lines of one colour that cut the grid into equal cells."""
    rows, columns = cuts(grid), cuts(grid.T)
    if not rows and not columns:
        return None
    cells = (len(rows) + 1) * (len(columns) + 1)
    return "halves" if cells == 2 else "cross" if cells == 4 and rows and columns else "lattice"


def _symmetric(grid: Array, ground: int) -> str | None:
    return "yes" if symmetries(grid) else None


def _square(grid: Array, ground: int) -> str | None:
    return "square" if grid.shape[0] == grid.shape[1] else None


def _extent(grid: Array, ground: int) -> str:
    side = max(grid.shape)
    return "small" if side <= 5 else "medium" if side <= 12 else "large"


def _colours(grid: Array, ground: int) -> str:
    return _few(len(np.unique(grid)))


def _objects(grid: Array, ground: int) -> str:
    return _few(len(objects(grid, ground)))


def _few(n: int) -> str:
    return str(n) if n <= 3 else "4-6" if n <= 6 else "7+"


_DESCRIPTIONS: tuple[tuple[str, Callable[[Array, int], str | None]], ...] = (
    ("separators", _separators),
    ("input-objects", _objects),
    ("input-colours", _colours),
    ("input-symmetric", _symmetric),
    ("input-shape", _square),
    ("input-extent", _extent),
)


def _common(values: Iterable[str | None]) -> str | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None
