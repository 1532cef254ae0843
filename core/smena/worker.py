"""From a job to its outcome: the only place where a learner, a teacher or a verifier runs."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import msgspec

from smena.config import RunConfig
from smena.errors import NoLessons
from smena.executor import Job
from smena.judge import GOLD
from smena.money import Budget, metered
from smena.protocols import Situation
from smena.setup import Setup
from smena.values import JSON, Attempt, Outcome, Task, cause
from smena.vectors import packed

KEEP = 48
"""Situations kept warm in a worker: a space caches what it has computed, and trials of a task come in
bursts."""


class Worker:
    """Lives in a worker process, made from the configuration alone."""

    def __init__(
        self, config: RunConfig, sandbox: str = "auto", budget: Budget | None = None, keep_trace: bool = True
    ) -> None:
        self.setup = Setup(config, sandbox)
        self._budget, self._keep_trace = budget, keep_trace
        self._warm: OrderedDict[str, Situation] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, job: Job) -> Outcome:
        make = partial(self._embed, job) if job.trial.kind == "vector" else self._ready(job)
        started = time.perf_counter()
        with metered(self._budget) as meter:
            try:
                outcome = make()
            except Exception as error:
                error.usage = meter.total()  # type: ignore[attr-defined]  # paid for, whatever came of it
                raise
        latency = time.perf_counter() - started
        return msgspec.structs.replace(outcome, latency=latency, usage=meter.total())

    def _ready(self, job: Job) -> Callable[[], Outcome]:
        with self._lock:
            task = self.setup.task(job.split, job.task)
            situation = self._situation(task)
        if job.trial.kind == "lesson":
            return partial(self._teach, job, situation)
        return partial(self._attempt, job, task, situation)

    def _embed(self, job: Job) -> Outcome:
        assert self.setup.similarity is not None
        return Outcome(trial=job.trial.key, output=packed(self.setup.similarity.vector(job.text)))

    def _attempt(self, job: Job, task: Task, situation: Situation) -> Outcome:
        setup, trial = self.setup, job.trial
        attempt = setup.learner.attempt(situation, job.knowledge, job.feedback, trial.seed)
        if attempt.hypotheses:
            answer = setup.assemble([h.answer for h in attempt.hypotheses])
            attempt = msgspec.structs.replace(attempt, answer=answer)
        verdict = setup.judge.judge(setup.env, task, attempt)
        scores = verdict.scores
        if trial.judge.endswith(GOLD):
            scores = scores | {"gold": setup.env.exact(task, attempt.answer).score}
        return Outcome(
            trial=trial.key,
            status="abstain" if verdict.abstained else "ok",
            y=verdict.y,
            reward=verdict.reward,
            scores=scores,
            cost=attempt.cost,
            output=attempt.answer,
            trace=_trace(attempt, self._keep_trace),
            error=verdict.abstained or attempt.error,
            cause="" if verdict.abstained else cause(attempt.error),
        )

    def _teach(self, job: Job, situation: Situation) -> Outcome:
        feedback = job.feedback
        assert feedback is not None
        means = getattr(self.setup.env, "means", dict)
        try:
            lessons = self.setup.teacher.lessons(situation._replace(means=means()), feedback, job.trial.seed)
        except NoLessons as error:
            return Outcome(trial=job.trial.key, output=[], error=f"untaught: {error}", cause="untaught")
        output = [{"rung": lesson.rung, "body": msgspec.to_builtins(lesson.body)} for lesson in lessons]
        return Outcome(trial=job.trial.key, output=output)

    def _situation(self, task: Task) -> Situation:
        situation = self._warm.pop(task.id, None) or self.setup.situation(task)
        self._warm[task.id] = situation
        if len(self._warm) > KEEP:
            self._warm.popitem(last=False)
        return situation


def _trace(attempt: Attempt, keep: bool) -> JSON:
    """Without ``keep`` only what the loop itself reads again: texts stay out of the store."""
    return {
        "hypotheses": [{"steps": list(h.steps), "source": h.source} for h in attempt.hypotheses],
        "learner": attempt.trace if keep else _cached(attempt),
    }


def _cached(attempt: Attempt) -> JSON:
    """Whether the output came from a cache is no text, and gates want to know."""
    told = attempt.trace
    return {"cached": True} if isinstance(told, dict) and told.get("cached") is True else None


def failed_attempt(outcome: Outcome) -> Attempt:
    """The attempt behind a stored outcome, as far as the store keeps it (hypotheses without their
    answers)."""
    from smena.values import Hypothesis

    told = (outcome.trace or {}).get("hypotheses", [])
    hypotheses = tuple(Hypothesis(answer=None, steps=tuple(h["steps"]), source=h["source"]) for h in told)
    return Attempt(answer=outcome.output, hypotheses=hypotheses, cost=outcome.cost)
