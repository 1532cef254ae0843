"""What trials use of a paid service, and the limits on it.

Whoever calls a service (a learner, a teacher, a verifier) brackets each call:

    call = reserve(Bound(dollars, tokens))    # refused where it would not fit the budget
    ...
    call.settle(usage)                        # what it really took; nothing if it failed

The worker gathers what a job has used into its outcome. The budget is one file that the processes of a run
share, so that what is reserved and what is spent never exceed a limit, however many calls are in flight.
"""

from __future__ import annotations

import fcntl
import math
import os
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from smena.errors import SmenaError
from smena.values import Usage

_SLOTS = 256
_ROW = struct.Struct("=3d")
WAIT_SECONDS = 0.02


class Refused(SmenaError):
    """A limit does not allow the call. The trial was not made and is still owed."""


class Bound(NamedTuple):
    """At most so many US dollars and tokens (in and out together) for a call."""

    price: float = 0.0
    tokens: float = 0.0


class Budget:
    """Limits in US dollars and tokens (0: none) on what all processes of a run spend together.

    A file of rows (pid, price, tokens): row 0 is what is spent, each other what one process has reserved.
    What a dead process had reserved is taken for spent. Made before the workers are, and inherited by fork."""

    def __init__(self, price: float = 0.0, tokens: float = 0.0) -> None:
        self.limit = Bound(price, tokens)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the budget)
        self._file.truncate(_ROW.size * _SLOTS)
        self._here = threading.Lock()

    def spent(self) -> Bound:
        """So far, by all."""
        with self._locked():
            return Bound(*self._read(0)[1:])

    def reserve(self, bound: Bound) -> None:
        """Wait until the bound fits beside what others have reserved. Raises Refused where it cannot."""
        while True:
            with self._locked():
                reserved = self._reserved()
                spent = Bound(*self._read(0)[1:])
                if self._fits(spent, bound, reserved):
                    self._add(self._slot(), bound)
                    return
                if not self._fits(spent, bound, Bound()):
                    raise Refused(self._why(spent, bound))
            time.sleep(WAIT_SECONDS)

    def settle(self, bound: Bound, used: Bound) -> None:
        """Give a reservation back, and count what was used in its place."""
        with self._locked():
            self._add(self._slot(), Bound(-bound.price, -bound.tokens))
            self._add(0, used)

    def _fits(self, spent: Bound, bound: Bound, reserved: Bound) -> bool:
        return all(
            not limit or a + b + c <= limit * (1 + 1e-12)
            for limit, a, b, c in zip(self.limit, spent, bound, reserved, strict=True)
        )

    def _why(self, spent: Bound, bound: Bound) -> str:
        if self.limit.price and spent.price + bound.price > self.limit.price:
            return (
                f"stopped before ${self.limit.price:g}: ${spent.price:.4f} is spent and the next call may cost "
                f"${bound.price:.4f}; the same command goes on from here with a new budget"
            )
        return (
            f"stopped before {self.limit.tokens:,.0f} tokens: {spent.tokens:,.0f} are used and the next call "
            f"may take {bound.tokens:,.0f}; the same command goes on from here with a new budget"
        )

    def _reserved(self) -> Bound:
        price = tokens = 0.0
        for slot in range(1, _SLOTS):
            pid, its_price, its_tokens = self._read(slot)
            if not pid:
                break
            if (its_price > 0 or its_tokens > 0) and not _alive(int(pid)):
                self._add(0, Bound(its_price, its_tokens))
                self._write(slot, pid, 0.0, 0.0)
                continue
            price, tokens = price + its_price, tokens + its_tokens
        return Bound(price, tokens)

    def _slot(self) -> int:
        me, free = os.getpid(), 0
        for slot in range(1, _SLOTS):
            pid, price, tokens = self._read(slot)
            if pid == me:
                return slot
            if not pid or (not price and not tokens and not _alive(int(pid))):
                free = free or slot
                if not pid:
                    break
        if not free:
            raise SmenaError(f"more than {_SLOTS - 1} processes share one budget")
        self._write(free, me, 0.0, 0.0)
        return free

    def _add(self, slot: int, bound: Bound) -> None:
        pid, price, tokens = self._read(slot)
        price, tokens = price + bound.price, tokens + bound.tokens
        if slot and math.isclose(price, 0.0, abs_tol=1e-15):
            price = 0.0
        self._write(slot, pid, price, tokens)

    def _read(self, slot: int) -> tuple[float, float, float]:
        return _ROW.unpack(os.pread(self._file.fileno(), _ROW.size, slot * _ROW.size))

    def _write(self, slot: int, pid: float, price: float, tokens: float) -> None:
        os.pwrite(self._file.fileno(), _ROW.pack(pid, price, tokens), slot * _ROW.size)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # A record lock belongs to a process and ends with it, whatever kills it; threads need one of their own.
        with self._here:
            fcntl.lockf(self._file.fileno(), fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file.fileno(), fcntl.LOCK_UN)


