"""Records and patches as strangers hand them in: one clear line for each thing that is wrong."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import BadInput
from smena.code import protected
from smena_swebench import diffs, mini
from smena_swebench.environment import SweBench, SweBenchConfig
from smena_swebench.grading import END, START, grade, script
from smena_swebench.judging import strip
from smena_swebench.records import load


def needed(package: str) -> None:
    if find_spec(package) is None:
        wanted = os.environ.get("SMENA_REQUIRE_REAL")
        (pytest.fail if wanted else pytest.skip)(f"{package} is not installed")


@pytest.fixture
def record() -> dict:
    return mini.record(mini.bugs("ledger")[0])


def test_three_forms_of_file_give_the_same_records(tmp_path: Path, record: dict) -> None:
    as_text = record | {"FAIL_TO_PASS": json.dumps(record["FAIL_TO_PASS"])}
    (tmp_path / "a.json").write_text(json.dumps([record]))
    (tmp_path / "b.jsonl").write_text(json.dumps(as_text) + "\n\n")
    (tmp_path / "c.json").write_text(json.dumps({"x": record}))
    found = [load(str(tmp_path / name)) for name in ("a.json", "b.jsonl", "c.json")]
    assert found == [[record]] * 3


def test_parquet(tmp_path: Path, record: dict) -> None:
    needed("pyarrow")
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist([record]), tmp_path / "a.parquet")
    assert load(str(tmp_path / "a.parquet")) == [record]


def test_a_line_of_jsonl_ends_at_line_feeds_only(tmp_path: Path, record: dict) -> None:
    """`splitlines` would cut at U+2028 and U+0085 and lose the record."""
    odd = record | {"problem_statement": "one\u2028two\u0085three"}
    (tmp_path / "a.jsonl").write_text(json.dumps(odd, ensure_ascii=False) + "\n", encoding="utf-8")
    assert load(str(tmp_path / "a.jsonl"))[0]["problem_statement"] == "one\u2028two\u0085three"


@pytest.mark.parametrize("field", ["image", "eval_script", "log_parser", "eval_type"])
def test_a_record_of_an_older_schema_is_told_what_it_lacks(tmp_path: Path, record: dict, field: str) -> None:
    del record[field]
    (tmp_path / "old.json").write_text(json.dumps([record]))
    with pytest.raises(BadInput, match=rf"smena__ledger-01: no {field}.*before swebench 5.*eval_script per"):
        load(str(tmp_path / "old.json"))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "not JSON"),
        ("a.jsonl", '{"a": 1}\n{', "line 2: not JSON"),
        ("a.json", "[]", "no records"),
        ("a.json", "[3]", "a record is an object"),
        ("a.jsonl", "", "no records"),
    ],
)
def test_files_that_hold_no_records(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=said):
        load(str(tmp_path / name))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        load("/nowhere/records.jsonl")


def test_an_allow_list_leaves_only_sound_instances(tmp_path: Path) -> None:
    rows = [mini.record(bug) for bug in mini.bugs("ledger")[:4]]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    (tmp_path / "ok.json").write_text(json.dumps({"allowed": [rows[1]["instance_id"]]}))
    config = SweBenchConfig(data=str(tmp_path / "a.json"), allow=str(tmp_path / "ok.json"))
    env = SweBench(config)
    found = [t.id for split in ("train", "eval", "holdout", "audit") for t in env.tasks(split)]
    assert found == [rows[1]["instance_id"]]
    with pytest.raises(BadInput, match="smena env doctor swebench"):
        SweBench(SweBenchConfig(data=str(tmp_path / "a.json"), allow=str(tmp_path / "none.json"))).tasks(
            "train"
        )


def test_a_real_task_shows_the_issue_and_nothing_of_the_answer(tmp_path: Path, record: dict) -> None:
    (tmp_path / "a.json").write_text(json.dumps([record | {"hints_text": "use the other sign"}]))
    env = SweBench(SweBenchConfig(data=str(tmp_path / "a.json")))
    (task,) = (t for split in ("train", "eval", "holdout", "audit") for t in env.tasks(split))
    assert set(task.view) == {"problem_statement", "repo"}
    assert "other sign" not in json.dumps([task.view, task.features])


# Patches


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (3, "a patch is text"),
        ("do this and that", "no file header"),
        ("diff --git a/x.png b/x.png\nGIT binary patch\nliteral 3\n", "binary"),
        ("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+\0b\n", "binary"),
        ("diff --git a/../x b/../x\n--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "leaves the tree"),
        ("--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", "leaves the tree"),
        ("diff --git a/.git/hooks/x b/.git/hooks/x\n--- /dev/null\n+++ b/.git/hooks/x\n", "leaves the tree"),
        ("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n", "links"),
        ("diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n", "submodules"),
        ("diff --git a/x b/x\n" + "+" * (diffs.MAX_BYTES + 1), "the limit is"),
    ],
)
def test_patches_that_are_refused_before_anything_is_run(patch: object, said: str) -> None:
    assert said in diffs.look(patch).trouble
    judged = SweBench().judge(SweBench().tasks("train")[0], patch)
    assert judged.kind == "PATCH_FAILED" and judged.score == 0.0


def test_a_patch_written_on_windows_is_read() -> None:
    patch = diffs.unified({"a": "x\n"}, {"a": "y\n"})
    assert diffs.look(patch.replace("\n", "\r\n")).patch == patch


def test_changes_of_tests_do_not_count() -> None:
    tests = diffs.unified({"tests/test_a.py": "x\n", "conftest.py": ""}, {"conftest.py": "y\n"})
    source = diffs.unified({"a.py": "x\n"}, {"a.py": "y\n"})
    assert strip(tests + source) == (source, ("conftest.py", "tests/test_a.py"))
    task = SweBench().tasks("train")[0]
    judged = SweBench().judge(task, tests)
    assert judged.kind == "EMPTY" and judged.stripped


def test_a_rename_into_the_tests_is_seen() -> None:
    moved = (
        "diff --git a/a.py b/conftest.py\nsimilarity index 100%\nrename from a.py\nrename to conftest.py\n"
    )
    assert strip(moved) == ("", ("conftest.py",))


@pytest.mark.parametrize(
    ("path", "counts"),
    [("src/a.py", True), ("a/testing.py", True), ("tests/a.py", False), ("a/test/b.py", False),
     ("a/test_b.py", False), ("setup.cfg", False), ("x/sitecustomize.py", False), ("a.pth", False)],
)  # fmt: skip
def test_what_counts(path: str, counts: bool) -> None:
    assert bool(protected(path)) is not counts


texts = st.text(st.sampled_from("ab \n\x0c\u2028é"), max_size=30)


trees = st.dictionaries(st.sampled_from(["a", "b/c"]), texts)


@given(trees, trees)
def test_a_diff_names_exactly_what_it_changes(before: dict, after: dict) -> None:
    patch = diffs.unified(before, after)
    changed = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
    assert set(diffs.paths(patch)) == changed
    assert (patch == "") == (not changed)


# Grading


def log(*lines: str, code: int = 0) -> str:
    return "\n".join(
        ["+ : '" + START + "'", *lines, "+ : '" + END + "'", f">>>>> Test Exit Code: {code}", ""]
    )


def cases(record: dict) -> dict[str, str]:
    f2p, p2p = record["FAIL_TO_PASS"], record["PASS_TO_PASS"]
    good = [f"PASSED {name}" for name in (*f2p, *p2p)]
    return {
        "all pass": log(*good),
        "one to repair fails": log(f"FAILED {f2p[0]} - no", *good[1:], code=1),
        "one to keep fails": log(*good[:-1], f"FAILED {p2p[-1]}", code=1),
        "one to keep is skipped": log(*good[:-1], f"SKIPPED {p2p[-1]}"),
        "one to repair is skipped": log(f"SKIPPED {f2p[0]}", *good[1:]),
        "one is missing": log(*good[1:]),
        "printed by a cheat": log(*good, code=4),
        "nothing ran": log("ModuleNotFoundError: No module named 'pytest'", code=1),
        "all errors": log(*(f"ERROR {name}" for name in (*f2p, *p2p)), code=2),
        "no end": "+ : '" + START + "'\n" + "\n".join(good),
        "empty": "",
    }


@pytest.mark.parametrize("name", list(cases({"FAIL_TO_PASS": ["a"], "PASS_TO_PASS": ["b"]})))
def test_our_rules_are_the_official_ones(record: dict, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    needed("swebench")
    text = cases(record)[name]
    theirs = grade(record, "x", text)
    monkeypatch.setattr("smena_swebench.grading.official", lambda: None)
    ours = grade(record, "x", text)
    assert ours[:4] == theirs[:4]


def test_the_official_grader_comes_without_its_company() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from smena_swebench.grading import official; official(); "
        "print([m for m in ('modal', 'datasets', 'docker', 'pandas') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_without_swebench_a_record_that_needs_it_says_so(
    record: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smena_swebench.grading.official", lambda: None)
    with pytest.raises(BadInput, match=r"pip install 'smena\[swebench\]'"):
        grade(record | {"log_parser": "parse_log_django"}, "x", "")


def test_the_script_tells_how_the_tests_ended(record: dict) -> None:
    lines = script(record).split("\n")
    end = next(i for i, line in enumerate(lines) if END in line)
    assert lines[end - 1] == "SWEBENCH_TEST_EXIT_CODE=$?" and "Test Exit Code" in lines[end + 1]
