"""ARC's tasks: pinned sets, splits that share nothing, folders of task files whose mistakes are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena import BadInput
from smena.config import convert
from smena.values import SPLITS
from smena_arc import data
from smena_arc.environment import Arc, ArcConfig

PAIR = {"input": [[1, 0]], "output": [[0, 1]]}
TASK: dict[str, Any] = {"train": [PAIR], "test": [{"input": [[2, 0]], "output": [[0, 2]]}]}


def write(folder: Path, **tasks: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, task in tasks.items():
        (folder / f"{name}.json").write_text(task if isinstance(task, str) else json.dumps(task))
    return folder


def task(*colours: int) -> dict[str, Any]:
    """A task of one train pair for each colour but the last, which is the test's."""
    pairs = [{"input": [[c, 0]], "output": [[0, c]]} for c in colours]
    return {"train": pairs[:-1], "test": pairs[-1:]}


def items(*tasks: dict[str, Any]) -> tuple[data.Item, ...]:
    raw = [data.RawTask(**{side: tuple(map(raw_pair, t[side])) for side in ("train", "test")}) for t in tasks]
    return tuple(data.make_item(str(n), one) for n, one in enumerate(raw))


def raw_pair(pair: dict[str, Any]) -> data.RawPair:
    return data.RawPair(*(data.msgspec.Raw(json.dumps(pair[side]).encode()) for side in ("input", "output")))


def test_the_public_sets_are_the_pinned_ones() -> None:
    counts = {
        name: [(len(part), sum(len(item.raw.test) for item in part)) for part in data.read_public(name)]
        for name in data.KEYS
    }
    assert counts == {"arc1": [(400, 416), (400, 419)], "arc2": [(1000, 1076), (120, 167)]}


@pytest.mark.parametrize("name", ["arc1", "arc2"])
def test_splits_share_no_pair(name: str) -> None:
    sets = data.independent(data.read_public(name))
    shares = data.allot(sets.training, (0.7, 0.1, 0.2))
    parts = [[i for i, s in zip(sets.training, shares, strict=True) if s == n] for n in range(3)]
    kin = [frozenset().union(*(item.kin for item in part)) for part in (*parts, sets.evaluation)]
    assert all(not kin[a] & kin[b] for a in range(4) for b in range(a))
    assert [round(len(part) / len(sets.training), 1) for part in parts] == [0.7, 0.1, 0.2]


def test_a_training_task_that_is_an_evaluation_task_is_dropped() -> None:
    before = {item.name for item in data.read_public("arc1").training}
    after = {item.name for item in data.independent(data.read_public("arc1")).training}
    assert before - after == {"40853293"}  # = evaluation task 070dd51e, its pairs in another order


def test_lineage_is_by_content() -> None:
    arc2 = Arc(ArcConfig(data="arc2"))
    sets = data.read_public("arc2")
    origins = [[arc2._lineage(item)["origin"] for item in part] for part in sets]
    assert [origins[0].count(o) for o in ("arc1-training", "arc1-evaluation", "new")] == [391, 376, 233]
    assert [origins[1].count(o) for o in ("arc1-training", "arc1-evaluation", "new")] == [0, 7, 113]


def test_neither_order_nor_company_moves_a_task_to_another_split() -> None:
    training = data.independent(data.read_public("arc1")).training
    shares = dict(zip((i.name for i in training), data.allot(training, (0.7, 0.1, 0.2)), strict=True))
    some = training[::-3]
    assert data.allot(some, (0.7, 0.1, 0.2)) == [shares[i.name] for i in some]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=4, unique=True), min_size=1, max_size=6))
def test_kin_go_together_and_doubles_go(colours: list[list[int]]) -> None:
    training = items(*(task(*c) for c in colours))
    kept = data.independent(data.Sets(training, ())).training
    assert {i.kin for i in kept} == {i.kin for i in training} and len(kept) == len({i.kin for i in kept})
    shares = data.allot(kept, (0.4, 0.3, 0.3))
    for a, share_a in zip(kept, shares, strict=True):
        for b, share_b in zip(kept, shares, strict=True):
            assert share_a == share_b or not a.kin & b.kin


def test_a_folder_of_task_files(tmp_path: Path) -> None:
    write(tmp_path, one=task(1, 2), two=task(3, 4), again=task(2, 1), none="not looked at").joinpath(
        "none.json"
    ).rename(tmp_path / "notes.txt")
    arc = Arc(ArcConfig(path=str(tmp_path)))
    found = [t for split in SPLITS for t in arc.tasks(split)]
    assert sorted(t.id for t in found) == ["own/again", "own/two"]  # `one` has the pairs of `again`
    assert arc.tasks("eval") == ()
    assert found[0].tags == {"set": "training", "origin": "own"}


def test_a_folder_laid_out_like_the_official_repositories(tmp_path: Path) -> None:
    write(tmp_path / "training", one=task(1, 2), two=task(3, 4, 5))
    write(tmp_path / "evaluation", three=task(5, 6))
    arc = Arc(ArcConfig(path=str(tmp_path), shares=(1, 0, 0)))
    assert [t.id for t in arc.tasks("train")] == ["own/one"]  # `two` shares a pair with `three`
    assert [t.id for t in arc.tasks("eval")] == ["own/three"]


def spoil(side: str, grid: Any) -> dict[str, Any]:
    return {**TASK, "test": [{**TASK["test"][0], side: grid}]}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (spoil("input", [[1, 2], [3]]), "test pair 1, input: is ragged: rows of 1 and of 2 cells"),
        (spoil("input", []), "test pair 1, input: must be a non-empty list of rows"),
        (spoil("output", [[]]), "test pair 1, output: every row must be a non-empty list"),
        (spoil("output", [[0] * 31]), "test pair 1, output: is 1×31, larger than 30×30"),
        (
            spoil("output", [[10]]),
            "test pair 1, output: has 10 in row 1, column 1: a colour is an integer 0..9",
        ),
        (spoil("output", [[1], [True]]), "has True in row 2, column 1"),
        ({**TASK, "train": []}, "no train pair"),
        ({"train": [PAIR]}, "no test pair"),
        ({**TASK, "test": [{"input": [[1]]}]}, "test pair 1 has no output"),
        ([], "a task is an object"),
        ("{", "not a task file"),
    ],
)
def test_an_impossible_task_file_is_named_with_what_is_wrong(tmp_path: Path, broken: Any, words: str) -> None:
    write(tmp_path, good=TASK, bad=broken)
    with pytest.raises(BadInput) as error:
        Arc(ArcConfig(path=str(tmp_path))).tasks("train")
    assert "bad.json: " in str(error.value) and words in str(error.value)


def test_no_folder_and_an_empty_one_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        Arc(ArcConfig(path=str(tmp_path / "nowhere"))).tasks("train")
    with pytest.raises(BadInput, match="no task files"):
        Arc(ArcConfig(path=str(tmp_path))).tasks("train")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"shares": [0.5, 0.1, 0.1]}, "add up to 1"),
        ({"shares": [0.5, 0.5]}, "length 3"),
        ({"data": "arc3"}, "arc3"),
        ({"dtaa": "arc1"}, "did you mean 'data'"),
    ],
)
def test_a_setting_that_cannot_be_is_bad_input(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        convert(settings, ArcConfig, "[env.arc]")