def _alive(pid: int) -> bool:
    """Not dead, nor dead and not yet waited for by its parent (where the system tells)."""
    if pid == os.getpid():
        return True
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


class Meter:
    """What one job has used. Used from one thread at a time."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget
        self.used: list[Usage] = []

    def total(self) -> Usage | None:
        """The sum; None: nothing was called. The version is the last call's, or ``several`` where calls to one
        model were answered by different versions."""
        if not self.used:
            return None
        by_model: dict[str, set[tuple[str, str]]] = {}
        for usage in self.used:
            by_model.setdefault(usage.model, set()).add((usage.version, usage.fingerprint))
        first = self.used[0]
        mixed = any(len(versions) > 1 for versions in by_model.values())
        prices = [u.price for u in self.used]
        return (
            Usage(
                model="+".join(by_model),
                version="several" if mixed else "+".join(v for s in by_model.values() for v, _ in s),
                fingerprint="several" if mixed else "+".join(f for s in by_model.values() for _, f in s),
                calls=sum(u.calls for u in self.used),
                retried=sum(u.retried for u in self.used),
                tokens_in=sum(u.tokens_in for u in self.used),
                tokens_out=sum(u.tokens_out for u in self.used),
                tokens_cached=sum(u.tokens_cached for u in self.used),
                price=None if None in prices else math.fsum(p for p in prices if p is not None),
                seconds=math.fsum(u.seconds for u in self.used),
            )
            if len(self.used) > 1
            else first
        )


_METER: ContextVar[Meter | None] = ContextVar("smena_meter", default=None)


@contextmanager
def metered(budget: Budget | None = None) -> Iterator[Meter]:
    """What is reserved inside, on this thread, belongs to one job."""
    meter = Meter(budget)
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)


class Call:
    """A reservation, to be settled once."""

    def __init__(self, bound: Bound, meter: Meter | None) -> None:
        self._bound, self._meter = bound, meter

    def settle(self, usage: Usage | None = None) -> None:
        """``usage`` None: the call failed and took nothing."""
        meter, self._meter = self._meter, None
        if meter is None:
            return
        if usage is not None:
            meter.used.append(usage)
        if meter.budget is not None:
            used = Bound(usage.price or 0.0, usage.tokens_in + usage.tokens_out) if usage else Bound()
            meter.budget.settle(self._bound, used)


def reserve(bound: Bound) -> Call:
    """Before a call. Raises Refused where the run's budget has no room for it."""
    meter = _METER.get()
    if meter is not None and meter.budget is not None:
        meter.budget.reserve(bound)
    return Call(bound, meter)


def limited_by_price() -> bool:
    """Is there a limit in money here? Then a call whose price nobody knows cannot be made."""
    meter = _METER.get()
    return bool(meter and meter.budget and meter.budget.limit.price)
