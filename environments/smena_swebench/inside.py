"""Runs inside the sandbox: what a check covers, and which of many candidate texts pass it.

A request comes as JSON on standard input, the answer goes to standard output as one JSON line. Each candidate
runs in a process of its own, forked from one that has everything loaded, with its own time limit: a
millisecond or two each. Python 3.8 and later; nothing but the standard library."""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import types
import unittest
from typing import Any

SECONDS = 2.0
"""Processor time after which a candidate is stopped; one that is right takes thousandths."""


class Sources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports from texts in memory, before anything on disk."""

    def __init__(self, files: dict[str, str]) -> None:
        self.code: dict[str, Any] = {}
        self.packages: set[str] = set()
        for path, text in files.items():
            if path.endswith(".py"):
                name = path[:-3].replace("/", ".")
                package = name.endswith(".__init__")
                name = name[:-9] if package else name
                if package:
                    self.packages.add(name)
                try:
                    self.code[name] = compile(text, path, "exec")
                except (SyntaxError, ValueError):
                    self.code[name] = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in self.code:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name in self.packages)

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        code = self.code[module.__spec__.name]
        if code is None:
            raise SyntaxError("not Python")
        exec(code, module.__dict__)


def cases(code: Any) -> list[unittest.TestCase]:
    module = types.ModuleType("tested")
    exec(code, module.__dict__)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    flat: list[Any] = []
    waiting: list[Any] = [suite]
    while waiting:
        part = waiting.pop()
        if isinstance(part, unittest.TestSuite):
            waiting.extend(reversed(list(part)))
        else:
            flat.append(part)
    return flat


def passes(code: Any) -> bool:
    """Do all tests of this code pass? Stops at the first that does not."""
    for case in cases(code):
        result = unittest.TestResult()
        case.run(result)
        if result.failures or result.errors:
            return False
    return True


def in_child(work: Any) -> int:
    """The exit code of ``work()`` in a process of its own; 9: it was stopped or died."""
    pid = os.fork()
    if pid == 0:
        code = 9
        try:
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.setitimer(signal.ITIMER_REAL, 10 * SECONDS)
            code = work()
        except BaseException:
            code = 1
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 9


def trial(sources: Sources, checks: list[Any]) -> int:
    sys.meta_path.insert(0, sources)
    for code in checks:
        if not passes(code):
            return 1
    return 0


def candidates(request: dict[str, Any]) -> list[bool]:
    sources = Sources(request["files"])
    checks = [compile(text, "check", "exec") for text in request["checks"]]
    found = []
    for path, text in request["candidates"]:
        changed = Sources({path: text})

        def work(changed: Sources = changed) -> int:
            changed.code = dict(sources.code, **changed.code)
            changed.packages = sources.packages | changed.packages
            return trial(changed, checks)

        found.append(in_child(work) == 0)
    return found


def trace(request: dict[str, Any]) -> list[Any]:
    """Lines run by each test, as {path: [line]}, and whether it passed: [check, then every known test]."""
    sources = Sources(request["files"])
    sys.meta_path.insert(0, sources)
    paths = set(request["files"])
    told = []
    for text in request["checks"]:
        for case in cases(compile(text, "check", "exec")):
            lines: dict[str, set[int]] = {}

            def seen(frame: Any, event: str, argument: Any, lines: dict[str, set[int]] = lines) -> Any:
                path = frame.f_code.co_filename
                if path not in paths:
                    return None
                lines.setdefault(path, set()).add(frame.f_lineno)
                return seen

            result = unittest.TestResult()
            sys.settrace(seen)
            try:
                case.run(result)
            finally:
                sys.settrace(None)
            passed = not (result.failures or result.errors)
            told.append([passed, {path: sorted(found) for path, found in lines.items()}])
    return told


def main() -> None:
    request = json.load(sys.stdin)
    out = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    answer: Any = trace(request) if request["do"] == "trace" else candidates(request)
    with os.fdopen(out, "w") as told:
        told.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
