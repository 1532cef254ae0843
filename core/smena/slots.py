"""How many sandboxes are open at once on this machine, and whose they are.

A slot is an abstract socket name (unix(7)): one process at a time can bind it, it leaves no file, and the
kernel frees it when its holder dies. Elsewhere than on Linux there is no such limit."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import threading
import time
from pathlib import Path

SHARE = 0.8
"""Of the machine's memory, for sandboxes."""
_POLL_SECONDS = 0.02
_mine = threading.local()


def started(pid: int) -> str:
    """When a process started, in ticks since boot; empty when there is none. With the pid it names a process
    for good."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def owner() -> str:
    """A name of this process that no other has had since this machine was started."""
    return f"{os.getpid()}-{started(os.getpid())}"


def dead(name: str) -> bool:
    """Is the process of this :func:`owner` name gone?"""
    pid, _, start = name.partition("-")
    return not pid.isdigit() or started(int(pid)) != start


def boot() -> str:
    """This machine since it was started."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname()


def count(memory_mb: int) -> int:
    """How many sandboxes of this size may be open: two a core, while memory lasts, and always one."""
    cores = os.cpu_count() or 1
    total_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    return max(1, min(2 * cores, int(SHARE * total_mb / max(1, memory_mb))))


class Slot:
    """The right to have a sandbox open. Sessions that a thread opens while it has one share it: a judge that
    opens its own session beside the learner's must not wait for the learner's."""

    def __init__(self, memory_mb: int, limit: int = 0) -> None:
        self._held = False
        if sys.platform != "linux":
            return
        self._held = True
        _mine.depth = getattr(_mine, "depth", 0) + 1
        if _mine.depth > 1:
            return
        _mine.lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        while not _bind(_mine.lock, limit or count(memory_mb)):
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Idempotent; by the thread that has it."""
        if self._held:
            self._held = False
            _mine.depth -= 1
            if not _mine.depth:
                _mine.lock.close()


def _bind(lock: socket.socket, limit: int) -> bool:
    for number in range(limit):
        try:
            lock.bind(f"\0smena-slot-{os.geteuid()}-{number}")
            return True
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    return False
