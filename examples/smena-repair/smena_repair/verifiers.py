"""Two verifiers, to be weighed together: hidden tests in the sandbox, and a look at the syntax tree."""

from __future__ import annotations

import ast

import msgspec
from smena import Attempt, Environment, InfraError, Opener, Snapshot, Task, Verdict

from smena_repair.environment import run_cases


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


def _source(attempt: Attempt) -> str:
    source = attempt.answer.get("source") if isinstance(attempt.answer, dict) else None
    return source if isinstance(source, str) else ""


class Tests:
    """The share of hidden cases that pass. The learner's code runs in the sandbox and nowhere else."""

    Config = Config
    version = 1

    def __init__(self, config: Config) -> None:
        self.config = config

    def use_sandbox(self, opener: Opener) -> None:
        self._opener = opener

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        source, cases = _source(attempt), task.reference.get("cases")
        if not source:
            return Verdict(0.0)
        if not cases:
            raise InfraError(f"task {task.id} has no hidden cases")
        with self._opener().open(Snapshot()) as session:
            passed = run_cases(session, source, cases)
        # all or nothing: a function that is right now and then is wrong
        return Verdict(float(passed is not None and all(passed)), {"passed": sum(passed or ())})


class Syntax:
    """1.0 for one function of plain arithmetic; 0.0 for what does not parse, imports, or evaluates."""

    Config = Config
    version = 1

    def __init__(self, config: Config) -> None:
        self.config = config

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        try:
            tree = ast.parse(_source(attempt))
        except (SyntaxError, ValueError):
            return Verdict(0.0)
        banned = (ast.Import, ast.ImportFrom, ast.Call, ast.Attribute)
        plain = [type(n) for n in tree.body] == [ast.FunctionDef] and not any(
            isinstance(node, banned) for node in ast.walk(tree)
        )
        return Verdict(float(plain))
