"""An answer as verifiers of code want it: the tree before it and the files that it changes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from smena import Snapshot, Task
from smena.code import CodeCase, protected
from smena.sandbox import Opener
from smena.values import JSON

from smena_swebench.diffs import look


def code_case(snapshot: Snapshot, opener: Opener, task: Task, answer: JSON) -> CodeCase:
    """The change is empty where the patch cannot be applied."""
    seen = look(answer)
    files = [path for path in seen.files if not protected(path)]
    change: dict[str, bytes | None] = {}
    if seen.patch.strip() and not seen.trouble:
        change = _applied(_before(snapshot, opener, files), seen.patch, files)
    return CodeCase(snapshot, change, {})


def texts(
    task: Task, answer: JSON, snapshot: Callable[[], Snapshot], opener: Callable[[], Opener]
) -> tuple[dict[str, str], dict[str, str]]:
    """Before and after, of Python files that are text; empty where the patch does not apply."""
    seen = look(answer)
    files = [path for path in seen.files if path.endswith(".py") and not protected(path)]
    if not seen.patch.strip() or seen.trouble or not files:
        return {}, {}
    start = snapshot()
    key = (start.tree or start.image, seen.patch)
    if key not in _KNOWN:
        old = _before(start, opener() if start.image else None, files)
        new = _applied(old, seen.patch, files)
        if len(_KNOWN) > 2048:
            _KNOWN.clear()
        _KNOWN[key] = _texts(old), _texts(new)
    return _KNOWN[key]


_KNOWN: dict[tuple[str, str], tuple[dict[str, str], dict[str, str]]] = {}


def _texts(files: Mapping[str, bytes | None]) -> dict[str, str]:
    return {path: data.decode("utf-8", "replace") for path, data in files.items() if data is not None}


def _before(snapshot: Snapshot, opener: Opener | None, files: Sequence[str]) -> dict[str, bytes]:
    """Those of the files that the tree has; a tree that is in an image is read in a session of it."""
    if snapshot.tree or opener is None:
        places = {path: Path(snapshot.tree) / path for path in files}
        return {p: at.read_bytes() for p, at in places.items() if at.is_file() and not at.is_symlink()}
    with opener(images=True).open(snapshot) as session:
        return {path: data for path in files if (data := session.get(path)) is not None}


def _applied(before: Mapping[str, bytes], patch: str, files: Sequence[str]) -> dict[str, bytes | None]:
    """Files after the patch. Only the named files are laid out, and `git apply` runs in that copy."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for path, data in before.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        wanted = [f"--include={path}" for path in files]
        command = ["git", "apply", *wanted, "-"]
        done = subprocess.run(
            command, input=patch.encode("utf-8", "surrogateescape"), cwd=root, capture_output=True
        )
        if done.returncode:
            return {}
        made = {path: (root / path).read_bytes() if (root / path).is_file() else None for path in files}
    return {path: data for path, data in made.items() if data is not None or path in before}
