"""Makes ``mini/seen.json``: runs every bug's tests here, each bug in a process of its own. Trusts the packages,
which are ours; needs no sandbox. `python -m smena_swebench.mini_build`"""

from __future__ import annotations

import json
import linecache
import os
import sys
import traceback
import unittest
from typing import Any

import msgspec

from smena_swebench import inside, mini


def results(package: str, files: dict[str, str], only: str = "") -> tuple[dict[str, bool], dict[str, str]]:
    """Did each test pass, and what was said of those that did not; in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reader)
            with os.fdopen(writer, "w") as told:
                json.dump(_run(package, files, only), told)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as heard:
        text = heard.read()
    os.waitpid(pid, 0)
    passed, said = json.loads(text) if text else ({}, {})
    return passed, said


def _run(package: str, files: dict[str, str], only: str) -> tuple[dict[str, bool], dict[str, str]]:
    for path, text in files.items():
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    sys.modules.pop(package, None)  # "config" or "tokens" may be somebody else's
    sys.meta_path.insert(0, inside.Sources(files))
    passed, said = {}, {}
    for case in inside.cases(compile(mini.tests(package), mini.test_path(package), "exec")):
        kind, name = case.id().split(".")[-2:]
        if only in ("", name):
            result = _Result()
            case.run(result)
            passed[f"{kind}::{name}"] = result.text == ""
            said[f"{kind}::{name}"] = result.text
    return passed, said


class _Result(unittest.TestResult):
    """Keeps a traceback whose frames are the package's alone, as its user sees it."""

    text = ""

    def addError(self, test: object, err: object) -> None:
        self.text = self.text or _told(err)

    addFailure = addError


def _told(err: Any) -> str:
    frames = [
        f
        for f in traceback.extract_tb(err[2])
        if "/" in f.filename and not f.filename.startswith(("/", "tests"))
    ]
    lines = ["Traceback (most recent call last):\n"] if frames else []
    for frame in frames:
        lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n    {frame.line}\n')
    return "".join([*lines, *traceback.format_exception_only(err[0], err[1])]).rstrip()


def look(bug: mini.Bug) -> mini.Seen:
    """Raises LookupError where the tests do not tell the bug from what is right."""
    right, _ = results(bug.package, mini.sources(bug.package))
    if not right or not all(right.values()):
        raise LookupError(f"{bug.package}: its own tests fail: {[n for n, ok in right.items() if not ok]}")
    wrong, _ = results(bug.package, mini.broken(bug))
    fails = tuple(name for name in right if not wrong.get(name, False))
    if not wrong or not fails:
        raise LookupError(f"{bug.name} ({bug.cluster}): no test notices it")
    for name in fails:
        alone, said = results(bug.package, mini.broken(bug), name.split("::")[1])
        if not alone[name]:
            return mini.Seen(fails, name, said[name])
    raise LookupError(f"{bug.name} ({bug.cluster}): no test fails by itself")


def main() -> None:
    found, troubles = {}, []
    for bug in mini.every():
        try:
            found[bug.name] = look(bug)
        except LookupError as error:
            troubles.append(str(error))
    if troubles:
        raise SystemExit("\n".join(troubles))
    text = msgspec.json.format(msgspec.json.encode(found), indent=1)
    (mini.HERE / "seen.json").write_bytes(text + b"\n")
    print(f"{len(found)} bugs; {sum(len(s.fails) < 2 for s in found.values())} seen by one test only")


if __name__ == "__main__":
    main()
