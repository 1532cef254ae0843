"""One worker process: the host's end of it, and what runs inside.

Both speak JSON, decoded into types: a worker's outcome is what the store will give back later (a tuple is a
list, say), and bytes from a process that runs strangers' code are never unpickled.
"""

from __future__ import annotations

import ctypes
import logging
import math
import multiprocessing
import os
import queue
import re
import signal
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from smena.errors import BadInput, Hopeless, InfraError
from smena.money import Refused
from smena.values import Body, Feedback, Outcome, Split, Trial, cause

_PR_SET_PDEATHSIG = 1
_BUFFER = 262_144
_CODE = re.compile(r"[a-z0-9-]{1,32}")
MAX_BYTES = 32 * 1024 * 1024
"""An outcome larger than this is a mistake, and would cost the host its memory."""
_FORK = sys.platform == "linux"


class Job(msgspec.Struct, frozen=True):
    """A trial with what a worker needs to execute it: digests stand for these values in the trial."""

    trial: Trial
    task: str
    split: Split
    knowledge: tuple[Body, ...] = ()
    feedback: Feedback | None = None
    text: str = ""


Worker = Callable[[Job], Outcome]
MakeWorker = Callable[[], Worker]


class Ready(msgspec.Struct, tag="ready"):
    """The plugins are loaded."""


class Failed(msgspec.Struct, tag="failed"):
    """The plugins could not be loaded, or a job has shown that none can be done."""

    bad_input: bool
    why: str


class Done(msgspec.Struct, tag="done"):
    """A job is done: the next in hand, or where a worker does several at once, the one that it names."""

    seconds: float
    outcome: Outcome


_ENCODER = msgspec.json.Encoder()
_MESSAGE = msgspec.json.Decoder(Ready | Failed | Done)
_OUTCOME = msgspec.json.Decoder(Outcome)
_JOBS = msgspec.json.Decoder(list[Job])


class Ticket:
    """A job on its way. ``deaths``: how many workers it has cost; ``since``: when it was last sent."""

    __slots__ = ("deaths", "job", "message", "since")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.message = _ENCODER.encode(job)
        self.deaths = 0
        self.since = 0.0


class WorkerProcess:
    """The host's end. ``hand``: what was sent and is not answered, in order. ``since``: when its head began,
    or later. ``cause``: how the process ended."""

    def __init__(
        self, make_worker: MakeWorker, log: Path | None, others: Sequence[Connection], threads: int = 1
    ) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self.connection = Connection(ours.detach())
        self.hand: deque[Ticket] = deque()
        self.since = time.monotonic()
        self.ready = False
        self.cause = ""
        far = Connection(theirs.detach())
        context: Any = multiprocessing.get_context("fork" if _FORK else "spawn")
        inherited = [c.fileno() for c in (*others, self.connection)] if _FORK else []
        args = (far, make_worker, log, os.getpid(), inherited, threads)
        self._process = context.Process(target=_serve, args=args, name="smena-worker")
        with _signals_held():
            self._process.start()
        far.close()

    def send(self, tickets: Sequence[Ticket]) -> None:
        now = time.monotonic()
        if not self.hand:
            self.since = now
        for ticket in tickets:
            ticket.since = now
        self.hand.extend(tickets)
        with suppress(OSError):  # it is dead, which the next receive tells
            self.connection.send_bytes(b"[" + b",".join(t.message for t in tickets) + b"]")

    def receive(self) -> Ready | Failed | Done | None:
        """The next message; None: the worker is dead."""
        try:
            heard: Ready | Failed | Done = _MESSAGE.decode(self.connection.recv_bytes())
        except (EOFError, OSError, msgspec.MsgspecError):
            return None
        self.since = time.monotonic()
        self.ready = self.ready or isinstance(heard, Ready)
        return heard

    def hang_up(self) -> None:
        """An idle worker ends when nobody can send it anything any more."""
        self.connection.close()

    def kill(self, grace: float = 0.0) -> None:
        """End it and whatever it started, after ``grace`` seconds."""
        self.connection.close()
        if grace:
            self._process.join(grace)
        if (
            not grace or self._process.exitcode is None
        ):  # before it is waited for: its number is still its own
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
        self._process.join()
        code = self._process.exitcode
        self.cause = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        self._process.close()


class _BadOutcome(InfraError):
    """What a trial came to cannot be stored."""

    cause = "bad-outcome"


