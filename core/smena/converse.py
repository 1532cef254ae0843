"""Feeding a process and reading what it says, with a time limit, a cap, and a watch."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import NamedTuple

_CHUNK = 262_144
WATCH_SECONDS = 0.1
LINGER = 10.0
"""Seconds that a killed session is given to be gone."""


class Told(NamedTuple):
    """What came of a process: ``code`` None if it was stopped, ``said`` cut at the cap, ``gone`` False if
    something of it is still there."""

    code: int | None
    said: bytes
    seconds: float
    timed_out: bool
    truncated: bool
    gone: bool


def converse(
    process: subprocess.Popen[bytes],
    stdin: bytes,
    timeout: float,
    cap: int,
    over: Callable[[], bool],
    kill: Callable[[], None],
) -> Told:
    """Talk to a process until its output ends, that is, until everything that shares it is dead. ``over`` is
    asked now and then whether it takes too much; ``kill`` ends it and all that it started."""
    assert process.stdin and process.stdout
    began = time.monotonic()
    end, watch_at = began + timeout, began + WATCH_SECONDS
    said, size, waiting = [], 0, memoryview(stdin)
    timed_out = killed = False
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if waiting:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        while True:
            now = time.monotonic()
            if now >= end:
                if killed:
                    break
                timed_out = killed = True
                kill()
                end = now + LINGER
            if not killed and now >= watch_at:
                watch_at = now + WATCH_SECONDS
                if over():
                    killed = True
                    kill()
                    end = now + LINGER
            ready = selector.select(max(0.0, min(end, end if killed else watch_at) - now))
            if any(key.fileobj is process.stdin for key, _ in ready):
                try:
                    waiting = waiting[os.write(process.stdin.fileno(), waiting[:65_536]) :]
                except BlockingIOError:
                    pass
                except BrokenPipeError:
                    waiting = waiting[:0]
                if not waiting:
                    selector.unregister(process.stdin)
                    process.stdin.close()
            if any(key.fileobj is process.stdout for key, _ in ready):
                data = os.read(process.stdout.fileno(), _CHUNK)
                if not data:
                    break
                if size < cap:
                    said.append(data[: cap - size])
                size += len(data)
    gone = time.monotonic() < end or not killed
    process.stdout.close()
    if not process.stdin.closed:
        process.stdin.close()
    if gone:
        process.wait()
    code = None if timed_out else process.returncode
    return Told(code, b"".join(said), time.monotonic() - began, timed_out, size > cap, gone)
