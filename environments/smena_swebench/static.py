"""The verifier `swebench-static`: does the change bring findings that the tree has not? No tool is needed and
nothing is run: changed Python files are parsed, before and after.

For ruff and bandit in a sandbox: `--verifier swebench-tests+static-analysis` (`pip install 'smena[judge]'`)."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict

from smena_swebench.environment import SweBench


class StaticConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    each: float = 0.25
    """What every new finding takes off the score."""


class SweBenchStatic:
    """1.0 without new findings; 0.0 for a file that is no Python any more."""

    Config = StaticConfig
    version = 1

    def __init__(self, config: StaticConfig | None = None) -> None:
        self.config = config or StaticConfig()

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        if not isinstance(environment, SweBench):
            raise BadInput("verifier 'swebench-static' judges answers of environment swebench only")
        before, after = environment.texts(task, attempt.answer)
        new: Counter[str] = Counter()
        for path, text in after.items():
            found = Counter(findings(text))
            if "no-python" in found and "no-python" not in findings(before.get(path, "")):
                return Verdict(0.0, {"new": 1.0, "findings": [f"{path}: no-python"]})
            new += found - Counter(findings(before.get(path, "")))
        score = max(0.0, 1.0 - self.config.each * new.total())
        return Verdict(score, {"new": float(new.total()), "findings": sorted(new)})


def findings(text: str) -> list[str]:
    """Likely bugs, by name.

    >>> findings("def f(a=[]):\\n    return a == None\\n")
    ['shared-default', 'equals-none']
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ["no-python"]
    return [name for node in ast.walk(tree) for name in _of(node)]


_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if isinstance(default, ast.List | ast.Dict | ast.Set):
                yield "shared-default"
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        none = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
        if none and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            yield "equals-none"
        if len(sides) == 2 and ast.dump(sides[0]) == ast.dump(sides[1]):
            yield "compares-with-itself"
    if isinstance(node, ast.ExceptHandler) and node.type is None:
        yield "bare-except"
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Tuple) and node.test.elts:
        yield "assert-of-tuple"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
        yield f"calls-{node.func.id}"
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr="_exit" | "system" as name)):
            yield f"calls-{module}.{name}"
    for block in ("body", "orelse", "finalbody"):
        statements = getattr(node, block, None)
        if isinstance(statements, list) and any(isinstance(s, _ENDS) for s in statements[:-1]):
            yield "unreachable"
