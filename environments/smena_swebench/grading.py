"""From a log to a grade, by the official grader of the package `swebench`.

Its modules are imported one by one: the package around them would import modal, datasets and docker first, which
takes seconds and reads a ``.env`` file of the working directory. Where the package is not installed, records
whose logs are in pytest's words (the bundled set's are) are graded by the same rules written down here; a test
holds the two against each other."""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
import types
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from smena import BadInput

START, END, EXIT = ">>>>> Start Test Output", ">>>>> End Test Output", ">>>>> Test Exit Code"
INSTALL = "pip install 'smena[swebench]'"


class Grade(NamedTuple):
    """``read``: results could be read from the log at all. Counts are of expected tests."""

    resolved: bool
    read: bool
    f2p: tuple[int, int] = (0, 0)
    p2p: tuple[int, int] = (0, 0)
    infra: str = ""

    @property
    def share(self) -> float:
        """Share of the tests to repair that pass, times that of those to keep."""
        return _share(self.f2p) * _share(self.p2p) if self.read else 0.0


def _share(count: tuple[int, int]) -> float:
    return count[0] / count[1] if count[1] else 1.0


@lru_cache(maxsize=1)
def official() -> Any:
    """``swebench.harness.grading``, or None where swebench is not installed."""
    if importlib.util.find_spec("swebench") is None:
        return None
    bare_harness()
    return importlib.import_module("swebench.harness.grading")


def bare_harness() -> None:
    """Make ``swebench.harness`` importable piece by piece, without what its own start imports."""
    import swebench

    if "swebench.harness" not in sys.modules:
        harness = types.ModuleType("swebench.harness")
        harness.__path__ = [str(Path(swebench.__path__[0]) / "harness")]
        sys.modules["swebench.harness"] = harness


def spec(record: Mapping[str, Any]) -> Any:
    """The record as swebench's TestSpec, its script told to say how the test command ended."""
    from swebench.types import TestSpec

    return TestSpec(
        instance_id=record["instance_id"],
        image=record["image"],
        eval_script_list=script_lines(record["eval_script"]),
        repo=record.get("repo", ""),
        version=record["version"],
        FAIL_TO_PASS=list(record["FAIL_TO_PASS"]),
        PASS_TO_PASS=list(record["PASS_TO_PASS"]),
        log_parser=record["log_parser"],
        eval_type=record["eval_type"],
    )


def script_lines(script: str) -> list[str]:
    """The lines of an evaluation script, with the exit code of the test command told after its end marker, as
    swebench's harness does."""
    lines = [line for line in script.strip().split("\n") if line not in ("#!/bin/bash", "set -uxo pipefail")]
    for i, line in enumerate(lines):
        if END in line:
            told = f'echo "{EXIT}: $SWEBENCH_TEST_EXIT_CODE"'
            return [*lines[:i], "SWEBENCH_TEST_EXIT_CODE=$?", line, told, *lines[i + 1 :]]
    return lines


def script(record: Mapping[str, Any]) -> str:
    """What is run to judge a record."""
    return "\n".join(["#!/bin/bash", "set -uxo pipefail", *script_lines(record["eval_script"])]) + "\n"


def grade(record: Mapping[str, Any], patch: str, log: str) -> Grade:
    """Raises BadInput where the record needs swebench and it is not installed."""
    grader = official()
    if grader is None:
        return _own(record, log)
    name = record["instance_id"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", errors="replace") as file:
        file.write(log)
        file.flush()
        prediction = {"instance_id": name, "model_name_or_path": "smena", "model_patch": patch}
        report = grader.get_eval_report(spec(record), prediction, file.name, include_tests_status=True)[name]
    status = report.get("tests_status")
    if status is None:
        return Grade(False, False, infra=str(report.get("infra_failure_reason", "")))
    return Grade(
        bool(report["resolved"]), True, _count(status["FAIL_TO_PASS"]), _count(status["PASS_TO_PASS"])
    )


def _count(told: Mapping[str, list[str]]) -> tuple[int, int]:
    return len(told["success"]), len(told["success"]) + len(told["failure"])


_STATUS = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL) (\S+)")


def _own(record: Mapping[str, Any], log: str) -> Grade:
    if record["log_parser"] != "parse_log_pytest" or record["eval_type"] != "pass_and_fail":
        raise BadInput(f"{record['instance_id']}: grading it needs the package swebench: {INSTALL}")
    if START not in log or END not in log:
        return Grade(False, False)
    part = log.split(START)[1].split(END)[0]
    results = {m[2]: m[1] for line in part.split("\n") if (m := _STATUS.match(line)) and m[2] != "[1]"}
    code = re.search(rf"{re.escape(EXIT)}:\s*(-?\d+)", log)
    failing = any(result in ("FAILED", "ERROR") for result in results.values())
    if not results or (code and code[1] != "0" and not failing):
        return Grade(False, False)
    good = ("PASSED", "XFAIL")
    f2p = [results.get(name) in good for name in record["FAIL_TO_PASS"]]
    p2p = [results.get(name) in (*good, "SKIPPED") for name in record["PASS_TO_PASS"]]
    counts = (sum(f2p), len(f2p)), (sum(p2p), len(p2p))
    return Grade(all(f2p) and all(p2p), True, *counts)
