"""The bundled set ``swebench-mini``: bugs put into small packages of our own, as records of the v5 schema.

A package is a folder under ``mini/`` with sources, unit tests and ``bugs.txt``: each bug says which lines stand
there (``-``) and what a mistake made of them (``+``), under the name of its repair pattern. What its tests say
of each bug (which fail, which one an issue would show, what is seen) is kept in ``mini/seen.json``, made by
`python -m smena_swebench.mini_build` and checked by a test.
"""

from __future__ import annotations

import ast
import hashlib
import re
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from smena.values import Split

from smena_swebench.diffs import unified

HERE = Path(__file__).parent / "mini"
SPLIT_OF: dict[str, Split] = {
    "grids": "train",
    "inventory": "train",
    "ledger": "train",
    "schedule": "train",
    "textkit": "train",
    "tokens": "train",
    "csvlite": "holdout",
    "queues": "eval",
    "stats": "eval",
    "urls": "eval",
    "config": "audit",
    "geo": "audit",
}
"""Packages by split, so that a lesson has to work in code it has never seen."""
IMAGE = "smena/swebench-mini:1"
RUN = "tests/run.py"


class Bug(NamedTuple):
    """``old`` is right and stands in ``file`` once; ``new`` is the mistake."""

    package: str
    number: int
    cluster: str
    file: str
    old: str
    new: str

    @property
    def name(self) -> str:
        return f"smena__{self.package}-{self.number:02}"


class Seen(msgspec.Struct, frozen=True):
    """What the tests say of a bug: names of those that fail, the one that the issue shows, its last lines."""

    fails: tuple[str, ...]
    shown: str
    output: str


