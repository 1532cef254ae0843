"""The same figures for each kind of task: by tag (task type, source, difficulty), by cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smena.results.accuracy import against, arm_accuracy, learning
from smena.results.figures import Group, Groups
from smena.store.records import TaskRow, Use

KINDS = 20
"""An attribute with more values than this is not broken down: its rows would hold a task each."""


def groups(
    tasks: Mapping[str, TaskRow],
    train: Sequence[Use],
    evals: Sequence[Use],
    trusted: str,
    attempts: int,
    repeats: int,
) -> Groups:
    """``tasks`` by digest; ``trusted``: purpose of the held-out arm with trusted memory."""
    used = {u.task for u in (*train, *evals)}
    rows = {key: task for key, task in tasks.items() if key in used}
    found: list[Group] = []
    constant: dict[str, str] = {}
    many: list[str] = []
    for name, kinds in _attributes(rows).items():
        values = sorted(set(kinds.values()))
        if len(values) == 1:
            constant[name] = values[0]
        elif len(values) > KINDS:
            many.append(f"{name} ({len(values)} values)")
        else:
            for value in values:
                mine = {key for key, kind in kinds.items() if kind == value}
                learned = learning([u for u in train if u.task in mine], attempts)
                held = [u for u in evals if u.task in mine]
                found.append(
                    Group(
                        name,
                        value,
                        learned.acc1,
                        learned.acc_n,
                        arm_accuracy(held, "eval/trusted/000", repeats),
                        arm_accuracy(held, trusted, repeats),
                        against(held, "eval/trusted/000", trusted),
                    )
                )
    return Groups(tuple(found), constant, tuple(many))


def _attributes(rows: Mapping[str, TaskRow]) -> dict[str, dict[str, str]]:
    """Attribute → task → value. The cluster is left out where a tag already divides the tasks as it does."""
    names = sorted({name for task in rows.values() for name in task.tags})
    told = {name: {key: task.tags.get(name, "–") for key, task in rows.items()} for name in names}
    clusters = {key: task.cluster or "–" for key, task in rows.items()}
    same = any(
        len(set(kinds.values())) == len(set(zip(kinds.values(), clusters.values(), strict=True)))
        and len(set(clusters.values())) == len(set(kinds.values()))
        for kinds in told.values()
    )
    return told if same or not rows else told | {"cluster": clusters}
