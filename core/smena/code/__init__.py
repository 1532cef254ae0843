"""Judging code: the change that we compute, what of it counts, and test results that the code under test
cannot write itself."""

from __future__ import annotations

from smena.code.changes import Change, Stripped, apply, changed, protected, strip
from smena.code.junit import read_junit
from smena.code.tests import CodeCase, Ran, Suite, packages, run_command, run_pytest

__all__ = [
    "Change",
    "CodeCase",
    "Ran",
    "Stripped",
    "Suite",
    "apply",
    "changed",
    "packages",
    "protected",
    "read_junit",
    "run_command",
    "run_pytest",
    "strip",
]
