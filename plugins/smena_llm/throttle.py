"""How many calls may be in flight: more with every success, fewer when the provider says too many (AIMD)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

CALM = 0.5
"""Seconds within which several complaints are one."""


class Throttle:
    """One a process and model; used from many threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self._busy = 0
        self._changed = threading.Condition()
        self._last = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place, hold it inside."""
        with self._changed:
            while self._busy >= max(1, int(self.limit)):
                self._changed.wait()
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify()

    def eased(self) -> None:
        """A call went well."""
        with self._changed:
            if self.limit < self.most:
                self.limit = min(self.most, self.limit + 1 / self.limit)
                self._changed.notify()

    def pressed(self) -> None:
        """The provider said that there are too many."""
        with self._changed:
            now = time.monotonic()
            if now - self._last > CALM:
                self._last = now
                self.limit = max(1.0, min(self.limit, self._busy) * 0.7)
