"""What turns trials into outcomes. The executor of this module does it in local worker processes.

It is a small pool of its own: the ones to be had charge a time limit to a whole batch, or start processes
from threads, while a trial needs a limit and a cause of failure of its own. Here one thread talks to every
worker over a socket. A worker tells the outcome of each job as soon as it has it; so whatever happens to it,
the job at the head of what it has in hand is the one it was at.

Workers are forked on Linux: they share what the host has loaded and start in milliseconds. A forked worker
touches nothing of the host but ``make_worker``, so threads of the host (a live display) do no harm. Elsewhere
workers are spawned, and ``make_worker`` must pickle (a `functools.partial` of a module's class does).
"""

from __future__ import annotations

import atexit
import math
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol, Self

from smena.errors import BadInput, SmenaError
from smena.process import Done, Failed, Job, MakeWorker, Ready, Ticket, WorkerProcess, overdue, perform
from smena.values import Outcome

__all__ = ["Executor", "Job", "LocalExecutor"]

CHUNK_SECONDS = 0.03
"""So much work is handed to a worker ahead: enough not to wait for us, little enough to share fairly."""
CHUNK_JOBS = 64
CHUNK_BYTES = 32_768
"""A worker that is not idle is sent no more than this at once: the socket takes it without anyone waiting."""
START_SECONDS = 300.0
"""A worker that has not loaded its plugins by then is taken for hung."""


