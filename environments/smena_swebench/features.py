"""What triggers are matched against: from the issue's text and the tree, the most telling first.

The first feature is the symptom: what kind of thing the issue sees, in words that many issues share. Coarse on
purpose: a value that few tasks share cannot carry a lesson to another."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

_BLOCK = re.compile(r"```\w*\n(.*?)```", re.S)
_RAISED = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Warning))\b:? ?(.*)$", re.M)
_UNEQUAL = re.compile(r"AssertionError: (?:\w+ differ: )?(.*) != (.*)$", re.M)


def features(statement: str, files: Mapping[str, str]) -> tuple[str, ...]:
    """``symptom=…`` first; then what is expected and what the functions in sight are like."""
    snippet, output = _parts(statement)
    told = [f"symptom={symptom(snippet, output)}"]
    raised = _RAISED.findall(output)
    if raised:
        told.append(f"error={raised[-1][0]}")
    expected = re.search(r"assert_raises\((\w+)", snippet)
    if expected:
        told.append(f"expects={expected[1]}")
    told += [f"code={word}" for word in _code(snippet, files)]
    return tuple(told)


def _parts(statement: str) -> tuple[str, str]:
    blocks = _BLOCK.findall(statement)
    output = next((b for b in blocks if _RAISED.search(b)), "")
    snippet = next((b for b in blocks if b is not output), "")
    return snippet, output or statement


def symptom(snippet: str, output: str) -> str:
    """One word for what is seen.

    >>> symptom("", "AssertionError: [1, 2] != [1, 2, 3]")
    'shorter'
    >>> symptom("", "TypeError: 'NoneType' object is not iterable")
    'fails-on-none'
    """
    raised = _RAISED.findall(output)
    kind, words = raised[-1] if raised else ("", "")
    expected = re.search(r"assert_raises\((\w+)", snippet)
    if expected:
        return f"no-{expected[1]}" if kind in ("", "AssertionError") else f"other-than-{expected[1]}"
    if kind.startswith("Unicode"):
        return "unicode"
    if "None" in words and kind in ("TypeError", "AttributeError"):
        return "fails-on-none"
    if kind in ("ZeroDivisionError", "IndexError", "StopIteration") or "empty" in words:
        return "fails-on-empty"
    if kind != "AssertionError":
        return f"raises-{kind}" if kind else "unknown"
    return _difference(snippet, output)


def _difference(snippet: str, output: str) -> str:
    state = _state(snippet)
    if state:
        return state
    match = _UNEQUAL.search(output)
    if not match:
        return "unequal"
    try:
        got, wanted = (ast.literal_eval(side.strip()) for side in match.groups())
    except (ValueError, SyntaxError):
        return "unequal"
    return _how(got, wanted)


def _state(snippet: str) -> str:
    """Does the example call something first and then look at what it was given, or call again?"""
    try:
        body = ast.parse(snippet).body
    except SyntaxError:
        return ""
    if len(body) < 2:
        return ""
    asserted = body[-1].value if isinstance(body[-1], ast.Expr) else None
    first = asserted.args[0] if isinstance(asserted, ast.Call) and asserted.args else None
    given = {n.id for node in body[:-1] for c in ast.walk(node) if isinstance(c, ast.Call) for n in c.args
             if isinstance(n, ast.Name)}  # fmt: skip
    if isinstance(first, ast.Name) and first.id in given:
        return "argument-changed"
    called = any(isinstance(node, ast.Expr) for node in body[:-1])
    return "earlier-call-matters" if called else ""


def _how(got: Any, wanted: Any) -> str:
    if isinstance(got, bool) and isinstance(wanted, bool):
        return f"wanted-{wanted}"
    if got is None or wanted is None:
        return "none-for-value" if got is None else "value-for-none"
    if isinstance(got, int | float) and isinstance(wanted, int | float):
        return "one-off" if abs(got - wanted) == 1 else "smaller" if got < wanted else "larger"
    a, b = repr(got), repr(wanted)
    if a != b and a.lower() == b.lower():
        return "case"
    if a != b and re.sub(r"\s|\\[tn]", "", a) == re.sub(r"\s|\\[tn]", "", b):
        return "spaces"
    if isinstance(got, list | tuple | dict | str | bytes) and type(got) is type(wanted):
        return "shorter" if len(got) < len(wanted) else "longer" if len(got) > len(wanted) else "other-items"
    return "unequal"


def _code(snippet: str, files: Mapping[str, str]) -> list[str]:
    """What the functions that the example calls are made of."""
    called = set(re.findall(r"\b([A-Za-z_]\w*)\(", snippet))
    found: dict[str, None] = {}
    for path, text in sorted(files.items()):
        if path.startswith("tests/") or not path.endswith(".py"):
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name in called:
                found |= dict.fromkeys(_made_of(node))
    return sorted(found)


def _made_of(node: ast.FunctionDef) -> list[str]:
    kinds = {
        "loop": (ast.For, ast.While, ast.comprehension),
        "comparison": (ast.Compare,),
        "slice": (ast.Slice,),
        "index": (ast.Subscript,),
        "arithmetic": (ast.BinOp,),
        "raise": (ast.Raise,),
        "and-or": (ast.BoolOp,),
    }
    inside = list(ast.walk(node))
    found = [word for word, kind in kinds.items() if any(isinstance(n, kind) for n in inside)]
    if any(isinstance(d, ast.List | ast.Dict | ast.Set | ast.Call) for d in node.args.defaults):
        found.append("shared-default")
    return found
