"""The contracts of learners and teachers: played on an environment of their own choice, or on the toy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, get_args

import msgspec

from smena.config import RunConfig
from smena.errors import BadInput, InfraError, NoLessons
from smena.protocols import Lesson, Situation
from smena.secrets import leak, secrets_of
from smena.setup import Setup
from smena.testing import rounds
from smena.testing.base import Breach, Contract, DoesNotApply, as_stored, attempt_of, ensure, guarded, once
from smena.testing.toy import plugins
from smena.values import Antipattern, Attempt, Body, Fact, Feedback, Finding, Gap, Pattern, Task, canonical

STRANGE: tuple[Body, ...] = (
    Fact("nobody", "knows", "this"),
    Pattern("of another domain", (), ("no-such-step", "?", "?nobody")),
    Pattern("never applies", ("no=such",), ("x",)),
    Antipattern("of another domain", (), "fails", ("no-such-step",)),
)
"""Knowledge that a learner may be handed and can make nothing of."""


class _Player(Contract):
    """What learners and teachers share: a place to play."""

    environment: ClassVar[str] = ""
    """Where to play; empty: the first environment that names it as its own, else a toy with words to shift."""
    sample: ClassVar[int] = 3

    @once
    def setup(self) -> Setup:
        return rounds.setup_of(self.config)

    @once
    def config(self) -> RunConfig:
        fields: dict[str, Any] = {
            "learner": "contract-absent",
            "teacher": "contract-toy",
            self.kind: self.name,
        }
        return rounds.config_of(
            env=self._place(), verifier="contract-equal", settings=self.sections, **fields
        )

    def _place(self) -> str:
        if self.environment:
            return self.environment
        for offer in plugins().offers("environment"):
            if offer.plugin == self.offer.plugin:
                cls = plugins().resolve("environment", offer.name)
                if getattr(cls, self.kind, "") == self.name:
                    return offer.name
        return "contract-toy"

    @once
    def tasks(self) -> Sequence[Task]:
        self.make()
        return self.setup.tasks("train")[: self.sample]

    def _asked(self, where: str, call: Callable[..., Any], *args: Any) -> Any:
        """What it does on a task of its own; if it says that it cannot work here, there is nothing to try."""
        try:
            return guarded(where, call, *args, allowed=(BadInput, InfraError, NoLessons))
        except (BadInput, InfraError, NoLessons) as error:
            ensure(len(str(error)) > 20, f"{where}: its error says too little: {error}")
            raise DoesNotApply(f"it says that it cannot work here: {error}") from None

    def _refuse_in_words(self, where: str, call: Callable[..., Any], *args: Any) -> None:
        try:
            call(*args)
        except (BadInput, InfraError, NoLessons) as error:
            ensure(len(str(error)) > 20, f"{where}: its error says too little: {error}")
        except (Exception, SystemExit) as error:
            raise Breach(
                f"{where} raised {type(error).__name__}: {error}. Raise smena.BadInput that says what it needs"
            ) from error

    def _situation(self, task: Task) -> Situation:
        return self.setup.situation(task)

    def _feedback(self, task: Task) -> Feedback:
        failed = attempt_of(None)
        return Feedback(self.setup.env.gap(task, failed), failed)


class LearnerContract(_Player):
    """What every learner keeps."""

    kind = "learner"

    def test_the_same_arguments_give_the_same_attempt(self) -> None:
        """Two instances, the same task, knowledge and seed: the same attempt, in JSON."""
        one, other = self.make(), self.make()
        for task in self.tasks:
            for known in ((), STRANGE):
                pair = [self._attempt(learner, task, known, seed=7) for learner in (one, other)]
                ensure(
                    canonical(pair[0]) == canonical(pair[1]),
                    f"task {task.id!r}: two instances gave different attempts for the same seed: let "
                    "random.Random(smena.digest([seed, ...])) be all the randomness there is",
                )

    def test_an_attempt_is_whole(self) -> None:
        """An Attempt in JSON, with a finite cost ≥ 0, whatever the seed; strange knowledge and a first piece of
        feedback raise nothing."""
        learner = self.make()
        for task in self.tasks:
            for seed in (0, 1, 2**52 - 1):
                self._attempt(learner, task, (), seed)
            self._attempt(learner, task, STRANGE, 3)
            self._attempt(learner, task, (), 4, self._feedback(task))

    def test_it_knows_the_reference_from_nobody(self) -> None:
        """An attempt that fails does not tell the reference in its trace."""
        traces, hidden = [], []
        for task in self.tasks:
            attempt = self._attempt(self.make(), task, (), 0)
            if attempt.answer != task.reference:
                traces.append(attempt.trace)
                hidden.append(secrets_of(task))
        told = leak(traces, hidden)
        ensure(not told, f"the trace of a failed attempt holds the reference: {told}")

    def test_what_an_item_costs_is_stated(self) -> None:
        """``cost(body)`` is in [0, 1] for every kind of knowledge, and always the same."""
        learner = self.make()
        for body in STRANGE:
            cost = guarded(f"cost() of a {type(body).__name__}", learner.cost, body)
            ensure(
                isinstance(cost, int | float) and 0 <= cost <= 1 and cost == learner.cost(body),
                f"cost() of a {type(body).__name__} is {cost!r}: must be in [0, 1] and a function of the body",
            )

    def test_a_task_without_its_needs_is_told_in_words(self) -> None:
        """On an environment without vocabulary or episodes it works, or raises BadInput that says what it
        needs."""
        where = "attempt() of a task of another domain, without space or episode,"
        self._refuse_in_words(where, self.make().attempt, Situation({"question": "?"}, ()), (), None, 0)

    def test_a_trial_is_the_same_in_any_worker(self) -> None:
        """A round through two real worker processes, with knowledge: the same outcomes."""
        tasks = self.tasks
        first, second = (rounds.attempts(self.config, tasks, STRANGE) for _ in range(2))
        rounds.must_be_judged(first, f"a trial of learner {self.name!r}")
        ensure(first == second, "two workers disagree about the same trial: same arguments, same result")

    def _attempt(
        self, learner: Any, task: Task, known: Sequence[Body], seed: int, feedback: Feedback | None = None
    ) -> Attempt:
        where = f"attempt() of task {task.id!r} with seed {seed} and {len(known)} items of knowledge"
        made = self._asked(where, learner.attempt, self._situation(task), known, feedback, seed)
        ensure(isinstance(made, Attempt), f"{where} returned {type(made).__name__}, must be smena.Attempt")
        ensure(math.isfinite(made.cost) and made.cost >= 0, f"{where}: cost is {made.cost}")
        guarded(f"{where}: turning it into JSON", as_stored, msgspec.to_builtins(made))
        result: Attempt = made
        return result


class TeacherContract(_Player):
    """What every teacher keeps."""

    kind = "teacher"

    def test_the_same_arguments_give_the_same_lessons(self) -> None:
        one, other = self.make(), self.make()
        for task in self.tasks:
            pair = [self._lessons(teacher, task) for teacher in (one, other)]
            ensure(
                pair[0] == pair[1],
                f"task {task.id!r}: two instances gave different lessons for the same seed",
            )

    def test_lessons_are_whole(self) -> None:
        """Each is a Lesson with a rung's name and a body; the same body is not given twice; a failure that says
        nothing raises nothing."""
        teacher = self.make()
        for task in self.tasks:
            lessons = self._lessons(teacher, task)
            bodies = [canonical(lesson.body) for lesson in lessons]
            ensure(
                len(set(bodies)) == len(bodies),
                f"task {task.id!r}: the ladder says the same twice: leave equal rungs out, each costs a trial",
            )

    def test_lessons_do_not_hold_the_answer(self) -> None:
        """A lesson is a rule, not this task's answer. (The loop drops lessons that leak; a teacher that makes
        nothing else teaches nothing.)"""
        teacher = self.make()
        taught = [(task, self._lessons(teacher, task)) for task in self.tasks]
        if not any(lessons for _, lessons in taught):
            raise DoesNotApply("it has no lesson for the tasks tried")
        told = leak(
            [[msgspec.to_builtins(lesson.body) for lesson in lessons] for _, lessons in taught],
            [secrets_of(task) for task, _ in taught],
        )
        ensure(not told, f"a lesson holds the answer: {told}")

    def test_a_failure_of_another_domain_is_no_crash(self) -> None:
        """Feedback whose attempt has no hypotheses or a gap it cannot read, or another view."""
        teacher, task = self.make(), self.tasks[0]
        strange = Situation({"question": "?"}, ())
        gap = Gap((Finding("nobody", "knows this aspect"),))
        answers: tuple[Any, ...] = (None, "nonsense", [1], {})
        for answer in answers:
            where = "lessons() for an answer of another domain"
            feedback = Feedback(gap, attempt_of(answer))
            for situation in (self._situation(task), strange):
                self._refuse_in_words(where, teacher.lessons, situation, feedback, 1)

    def _lessons(self, teacher: Any, task: Task) -> list[Lesson]:
        where = f"lessons() of task {task.id!r}"
        made = list(self._asked(where, teacher.lessons, self._situation(task), self._feedback(task), 7))
        for lesson in made:
            ensure(isinstance(lesson, Lesson), f"{where} holds {type(lesson).__name__}, must be smena.Lesson")
            ensure(lesson.rung and isinstance(lesson.rung, str), f"{where}: a lesson's rung needs a name")
            ensure(
                isinstance(lesson.body, get_args(Body)),
                f"{where}: a body is a {type(lesson.body).__name__}, must be a Fact, Pattern or Antipattern",
            )
            guarded(f"{where}: turning a body into JSON", canonical, lesson.body)
        return made
