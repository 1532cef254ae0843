"""`--unsafe-local`: no sandbox at all. Untrusted code runs as you, with your files and your network; only its
time and its output are limited. Never chosen unless it is named."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec

from smena.converse import converse
from smena.errors import BadInput, InfraError, TooLarge
from smena.sandbox import BOUNDS, Bounds, Result, Session, Snapshot, quiet, relative
from smena.slots import dead, owner

NAME = "unsafe-local"
_PREFIX = "smena-unsafe-"


class UnsafeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to set."""


class UnsafeLocal:
    """Sessions in temporary directories of this machine."""

    Config = UnsafeConfig
    version = 1
    rank = -1
    images = False

    def __init__(self, config: UnsafeConfig | None = None) -> None:
        self.config = config or UnsafeConfig()

    def unavailable(self) -> str:
        return "" if os.name == "posix" else "needs a POSIX system"

    def prepare(self, snapshot: Snapshot, say: Callable[[str], None] = quiet) -> None:
        """Raises BadInput for a snapshot that wants an image."""
        if snapshot.image:
            raise BadInput(f"{NAME} has no images, and {snapshot.image!r} is wanted: use --sandbox docker")

    def open(self, snapshot: Snapshot, bounds: Bounds = BOUNDS) -> Session:
        self.prepare(snapshot)
        return UnsafeSession(snapshot, bounds)

    def sweep(self) -> int:
        """Remove the directories of dead processes."""
        left = [p for p in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*-*") if dead(_owner(p))]
        for place in left:
            shutil.rmtree(place, ignore_errors=True)
        return len(left)


def _owner(place: Path) -> str:
    return place.name.removeprefix(_PREFIX).rpartition("-")[0]


class UnsafeSession:
    """A temporary directory. Where the snapshot's environment names a bind's place inside, it names the
    directory of the host here."""

    def __init__(self, snapshot: Snapshot, bounds: Bounds) -> None:
        self._bounds = bounds
        if snapshot.tree and not Path(snapshot.tree).is_dir():
            raise BadInput(f"{NAME}: {snapshot.tree} is to be in the session and is not there")
        self._place = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{owner()}-")).resolve()
        self.workdir = str(self._place / "work")
        if snapshot.tree:
            shutil.copytree(snapshot.tree, self.workdir, symlinks=True)
        else:
            Path(self.workdir).mkdir()
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
        self._env = {"PATH": path, "HOME": str(self._place), "LANG": "C.UTF-8"}
        for name, value in snapshot.env.items():
            for outside, inside in snapshot.binds:
                value = value.replace(inside, outside)
            self._env[name] = value

    def exec(
        self,
        command: Sequence[str] | str,
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Result:
        if not Path(self.workdir).is_dir():
            raise InfraError("the session is closed")
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        try:
            process = subprocess.Popen(
                words,
                cwd=self.workdir,
                env=self._env | dict(env or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            return Result(127, f"{error.filename}: not found\n")
        except OSError as error:
            raise InfraError(f"{words[0]!r} could not be started: {error}") from None

        def end() -> None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

        told = converse(
            process, stdin, timeout or self._bounds.seconds, self._bounds.output_bytes, lambda: False, end
        )
        end()
        return Result(
            told.code, told.said.decode(errors="replace"), told.seconds, told.timed_out, told.truncated
        )

    def put(self, path: str, data: bytes) -> None:
        place = self._within(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def get(self, path: str, limit: int = 16_777_216) -> bytes | None:
        try:
            place = self._within(path)
        except BadInput:
            if (Path(self.workdir) / path).is_symlink():
                return None
            raise
        if not place.is_file():
            return None
        if place.stat().st_size > limit:
            raise TooLarge(f"{path} is larger than {limit} bytes")
        return place.read_bytes()

    def _within(self, path: str) -> Path:
        place = Path(relative(path, self.workdir)).resolve()
        if not place.is_relative_to(self.workdir):
            raise BadInput(f"{path} leads out of the work area")
        return place

    def close(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
