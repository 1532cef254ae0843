"""What all ask/tell gates share: asking in pairs, checking the answers, losing pairs fairly, counting what
was spent."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from smena.causal.gate import Answer, Arm, Ask, Context, Evidence, GateVerdict
from smena.errors import BadInput, SmenaError


class Pair(NamedTuple):
    """A baseline and a treatment trial of the same task and replicate, both judged; ``parts``: those of the
    arms after them."""

    task: str
    base: Answer
    treated: Answer
    parts: tuple[Answer, ...] = ()

    @property
    def difference(self) -> float:
        return self.treated.reward - self.base.reward


class PairLog:
    """Numbers replicates and turns answers into pairs.

    A pair with an arm that was not judged (infrastructure, abstention) is lost in both arms; its task is in
    ``again`` until it is asked anew with a fresh replicate. A pair with an arm whose output came from a cache
    and was seen before is a repeat: not independent, not counted (unless ``keep_repeats``)."""

    def __init__(
        self,
        stream: str,
        context: Context = "bare",
        keep_repeats: bool = False,
        arms: tuple[Arm, ...] = (0, 1),
    ) -> None:
        self.stream, self.context, self.keep_repeats, self.arms = stream, context, keep_repeats, arms
        self.lost = self.repeats = 0
        self.again: list[str] = []
        self._replicates: Counter[str] = Counter()
        self._seen: set[tuple[str, int, str]] = set()

    @property
    def spoiled(self) -> int:
        """Pairs paid for that did not count."""
        return self.lost + self.repeats

    @property
    def why_spoiled(self) -> str:
        return (
            f"{self.lost} pairs lost to infrastructure or abstention, "
            f"{self.repeats} with cached outputs seen before"
        )

    def ask(self, tasks: Iterable[str]) -> list[Ask]:
        """All arms of one fresh replicate for each task, in order."""
        asks = []
        for task in tasks:
            replicate = self._replicates[task]
            self._replicates[task] += 1
            asks += [Ask(task, arm, replicate, self.stream, self.context) for arm in self.arms]
        return asks

    def take(self, answers: Sequence[Answer]) -> list[Pair]:
        """The pairs that count, in order. ``answers`` are those of one ``ask``."""
        pairs = []
        width = len(self.arms)
        for start in range(0, len(answers), width):
            base, treated, *parts = told = answers[start : start + width]
            if not all(answer.ok for answer in told):
                self.lost += 1
                self.again.append(base.ask.task)
            elif any([self._repeat(answer) for answer in told]) and not self.keep_repeats:  # noqa: C419 (notes all)
                self.repeats += 1
            else:
                pairs.append(Pair(base.ask.task, base, treated, tuple(parts)))
        return pairs

    def _repeat(self, answer: Answer) -> bool:
        mark = (answer.ask.task, answer.ask.arm, answer.output)
        known = mark in self._seen
        self._seen.add(mark)
        return answer.cached and known


class AskTell:
    """A gate's outer half: one ask at a time, answers checked, nothing after the verdict.

    ``ask`` repeats itself until it is told; a subclass has ``_next`` (the trials wanted now), ``_take`` (use
    the answers, maybe set ``verdict``) and ``_report`` (the evidence). Raises SmenaError when it is driven
    out of order, BadInput for a reward outside [0, 1]."""

    name: str
    verdict: GateVerdict | None
    evidence: Evidence

    def __init__(self, name: str) -> None:
        self.name = name
        self.verdict = None
        self.reason = ""
        self.runs = 0
        self._pending: list[Ask] = []

    def ask(self) -> Sequence[Ask]:
        if self.verdict is not None:
            raise SmenaError(f"gate {self.name!r} was asked after its verdict {self.verdict!r}")
        self._pending = self._pending or self._next()
        return list(self._pending)

    def tell(self, answers: Sequence[Answer]) -> None:
        if not self._pending or [answer.ask for answer in answers] != self._pending:
            raise SmenaError(
                f"gate {self.name!r} was told {len(answers)} answers that are not those of its last ask "
                f"({len(self._pending)} trials): give all of them, in the order asked"
            )
        for answer in answers:
            _check(answer)
        self._pending = []
        self.runs += len(answers)
        self._take(answers)
        self.evidence = self._report()

    def _decide(self, verdict: GateVerdict, reason: str) -> None:
        self.verdict, self.reason = verdict, reason

    def _next(self) -> list[Ask]:
        raise NotImplementedError

    def _take(self, answers: Sequence[Answer]) -> None:
        raise NotImplementedError

    def _report(self) -> Evidence:
        raise NotImplementedError


def _check(answer: Answer) -> None:
    if answer.ok and not (0 <= answer.reward <= 1 and answer.y in (0, 1)):  # NaN compares false
        raise BadInput(
            f"task {answer.ask.task!r}, arm {answer.ask.arm}: reward {answer.reward} and y {answer.y}; "
            "a reward is a number in [0, 1] and y is 0 or 1: see the verifier that gave them"
        )


def shuffled(key: str, tasks: Iterable[str]) -> list[str]:
    """The tasks in an order that depends on ``key`` and nothing else."""
    return sorted(tasks, key=lambda task: _hash(f"{key}|{task}"))


class Draws(Iterator[str]):
    """Independent uniform draws with replacement, for ever; a function of ``key`` and the set of tasks. A
    place in it can be stored: it pickles."""

    def __init__(self, key: str, tasks: Iterable[str]) -> None:
        self._key, self._tasks, self._next = key, sorted(tasks), 0

    def __next__(self) -> str:
        self._next += 1
        return self._tasks[_hash(f"{self._key}|{self._next - 1}") % len(self._tasks)]


class Rounds(Iterator[str]):
    """The tasks in the order given, again and again."""

    def __init__(self, tasks: Sequence[str]) -> None:
        self._tasks, self._next = tasks, 0

    def __next__(self) -> str:
        self._next += 1
        return self._tasks[(self._next - 1) % len(self._tasks)]


def chance(key: str) -> float:
    """A number in [0, 1) that depends on ``key`` alone: dice for rules that want them."""
    return _hash(key) / 2**64


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
