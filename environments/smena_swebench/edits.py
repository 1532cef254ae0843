"""The repair vocabulary: small edits of a program's syntax tree, written back into its text.

An operator's name says what it makes (``boundary:inclusive``, ``raise:KeyError``, ``guard:return-none``), never
where: so a lesson learned in one package can be tried in another. :func:`edits` lists every place of a file
where every operator applies."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

VERSION = 1
"""Raised whenever an operator changes: remembered searches are then made anew."""


class Edit(NamedTuple):
    """``changes`` are (from, to, text) in bytes of the file's UTF-8, in order."""

    op: str
    line: int
    changes: tuple[tuple[int, int, str], ...]

    @property
    def family(self) -> str:
        return self.op.split(":")[0]


Found = Iterator[tuple[str, ast.AST, tuple[tuple[int, int, str], ...]]]


class Source:
    """A file's text and tree, with places in bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.data = text.encode("utf-8")
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in self.data.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def said(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.data[start:end].decode("utf-8")

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]

    def between(self, left: ast.expr, right: ast.expr, sign: str) -> tuple[int, int] | None:
        """Where an operator's sign stands between two operands."""
        start, end = self.span(left)[1], self.span(right)[0]
        match = re.search(re.escape(sign).replace(r"\ ", r"\s+").encode(), self.data[start:end])
        return (start + match.start(), start + match.end()) if match else None


def apply(text: str, edit: Edit) -> str | None:
    """The text after the edit, or None where that is no Python."""
    data = text.encode("utf-8")
    for start, end, new in reversed(edit.changes):
        data = data[:start] + new.encode("utf-8") + data[end:]
    made = data.decode("utf-8")
    try:
        ast.parse(made)
    except (SyntaxError, ValueError):
        return None
    return made


def edits(text: str) -> list[Edit]:
    """Every edit of a file, in the order of operators and then of places. A text that is no Python has none."""
    try:
        source = Source(text)
    except (SyntaxError, ValueError):
        return []
    found, known = [], set()
    for operator in _OPERATORS:
        for op, node, changes in operator(source):
            edit = Edit(op, getattr(node, "lineno", 1), changes)
            if edit not in known and _changes_something(source, changes):
                known.add(edit)
                found.append(edit)
    return found


def _changes_something(source: Source, changes: tuple[tuple[int, int, str], ...]) -> bool:
    return any(source.data[start:end] != new.encode("utf-8") for start, end, new in changes)


def _walk(source: Source, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in ast.walk(source.tree) if isinstance(node, kinds))


# Comparisons

_SIGN: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_NEGATED = {
    "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==",
    "in": "not in", "not in": "in", "is": "is not", "is not": "is",
}  # fmt: skip
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _comparisons(source: Source) -> Found:
    for node in _walk(source, ast.Compare):
        assert isinstance(node, ast.Compare)
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            sign = _SIGN[type(op)]
            place = source.between(left, right, sign)
            if place:
                if sign in _BOUNDARY:
                    kind = "exclusive" if sign.endswith("=") else "inclusive"
                    yield f"boundary:{kind}", node, ((*place, _BOUNDARY[sign]),)
                    yield "compare:flip", node, ((*place, _FLIPPED[sign]),)
                yield "compare:negate", node, ((*place, _NEGATED[sign]),)
            if sign in ("==", "!=") and len(node.ops) == 1:
                limit = "<" if sign == "==" else ">="
                text = f"abs({source.said(left)} - {source.said(right)}) {limit} 1e-9"
                yield "float:close", node, ((*source.span(node), text),)
            left = right


# Arithmetic and numbers

_ARITH: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip


def _arithmetic(source: Source) -> Found:
    for node in _walk(source, ast.BinOp):
        assert isinstance(node, ast.BinOp)
        sign = _ARITH.get(type(node.op))
        place = sign and source.between(node.left, node.right, sign)
        if place:
            for other in _ARITH.values():
                if other != sign:
                    yield f"arith:{other}", node, ((*place, other),)
            if sign in ("+", "-"):
                swapped = ((*source.span(node.left), source.said(node.right)),
                           (*source.span(node.right), source.said(node.left)))  # fmt: skip
                yield "swap:operands", node, swapped


