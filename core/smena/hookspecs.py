"""The whole extension surface. A plugin is a module that an entry point of group ``smena`` names; it
implements any of these.

Hooks of the first kind are called when a name is looked up, in any process; they return
``{name: "module:Class"}`` and must be cheap: the class is imported when it is used, not before. Observers
are called in the main process while a run goes on; what they return is ignored, what they raise is reported
and does not stop the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from smena.values import Decision, Outcome, Trial

hookspec = pluggy.HookspecMarker("smena")
hookimpl = pluggy.HookimplMarker("smena")


@hookspec
def smena_environments() -> dict[str, str]:  # type: ignore[empty-body]
    """Domains: tasks, judging, gap (:class:`smena.protocols.Environment`). `smena run --env NAME`."""


@hookspec
def smena_learners() -> dict[str, str]:  # type: ignore[empty-body]
    """What attempts a task (:class:`smena.protocols.Learner`). `--learner NAME`."""


@hookspec
def smena_teachers() -> dict[str, str]:  # type: ignore[empty-body]
    """What turns a failed attempt into a lesson (:class:`smena.protocols.Teacher`). `--teacher NAME`."""


@hookspec
def smena_verifiers() -> dict[str, str]:  # type: ignore[empty-body]
    """What scores an answer (:class:`smena.protocols.Verifier`). `--verifier NAME`."""


@hookspec
def smena_similarities() -> dict[str, str]:  # type: ignore[empty-body]
    """How like texts are (:class:`smena.protocols.Similarity`). `--set similarity=NAME`."""


@hookspec
def smena_policies() -> dict[str, str]:  # type: ignore[empty-body]
    """Which lessons are kept (:class:`smena.protocols.SavePolicy`). `--policy NAME`."""


@hookspec
def smena_sandboxes() -> dict[str, str]:  # type: ignore[empty-body]
    """Where untrusted code runs (:class:`smena.sandbox.Sandbox`). `--sandbox NAME`."""


@hookspec
def smena_executors() -> dict[str, str]:  # type: ignore[empty-body]
    """What turns trials into outcomes (:class:`smena.executor.Executor`). `--executor NAME`."""


@hookspec
def smena_reports() -> dict[str, str]:  # type: ignore[empty-body]
    """Forms of a result (:class:`smena.protocols.Report`). `smena report RUN --format NAME`."""


@hookspec
def smena_run_start(run: str) -> None:
    """A run begins or goes on; ``run`` is its id."""


@hookspec
def smena_outcome(run: str, trial: Trial, outcome: Outcome) -> None:
    """A trial that was owed has its outcome, already stored. Not called for remembered ones."""


@hookspec
def smena_decision(run: str, decision: Decision) -> None:
    """A gate has decided, the decision is stored."""


@hookspec
def smena_run_end(run: str, status: str) -> None:
    """A run is over: ``finished``, ``stopped`` or ``failed``."""
