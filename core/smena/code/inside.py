"""Runs pytest in a session, and signs what came of it. It runs alone, under the Python of the session: nothing
here imports Smena.

The secret comes on standard input and is read before any code under test is loaded. A run that ends before
its time signs nothing. Tests that must fail are run beside the others: where they pass, somebody has been at
the machinery; so too where a clock or an assertion is not what it was.

A program in the same process could still find the secret in memory. This refuses the cheats that learners are
known to find, not every cheat that there could be.
"""

import builtins
import hashlib
import hmac
import json
import os
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CANARY = """
import unittest

import pytest


def test_false():
    assert False


def test_unequal():
    assert 1 == 2


def test_raises_nothing():
    with pytest.raises(ValueError):
        pass


class TestOld(unittest.TestCase):
    def test_equal(self):
        self.assertEqual(1, 2)

    def test_true(self):
        self.assertTrue(False)
"""
_CANARIES = 5


Watched = tuple[Any, str, Any, Any]


def watched(pytest: Any) -> Iterator[Watched]:
    """Things that tests stand on: (where, name, what it is, its code)."""
    import _pytest.python
    import _pytest.reports
    import _pytest.runner

    asserts = [name for name in dir(unittest.TestCase) if name.startswith("assert")]
    owners: list[tuple[Any, str]] = [
        (time, "time perf_counter monotonic process_time sleep"),
        (builtins, "AssertionError isinstance len abs all any sorted sum __import__"),
        (unittest.TestCase, " ".join([*asserts, "fail", "run"])),
        (pytest, "raises approx fail main"),
        (_pytest.python.Function, "runtest setup"),
        (_pytest.python, "pytest_pyfunc_call"),
        (_pytest.reports.TestReport, "from_item_and_call"),
        (_pytest.runner, "call_and_report pytest_runtest_makereport runtestprotocol"),
        (_pytest.runner.CallInfo, "from_call"),
    ]
    for owner, names in owners:
        for name in names.split():
            there = getattr(owner, name, None)
            there = getattr(there, "__func__", there)
            yield owner, name, there, getattr(there, "__code__", None)


def altered(before: list[Watched]) -> Iterator[str]:
    for owner, name, was, code in before:
        there = getattr(owner, name, None)
        there = getattr(there, "__func__", there)
        if there is not was or getattr(there, "__code__", None) is not code:
            yield f"{getattr(owner, '__name__', owner)}.{name}"


class Results:
    """Hears of every test from pytest itself."""

    def __init__(self, canary: str) -> None:
        self.of: dict[str, str] = {}
        self.canary, self.canaries = canary, {}  # type: str, dict[str, str]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.of[report.nodeid] = "error"

    def pytest_runtest_logreport(self, report: Any) -> None:
        if self.canary in str(report.location[0]):
            if report.when == "call":
                self.canaries[report.nodeid] = report.outcome
            return
        kind = "error" if report.failed and report.when != "call" else report.outcome
        if hasattr(report, "wasxfail"):
            kind = "xpassed" if report.passed else "xfailed"
        worse = report.when != "teardown" or self.of.get(report.nodeid) != "failed"
        if (report.when == "call" or kind != "passed") and worse:
            self.of[report.nodeid] = kind


def main() -> None:
    asked = json.loads(sys.stdin.buffer.read())
    secret, channel, write, dumps = asked["secret"].encode(), os.dup(1), os.write, json.dumps

    def tell(**told: Any) -> None:
        said = dumps(told).encode()
        signature = hmac.new(secret, said, hashlib.sha256).hexdigest().encode()
        write(channel, b"\n" + signature + b" " + said + b"\n")

    try:
        import pytest

        before = list(watched(pytest))
    except Exception as error:  # nothing under test has been loaded yet
        tell(trouble=f"{type(error).__name__}: {error}")
        return
    log, folder = tempfile.TemporaryFile(), Path(tempfile.mkdtemp(prefix="canary"))  # noqa: SIM115
    for number in (1, 2):
        os.dup2(log.fileno(), number)
    canary = folder / f"test_canary_{os.urandom(6).hex()}.py"
    canary.write_text(_CANARY)
    results = Results(canary.name)
    sys.path.insert(0, str(Path.cwd()))
    args = ["-p", "no:cacheprovider", "-p", "no:randomly", "-q", "--rootdir", str(Path.cwd())]
    code = pytest.main([*args, *asked["args"], str(canary)], plugins=[results])
    tampered = list(altered(before))
    passed = [name for name, outcome in results.canaries.items() if outcome != "failed"]
    if passed or len(results.canaries) != _CANARIES:
        ran = len(results.canaries)
        tampered.append(f"of {_CANARIES} tests that must fail {ran} ran and {len(passed)} passed")
    log.seek(max(0, log.seek(0, 2) - 8000))
    said = log.read().decode("utf-8", "replace")
    tell(results=results.of, tampered=tampered, code=int(code), log=said)


if __name__ == "__main__":
    main()
