"""The contract of executors: every job once, and whatever a job does is an outcome."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from smena.executor import Job
from smena.testing.base import Contract, ensure
from smena.values import Outcome, Trial


class Obedient:
    """A worker that does what a task's name says."""

    def __call__(self, job: Job) -> Outcome:
        match job.task.partition(":")[0]:
            case "raise":
                raise RuntimeError("as the task says")
            case "exit":
                sys.exit(3)
            case "die":
                os._exit(9)
            case "sleep":
                time.sleep(3600)
            case "print":
                print("a worker's own words")
        return Outcome(job.trial.key, y=1, reward=1.0, output=[job.trial.seed, os.getpid()])


class ExecutorContract(Contract):
    """What every executor keeps."""

    kind = "executor"
    workers: ClassVar[int] = 2
    limit: ClassVar[float] = 3.0
    """The time limit of a trial in these tests, in seconds."""

    @contextmanager
    def _executor(self, make: Callable[[], Any] = Obedient) -> Iterator[Any]:
        with self.cls(make, workers=self.workers, timeout=self.limit) as executor:
            yield executor

    def _run(self, *tasks: str) -> dict[str, Outcome]:
        jobs = [_job(task, seed) for seed, task in enumerate(tasks)]
        with self._executor() as executor:
            pairs = list(executor.run(iter(jobs)))
        ensure(
            sorted(job.task for job, _ in pairs) == sorted(tasks),
            f"run() of {len(jobs)} jobs gave {len(pairs)} outcomes: every job exactly once",
        )
        for job, outcome in pairs:
            ensure(outcome.trial == job.trial.key, "an outcome was given with another job's trial")
        return {job.task: outcome for job, outcome in pairs}

    def test_every_job_has_its_outcome(self) -> None:
        """Many quick jobs: each once, with its own outcome, in processes other than this."""
        found = self._run(*(f"ok:{n}" for n in range(200)))
        for task, outcome in found.items():
            ensure(outcome.status == "ok" and outcome.output[0] == int(task[3:]), f"job {task} has {outcome}")
            ensure(outcome.output[1] != os.getpid(), "jobs ran in the host's own process")

    def test_whatever_a_job_does_is_an_outcome(self) -> None:
        """Raising, sys.exit, the death of a worker: status ``infra`` with the reason; the others go on."""
        tasks = ["raise:", "exit:", "die:", "print:", *(f"ok:{n}" for n in range(4, 24))]
        found = self._run(*tasks)
        for task in ("raise:", "exit:", "die:"):
            ensure(
                found[task].status == "infra",
                f"a job that does {task[:-1]!r} is {found[task].status}, not infra",
            )
            ensure(found[task].error, f"a job that does {task[:-1]!r} has no error text")
        ensure(
            "as the task says" in found["raise:"].error,
            "the error text does not hold the exception's message",
        )
        ensure(
            all(found[t].status == "ok" for t in tasks[3:]),
            "a failing job took others with it: run the jobs behind it elsewhere",
        )

    def test_a_job_that_takes_too_long_is_stopped(self) -> None:
        """Status ``timeout``; its worker is killed, the others go on."""
        found = self._run("sleep:", "ok:1", "ok:2")
        ensure(
            found["sleep:"].status == "timeout",
            f"a job over the limit is {found['sleep:'].status}, not timeout",
        )
        ensure(
            found["ok:1"].status == found["ok:2"].status == "ok", "a job over the limit took others with it"
        )

    def test_jobs_are_taken_as_needed(self) -> None:
        """``jobs`` may be endless: the look-ahead is bounded; closing the iterator gives up what is in flight."""
        taken = 0

        def endless() -> Iterator[Job]:
            nonlocal taken
            while True:
                taken += 1
                yield _job(f"ok:{taken}", taken)

        with self._executor() as executor:
            running = executor.run(endless())
            for _ in range(20):
                next(running)
            running.close()
        ensure(taken < 10_000, f"{taken} jobs were taken for 20 outcomes: bound the look-ahead")

    def test_it_can_be_used_again(self) -> None:
        """One executor, several runs after each other, also of no jobs."""
        with self._executor() as executor:
            ensure(list(executor.run([])) == [], "run() of no jobs gave outcomes")
            for start in (0, 10):
                jobs = [_job(f"ok:{n}", n) for n in range(start, start + 5)]
                ensure(len(list(executor.run(jobs))) == 5, "a second run() lost jobs")


def _job(task: str, seed: int) -> Job:
    return Job(Trial("contract@0", task, "contract@0", "contract@0", seed=seed), task, "train")
