"""Patches as text: made from two trees, and looked at before anything is done with them."""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from smena.values import JSON

MAX_BYTES = 2_000_000
"""A patch larger than this repairs nothing."""

Tree = Mapping[str, str]
"""Path → text."""

_HEAD = re.compile(r"^diff --git (\"?)a/(.+?)\1 (\"?)b/(.+?)\3$", re.M)
_OTHER = re.compile(r"^(?:---|\+\+\+) (\"?)(?:[ab]/)?([^\t\n\"]+)\1", re.M)
_RENAMED = re.compile(r"^(?:rename|copy) (?:from|to) (.+)$", re.M)


def unified(before: Tree, after: Tree) -> str:
    """What changes one tree into the other, as `git apply` takes it; empty: nothing.

    >>> print(unified({"a.py": "x = 1\\n"}, {"a.py": "x = 2\\n"}), end="")
    diff --git a/a.py b/a.py
    --- a/a.py
    +++ b/a.py
    @@ -1 +1 @@
    -x = 1
    +x = 2
    """
    return "".join(
        _file_diff(path, before.get(path), after.get(path)) for path in sorted(before.keys() | after.keys())
    )


def _file_diff(path: str, old: str | None, new: str | None) -> str:
    if old == new:
        return ""
    head = f"diff --git a/{path} b/{path}\n"
    if old is None:
        head += "new file mode 100644\n"
    if new is None:
        head += "deleted file mode 100644\n"
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    lines = difflib.unified_diff(_lines(old), _lines(new), *names)
    body = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return head + body


def _lines(text: str | None) -> list[str]:
    """Lines end at ``\\n`` only: form feeds and their like are part of a line for git."""
    return re.findall(r"[^\n]*\n|[^\n]+$", text or "")


def paths(patch: str) -> tuple[str, ...]:
    """Every path that a patch names, in any of its headers, each once."""
    found: dict[str, None] = {}
    for match in _HEAD.finditer(patch):
        found |= {match[2]: None, match[4]: None}
    for match in _OTHER.finditer(patch):
        if match[2] != "/dev/null":
            found[match[2].strip()] = None
    for match in _RENAMED.finditer(patch):
        found[match[1].strip()] = None
    return tuple(found)


class Look(NamedTuple):
    """A patch as it was handed in: ``trouble`` says why it cannot be applied, empty: it may be tried."""

    patch: str
    files: tuple[str, ...]
    trouble: str


def look(answer: JSON) -> Look:
    """The patch in an answer (text, or None). Nothing is run and nothing is written."""
    if answer is None:
        return Look("", (), "")
    if not isinstance(answer, str):
        return Look("", (), f"a patch is text, this is {type(answer).__name__}")
    if len(answer) > MAX_BYTES:
        return Look("", (), f"the patch has {len(answer):,} characters; the limit is {MAX_BYTES:,}")
    patch = answer.replace("\r\n", "\n") if _is_crlf(answer) else answer
    if not patch.strip():
        return Look("", (), "")
    files = paths(patch)
    return Look(patch, files, _trouble(patch, files))


def _is_crlf(text: str) -> bool:
    """Written on Windows as a whole; a patch that changes line ends has both."""
    return text.count("\r\n") == text.count("\n") > 0


def _trouble(patch: str, files: tuple[str, ...]) -> str:
    if "\0" in patch:
        return "the patch holds NUL characters: it is binary"
    if re.search(r"^GIT binary patch$|^Binary files .* differ$", patch, re.M):
        return "the patch changes binary files"
    if not files:
        return "this is no patch: it has no file header"
    outside = [path for path in files if _escapes(path)]
    if outside:
        return f"the patch leaves the tree: {outside[0]}"
    if re.search(r"^(?:new file mode|new mode|index .*) 1[26]0000$", patch, re.M):
        return "the patch makes links or submodules"
    return ""


def _escapes(path: str) -> bool:
    whole = posixpath.normpath(path)
    return whole.startswith(("/", "../")) or whole in ("..", ".") or ".git" in whole.split("/")


def changed_files(patch: str) -> Iterator[str]:
    """Paths that exist after the patch, for those who look at the new tree."""
    for match in _HEAD.finditer(patch):
        yield match[4]
