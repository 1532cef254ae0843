"""Trials in real worker processes, as a run executes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from smena.config import RunConfig
from smena.errors import BadInput, SmenaError
from smena.executor import Job, LocalExecutor
from smena.loop import Jobs
from smena.setup import Setup
from smena.testing.base import Breach, DoesNotApply
from smena.testing.toy import make_worker, plugins
from smena.values import Body, Outcome, Task, digest

SECONDS = 120.0
"""A trial of a contract takes no longer than this, or it is a breach."""


def config_of(**fields: Any) -> RunConfig:
    return RunConfig(**fields)


def setup_of(config: RunConfig) -> Setup:
    """The parts of a run with the toy among the plugins.

    Raises DoesNotApply when a part says that it cannot be used on this machine."""
    plugins()
    try:
        return Setup(config)
    except SmenaError as error:
        if error.__cause__ is not None:
            raise Breach(str(error)) from error
        raise DoesNotApply(str(error)) from None


def attempts(
    config: RunConfig, tasks: Sequence[Task], known: Sequence[Body] = (), seconds: float = SECONDS
) -> list[Outcome]:
    """One trial a task, in a worker process of their own; latency left out, since it is never the same."""
    setup = setup_of(config)
    maker = Jobs(setup)
    made = []
    for task in tasks:
        job = maker.attempt(task.split, task, [], "contract", 0)
        trial = msgspec.structs.replace(job.trial, knowledge=tuple(digest(body) for body in known))
        made.append(Job(trial, task.id, task.split, tuple(known), None))
    return run_jobs(partial(make_worker, config), made, seconds)


def run_jobs(make: Callable[[], Any], jobs: Sequence[Job], seconds: float) -> list[Outcome]:
    """The jobs' outcomes, in their order."""
    try:
        with LocalExecutor(make, workers=1, timeout=seconds) as executor:
            found = {job.trial.key: outcome for job, outcome in executor.run(jobs)}
    except BadInput as error:
        raise DoesNotApply(f"it says that it cannot work here: {error}") from None
    except SmenaError as error:
        raise Breach(f"a worker process cannot be made: {error}") from error
    return [msgspec.structs.replace(found[job.trial.key], latency=0.0) for job in jobs]


def must_be_judged(outcomes: Sequence[Outcome], what: str) -> None:
    """Raises Breach for a trial that came to nothing in a worker."""
    for outcome in outcomes:
        if outcome.status == "timeout":
            raise Breach(f"{what} takes longer than {SECONDS:g} s in a worker: {outcome.error}")
        if outcome.status != "ok":
            raise Breach(
                f"{what} fails in a worker process ({outcome.status}): {outcome.error}. Nothing may be kept in "
                "globals that only the main process has set; a worker makes everything anew from the settings"
            )


def usable(kind: str, name: str, settings: Mapping[str, Any] | None = None) -> bool:
    """Is there a plugin of this name that can be made here?"""
    try:
        plugins().make(kind, name, settings)
    except SmenaError:
        return False
    return True


@lru_cache(maxsize=8)
def sandbox_here() -> str:
    """Why no sandbox works on this machine; empty: one does."""
    from smena.sandbox import choose

    try:
        choose(plugins())
    except SmenaError as error:
        return str(error)
    return ""
