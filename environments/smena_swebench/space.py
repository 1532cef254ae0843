"""Repair as a search space: a program is an operator and the place where it is applied.

    root ─ operator (``boundary:inclusive``) ─ place (``at:1``, the most suspicious line first) ─ a patch

What a learner may check is the failing example of the issue and the tests that came with the tree. Places are
ranked by what these tests cover (Ochiai). All candidate patches of a task are tried in one sandbox session,
the first time that anybody asks, and the result is remembered on disk by content."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from smena import InfraError, Move, Snapshot
from smena.sandbox import Bounds, Opener
from smena.values import JSON, digest

from smena_swebench import cache
from smena_swebench.diffs import unified
from smena_swebench.edits import VERSION, Edit, apply, edits

PLACES = 10
"""An operator is tried at so many of the most suspicious places where it applies."""
FILES = 24
"""At most so many source files are searched."""
BOUNDS = Bounds(seconds=300.0, memory_mb=1024, disk_mb=64)


class Candidate(msgspec.Struct, frozen=True):
    """An edit at a place, whether it passes all that a learner may check, and the patch it makes."""

    op: str
    rank: int
    suspicion: float
    passes: bool
    patch: str


class Node(NamedTuple):
    """``op`` empty: the root; ``rank`` 0: an operator whose place is not chosen yet."""

    op: str = ""
    rank: int = 0


class RepairSpace:
    """See :class:`smena.protocols.SearchSpace`. ``view`` is a task's view with ``files`` and ``check``."""

    def __init__(self, view: Mapping[str, JSON], opener: Opener) -> None:
        self._view, self._opener = view, opener
        self._found: dict[Node, Candidate] | None = None
        self._menus: dict[str, list[Move]] = {}

    @property
    def candidates(self) -> dict[Node, Candidate]:
        if self._found is None:
            told = remembered(self._view, self._opener)
            self._found = {Node(c.op, c.rank): c for c in told}
            self._menus = _menus(told)
        return self._found

    def root(self) -> Node:
        return Node()

    def moves(self, node: Node) -> Sequence[Move]:
        if not self.candidates or node.rank:
            return ()
        return self._menus.get(node.op, ())

    def apply(self, node: Node, name: str) -> Node | None:
        if not self.candidates or node.rank:
            return None
        if not node.op:
            return Node(name) if name and name in self._menus else None
        made = Node(node.op, int(name[3:]) if name.startswith("at:") and name[3:].isdigit() else -1)
        return made if made in self.candidates else None

    def key(self, node: Node) -> Hashable:
        return node

    def fits(self, node: Node) -> bool:
        return bool(node.rank) and self.candidates[node].passes

    def answer(self, node: Node) -> JSON | None:
        return self.candidates[node].patch if node.rank else None


def _menus(candidates: Sequence[Candidate]) -> dict[str, list[Move]]:
    """What may follow the root (operators) and each operator (places). A place costs what its line is less
    suspicious than the most suspicious one; operators cost the same."""
    top = max((c.suspicion for c in candidates), default=0.0)
    menus: dict[str, list[Move]] = {}
    for c in candidates:
        menus.setdefault(c.op, []).append(Move(f"at:{c.rank}", 1 + 4 * (top - c.suspicion), ""))
    menus[""] = [Move(op, 1.0, op.split(":")[0]) for op in menus]
    return menus


def remembered(view: Mapping[str, JSON], opener: Opener) -> list[Candidate]:
    """The candidates of a view, from the cache where they are known."""
    key = digest([VERSION, PLACES, _INSIDE, view["files"], view["check"]])
    path = cache.folder("searches") / f"{key}.json"
    known = cache.read(path)
    if known is not None:
        return msgspec.json.decode(known, type=list[Candidate])
    found = search(view, opener)
    cache.write(path, msgspec.json.encode(found))
    return found


