"""The one way from wanted trials to outcomes: remembered ones from the store, owed ones through the
executor."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from smena.errors import SmenaError
from smena.executor import Executor, Job
from smena.store import Store
from smena.values import Decision, Outcome, Status, Trial

T = TypeVar("T")

RETRY_AFTER = (0.1, 0.6)
"""Seconds before each further try of trials whose machinery failed: what restarts needs a moment. After the
last one an outcome stays ``infra``."""
ENOUGH, TOO_MANY = 30, 0.5
"""After so many executions, a run in which more than this share was lost is given up."""


KEPT: tuple[Status, ...] = ("ok", "abstain", "infra", "timeout")


class Wanted(NamedTuple):
    """A trial and what a run wants it for; ``purpose`` is how reports and SQL find it again."""

    purpose: str
    job: Job


Activity = Generator[Sequence[Wanted], Sequence[Outcome], T]
"""Something that asks for trials, is sent their outcomes, and returns a result. It runs nothing itself."""


class Stopped(SmenaError):
    """A limit was reached; everything so far is stored, and the same command goes on from here."""


class Limits(NamedTuple):
    """Where to stop gracefully; 0: no limit. Not part of a run's identity: a stopped run goes on with new
    ones. ``price`` (US dollars) and ``tokens`` are never exceeded: see :mod:`smena.money`."""

    trials: int = 0
    seconds: float = 0.0
    price: float = 0.0
    tokens: float = 0.0


NO_LIMITS = Limits()


class Watcher(Protocol):
    """Who is told of progress."""

    def phase(self, name: str, total: int) -> None:
        """A phase begins; ``total`` tasks or items are in it."""

    def learned(self, done: int, total: int) -> None:
        """``done`` of the run's ``total`` train tasks are learned from."""

    def outcome(self, trial: Trial, outcome: Outcome, fresh: bool) -> None:
        """An outcome is in the store; ``fresh`` if this run had to make it."""

    def decision(self, decision: Decision) -> None:
        """A decision is in the store."""

    def memory(self, counts: Mapping[str, int]) -> None:
        """How many items are in which state."""


class Trials:
    """Runs batches for one run; remembers each outcome on its own as it comes, so that a kill costs what
    was in flight."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        run: str,
        watcher: Watcher,
        limits: Limits = NO_LIMITS,
        offline: bool = False,
    ) -> None:
        self._store, self._executor, self._run, self._watcher = store, executor, run, watcher
        self._limits = limits
        self._started = time.monotonic()
        self._fresh = self._executed = self._lost = 0
        self._refused, self._offline = "", offline
        self._positions: dict[str, int] = {}

    def run(self, batch: Sequence[Wanted]) -> list[Outcome]:
        """Outcomes in the order asked. Equal trials in a batch run once.

        Raises Stopped at a limit, after storing what was in flight."""
        jobs = {wanted.job.trial.key: wanted.job for wanted in batch}
        keys = [wanted.job.trial.key for wanted in batch]
        # A replay takes lost trials as they were: there is nobody to run them again.
        known = self._store.recall(jobs, KEPT) if self._offline else self._store.recall(jobs)
        for key, outcome in known.items():
            self._watcher.outcome(jobs[key].trial, outcome, False)
        owed = [job for key, job in jobs.items() if key not in known]
        if owed and self._offline:
            raise SmenaError(
                f"{len(owed)} of {len(jobs)} trials wanted for {batch[0].purpose!r} and others are not in the "
                "store, and --offline makes none: import the whole run (`smena import FILE`), or leave --offline "
                "out. A plugin or configuration that differs from the recorded one asks for other trials"
            )
        for pause in (*RETRY_AFTER, None):
            failed = []
            for job, outcome in self._executor.run(self._within_limits(owed)):
                if outcome.status == "refused":
                    self._refused = outcome.error
                    continue
                stored = self._store.remember(job.trial, outcome)
                known[job.trial.key] = stored
                self._watcher.outcome(job.trial, stored, True)
                self._count(stored)
                if stored.status == "infra":
                    failed.append(job)
            if not failed or pause is None:
                break
            time.sleep(pause)
            owed = failed
        if len(known) < len(jobs):
            raise Stopped(self._why_stopped())
        self._link(batch, keys)
        return [known[key] for key in keys]

    def _count(self, outcome: Outcome) -> None:
        """A run whose machinery fails most of the time tells nothing: better stop than go through it all."""
        self._executed += 1
        self._lost += outcome.status in ("infra", "timeout")
        if self._executed >= ENOUGH and self._lost > TOO_MANY * self._executed:
            raise SmenaError(
                f"{self._lost} of {self._executed} trials failed for no fault of the learner's, the last "
                f"with: {outcome.error}. Nothing stored is lost; mend that and give the same command again"
            )

    def _within_limits(self, jobs: Sequence[Job]) -> Iterator[Job]:
        for job in jobs:
            if self._why_stopped():
                return
            self._fresh += 1
            yield job

    def _why_stopped(self) -> str:
        trials, seconds = self._limits.trials, self._limits.seconds
        if self._refused:
            return self._refused
        if trials and self._fresh >= trials:
            return f"stopped at the limit of {trials} new trials; the same command goes on from here"
        if seconds and time.monotonic() - self._started >= seconds:
            return f"stopped at the limit of {seconds:g} s; the same command goes on from here"
        return ""

    def _link(self, batch: Sequence[Wanted], keys: Sequence[str]) -> None:
        served: dict[str, list[str]] = {}
        for wanted, key in zip(batch, keys, strict=True):
            served.setdefault(wanted.purpose, []).append(key)
        with self._store.together():
            for purpose, its_keys in served.items():
                start = self._positions.get(purpose, 0)
                self._positions[purpose] = start + len(its_keys)
                self._store.link(self._run, purpose, its_keys, start)


def drive(trials: Trials, activities: Sequence[Activity[T]]) -> list[T]:
    """Run activities side by side, a round at a time: all that they ask goes out as one batch.

    Which activity asks what depends on its own outcomes only, so the results do not depend on timing."""
    results: dict[int, T] = {}
    asked: dict[int, Sequence[Wanted]] = {}

    def advance(index: int, outcomes: Sequence[Outcome] | None) -> None:
        try:
            activity = activities[index]
            asked[index] = next(activity) if outcomes is None else activity.send(outcomes)
        except StopIteration as done:
            asked.pop(index, None)
            results[index] = done.value

    for index in range(len(activities)):
        advance(index, None)
    while asked:
        order = list(asked)
        batch = [wanted for index in order for wanted in asked[index]]
        outcomes = trials.run(batch)
        position = 0
        for index in order:
            count = len(asked[index])
            advance(index, outcomes[position : position + count])
            position += count
    return [results[index] for index in range(len(activities))]