def perform(worker: Worker, job: Job) -> Done | Failed:
    """Run one job; whatever it does becomes an outcome that survives JSON, as it will be stored. Failed: no
    job can be done, as this one has shown."""
    started = time.perf_counter()
    try:
        outcome = worker(job)
        numbers = (outcome.reward or 0.0, outcome.cost, *outcome.scores.values())
        if not all(map(math.isfinite, numbers)):
            raise _BadOutcome("a score, reward or cost is not a finite number")
        encoded = _ENCODER.encode(outcome)
        if len(encoded) > MAX_BYTES:
            raise _BadOutcome(f"its outcome takes {len(encoded):,} bytes; the limit is {MAX_BYTES:,}")
        outcome = _OUTCOME.decode(encoded)
    except Hopeless as error:
        return Failed(True, one_line(error))
    except (Exception, SystemExit) as error:
        outcome = Outcome(
            job.trial.key,
            "refused" if isinstance(error, Refused) else "infra",
            latency=time.perf_counter() - started,
            error=one_line(error),
            usage=getattr(error, "usage", None),
            cause=_cause(error),
        )
    return Done(time.perf_counter() - started, outcome)


def _cause(error: BaseException) -> str:
    """The code of an error of ours, or of a plugin that knows of codes. Others have a ``cause`` that is something
    else: jsonschema's is an exception or None."""
    if isinstance(error, InfraError) and cause(str(error)) == "overflow":
        return "overflow"
    told = getattr(error, "cause", None)
    return told if isinstance(told, str) and _CODE.fullmatch(told) else "raised"


def overdue(trial: str, seconds: float) -> Outcome:
    """Of a trial that was stopped at its wall limit."""
    error = f"stopped at the limit of {seconds:g} s"
    return Outcome(trial, "timeout", latency=seconds, error=error, cause="trial-timeout")


def one_line(error: BaseException) -> str:
    """What people need of an error: what it says, and for a surprise its kind and place."""
    said = " ".join(str(error).split())[:300]
    if isinstance(error, (InfraError, BadInput, Refused)):
        return said
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {said}{place}"


def _serve(
    far: Connection,
    make_worker: MakeWorker,
    log: Path | None,
    host: int,
    inherited: Sequence[int],
    threads: int,
) -> None:
    """The life of a worker process."""
    for descriptor in inherited:  # other workers' lines: they would not notice that the host hung up
        os.close(descriptor)
    _settle(log, host)
    try:
        worker = make_worker()
    except (Exception, SystemExit) as error:
        far.send_bytes(_ENCODER.encode(Failed(isinstance(error, BadInput), one_line(error))))
        return
    far.send_bytes(_ENCODER.encode(Ready()))
    with suppress(EOFError, OSError):  # the host hung up, or is gone
        if threads > 1:
            _serve_several(far, worker)
        while True:
            for job in _JOBS.decode(far.recv_bytes()):
                far.send_bytes(_ENCODER.encode(perform(worker, job)))


def _serve_several(far: Connection, worker: Worker) -> None:
    """Every job at once, each on a thread that is kept for the next: the host sends no more than it means."""
    idle: deque[queue.SimpleQueue[Job]] = deque()
    sending = threading.Lock()

    def run(mine: queue.SimpleQueue[Job]) -> None:
        while True:
            message = _ENCODER.encode(perform(worker, mine.get()))
            idle.append(mine)
            with sending, suppress(OSError):
                far.send_bytes(message)

    while True:
        for job in _JOBS.decode(far.recv_bytes()):
            try:
                mine = idle.popleft()
            except IndexError:
                mine = queue.SimpleQueue()
                threading.Thread(target=run, args=(mine,), daemon=True).start()
            mine.put(job)


def _settle(log: Path | None, host: int) -> None:
    """Leave the terminal alone, leave Ctrl-C to the host, and do not outlive it."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != host:  # it died before we asked
        os._exit(1)
    out = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for standard in (1, 2):
        os.dup2(out, standard)
    # New objects: at the fork, a thread of the host may have held the locks of the old ones.
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = open(  # type: ignore[misc]  # noqa: SIM115
        1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
    logging.basicConfig(stream=sys.stderr)


_HELD = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def _signals_held() -> Iterator[None]:
    """A signal that comes while a worker is being made waits: the worker must not be caught half made."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
