"""The contract of environments."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from smena.config import RunConfig
from smena.errors import BadInput, InfraError
from smena.protocols import Environment, Observation
from smena.secrets import leak, secrets_of, text_of
from smena.setup import Setup
from smena.testing import rounds
from smena.testing.base import (
    NONSENSE,
    Contract,
    DoesNotApply,
    as_stored,
    ask_another_process,
    attempt_of,
    ensure,
    guarded,
    once,
)
from smena.testing.toy import plugins
from smena.values import JSON, SPLITS, Attempt, Example, Fact, Gap, Split, Task, Verdict, canonical, digest

_DIGESTS = """
import json
from smena.testing.environment import summary
from smena.testing.toy import plugins
import importlib
from smena.config import convert
module, _, name = {target!r}.partition(':')
cls = getattr(importlib.import_module(module), name)
print(json.dumps(summary(cls(convert({settings!r}, cls.Config, 'settings')))))
"""


class EnvironmentContract(Contract):
    """What every environment keeps. Override :meth:`solution` where the reference is not itself an answer."""

    kind = "environment"
    sample: ClassVar[int] = 8
    """So many tasks of a split are tried where trying costs time."""
    plays: ClassVar[int] = 20
    """So many actions of an interactive task are tried."""

    def solution(self, task: Task) -> JSON:
        """An answer that is right; the reference itself where it has that form. None: not known."""
        return task.reference

    def secrets(self, task: Task) -> Sequence[str]:
        """Texts that must be shown to no learner: the reference, and the long texts within it."""
        return secrets_of(task)

    # what the tests use

    @once
    def env(self) -> Environment:
        made: Environment = self.make()
        if wants := getattr(made, "use_sandbox", None):
            wants(self.setup.sandbox)
        return made

    @once
    def setup(self) -> Setup:
        """As for a run with the environment's own verifiers."""
        return rounds.setup_of(self._config())

    @once
    def splits(self) -> dict[Split, list[Task]]:
        env = self.env
        return {split: list(guarded(f"tasks({split!r})", env.tasks, split)) for split in SPLITS}

    @once
    def some(self) -> list[Task]:
        """A few train tasks, spread over the split."""
        train = self.splits["train"]
        step = max(1, len(train) // self.sample)
        return train[::step][: self.sample]

    def _config(self, learner: str = "contract-absent") -> RunConfig:
        return rounds.config_of(
            env=self.name, learner=learner, teacher="contract-toy", settings=self.sections
        )

    # the tests

    def test_it_says_how_it_is_judged(self) -> None:
        """``verifiers`` maps names of installed verifiers to weights ≥ 0 with a positive sum."""
        weights = getattr(self.env, "verifiers", None)
        ensure(
            hasattr(weights, "items") and weights,
            'give the class `verifiers = {"exact": 1.0}` and a method exact(task, answer), or name others',
        )
        assert weights is not None
        known = {offer.name for offer in plugins().offers("verifier")}
        for name, weight in weights.items():
            ensure(
                name in known, f"verifiers names {name!r}, which no installed plugin offers: {sorted(known)}"
            )
            ensure(
                math.isfinite(weight) and weight >= 0,
                f"verifiers: weight of {name!r} is {weight}, must be ≥ 0",
            )
        ensure(sum(weights.values()) > 0, "verifiers: not all weights may be 0")

    def test_tasks_are_whole(self) -> None:
        """There is something to learn from; ids are unique; every task is JSON and says its split."""
        ensure(self.splits["train"], "tasks('train') is empty: there is nothing to learn from")
        seen: dict[str, str] = {}
        for split, tasks in self.splits.items():
            for task in tasks:
                where = f"task {task.id!r} of tasks({split!r})"
                ensure(
                    isinstance(task, Task),
                    f"tasks({split!r}) holds {type(task).__name__}, must be smena.Task",
                )
                ensure(task.split == split, f"{where} says split={task.split!r}")
                ensure(task.id and task.id not in seen, f"{where}: the id is also in {seen.get(task.id)!r}")
                seen[task.id] = split
                self._must_be_json(task, where)

    def _must_be_json(self, task: Task, where: str) -> None:
        for field in ("view", "reference"):
            value = getattr(task, field)
            stored = guarded(f"{where}: turning {field} into JSON", as_stored, value)
            ensure(
                stored == value,
                f"{where}: {field} is not the same after a way through JSON (tuples, sets, non-str keys, NaN?): "
                "use None, bool, int, float, str, list, and dict with str keys only",
            )
        ensure(
            all(isinstance(f, str) for f in task.features),
            f"{where}: features must be strings like 'name=value', are {task.features!r}",
        )

    def test_tasks_are_the_same_every_time(self) -> None:
        """Two instances give the same tasks in the same order."""
        other: Environment = self.make()
        for split in SPLITS:
            ensure(
                [t.id for t in self.splits[split]] == [t.id for t in other.tasks(split)]
                and self.splits[split] == list(other.tasks(split)),
                f"tasks({split!r}) differs between two instances: draw with random.Random(a setting), "
                "never with the module's own random state, the time, or the order of a set",
            )

    def test_splits_are_disjoint_by_content(self) -> None:
        """No view, whatever it is called, is in two splits: what is learned on one must not be measured on it."""
        seen: dict[str, Task] = {}
        for tasks in self.splits.values():
            for task in tasks:
                same = seen.setdefault(digest(_nameless(task.view, task.id)), task)
                ensure(
                    same.split == task.split,
                    f"task {task.id!r} of {task.split!r} is {same.id!r} of {same.split!r} renamed: "
                    "assign tasks to splits by a hash of their content, or drop the copies",
                )

    def test_digests_are_the_same_in_other_processes(self) -> None:
        """Tasks, features and gaps do not depend on the process or on Python's hash seed."""
        here = summary(self.env)
        seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        code = _DIGESTS.format(target=self.offer.target, settings=self._own_settings())
        there = ask_another_process(code, "listing its tasks", seed)
        for part, value in here.items():
            ensure(
                there[part] == value,
                f"{part} differs in a process with another PYTHONHASHSEED: sort what comes out of a set, and "
                "use smena.digest in place of hash()",
            )

    def _own_settings(self) -> dict[str, Any]:
        arg = self.name.partition(":")[2]
        return {**self.settings, **({"arg": arg} if arg and ":" in self.name else {})}

    def test_the_view_does_not_hold_the_reference(self) -> None:
        """Neither view nor features nor tags nor cluster nor the task's name show the reference."""
        for split, tasks in self.splits.items():
            chosen = tasks[: 4 * self.sample]
            hidden = [self.secrets(t) for t in chosen]
            for part in ("view", "features", "cluster", "id"):
                values = [getattr(t, part) for t in chosen]
                told = leak([list(v) if isinstance(v, tuple) else v for v in values], hidden)
                ensure(
                    not told,
                    f"the reference is in the {part} of tasks of {split!r}: {told}. Keep it in "
                    "Task.reference alone: the learner sees view and features",
                )

    def test_a_gap_never_holds_the_answer(self) -> None:
        """Whatever the learner answered, the gap says what lacks and not what is right; what it discloses of the
        reference is stated in bits; no answer makes it raise."""
        for number, answer in enumerate([*NONSENSE, *(t.reference for t in self.some[:2])]):
            gaps = []
            for task in self.some:
                if answer == task.reference:
                    continue
                where = f"gap() of task {task.id!r} for the answer {text_of(answer)[:40]}"
                gap = guarded(where, self.env.gap, task, attempt_of(answer))
                ensure(isinstance(gap, Gap), f"{where} returned {type(gap).__name__}, must be smena.Gap")
                for found in gap.findings:
                    ensure(
                        found.source == "view" or found.bits > 0,
                        f"{where}: finding {found.aspect!r} is from the reference, with {found.bits} bits: "
                        "say in bits= how much it can disclose (a yes or no: 1.0)",
                    )
                gaps.append((task, [[f.aspect, f.value] for f in gap.findings]))
            told = leak([g for _, g in gaps], [self.secrets(t) for t, _ in gaps])
            ensure(not told, f"the gap holds the answer (answer number {number}): {told}")

    def test_wrong_answers_are_wrong_and_right_ones_right(self) -> None:
        """Its verifiers give every answer a score in [0, 1], nonsense does not pass and raises nothing, and the
        same answer gets the same verdict."""
        judge, env = self.setup.judge, self.setup.env
        for task in self.some[:3]:
            for answer in _nonsense(task):
                where = f"judging task {task.id!r} with the answer {text_of(answer)[:40]}"
                found = guarded(where, judge.judge, env, task, attempt_of(answer), allowed=(InfraError,))
                ensure(found.y == 0, f"{where}: it passes. A wrong answer gets a score of 0 (or ≤ τ)")
        solved = self._solvable()
        for task, answer in solved:
            ones = [judge.judge(env, task, attempt_of(answer)) for _ in range(2)]
            ensure(ones[0] == ones[1], f"task {task.id!r}: the same answer gets {ones[0]} and then {ones[1]}")
            ensure(ones[0].y == 1, f"task {task.id!r}: the right answer does not pass: {ones[0]}")

    def test_the_oracle_knows_right_from_wrong(self) -> None:
        """``exact`` gives 1.0 to a right answer, 0.0 to nonsense, and never anything else."""
        oracle = self._capability("exact")
        for task in self.some:
            for answer in _nonsense(task):
                where = f"exact() of task {task.id!r} for the answer {text_of(answer)[:40]}"
                verdict = guarded(where, oracle, task, answer)
                ensure(
                    isinstance(verdict, Verdict), f"{where} returned {type(verdict).__name__}, not a Verdict"
                )
                ensure(
                    verdict.score == 0.0, f"{where} is {verdict.score}, must be 0.0 (partial credit: detail)"
                )
        for task, answer in self._solvable():
            score = oracle(task, answer).score
            ensure(score == 1.0, f"exact() of task {task.id!r} gives the right answer {score}, must be 1.0")

    def _solvable(self) -> list[tuple[Task, JSON]]:
        """Tasks with a right answer. Where the contract does not say what one looks like, that is not tried."""
        answers = [(task, self.solution(task)) for task in self.some[:3]]
        if type(self).solution is not EnvironmentContract.solution:
            return [(task, answer) for task, answer in answers if answer is not None]
        right = [
            pair for pair in answers if self.setup.judge.judge(self.setup.env, pair[0], attempt_of(pair[1])).y
        ]
        if not right:
            raise DoesNotApply(
                "wrong answers were tried; the reference is not an answer: give the contract class a method "
                "solution(task), so that right ones are tried too"
            )
        return answers

    def test_a_trial_is_the_same_in_any_worker(self) -> None:
        """A round through two real worker processes: the same outcomes, and no reference in what they tell."""
        learner, tasks = self._player(), self.some[:3]
        try:
            first = rounds.attempts(self._config(learner), tasks)
        except DoesNotApply:  # a model that nobody named, say
            learner = "contract-absent"
            first = rounds.attempts(self._config(learner), tasks)
        second = rounds.attempts(self._config(learner), tasks)
        rounds.must_be_judged(first, f"a trial of learner {learner!r}")
        for task, one, other in zip(tasks, first, second, strict=True):
            ensure(
                one == other,
                f"task {task.id!r}: two workers disagree about the same trial ({_difference(one, other)}): same "
                "arguments, same result, in any process",
            )
        lost = [(t, o) for t, o in zip(tasks, first, strict=True) if o.y == 0]
        told = leak([o.trace for _, o in lost], [self.secrets(t) for t, _ in lost])
        ensure(not told, f"the trace of a failed trial holds the reference: {told}")

    def _player(self) -> str:
        """Who plays in a round: the environment's own learner, else the embedded one where it can."""
        own = getattr(self.env, "learner", "search" if hasattr(self.env, "space") else "")
        if own and rounds.usable("learner", own, self.sections.get(f"learner.{own}")):
            return str(own)
        return "contract-absent"

    def test_lessons_from_it_do_not_hold_the_answer(self) -> None:
        """``example`` shows no reference; ``leaks`` (its own, or the host's) stops a lesson that says it."""
        failed = attempt_of(None)
        if own := getattr(self.env, "example", None):
            examples = []
            for task in self.some:
                made = guarded(f"example() of task {task.id!r}", own, task, failed)
                ensure(
                    isinstance(made, Example), f"example() returned {type(made).__name__}, not smena.Example"
                )
                examples.append(msgspec.to_builtins(made))
            told = leak(examples, [self.secrets(t) for t in self.some])
            ensure(not told, f"example() shows the reference: {told}. Make it from the view")
        for task in self.some:
            if len(canonical(task.reference)) < 8:
                continue
            body = Fact("answer", "is", text_of(task.reference))
            ensure(
                guarded("leaks()", self.setup.leaks, task, body),
                f"leaks() lets a fact through that says the reference of task {task.id!r}: return True for it, "
                "or leave the method out (the host then looks for the reference's text)",
            )

    def test_the_final_answer_is_put_together(self) -> None:
        """``assemble`` takes any list of answers, also none, and gives JSON."""
        assemble = self._capability("assemble")
        for answers in ([], list(NONSENSE), [self.solution(t) for t in self.some[:2]]):
            made = guarded(f"assemble() of {len(answers)} answers", assemble, answers)
            guarded("turning what assemble() returned into JSON", canonical, made)

    def test_pictures_are_pictures(self) -> None:
        """``draw`` gives SVG, or text, for an example's parts and for answers, and raises for none of them."""
        draw = self._capability("draw")
        for task in self.some[:3]:
            values: tuple[JSON, ...] = (task.view, self.solution(task), None, "nonsense", [], {})
            for value in values:
                shown = guarded(f"draw() of {text_of(value)[:40]}", draw, value)
                ensure(
                    isinstance(shown, str), f"draw() returned {type(shown).__name__}, must be SVG as a str"
                )
                ensure(
                    "<script" not in shown.lower(),
                    "draw() returned a script: a report is opened by strangers",
                )

    def test_the_vocabulary_can_be_searched(self) -> None:
        """``space``: fixed moves with finite costs, hashable keys, None for a step that does not apply, the same
        answers every time."""
        space = self._capability("space")
        for task in self.some[:3]:
            one, other = (guarded("space()", space, task.view) for _ in range(2))
            walks = [_walk(s, steps=4) for s in (one, other)]
            ensure(walks[0] == walks[1], f"space() of task {task.id!r}: two spaces of the same view differ")
            root = one.root()
            ensure(isinstance(one.key(root), Hashable), "space().key() must be hashable")
            for name in ("", "no-such-step", "☃"):
                nowhere = guarded(f"space().apply(root, {name!r})", one.apply, one.root(), name)
                ensure(nowhere is None, f"space().apply() took the unknown step {name!r}: return None")
            for move in one.moves(root):
                ensure(math.isfinite(move.cost), f"space(): move {move.name!r} costs {move.cost}")

    def test_an_episode_can_be_played(self) -> None:
        """``play``: the same actions give the same observations; nonsense is answered in words; no observation
        shows the reference; an episode left in the middle leaves no process behind, but what ``close`` ends."""
        self._capability("play")
        shown, hidden = [], []
        with no_process_left("an episode that is over, or was left,"):
            for task in self.some[: max(2, self.sample // 4)]:
                one, other = (self._play(task) for _ in range(2))
                ensure(
                    one == other,
                    f"task {task.id!r}: the same actions gave other observations: {one} and {other}",
                )
                shown.append([o for o, _ in one[:-1]])
                hidden.append(self.secrets(task))
            with self.setup.env.play(self.some[0]) as left:
                left.start()
            getattr(self.setup.env, "close", lambda: None)()
        told = leak(shown, hidden)
        ensure(not told, f"an observation shows the reference: {told}")

    def _play(self, task: Task) -> list[tuple[JSON, bool]]:
        rng, seen = random.Random(0), []
        where = f"playing task {task.id!r}"
        with guarded(where, self.setup.env.play, task, allowed=(InfraError, BadInput)) as episode:
            shown = guarded(f"{where}: start()", episode.start, allowed=(InfraError, BadInput))
            for number in range(self.plays):
                ensure(
                    isinstance(shown, Observation),
                    f"{where}: {type(shown).__name__}, must be smena.Observation",
                )
                seen.append((shown.text, shown.done))
                if shown.done:
                    break
                action = rng.choice(sorted(shown.actions)) if shown.actions and number else "☃ nonsense"
                shown = guarded(f"{where}: act({action!r})", episode.act, action, allowed=(InfraError,))
            answer = guarded(f"{where}: answer()", episode.answer)
            ensure(as_stored(answer) == answer, f"{where}: answer() is not JSON")
            seen.append((answer, True))
        return seen

    def _capability(self, name: str) -> Any:
        found = getattr(self.env, name, None)
        if found is None:
            raise DoesNotApply(f"it has no {name}(), which is optional")
        return found


def summary(env: Environment) -> dict[str, str]:
    """Digests of what an environment says, to be compared between processes."""
    found = {}
    for split in SPLITS:
        tasks = env.tasks(split)
        found[f"tasks({split!r})"] = digest(list(tasks))
    train = env.tasks("train")[:4]
    found["gap()"] = digest([env.gap(t, Attempt(answer=a)) for t in train for a in ("nonsense", t.reference)])
    found["the settings"] = digest(env.config)  # type: ignore[attr-defined]
    return found


def _nonsense(task: Task) -> list[JSON]:
    """Wrong answers: those of NONSENSE that happen not to be right here (0 may be)."""
    return [answer for answer in NONSENSE if answer != task.reference]


def _nameless(view: JSON, name: str) -> JSON:
    """A view without entries that merely repeat the task's name: they would make copies look different."""
    if isinstance(view, dict):
        return {k: _nameless(v, name) for k, v in view.items() if v != name}
    return view


def _walk(space: Any, steps: int) -> list[Any]:
    """The first moves, answers and fits along the cheapest path."""
    node, seen = space.root(), []
    for _ in range(steps):
        moves = list(space.moves(node))
        seen += [[m.name for m in moves], bool(space.fits(node)), space.answer(node)]
        after = next((n for n in (space.apply(node, m.name) for m in moves) if n is not None), None)
        if after is None:
            break
        node = after
    return seen


def _difference(one: Any, other: Any) -> str:
    names = [n for n in one.__struct_fields__ if getattr(one, n) != getattr(other, n)]
    return ", ".join(
        f"{n}: {text_of(getattr(one, n))[:60]} ≠ {text_of(getattr(other, n))[:60]}" for n in names
    )


@contextmanager
def no_process_left(what: str) -> Iterator[None]:
    """Raises Breach when more children of this process live after the block than before. Linux only."""
    before = _children()
    yield
    left = _children() - before
    ensure(not left, f"{what} leaves processes running: end what you started in __exit__ ({sorted(left)})")


def _children() -> set[int]:
    try:
        return {
            int(child)
            for tasks in Path("/proc/self/task").iterdir()
            for child in (tasks / "children").read_text().split()
            if _alive(int(child))
        }
    except OSError:
        return set()


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z" and pid != os.getpid()
