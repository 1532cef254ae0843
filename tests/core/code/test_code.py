"""Judging code: changes that we compute, and results that cannot be planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from smena import Bounds, Session, Snapshot
from smena.code import (
    Ran,
    Suite,
    apply,
    changed,
    packages,
    protected,
    read_junit,
    run_command,
    run_pytest,
    strip,
)
from smena.code.cheats import CHEATS, RIGHT, SUITE, TREE, Cheat
from smena.sandbox import Sandbox, choose
from smena.setup import registry

SMALL = Bounds(seconds=60, memory_mb=512, disk_mb=64)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose(registry())


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tree")
    for path, text in TREE.items():
        (place / path).parent.mkdir(exist_ok=True)
        (place / path).write_text(text)
    return place


@pytest.fixture
def session(sandbox: Sandbox, tree: Path) -> Iterator[Session]:
    binds, env = packages("pytest")
    with sandbox.open(Snapshot(tree=str(tree), binds=binds, env=env), SMALL) as opened:
        yield opened


def test_the_change_is_what_differs(session: Session, tree: Path) -> None:
    session.exec(
        "echo new >new.py; rm tests/test_calc.py; ln -s /etc/passwd link; mkdir __pycache__; touch __pycache__/a"
    )
    session.put("calc.py", b"\xff not UTF-8")
    assert changed(tree, session) == {
        "new.py": b"new\n",
        "tests/test_calc.py": None,
        "calc.py": b"\xff not UTF-8",
    }


@pytest.mark.parametrize(
    "path",
    ["tests/test_a.py", "pkg/tests/data.json", "conftest.py", "deep/conftest.py", "test_x.py", "x_test.py",
     "pytest.ini", "setup.cfg", "pyproject.toml", "sitecustomize.py", "evil.pth"],
)  # fmt: skip
def test_edits_of_tests_and_their_configuration_do_not_count(path: str) -> None:
    assert protected(path)
    kept, dropped = strip({path: b"", "src/contest.py": b"", "latest.py": None})
    assert list(kept) == ["src/contest.py", "latest.py"] and list(dropped) == [path]


def judged(session: Session, change: dict[str, bytes | None]) -> Ran:
    apply(session, strip(change).kept)
    return run_pytest(session, SUITE)


def test_a_right_change_passes_and_none_fails(sandbox: Sandbox, session: Session) -> None:
    before = judged(session, {})
    assert not before.refused, before
    assert before.share(SUITE.expected) == 0.0
    after = judged(session, dict(RIGHT))
    assert not after.refused, after
    assert after.share(SUITE.expected) == 1.0
    assert set(after.results) == set(SUITE.expected)


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_a_cheat_is_refused(session: Session, cheat: Cheat) -> None:
    told = judged(session, dict(cheat.change))
    assert told.share(SUITE.expected) < 1.0, told


def test_a_cheat_that_no_stripping_stops_is_named(session: Session) -> None:
    (cheat,) = (c for c in CHEATS if c.name == "patched assert")
    told = judged(session, dict(cheat.change))
    assert "tampered" in told.refused and "Function.runtest" in told.refused


def test_tests_that_hang_are_stopped(session: Session) -> None:
    session.put("calc.py", b"import time\ntime.sleep(600)\n")
    told = run_pytest(session, Suite(args=("tests",), seconds=3))
    assert told.refused == "the tests took longer than 3 s" and told.share() == 0.0


def test_a_test_file_that_is_not_utf_8_is_an_error_of_that_test(session: Session) -> None:
    session.put("tests/test_calc.py", b"def test_add():\n    s = '\xff\xfe'\n")
    told = run_pytest(session, Suite(args=("tests/test_calc.py",), seconds=60))
    assert told.results == {"tests/test_calc.py": "error"} and told.share() == 0.0


def test_a_command_of_one_s_own_writes_junit_xml(session: Session) -> None:
    write = "python3 -m pytest -q -p no:cacheprovider --junitxml=junit.xml tests"
    told = run_command(session, Suite(command=write, seconds=60))
    assert told.results == {
        "tests.test_calc::test_add": "failed",
        "tests.test_calc.TestAdd::test_add": "failed",
    }
    assert not told.refused and told.share() == 0.0
    lie = f"{write}; true"
    assert "contradict" in run_command(session, Suite(command=lie, seconds=60)).refused
    session.put("junit.xml", b"<testsuite><testcase name='a'/></testsuite>")
    assert "no report" in run_command(session, Suite(command="true", seconds=60)).refused


JUNIT = b"""<?xml version="1.0"?><testsuites><testsuite>
<testcase classname="a.B" name="one"/><testcase classname="a.B" name="two"><failure message="x">trace</failure>
</testcase><testcase name="three"><skipped/></testcase><testcase name="four"><error/></testcase>
<testcase name="four"/></testsuite></testsuites>"""


def test_junit_xml() -> None:
    assert read_junit(JUNIT) == {
        "a.B::one": "passed", "a.B::two": "failed", "three": "skipped", "four": "error",
    }  # fmt: skip


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">%s]>
<testsuite><testcase name="&lol9;"/></testsuite>""" % b"".join(
    b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10 if n > 1 else b"&lol;" * 10) for n in range(1, 10)
)


@pytest.mark.parametrize("data", [LAUGHS, b"", b"<a", b"\xff\xfe\x00", b"x" * (17 << 20)], ids=len)
def test_what_is_no_junit_xml_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        read_junit(data)


def test_a_billion_laughs_refuse_the_run(session: Session) -> None:
    session.put("laughs.xml", LAUGHS)
    told = run_command(session, Suite(command="cp laughs.xml junit.xml", seconds=60))
    assert "document type" in told.refused and told.share() == 0.0


@pytest.mark.parametrize(
    "trap",
    [
        "truncate -s 17M junit.xml",
        "ln -s $(printf %0300d 0) junit.xml",
        "touch junit.xml; chmod 000 junit.xml",
        "mkdir d; touch d/x; ln -s $(for i in $(seq 800); do printf 'd/../'; done)d/x junit.xml",
    ],
)
def test_a_report_that_cannot_be_read_is_the_code_s_own_failure(session: Session, trap: str) -> None:
    """Not the machinery's: a learner could have its failures left out."""
    assert run_command(session, Suite(command=trap, seconds=60)).refused