@lru_cache
def sources(package: str) -> dict[str, str]:
    """The package as it should be, without its tests."""
    root = HERE / package
    found = sorted((root / package).glob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_path(package: str) -> str:
    return f"tests/test_{package}.py"


@lru_cache
def tests(package: str) -> str:
    return (HERE / package / test_path(package)).read_text(encoding="utf-8")


@lru_cache
def runner() -> str:
    return (HERE / "tests_run.py").read_text(encoding="utf-8")


@lru_cache
def bugs(package: str) -> tuple[Bug, ...]:
    """Raises ValueError where a bug's lines do not stand in exactly one place of one file."""
    text = (HERE / package / "bugs.txt").read_text(encoding="utf-8")
    found = []
    for number, block in enumerate(re.split(r"^== ", text, flags=re.M)[1:], start=1):
        cluster, *lines = block.rstrip("\n").split("\n")
        old = "\n".join(line[1:] for line in lines if line.startswith("-"))
        new = "\n".join(line[1:] for line in lines if line.startswith("+"))
        files = [path for path, source in sources(package).items() for _ in range(source.count(old))]
        if len(files) != 1:
            raise ValueError(f"{package} bug {number}: its lines stand in {len(files)} places")
        found.append(Bug(package, number, cluster, files[0], old, new))
    return tuple(found)


def broken(bug: Bug) -> dict[str, str]:
    """The sources with the mistake in them."""
    tree = dict(sources(bug.package))
    tree[bug.file] = tree[bug.file].replace(bug.old, bug.new)
    return tree


@lru_cache
def seen() -> dict[str, Seen]:
    return msgspec.json.decode((HERE / "seen.json").read_bytes(), type=dict[str, Seen])


class Method(NamedTuple):
    """A test method: its class, name, lines (from, to) in the file, and its statements."""

    kind: str
    name: str
    first: int
    last: int
    body: str

    @property
    def id(self) -> str:
        return f"{self.kind}::{self.name}"


@lru_cache
def methods(package: str) -> tuple[Method, ...]:
    text = tests(package)
    lines = text.split("\n")
    found = []
    for kind in ast.parse(text).body:
        if isinstance(kind, ast.ClassDef):
            for node in kind.body:
                if isinstance(node, ast.FunctionDef):
                    first, last = node.body[0].lineno, node.end_lineno or node.lineno
                    body = textwrap.dedent("\n".join(lines[first - 1 : last]))
                    found.append(Method(kind.name, node.name, node.lineno, last, body))
    return tuple(found)


def known_tests(package: str, fails: tuple[str, ...]) -> str:
    """The tests that came with the tree: about half of those that pass with the bug in."""
    keep = {m.id for m in methods(package) if m.id not in fails and _coin(package + m.id)}
    lines = tests(package).split("\n")
    for method in reversed(methods(package)):
        if method.id not in keep:
            del lines[method.first - 1 : method.last + 1]
    made = "\n".join(lines).rstrip("\n") + "\n"
    return made


def _coin(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def tree(bug: Bug) -> dict[str, str]:
    """What a learner finds: sources with the bug, the tests that came with them, and their runner."""
    package = bug.package
    return broken(bug) | {
        test_path(package): known_tests(package, seen()[bug.name].fails),
        RUN: runner(),
    }


def statement(bug: Bug) -> str:
    """An issue as a user would write it: what was done, and what was seen. It does not say where or why."""
    told = seen()[bug.name]
    method = next(m for m in methods(bug.package) if m.id == told.shown)
    shown = method.body.replace("self.assertEqual(", "assert_equal(").replace(
        "self.assertRaises", "assert_raises"
    )
    return (
        f"{bug.package}: {_subject(told.output)}\n\n"
        f"This should hold, and does not:\n\n```python\n{shown}\n```\n\n"
        f"What I see:\n\n```\n{told.output}\n```\n"
    )


def _subject(output: str) -> str:
    kind = raised(output)
    return "wrong result" if kind in ("", "AssertionError") else f"{kind} where none is expected"


def raised(output: str) -> str:
    """The exception that a traceback ends with; empty: none is named."""
    found = re.findall(r"^(\w*(?:Error|Exception|Warning|StopIteration))\b", output, re.M)
    return found[-1] if found else ""


def record(bug: Bug) -> dict[str, Any]:
    """The record of a bug, in the v5 schema."""
    package, told = bug.package, seen()[bug.name]
    path = test_path(package)
    before = tree(bug)
    after = dict(sources(package))
    passing = [f"{path}::{m.id}" for m in methods(package) if m.id not in told.fails]
    return {
        "repo": f"smena/{package}",
        "instance_id": bug.name,
        "base_commit": _commit(before),
        "patch": unified(broken(bug), after),
        "test_patch": unified({path: before[path]}, {path: tests(package)}),
        "problem_statement": statement(bug),
        "hints_text": "",
        "created_at": "2026-11-24T00:00:00Z",
        "version": "1",
        "FAIL_TO_PASS": [f"{path}::{name}" for name in told.fails],
        "PASS_TO_PASS": passing,
        "environment_setup_commit": _commit(before),
        "image": IMAGE,
        "eval_script": _script(package),
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
    }


def _script(package: str) -> str:
    path = test_path(package)
    return (
        "#!/bin/bash\nset -uxo pipefail\ncd /testbed\nrm -rf tests\nmkdir tests\n"
        f"cat > {RUN} <<'EOF_RUNNER'\n{runner()}EOF_RUNNER\n"
        f"cat > {path} <<'EOF_TESTS'\n{tests(package)}EOF_TESTS\n"
        f": '>>>>> Start Test Output'\npython3 -B {RUN} {path}\n: '>>>>> End Test Output'\n"
    )


def _commit(files: dict[str, str]) -> str:
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


def every() -> list[Bug]:
    """All bugs, in a fixed order."""
    return [bug for package in sorted(SPLIT_OF) for bug in bugs(package)]


def check(bug: Bug) -> str:
    """The issue's example as a test file of its own."""
    shown = seen()[bug.name].shown
    text = tests(bug.package)
    lines = text.split("\n")
    method = next(m for m in methods(bug.package) if m.id == shown)
    head = text[: text.index("\n\n\nclass ")]
    body = "\n".join(lines[method.first - 1 : method.last])
    return f"{head}\n\n\nclass {method.kind}(unittest.TestCase):\n{body}\n"


_BY_PATTERN: dict[str, Split] = {
    "wrong-boundary": "train",
    "missing-copy": "train",
    "wrong-exception": "train",
    "missing-none-guard": "train",
    "wrong-operator": "train",
    "float-equality": "holdout",
    "off-by-one": "eval",
    "mutable-default": "eval",
    "missing-empty-guard": "eval",
    "case": "eval",
    "whitespace": "holdout",
}


def split_of_pattern(cluster: str) -> Split:
    """Splits in which no repair pattern is in two: does a lesson help where it was never needed?"""
    return _BY_PATTERN.get(cluster, "audit")
