"""The contract of verifiers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from smena.errors import BadInput, InfraError
from smena.secrets import text_of
from smena.setup import Setup
from smena.testing import rounds
from smena.testing.base import NONSENSE, Contract, DoesNotApply, attempt_of, ensure, guarded, once
from smena.testing.toy import plugins
from smena.values import Attempt, Task, Verdict, canonical


class VerifierContract(Contract):
    """What every verifier keeps, on an environment that is judged with it."""

    kind = "verifier"
    environment: ClassVar[str] = ""
    """Where to judge; empty: the first usable environment that is judged with it, else the toy."""

    def attempts(self, task: Task) -> list[Attempt]:
        """Attempts to judge besides nonsense. Override where they need more than an answer."""
        return [attempt_of(task.reference)]

    @once
    def setup(self) -> Setup:
        return rounds.setup_of(
            rounds.config_of(
                env=self._place(),
                learner="contract-absent",
                teacher="contract-toy",
                verifier=self.name,
                settings=self.sections,
            )
        )

    def _place(self) -> str:
        if self.environment:
            return self.environment
        for offer in plugins().offers("environment"):
            try:
                cls = plugins().resolve("environment", offer.name)
            except BadInput:
                continue
            judged = getattr(cls, "verifiers", {})
            settings = self.options.get(f"env.{offer.name}")
            if (
                isinstance(judged, dict)
                and self.name in judged
                and rounds.usable("environment", offer.name, settings)
            ):
                return offer.name
        return "contract-toy"

    def _verify(self, task: Task, attempt: Attempt) -> Any:
        verifier = self.setup.judge.verifiers.get(self.name)
        if verifier is None:
            raise DoesNotApply(
                "the judge takes it for a name of other verifiers, which have contracts of their own"
            )
        where = f"verify() of task {task.id!r} with the answer {text_of(attempt.answer)[:40]}"
        verdict = guarded(
            where, verifier.verify, self.setup.env, task, attempt, allowed=(BadInput, InfraError)
        )
        ensure(
            isinstance(verdict, Verdict), f"{where} returned {type(verdict).__name__}, must be smena.Verdict"
        )
        ensure(
            isinstance(verdict.score, int | float)
            and math.isfinite(verdict.score)
            and 0 <= verdict.score <= 1,
            f"{where}: the score is {verdict.score}, must be in [0, 1]; raise InfraError where there is none",
        )
        guarded(f"{where}: turning detail into JSON", canonical, verdict.detail)
        return verdict

    def test_scores_are_in_range_and_nonsense_raises_nothing(self) -> None:
        """Every answer gets a score in [0, 1]. Only a failure of the machinery raises (InfraError), or a task of
        another domain (BadInput)."""
        self.make()
        judged = 0
        for task in self.setup.tasks("train")[:3]:
            for attempt in [*map(attempt_of, NONSENSE), *self.attempts(task)]:
                try:
                    self._verify(task, attempt)
                    judged += 1
                except BadInput as error:
                    ensure(len(str(error)) > 20, f"its error says too little: {error}")
                except InfraError as error:
                    raise DoesNotApply(f"its machinery does not work here: {error}") from None
        if not judged:
            raise DoesNotApply(
                f"it judges nothing on {self.setup.config.env!r}: set `environment` or override attempts()"
            )

    def test_the_same_answer_gets_the_same_verdict(self) -> None:
        """A verdict is a function of the attempt. (A noisy judge draws its noise from a digest of it.)"""
        self.make()
        for task in self.setup.tasks("train")[:3]:
            for attempt in self.attempts(task):
                try:
                    ensure(
                        self._verify(task, attempt) == self._verify(task, attempt),
                        f"task {task.id!r}: the same answer got two verdicts: outcomes are remembered, so a "
                        "verdict must not depend on when it is asked",
                    )
                except (BadInput, InfraError) as error:
                    raise DoesNotApply(f"it judges nothing here: {error}") from None

    def test_it_works_in_a_worker(self) -> None:
        """A round through a real worker process: judged, or a failure told in words."""
        self.make()
        config = self.setup.config
        for outcome in rounds.attempts(config, self.setup.tasks("train")[:2]):
            ensure(
                outcome.status == "ok" or "Error" not in outcome.error.split(":")[0],
                f"judging fails in a worker process ({outcome.status}): {outcome.error}",
            )
            for score in outcome.scores.values():
                ensure(math.isfinite(score), f"a score is {score}")
