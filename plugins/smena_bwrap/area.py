"""A session's work area seen from outside it, so that putting and getting a file takes no process.

Whatever is in it was made by a stranger: no link is left to the kernel to follow, every step is taken from
the directory before it, and none leads above the first."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path

_LINKS = 40
"""As many as the kernel follows in one path."""
_STEPS = 256
"""Names on one way, those of links counted: each directory stays open until its end is reached."""
_NO_FILE = (
    errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EACCES, errno.ENAMETOOLONG,
)  # fmt: skip
_STEP = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class LeadsOut(Exception):
    """A link on the way leads out of the work area."""


class Area:
    """``fd``: the directory, opened in the holder's mount namespace. ``owner``: whose new files are; None:
    ours."""

    def __init__(self, fd: int, workdir: str, owner: int | None) -> None:
        self._fd, self._workdir, self._owner = fd, workdir, owner

    @classmethod
    def of(cls, pid: int, workdir: str, owner: int | None) -> Area:
        """The one that a holder keeps, open to its owner whatever it was copied from. Raises OSError."""
        path = Path(f"/proc/{pid}/root/.session/area")
        path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRWXU)
        return cls(os.open(path, _STEP | os.O_DIRECTORY), workdir, owner)

    def close(self) -> None:
        os.close(self._fd)

    def give_all(self) -> None:
        """Make all that a tree has brought the owner's, before a stranger's code runs. Raises OSError."""
        if self._owner is None:
            return
        os.fchown(self._fd, self._owner, self._owner)
        for _, folders, files, fd in os.fwalk(".", dir_fd=self._fd):
            for name in (*folders, *files):
                os.chown(name, self._owner, self._owner, dir_fd=fd, follow_symlinks=False)

    def write(self, path: str, data: bytes) -> None:
        """A file of these bytes, and the directories above it. Raises LeadsOut, OSError."""
        with ExitStack() as opened:
            fd = self._open(path, opened, make=True)
            os.ftruncate(fd, 0)
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(fd, rest) :]

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's first bytes, up to ``limit`` + 1; None: there is none. Raises LeadsOut, OSError."""
        with ExitStack() as opened:
            try:
                fd = self._open(path, opened, make=False)
            except OSError as error:
                if error.errno in _NO_FILE:  # else a planted socket would make a failure infrastructure's
                    return None
                raise
            with os.fdopen(os.dup(fd), "rb") as file:
                return file.read(limit + 1)

    def _open(self, path: str, opened: ExitStack, make: bool) -> int:
        """The regular file at an absolute path of the session, opened."""
        ways = self._names(path)
        above = [self._fd]
        links = steps = 0
        while ways:
            steps += 1
            if steps > _STEPS:
                raise OSError(errno.ELOOP, "too many steps")
            name = ways.pop(0)
            if name == "..":
                if len(above) == 1:
                    raise LeadsOut
                above.pop()
                continue
            target = _link(name, above[-1])
            if target is not None:
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, "too many links")
                if target.startswith("/"):
                    above = above[:1]
                    ways = self._names(target) + ways
                else:
                    ways = _split(target) + ways
                continue
            if ways:
                above.append(self._directory(name, above[-1], opened, make))
            else:
                return self._file(name, above[-1], opened, make)
        raise OSError(errno.EISDIR, "is a directory")

    def _names(self, path: str) -> list[str]:
        """The steps from the work area to an absolute path of the session."""
        names, root = _split(path), _split(self._workdir)
        if names[: len(root)] != root:
            raise LeadsOut
        return names[len(root) :]

    def _directory(self, name: str, above: int, opened: ExitStack, make: bool) -> int:
        try:
            fd = os.open(name, _STEP | os.O_DIRECTORY, dir_fd=above)
        except FileNotFoundError:
            if not make:
                raise
            os.mkdir(name, 0o755, dir_fd=above)
            fd = os.open(name, _STEP | os.O_DIRECTORY, dir_fd=above)
            self._give(fd, 0o755)
        opened.callback(os.close, fd)
        return fd

    def _file(self, name: str, above: int, opened: ExitStack, make: bool) -> int:
        if not make:
            fd = os.open(name, _STEP, dir_fd=above)
        else:
            flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            try:
                fd = os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=above)
                self._give(fd, 0o644)
            except FileExistsError:
                fd = os.open(name, flags, dir_fd=above)
        opened.callback(os.close, fd)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.ENXIO, "is no regular file")
        return fd

    def _give(self, fd: int, mode: int) -> None:
        os.fchmod(fd, mode)
        if self._owner is not None:
            os.fchown(fd, self._owner, self._owner)


def _split(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _link(name: str, above: int) -> str | None:
    """Where a link leads; None: it is no link, or not there."""
    try:
        return os.readlink(name, dir_fd=above)
    except OSError:
        return None
