"""The executor for learners that mostly wait (for a model's reply): each worker does many jobs at once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

from smena.errors import BadInput, SmenaError
from smena.executor import START_SECONDS, Job, LocalExecutor
from smena.process import Done, Failed, MakeWorker, Ready, Ticket, WorkerProcess, overdue
from smena.values import Outcome


class ConcurrentExecutor(LocalExecutor):
    """``concurrency`` jobs at once, on threads shared out among ``workers`` processes; what
    :class:`LocalExecutor` says holds, with two differences, because a thread cannot be stopped:

    - After a job that overruns ``timeout`` its worker is given no new one, ends what it has in hand and is
      killed; another takes its place at once.
    - When a worker dies, nobody knows which job was at fault: all that it had in hand are run once more,
      each alone.

    A job must not mind others beside it in its process."""

    def __init__(
        self,
        make_worker: MakeWorker,
        workers: int = 1,
        timeout: float = 600.0,
        log: Path | None = None,
        concurrency: int = 32,
    ) -> None:
        workers = min(workers, concurrency)
        super().__init__(make_worker, workers, timeout, log)
        self._threads = math.ceil(concurrency / workers) if workers else 1
        self._concurrency = concurrency
        self._retired: set[WorkerProcess] = set()

    @property
    def _depth(self) -> int:
        return self._threads

    @property
    def _active(self) -> list[WorkerProcess]:
        return [w for w in self._pool if w not in self._retired]

    def _hand_out(self) -> None:
        waiting = len(self._pending) + len(self._suspects)
        active = self._active
        room = sum(self._threads - len(w.hand) for w in active)
        for _ in range(min(self._count - len(active), math.ceil((waiting - room) / self._threads))):
            self._add()
        for worker in sorted(self._active, key=lambda w: len(w.hand)):
            if worker.ready and not any(t.deaths for t in worker.hand):
                self._give(worker)

    def _give(self, worker: WorkerProcess) -> None:
        if self._suspects:  # they want a worker of their own: let one run dry
            if not worker.hand:
                worker.send([self._suspects.popleft()])
            return
        busy = sum(len(w.hand) for w in self._pool)
        room = min(self._threads - len(worker.hand), self._concurrency - busy)
        batch = [self._pending.popleft() for _ in range(min(room, len(self._pending)))]
        if batch:
            worker.send(batch)

    def _deadline(self, worker: WorkerProcess) -> float:
        if not worker.ready:
            return worker.since + START_SECONDS
        return min((ticket.since for ticket in worker.hand), default=math.inf) + self._timeout

    def _collect(self) -> Iterator[tuple[Job, Outcome]]:
        wait = min((self._deadline(w) for w in self._pool), default=0.0) - time.monotonic()
        ready = [key.data for key, _ in self._selector.select(max(0.0, min(wait, 60.0)))]
        for worker in ready:
            for done in self._hear_all(worker):
                self._hand_out()
                yield done
        for worker in [w for w in self._pool if time.monotonic() >= self._deadline(w)]:
            if worker.connection.poll():  # it has answered, and we have not listened yet
                continue
            if not worker.ready:
                self._remove(worker)
                raise SmenaError(f"a worker has not started within {START_SECONDS:g} s: is a plugin hung?")
            yield from self._stop_overdue(worker)
        for worker in [w for w in self._retired if not w.hand]:
            self._remove(worker)

    def _stop_overdue(self, worker: WorkerProcess) -> Iterator[tuple[Job, Outcome]]:
        self._retired.add(worker)
        late = [t for t in worker.hand if time.monotonic() >= t.since + self._timeout]
        for ticket in late:
            worker.hand.remove(ticket)
            yield ticket.job, overdue(ticket.job.trial.key, self._timeout)

    def _hear_all(self, worker: WorkerProcess) -> Iterator[tuple[Job, Outcome]]:
        match worker.receive():
            case Done(_, outcome):
                ticket = next((t for t in worker.hand if t.job.trial.key == outcome.trial), None)
                if ticket is not None:  # else it was late, and is charged already
                    worker.hand.remove(ticket)
                    yield ticket.job, outcome
            case Ready():
                self._stillborn = 0
            case Failed(bad_input, why):
                raise (BadInput if bad_input else SmenaError)(why)
            case None:
                yield from self._bury_all(worker)

    def _bury_all(self, worker: WorkerProcess) -> Iterator[tuple[Job, Outcome]]:
        self._remove(worker)
        if not worker.ready:
            self._stillborn += 1
            if self._stillborn > 1:
                raise SmenaError(f"workers die while they load the plugins ({worker.cause})")
        hand: list[Ticket] = list(worker.hand)
        worker.hand.clear()
        for ticket in hand:
            ticket.deaths += 1
            if ticket.deaths == 1:
                self._suspects.append(ticket)
            else:
                error = f"its worker died twice ({worker.cause})"
                yield ticket.job, Outcome(ticket.job.trial.key, "infra", error=error, cause="worker-died")

    def _make(self) -> WorkerProcess:
        return WorkerProcess(self._make_worker, self._log, [w.connection for w in self._pool], self._threads)

    def _remove(self, worker: WorkerProcess) -> None:
        self._retired.discard(worker)
        super()._remove(worker)