def _offsets(source: Source) -> Found:
    for node in _walk(source, ast.Constant):
        assert isinstance(node, ast.Constant)
        if type(node.value) is int:
            for by in (1, -1):
                yield f"offset:{by:+}", node, ((*source.span(node), str(node.value + by)),)
            if isinstance(source.parents.get(node), ast.Subscript | ast.Slice) and node.value > 0:
                yield "offset:sign", node, ((*source.span(node), str(-node.value)),)
    for expression in _countable(source):
        start, end = source.span(expression)
        for sign in "+-":
            text = f"{source.said(expression)} {sign} 1"
            if (
                isinstance(source.parents.get(expression), ast.BinOp)
                and source.data[start - 1 : start] != b"("
            ):
                text = f"({text})"
            yield f"offset:{sign}1", expression, ((start, end, text),)


def _countable(source: Source) -> Iterator[ast.expr]:
    """Expressions that may be one off: bounds, arguments of range, indices, operands of products, lengths
    returned."""
    simple = (ast.Name, ast.Call, ast.Attribute, ast.BinOp)
    for node in ast.walk(source.tree):
        parts: list[ast.expr | None] = []
        if isinstance(node, ast.Slice):
            parts = [node.lower, node.upper]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
            parts = list(node.args)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.FloorDiv):
            parts = [node.left, node.right]
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            function = node.value.func
            counts = isinstance(function, ast.Name) and function.id in ("len", "sum", "int", "round")
            parts = [node.value] if counts else []
        yield from (part for part in parts if isinstance(part, simple))


# Logic


def _logic(source: Source) -> Found:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BoolOp):
            sign = "and" if isinstance(node.op, ast.And) else "or"
            other = "or" if sign == "and" else "and"
            places = [source.between(a, b, sign) for a, b in zip(node.values, node.values[1:], strict=False)]
            if all(places):
                yield f"logic:{other}", node, tuple((*place, other) for place in places if place)
            for value in node.values:
                yield from _negated(source, value)
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield from _negated(source, node.test)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield from _negated(source, test)


def _negated(source: Source, node: ast.expr) -> Found:
    start, end = source.span(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "logic:drop-not", node, ((start, end, source.said(node.operand)),)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Call):
        yield "logic:not", node, ((start, end, f"not {source.said(node)}"),)


# What functions are given

_GUARDS = {
    "none": "None",
    "zero": "0",
    "empty-list": "[]",
    "empty-text": '""',
    "empty-dict": "{}",
    "false": "False",
}
_INSTEAD = {"text": '""', "zero": "0", "list": "[]", "dict": "{}"}
_COPIES = ("list", "dict", "set")


class _Start(NamedTuple):
    """Where statements can be put at the beginning of a function, and what it is given."""

    place: int
    indent: str
    names: tuple[str, ...]
    fields: tuple[str, ...]


def _start(source: Source, node: ast.FunctionDef) -> _Start | None:
    body = node.body
    first = body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if documented and len(body) > 1:
        first = body[1]
    elif documented:
        return None
    if first.lineno == node.lineno:
        return None  # all on one line
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    bound = bool(names) and names[0] == "self"
    fields = {
        n.attr: None
        for n in ast.walk(node)
        if bound
        and isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id == "self"
        and isinstance(n.ctx, ast.Load)
        and not isinstance(source.parents.get(n), ast.Call)
    }
    return _Start(
        source.line_start(first.lineno), " " * first.col_offset, tuple(names[bound:]), tuple(fields)
    )


def _functions(source: Source) -> Found:
    for node in _walk(source, ast.FunctionDef):
        assert isinstance(node, ast.FunctionDef)
        start = _start(source, node)
        if start is None:
            continue
        place, indent = (start.place, start.place), start.indent
        given = [*start.names, *(f"self.{field}" for field in start.fields)]
        for name in given:
            for kind, value in _GUARDS.items():
                text = f"{indent}if not {name}:\n{indent}    return {value}\n"
                yield f"guard:return-{kind}", node, ((*place, text),)
        for name in start.names:
            for kind in _COPIES:
                yield f"copy:{kind}", node, ((*place, f"{indent}{name} = {kind}({name})\n"),)
        for argument, default in _defaults(node):
            text = f"{indent}if {argument} is None:\n{indent}    {argument} = {source.said(default)}\n"
            yield "state:fresh-default", default, ((*source.span(default), "None"), (*place, text))


