"""What is kept between runs: trees, snapshots, searches. All of it can be made again.

`SMENA_CACHE`, else `$XDG_CACHE_HOME/smena`, else `~/.cache/smena`; everything of this environment is below
``swebench``. Files are known by content and appear whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from smena import BadInput


def root() -> Path:
    told = os.environ.get("SMENA_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(told) if told else Path(base) / "smena") / "swebench"


def folder(name: str) -> Path:
    place = root() / name
    with _told(place):
        place.mkdir(parents=True, exist_ok=True)
    return place


def read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def write(path: Path, data: bytes) -> None:
    with _told(path), tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        file.write(data)
        Path(file.name).replace(path)


def made(path: Path, make: Callable[[Path], None]) -> Path:
    """A directory, made by ``make`` in a place beside it where it is not there yet; two may race, one wins."""
    if path.is_dir():
        return path
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(dir=path.parent, prefix=".new-"))
        try:
            place.chmod(0o755)
            make(place)
            with contextlib.suppress(OSError):
                place.rename(path)
            if not path.is_dir():
                place.rename(path)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return path


def used() -> int:
    """Bytes on disk."""
    return (
        sum(path.lstat().st_size for path in root().rglob("*") if not path.is_dir()) if root().is_dir() else 0
    )


def clean() -> int:
    """Remove all of it; the bytes that were freed."""
    size = used()
    with _told(root()):
        if root().is_dir():
            for path in root().rglob("*"):
                if path.is_dir() and not path.is_symlink():
                    path.chmod(0o755)
            shutil.rmtree(root())
    return size


def free(path: Path) -> int:
    """Bytes that may still be written beside a path."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"{path}: {error.strerror or error}: the cache cannot be written; make room (`smena env clean`) or "
            "set SMENA_CACHE to another place"
        ) from None