def search(view: Mapping[str, JSON], opener: Opener) -> list[Candidate]:
    """Try every edit that may matter, in one session. Raises InfraError where the sandbox fails."""
    files: dict[str, str] = view["files"]
    known = [text for path, text in sorted(files.items()) if _is_test(path)]
    sources = {
        path: text for path, text in files.items() if path.endswith(".py") and not path.startswith("tests/")
    }
    sources = dict(sorted(sources.items())[:FILES])
    checks = [view["check"], *known]
    with opener().open(Snapshot(), BOUNDS) as session:
        request = {"do": "trace", "files": sources, "checks": checks}
        suspicion = ochiai(_ask(session, request))
        chosen = list(_candidates(sources, suspicion))
        texts = [(path, text) for _, _, path, text, _ in chosen]
        passed = _ask(session, {"do": "try", "files": sources, "checks": checks, "candidates": texts})
    return [
        Candidate(
            op, rank, suspicion.get((path, line), 0.0), bool(ok), unified({path: sources[path]}, {path: text})
        )
        for (op, rank, path, text, line), ok in zip(chosen, passed, strict=True)
    ]


_INSIDE = (Path(__file__).parent / "inside.py").read_text(encoding="utf-8")


def _ask(session: Any, request: JSON) -> JSON:
    result = session.exec(["python3", "-c", _INSIDE], stdin=msgspec.json.encode(request))
    try:
        return msgspec.json.decode(result.output.splitlines()[-1])
    except (msgspec.DecodeError, IndexError):
        why = "it took too long" if result.timed_out else f"exit code {result.code}: {result.output[-200:]}"
        raise InfraError(f"the candidates could not be tried: {why}") from None


def ochiai(told: JSON) -> dict[tuple[str, int], float]:
    """Suspicion of each line that a failing test runs: failing / √(all failing × all that run it).

    >>> ochiai([[False, {"a.py": [1, 2]}], [True, {"a.py": [1]}]])[("a.py", 2)]
    1.0
    """
    failing = [lines for passed, lines in told if not passed]
    count: dict[tuple[str, int], list[int]] = {}
    for passed, lines in told:
        for path, numbers in lines.items():
            for number in numbers:
                count.setdefault((path, number), [0, 0])[passed] += 1
    return {
        line: failed / math.sqrt(len(failing) * (failed + well))
        for line, (failed, well) in count.items()
        if failed
    }


def _candidates(
    sources: Mapping[str, str], suspicion: Mapping[tuple[str, int], float]
) -> Sequence[tuple[str, int, str, str, int]]:
    """(operator, rank, file, text, line): each operator at its most suspicious places, each text once."""
    places: dict[str, list[tuple[float, str, Edit]]] = {}
    for path, text in sources.items():
        lines = {line for file, line in suspicion if file == path}
        if not lines:
            continue
        for edit in edits(text):
            if edit.line in lines or edit.family in ("guard", "copy", "state", "raise"):
                place = _suspicion(edit, path, suspicion)
                if place > 0:
                    places.setdefault(edit.op, []).append((-place, path, edit))
    found: list[tuple[str, int, str, str, int]] = []
    seen: set[tuple[str, str]] = set()
    for op in places:
        rank = 0
        for _, path, edit in sorted(places[op], key=lambda p: (p[0], p[1], p[2].line, p[2].changes)):
            made = apply(sources[path], edit)
            if made is None or (path, made) in seen:
                continue
            seen.add((path, made))
            rank += 1
            found.append((op, rank, path, made, edit.line))
            if rank == PLACES:
                break
    return found


def _suspicion(edit: Edit, path: str, suspicion: Mapping[tuple[str, int], float]) -> float:
    """Of its line; an edit at a function's head is as suspicious as the lines just below it."""
    near = range(edit.line, edit.line + (8 if edit.family in ("guard", "copy", "state") else 1))
    return max((suspicion.get((path, line), 0.0) for line in near), default=0.0)


def _is_test(path: str) -> bool:
    return path.startswith("tests/test_") and path.endswith(".py")
