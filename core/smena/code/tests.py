"""Tests run in a session, and results that are believed only where they cannot have been planted."""

from __future__ import annotations

import hashlib
import hmac
import importlib.metadata
import json
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from smena.code.changes import Change
from smena.code.junit import read_junit
from smena.errors import BadInput, InfraError, TooLarge
from smena.sandbox import Session, Snapshot
from smena.values import Value

_INSIDE = "/opt/smena/inside.py"
_PACKAGES = "/opt/smena/packages"


class Suite(Value, frozen=True):
    """Tests that decide. ``files`` are laid over the tree after the change, so that they are ours whatever was
    edited; ``args`` go to pytest (files or ids; empty: all); ``expected`` are the ids that must pass, all of
    them (empty: whatever is found, and at least one)."""

    files: dict[str, str] = {}  # noqa: RUF012 (msgspec copies it)
    args: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    command: str = ""
    """Run this instead of pytest; it writes ``report``, a JUnit XML file."""
    report: str = "junit.xml"
    seconds: float = 300.0


class CodeCase(NamedTuple):
    """What an environment tells of an answer for code verifiers to judge (``Environment.code(task,
    answer)``): the tree before it, the change that was computed from it, and suites by name. The suite
    ``hidden`` decides where there is one; others, such as ``visible``, are told beside it."""

    snapshot: Snapshot
    change: Change
    suites: dict[str, Suite]


class Ran(NamedTuple):
    """``results``: test → passed, failed, error, skipped, xfailed, xpassed. ``refused``: why none of it is
    believed; empty: it is."""

    results: dict[str, str]
    refused: str = ""
    log: str = ""

    def share(self, expected: Iterable[str] = ()) -> float:
        """Share of the expected tests that passed; 0.0 where the run is refused or nothing ran."""
        if self.refused:
            return 0.0
        wanted = list(expected) or [n for n, result in self.results.items() if result != "skipped"]
        good = sum(self.results.get(name) in ("passed", "xfailed") for name in wanted)
        return good / len(wanted) if wanted else 0.0


def packages(*names: str) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """Binds and environment that give a session's Python these installed packages of ours, and what they
    need: pure Python only. Always with the runner of :func:`run_pytest`."""
    binds = {str(Path(__file__).with_name("inside.py")): _INSIDE}
    for distribution in _closure(names):
        for file in distribution.files or ():
            top = file.parts[0]
            if top in ("..", "__pycache__") or top.endswith(".pth"):
                continue
            binds[str(Path(str(distribution.locate_file(top))))] = f"{_PACKAGES}/{top}"
    return tuple(binds.items()), {"PYTHONPATH": _PACKAGES, "PYTHONDONTWRITEBYTECODE": "1"}


def _closure(names: Iterable[str]) -> list[importlib.metadata.Distribution]:
    found: dict[str, importlib.metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name in names:
                raise BadInput(f"tests in a sandbox need {name}: pip install {name}") from None
            continue
        for requirement in found[name].requires or ():
            if ";" not in requirement:  # markers are for other systems and extras
                waiting.append(re.match(r"[\w.-]+", requirement)[0])  # type: ignore[index]
    return list(found.values())


def run_pytest(session: Session, suite: Suite) -> Ran:
    """Run a suite with pytest in a session whose snapshot has ``packages("pytest")``.

    Raises InfraError where the session, not the code, fails."""
    for path, text in suite.files.items():
        session.put(path, text.encode())
    secret = secrets.token_hex(32)
    asked = json.dumps({"secret": secret, "args": suite.args}).encode()
    told = session.exec(["python3", "-P", _INSIDE], stdin=asked, timeout=suite.seconds)
    if told.timed_out:
        return Ran({}, f"the tests took longer than {suite.seconds:g} s")
    for line in reversed(told.output.splitlines()):
        signature, _, said = line.partition(" ")
        right = hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(signature.encode(), right.encode()):
            return _believe(json.loads(said), suite, told.code)
    return Ran(
        {}, f"the run ended before its time and told nothing (exit code {told.code})", told.output[-4000:]
    )


def _believe(said: dict[str, object], suite: Suite, code: int | None) -> Ran:
    if "trouble" in said:
        raise InfraError(f"the tests could not be run: {said['trouble']}")
    results = {str(k): str(v) for k, v in dict(said["results"]).items()}  # type: ignore[call-overload]
    log = str(said["log"])
    if said["tampered"]:
        what = ", ".join(map(str, said["tampered"]))  # type: ignore[call-overload]
        return Ran(results, f"the tests were tampered with: {what}", log)
    if code != 0:
        return Ran(results, f"the run told its results and then ended with {code}", log)
    missing = [name for name in suite.expected if name not in results]
    if missing:
        return Ran(results, f"{len(missing)} of the tests were not run, such as {missing[0]}", log)
    return Ran(results, "" if results else "no test was run", log)


def run_command(session: Session, suite: Suite) -> Ran:
    """Run a suite's own command and read the JUnit XML that it writes. A report that was there before is
    removed, and one that says better than the exit code is not believed. Weaker than :func:`run_pytest`: code
    under test can write the report itself."""
    for path, text in suite.files.items():
        session.put(path, text.encode())
    session.exec(["rm", "-rf", "--", suite.report])
    told = session.exec(suite.command, timeout=suite.seconds)
    if told.timed_out:
        return Ran({}, f"the tests took longer than {suite.seconds:g} s")
    try:
        data = session.get(suite.report)
    except TooLarge as error:
        return Ran({}, f"the report is not believed: {error}", told.output[-4000:])
    if data is None:
        return Ran({}, f"no report {suite.report} was written (exit code {told.code})", told.output[-4000:])
    try:
        results = read_junit(data)
    except ValueError as error:
        return Ran({}, f"the report {suite.report} is not believed: {error}", told.output[-4000:])
    bad = any(result in ("failed", "error") for result in results.values())
    if bad == (told.code == 0):
        return Ran(results, f"report and exit code {told.code} contradict each other", told.output[-4000:])
    missing = [name for name in suite.expected if name not in results]
    if missing:
        return Ran(results, f"{len(missing)} of the tests were not run, such as {missing[0]}")
    return Ran(results, "" if results else "no test was run")