def _defaults(node: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Arguments whose default is one object for all calls."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    for argument, default in zip(reversed(arguments), reversed(node.args.defaults), strict=False):
        made = isinstance(default, ast.Call) and isinstance(default.func, ast.Name)
        if isinstance(default, ast.List | ast.Dict | ast.Set) or made:
            yield argument.arg, default


def _values(source: Source) -> Found:
    """A value where nothing may come, where it must not be shared, or where its spelling must not matter."""
    plain = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        parent = source.parents.get(node)
        if parent is None or _is_callee(node, parent):
            continue
        place, said = source.span(node), source.said(node)
        if isinstance(node, plain) and _may_be_missing(node, parent):
            for kind, value in _INSTEAD.items():
                yield f"missing:or-{kind}", node, ((*place, f"({said} or {value})"),)
        shared = (ast.Name, ast.Attribute, ast.BoolOp, ast.IfExp)
        if isinstance(node, shared) and _is_kept(node, parent):
            for kind in _COPIES:
                yield f"copy:{kind}", node, ((*place, f"{kind}({said})"),)
        if isinstance(node, plain) and _is_word(node, parent):
            yield "text:lower", node, ((*place, f"{said}.lower()"),)
            yield "text:strip", node, ((*place, f"{said}.strip()"),)


def _is_callee(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Raise | ast.Starred | ast.JoinedStr | ast.FormattedValue | ast.ExceptHandler):
        return True
    return isinstance(parent, ast.Call) and parent.func is node


def _may_be_missing(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Attribute):
        return not (isinstance(node, ast.Name) and node.id == "self")
    if isinstance(parent, ast.Call):
        return node in parent.args
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is node
    if isinstance(parent, ast.GeneratorExp | ast.ListComp):
        return parent.elt is node
    return isinstance(parent, ast.BinOp)


def _is_kept(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Assign | ast.Return):
        return parent.value is node
    if isinstance(parent, ast.ListComp):
        return parent.elt is node
    if isinstance(parent, ast.IfExp):
        return parent.test is not node
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Attribute)
        and parent.func.attr == "append"
    )


def _is_word(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Compare | ast.IfExp):
        return True
    if isinstance(parent, ast.Assign | ast.Return):
        return parent.value is node
    if isinstance(parent, ast.Subscript):
        return parent.slice is node
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is node
    if isinstance(parent, ast.ListComp | ast.GeneratorExp):
        return parent.elt is node
    if isinstance(parent, ast.Tuple | ast.If | ast.BoolOp | ast.BinOp):
        return True
    return isinstance(parent, ast.Call) and node in parent.args


# Names of functions and errors

_GROUPS = (
    ("min", "max"),
    ("any", "all"),
    ("append", "extend"),
    ("find", "rfind"),
    ("strip", "lstrip", "rstrip"),
    ("startswith", "endswith"),
    ("floor", "ceil"),
    ("split", "rsplit"),
    ("keys", "values"),
)
_ERRORS = (
    "ValueError", "KeyError", "TypeError", "IndexError", "LookupError", "AttributeError", "NameError",
    "OverflowError", "RuntimeError",
)  # fmt: skip
_CODECS = ("ascii", "latin-1", "latin1", "iso-8859-1", "cp1252", "us-ascii", "utf-16")


def _calls(source: Source) -> Found:
    for node in _walk(source, ast.Call):
        assert isinstance(node, ast.Call)
        name, place = _callee(source, node)
        for group in _GROUPS:
            if name in group:
                for other in group:
                    if other != name:
                        yield f"callee:{other}", node, ((*place, other),)
        arguments = [a for a in node.args if not isinstance(a, ast.Starred)]
        for first, second in itertools.pairwise(arguments):
            swapped = ((*source.span(first), source.said(second)), (*source.span(second), source.said(first)))
            yield "swap:arguments", node, swapped
        if name in ("encode", "decode", "open"):
            codecs = [a for a in node.args if isinstance(a, ast.Constant) and a.value in _CODECS]
            for codec in codecs:
                yield "text:utf-8", node, ((*source.span(codec), '"utf-8"'),)


def _callee(source: Source, node: ast.Call) -> tuple[str, tuple[int, int]]:
    start, end = source.span(node.func)
    if isinstance(node.func, ast.Name):
        return node.func.id, (start, end)
    if isinstance(node.func, ast.Attribute):
        return node.func.attr, (end - len(node.func.attr.encode()), end)
    return "", (start, end)


def _raises(source: Source) -> Found:
    for node in _walk(source, ast.Raise):
        assert isinstance(node, ast.Raise)
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(made, ast.Name):
            for error in _ERRORS:
                yield f"raise:{error}", node, ((*source.span(made), error),)


_OPERATORS: tuple[Callable[[Source], Found], ...] = (
    _comparisons,
    _arithmetic,
    _offsets,
    _logic,
    _functions,
    _values,
    _calls,
    _raises,
)
