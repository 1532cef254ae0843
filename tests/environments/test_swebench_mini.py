"""The bundled set is what it says: bugs in working packages, told from what is right by tests, split without
overlap, and nothing of the fix in what a learner sees."""

from __future__ import annotations

import ast
import random
from collections import Counter

import pytest
from smena import Attempt
from smena.values import SPLITS, canonical
from smena_swebench import diffs, edits, mini
from smena_swebench.environment import SweBench, SweBenchConfig, mini_tasks
from smena_swebench.features import features, symptom
from smena_swebench.records import NEEDED, checked
from smena_swebench.space import ochiai


@pytest.fixture(scope="module")
def env() -> SweBench:
    return SweBench()


def test_the_set_is_large_enough_and_of_many_patterns(env: SweBench) -> None:
    tasks = [t for split in SPLITS for t in env.tasks(split)]
    assert len(tasks) >= 40
    assert len({t.tags["repo"] for t in tasks}) >= 6
    assert len({t.tags["pattern"] for t in tasks}) >= 10
    assert len({t.id for t in tasks}) == len(tasks)


@pytest.mark.parametrize(("by", "tag"), [("package", "repo"), ("pattern", "pattern")])
def test_no_package_or_pattern_is_in_two_splits(by: str, tag: str) -> None:
    parts = mini_tasks(by)
    assert all(parts[split] for split in SPLITS)
    places = Counter(value for split in SPLITS for value in {t.tags[tag] for t in parts[split]})
    assert set(places.values()) == {1}


def test_every_record_is_of_the_schema_and_fails_before_it_passes(env: SweBench) -> None:
    for split in SPLITS:
        for task in env.tasks(split):
            whole = {
                **task.reference,
                "instance_id": task.id,
                "problem_statement": "x",
                "repo": task.tags["repo"],
            }
            record = checked(whole, task.id)
            assert set(NEEDED) <= record.keys()
            assert record["FAIL_TO_PASS"] and record["PASS_TO_PASS"]
            assert not set(record["FAIL_TO_PASS"]) & set(record["PASS_TO_PASS"])
            assert diffs.look(record["patch"]).trouble == "" and record["patch"]


def test_the_learner_sees_neither_the_fix_nor_the_hidden_tests(env: SweBench) -> None:
    """Attack: look for the repaired line and for every hidden failing test but the one that the issue shows."""
    for split in SPLITS:
        for task in env.tasks(split):
            bug = next(b for b in mini.bugs(task.tags["repo"][6:]) if b.name == task.id)
            shown = mini.seen()[bug.name].shown.split("::")[1]
            seen = canonical([task.view, task.features]).decode()
            hidden = [n.split("::")[-1] for n in task.reference["FAIL_TO_PASS"] if n.split("::")[-1] != shown]
            for name in hidden:
                assert f"def {name}(" not in seen, f"{task.id} shows {name}"
            fixed = {line for line in bug.old.split("\n") if line not in bug.new.split("\n")}
            tree = task.view["files"][bug.file].split("\n")
            before = mini.sources(bug.package)[bug.file].split("\n")
            assert all(tree.count(line) < before.count(line) for line in fixed), task.id
            for field in ("patch", "test_patch", "FAIL_TO_PASS", "PASS_TO_PASS", "hints_text"):
                assert field not in task.view


def test_a_lesson_that_says_the_fix_leaks(env: SweBench) -> None:
    from smena import Fact, Pattern

    task = env.tasks("train")[3]
    added = next(x[1:].strip() for x in task.reference["patch"].split("\n") if x[:1] == "+" and x[:2] != "++")
    assert env.leaks(task, Fact("line", "is", f"write {added} there"))
    assert not env.leaks(task, Pattern("p", ("symptom=case",), ("text:lower", "?")))


def test_the_gap_tells_symptom_and_place_and_is_of_no_bits(env: SweBench) -> None:
    task = next(t for t in env.tasks("train") if "symptom=fails-on-none" in t.features)
    gap = env.gap(task, Attempt(answer=None))
    told = {finding.aspect: finding.value for finding in gap.findings}
    assert told["symptom"] == "fails-on-none" and "place" in told and "no change" in told["attempt"]
    assert gap.bits == 0


def test_features_come_from_the_view_alone(env: SweBench) -> None:
    for task in env.tasks("holdout"):
        assert task.features == features(task.view["problem_statement"], task.view["files"])
        assert task.features[0].startswith("symptom=")


@pytest.mark.parametrize(
    ("snippet", "output", "found"),
    [
        ("", "AssertionError: 3 != 4", "one-off"),
        ("", "AssertionError: False != True", "wanted-True"),
        ("", "AssertionError: 'Ab' != 'ab'", "case"),
        ("", "AssertionError: 'a ' != 'a'", "spaces"),
        ("", "AssertionError: Lists differ: [1] != [1, 2]", "shorter"),
        ("", "ZeroDivisionError: division by zero", "fails-on-empty"),
        ("", "UnicodeDecodeError: 'ascii' codec", "unicode"),
        ("with assert_raises(ValueError):\n    f()", "KeyError: 'x'", "other-than-ValueError"),
        (
            "with assert_raises(ValueError):\n    f()",
            "AssertionError: ValueError not raised",
            "no-ValueError",
        ),
        ("x = []\nf(x)\nassert_equal(x, [])", "AssertionError: Lists differ: [1] != []", "argument-changed"),
        ("f()\nassert_equal(f(), 1)", "AssertionError: 2 != 1", "earlier-call-matters"),
        ("", "it does not work", "unknown"),
    ],
)
def test_symptoms(snippet: str, output: str, found: str) -> None:
    assert symptom(snippet, output) == found


def test_edits_make_python_and_change_something() -> None:
    rng = random.Random(0)
    for bug in rng.sample(mini.every(), 12):
        text = mini.broken(bug)[bug.file]
        for edit in rng.sample(edits.edits(text), 40):
            made = edits.apply(text, edit)
            assert made is None or (ast.parse(made) and made != text)


def test_the_vocabulary_repairs_many_bugs_but_not_all() -> None:
    """By syntax tree, so that what is counted is the repair itself and not what tests let through."""
    rng = random.Random(1)
    chosen = rng.sample(mini.every(), 24)
    repaired = 0
    for bug in chosen:
        text, right = mini.broken(bug)[bug.file], ast.dump(ast.parse(mini.sources(bug.package)[bug.file]))
        made = (edits.apply(text, edit) for edit in edits.edits(text) if edit.line in _lines(text, bug))
        repaired += any(ast.dump(ast.parse(m)) == right for m in made if m)
    assert len(chosen) * 0.3 < repaired < len(chosen)


def _lines(text: str, bug: mini.Bug) -> range:
    first = text[: text.index(bug.new)].count("\n") + 1
    return range(first - 12, first + bug.new.count("\n") + 2)


def test_edits_of_what_is_no_python_are_none() -> None:
    assert edits.edits("def (") == []


def test_lines_that_only_failing_tests_run_are_most_suspicious() -> None:
    told = [[False, {"a.py": [1, 2]}], [True, {"a.py": [1, 3]}], [True, {"a.py": [1]}]]
    found = ochiai(told)
    assert found["a.py", 2] == 1.0 > found["a.py", 1] > 0
    assert ("a.py", 3) not in found


def test_a_setting_that_cannot_be_is_told() -> None:
    with pytest.raises(ValueError, match="four shares"):
        SweBenchConfig(shares=(0.5, 0.5, 0.5, 0.5))
