"""A change to a tree, computed by us from before and after; never what a learner says that it did."""

from __future__ import annotations

import fnmatch
import io
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from smena.errors import InfraError
from smena.sandbox import Session

Change = Mapping[str, bytes | None]
"""Path → new content; None: deleted."""

IGNORED = ("*.pyc", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".git", "*.egg-info")
"""What a tree gets by being used."""
_TESTS = ("test_*.py", "*_test.py", "tests.py", "conftest.py")
_FOLDERS = ("tests", "test", "testing")
_CONFIGURATION = (
    "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py", ".coveragerc",
    "sitecustomize.py", "usercustomize.py", "*.pth", "runtests.py", "Makefile",
)  # fmt: skip
MAX_BYTES = 64 << 20
"""A tree larger than this is not read back."""


class Stripped(NamedTuple):
    """What of a change counts, and the paths that do not, each with the reason."""

    kept: dict[str, bytes | None]
    dropped: dict[str, str]


def protected(path: str, own: Collection[str] = ()) -> str:
    """Why a learner's edit of this path does not count; empty: it does. ``own``: more patterns, of the
    environment's."""
    place = PurePosixPath(path)
    if any(fnmatch.fnmatch(place.name, pattern) for pattern in _TESTS) or set(place.parts[:-1]) & set(
        _FOLDERS
    ):
        return "tests"
    if any(fnmatch.fnmatch(place.name, pattern) for pattern in _CONFIGURATION):
        return "test configuration"
    if any(fnmatch.fnmatch(path, pattern) for pattern in own):
        return "protected by the environment"
    return ""


def strip(change: Change, own: Collection[str] = ()) -> Stripped:
    """Leave out edits of tests and their configuration, and say which.

    >>> strip({"a.py": b"x = 1", "tests/test_a.py": None})
    Stripped(kept={'a.py': b'x = 1'}, dropped={'tests/test_a.py': 'tests'})
    """
    why = {path: protected(path, own) for path in change}
    return Stripped(
        {path: data for path, data in change.items() if not why[path]},
        {path: reason for path, reason in why.items() if reason},
    )


def changed(base: Path, session: Session) -> dict[str, bytes | None]:
    """How the session's work area differs from the tree that it was opened with: regular files only.

    Raises InfraError for a work area too large to read."""
    from smena.sandbox import read_all

    after = _files(read_all(session, MAX_BYTES))
    before = {
        path.relative_to(base).as_posix(): path.read_bytes()
        for path in base.rglob("*")
        if path.is_file() and not path.is_symlink() and not _ignored(path.relative_to(base).as_posix())
    }
    found: dict[str, bytes | None] = {p: data for p, data in after.items() if before.get(p) != data}
    return found | {path: None for path in before if path not in after}


def _files(packed: bytes) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            for entry in tar:
                path = PurePosixPath(entry.name).as_posix()
                data = tar.extractfile(entry) if entry.isreg() else None
                if data is not None and not _ignored(path):
                    found[path] = data.read()
    except tarfile.TarError as error:
        raise InfraError(f"the work area could not be read: {error}") from None
    return found


def _ignored(path: str) -> bool:
    return any(fnmatch.fnmatch(part, pattern) for part in PurePosixPath(path).parts for pattern in IGNORED)


def apply(session: Session, change: Change) -> None:
    """Lay a change over a session's work area. Raises BadInput for a path that leads out of it."""
    for path, data in change.items():
        if data is None:
            session.exec(["rm", "-f", "--", path])
        else:
            session.put(path, data)
