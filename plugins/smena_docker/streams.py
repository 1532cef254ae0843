"""A command's two-way stream: what goes in, and the frames that come out."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

_CHUNK = 262_144
LINGER = 60.0
"""Seconds that a killed command's stream is given to end: on a busy machine a fork bomb dies slowly."""


class Told(NamedTuple):
    """What came through: ``said`` cut at the cap; ``ended`` False if the stream did not end even when the
    command was killed."""

    said: bytes
    timed_out: bool
    truncated: bool
    ended: bool


class Frames:
    """Takes the daemon's multiplexed stream apart, keeping no more than ``cap`` bytes of what is said."""

    def __init__(self, cap: int) -> None:
        self._cap, self._kept, self._size = cap, bytearray(), 0
        self._head, self._left = bytearray(), 0

    def feed(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            if not self._left:
                need = 8 - len(self._head)
                self._head += view[:need]
                view = view[need:]
                if len(self._head) == 8:
                    self._left = int.from_bytes(self._head[4:], "big")
                    self._head.clear()
                continue
            part = view[: self._left]
            room = self._cap - len(self._kept)
            self._kept += part[: max(0, room)]
            self._size += len(part)
            self._left -= len(part)
            view = view[len(part) :]

    @property
    def said(self) -> bytes:
        return bytes(self._kept)

    @property
    def truncated(self) -> bool:
        return self._size > self._cap


def converse(stream: Any, stdin: bytes, timeout: float, cap: int, kill: Callable[[], None]) -> Told:
    """Feed and read until the stream ends; at the timeout ``kill`` and wait for the end."""
    connection: socket.socket = getattr(stream, "_sock", stream)
    frames, waiting = Frames(cap), memoryview(stdin)
    connection.setblocking(False)
    end, timed_out, ended = time.monotonic() + timeout, False, False
    open_in = True
    while True:
        if open_in and not waiting:
            open_in = False
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        wait = end - time.monotonic()
        if wait <= 0:
            if timed_out:
                break
            timed_out = True
            kill()
            end = time.monotonic() + LINGER
            continue
        readable, writable, _ = select.select([connection], [connection] if open_in else [], [], wait)
        if writable:
            try:
                waiting = waiting[connection.send(waiting[:65_536]) :]
            except BlockingIOError:
                pass
            except OSError:
                waiting = waiting[:0]
        if readable:
            try:
                data = connection.recv(_CHUNK)
            except BlockingIOError:
                continue
            except ConnectionError:
                data = b""
            if not data:
                ended = True
                break
            frames.feed(data)
    with suppress(OSError):
        stream.close()
    return Told(frames.said, timed_out, frames.truncated, ended)
