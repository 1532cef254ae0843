"""An answer as verifiers of code want it: the tree before it and the files that it changes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from smena import Snapshot, Task
from smena.code import CodeCase
from smena.values import JSON

from smena_swebench.diffs import look
from smena_swebench.judging import protected


def code_case(snapshot: Snapshot, task: Task, answer: JSON) -> CodeCase:
    """The change is empty where the patch cannot be applied, or where the tree is in an image."""
    seen = look(answer)
    files = [path for path in seen.files if not protected(path)]
    change: dict[str, bytes | None] = {}
    if seen.patch.strip() and not seen.trouble and snapshot.tree:
        change = _applied(Path(snapshot.tree), seen.patch, files)
    return CodeCase(snapshot, change, {})


def texts(
    task: Task, answer: JSON, snapshot: Callable[[], Snapshot]
) -> tuple[dict[str, str], dict[str, str]]:
    """Before and after, of Python files that are text; empty where the patch does not apply or the tree is in
    an image."""
    seen = look(answer)
    files = [path for path in seen.files if path.endswith(".py") and not protected(path)]
    if not seen.patch.strip() or seen.trouble or not files:
        return {}, {}
    place = snapshot().tree
    key = (place, seen.patch)
    if place and key not in _KNOWN:
        made = _applied(Path(place), seen.patch, files)
        before = {p: text for p in files if (text := _text(Path(place) / p)) is not None}
        after = {p: data.decode("utf-8", "replace") for p, data in made.items() if data is not None}
        if len(_KNOWN) > 2048:
            _KNOWN.clear()
        _KNOWN[key] = before, after
    return _KNOWN.get(key, ({}, {}))


_KNOWN: dict[tuple[str, str], tuple[dict[str, str], dict[str, str]]] = {}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _applied(tree: Path, patch: str, files: list[str]) -> dict[str, bytes | None]:
    """Files after the patch. Only the named files are copied, and `git apply` runs in that copy."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for path in files:
            source = tree / path
            if source.is_file() and not source.is_symlink():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(source.read_bytes())
        wanted = [f"--include={path}" for path in files]
        command = ["git", "apply", *wanted, "-"]
        done = subprocess.run(
            command, input=patch.encode("utf-8", "surrogateescape"), cwd=root, capture_output=True
        )
        if done.returncode:
            return {}
        made = {path: (root / path).read_bytes() if (root / path).is_file() else None for path in files}
    return {p: data for p, data in made.items() if data is not None or (tree / p).is_file()}