class Executor(Protocol):
    """Turns jobs into outcomes, each as soon as it is there, in any order. Used as a context manager."""

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Every job once, with its outcome. ``jobs`` is taken as needed, with a bounded look-ahead. Closing
        the iterator gives up what is in flight. Nothing that a job does raises here: it is an outcome."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class LocalExecutor:
    """``workers`` processes, each of which calls ``make_worker()`` once and then its result on every job.

    - A job that raises is ``infra``, with the error in one line.
    - A job that takes longer than ``timeout`` seconds is ``timeout``; its worker and its children are killed.
    - A job whose worker dies is run once more, alone; if that one dies too, it is ``infra``.
    - What was behind such a job in its worker's hand runs elsewhere.

    Workers start when first needed, leave Ctrl-C to the host and die with it; what they print goes to ``log``
    (nowhere by default). ``workers=0`` runs jobs here, without limit, for debugging.

    Use it from one thread, and let that thread live as long: to Linux its death is the host's."""

    def __init__(
        self, make_worker: MakeWorker, workers: int = 1, timeout: float = 600.0, log: Path | None = None
    ) -> None:
        self._make_worker = make_worker
        self._count = workers
        self._timeout = timeout
        self._log = log
        self._pool: list[WorkerProcess] = []
        self._pending: deque[Ticket] = deque()
        self._suspects: deque[Ticket] = deque()
        self._homes: dict[str, WorkerProcess] = {}
        self._selector = selectors.DefaultSelector()
        self._inline: Callable[[Job], Outcome] | None = None
        self._job_seconds = CHUNK_SECONDS
        self._stillborn = 0
        self._running = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let idle workers go, kill the others."""
        atexit.unregister(self.close)
        for worker in self._pool:
            self._selector.unregister(worker.connection)
            worker.hang_up()
        for worker in self._pool:
            worker.kill(grace=0.0 if worker.hand else 1.0)
        self._pool.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """See :class:`Executor`. One run at a time."""
        if self._count == 0:
            yield from self._run_inline(jobs)
            return
        if self._running:
            raise RuntimeError("this executor is running already")
        self._running = True
        source = iter(jobs)
        try:
            while self._look_ahead(source):
                self._hand_out()
                yield from self._collect()
        finally:
            for worker in [w for w in self._pool if w.hand]:
                self._remove(worker)
            self._pending.clear()
            self._suspects.clear()
            self._running = False

    def _run_inline(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        if self._inline is None:
            self._inline = self._make_worker()
        for job in jobs:
            done = perform(self._inline, job)
            if isinstance(done, Failed):
                raise BadInput(done.why)
            yield job, done.outcome

    # giving

    @property
    def _depth(self) -> int:
        """How many jobs a worker should have in hand."""
        return max(1, min(CHUNK_JOBS, int(CHUNK_SECONDS / self._job_seconds)))

    def _look_ahead(self, source: Iterator[Job]) -> bool:
        """Take jobs from the caller, no more than will soon be handed out. False: nothing is left to do."""
        for _ in range(max(4, 2 * self._depth) * self._count - len(self._pending)):
            if (job := next(source, None)) is None:
                break
            self._pending.append(Ticket(job))
        return bool(self._pending or self._suspects or any(w.hand for w in self._pool))

    def _hand_out(self) -> None:
        waiting = len(self._pending) + len(self._suspects)
        idle = sum(not w.hand for w in self._pool)
        for _ in range(min(self._count - len(self._pool), waiting - idle)):
            self._add()
        for worker in sorted(self._pool, key=lambda w: len(w.hand)):
            if worker.ready and not (worker.hand and worker.hand[0].deaths):
                self._give(worker)

    def _give(self, worker: WorkerProcess) -> None:
        if self._suspects:  # they want a worker of their own: let one run dry
            if not worker.hand:
                worker.send([self._suspects.popleft()])
            return
        depth, fair = self._depth, math.ceil(len(self._pending) / self._count)
        if len(worker.hand) > depth // 2:
            return
        batch: list[Ticket] = []
        size = 0
        while self._pending and len(batch) < min(depth - len(worker.hand), fair):
            ticket = self._next_for(worker)
            size += len(ticket.message)
            if size > CHUNK_BYTES and (batch or worker.hand):
                self._pending.appendleft(ticket)
                break
            batch.append(ticket)
        if batch:
            worker.send(batch)

    def _next_for(self, worker: WorkerProcess) -> Ticket:
        """Preferably of a task that this worker knows, or that none does: workers keep what they computed."""
        for place in range(min(len(self._pending), CHUNK_JOBS)):
            task = self._pending[place].job.task
            home = self._homes.get(task)
            if home not in self._pool:
                self._homes[task] = home = worker
            if home is worker:
                break
        else:
            place = 0  # rather than be idle
        ticket = self._pending[place]
        del self._pending[place]
        return ticket

    # taking

    def _collect(self) -> Iterator[tuple[Job, Outcome]]:
        """Wait for something to happen, and yield what came of it."""
        now = time.monotonic()
        late = [w for w in self._pool if now >= self._deadline(w)]
        wait = min((self._deadline(w) for w in self._pool), default=now) - now
        ready = [key.data for key, _ in self._selector.select(max(0.0, min(wait, 60.0)))]
        for worker in ready:
            if (done := self._hear(worker)) is not None:
                self._hand_out()
                yield done
        for worker in late:
            if worker not in ready:
                self._remove(worker)
                if not worker.ready:
                    raise SmenaError(
                        f"a worker has not started within {START_SECONDS:g} s: is a plugin hung?"
                    )
                job = self._put_back(worker).job
                outcome = overdue(job.trial.key, self._timeout)
                yield job, outcome

    def _deadline(self, worker: WorkerProcess) -> float:
        if not worker.ready:
            return worker.since + START_SECONDS
        return worker.since + self._timeout if worker.hand else math.inf

    def _hear(self, worker: WorkerProcess) -> tuple[Job, Outcome] | None:
        match worker.receive():
            case Done(seconds, outcome):
                # A slow job is remembered for a while, so that no quick one is stuck behind the next.
                self._job_seconds = max(seconds, 0.8 * self._job_seconds, 1e-6)
                return worker.hand.popleft().job, outcome
            case Ready():
                self._stillborn = 0
            case Failed(bad_input, why):
                raise (BadInput if bad_input else SmenaError)(why)
            case None:
                return self._bury(worker)
        return None

    def _bury(self, worker: WorkerProcess) -> tuple[Job, Outcome] | None:
        self._remove(worker)
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn > 1:
                raise SmenaError(f"workers die while they load the plugins ({worker.cause})")
        if not worker.hand:
            return None
        ticket = self._put_back(worker)
        ticket.deaths += 1
        if ticket.deaths == 1:
            self._suspects.append(ticket)
            return None
        error = f"its worker died twice ({worker.cause})"
        return ticket.job, Outcome(ticket.job.trial.key, "infra", error=error, cause="worker-died")

    def _put_back(self, worker: WorkerProcess) -> Ticket:
        """The job that a lost worker was at; those behind it go back to the front of the queue."""
        ticket = worker.hand.popleft()
        self._pending.extendleft(reversed(worker.hand))
        worker.hand.clear()
        return ticket

    # the pool

    def _add(self) -> None:
        if not self._pool:
            atexit.unregister(self.close)
            atexit.register(self.close)
        worker = self._make()
        self._pool.append(worker)
        self._selector.register(worker.connection, selectors.EVENT_READ, worker)

    def _make(self) -> WorkerProcess:
        return WorkerProcess(self._make_worker, self._log, [w.connection for w in self._pool])

    def _remove(self, worker: WorkerProcess) -> None:
        self._pool.remove(worker)
        self._selector.unregister(worker.connection)
        worker.kill()
