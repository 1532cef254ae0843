"""How a gate talks to whoever runs trials: it asks, it is told, it decides. It never runs anything.

A gate is a small state machine. Replaying the same answers in the same order gives the same decision, which
is how a run resumes; a gate that must outlive its process is rebuilt from stored outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

Context = Literal["bare", "trusted"]
Arm = Literal[0, 1, 2, 3]


class Ask(NamedTuple):
    """One trial wanted: ``arm`` 0 is the baseline, 1 the treatment (the same with the item added). Where the
    treatment is a combination of two items, 2 and 3 are the first and the second alone.

    ``context`` says what else is injected: nothing (``bare``), or what the trusted memory gives for that task
    (``trusted``, for conflict). Two asks that are equal are the same trial; ``stream`` and ``replicate`` make
    them differ, so that no gate reuses what an earlier one has seen. ``gold``: ground truth is to judge it
    too."""

    task: str
    arm: Arm
    replicate: int
    stream: str
    context: Context = "bare"
    gold: bool = False


class Answer(NamedTuple):
    """What came of an ask. ``ok`` False: infrastructure or abstention; then neither arm of its pair counts.
    ``output`` is a digest of the learner's output: identical ones from a cache are not independent
    evidence. ``gold``: the ground truth's score, where it was asked for."""

    ask: Ask
    ok: bool
    y: int = 0
    reward: float = 0.0
    output: str = ""
    cached: bool = False
    gold: float | None = None


Evidence = dict[str, Any]
GateVerdict = Literal["pass", "drop", "undecided"]


class Gate(Protocol):
    """A sequential decision about one item.

    Until ``verdict`` is set, ``ask()`` gives the next trials wanted (never empty) and ``tell`` takes all
    their answers, in the order asked. ``evidence`` is JSON at any time and, once decided, enough to recompute
    the verdict by hand."""

    name: str
    verdict: GateVerdict | None
    evidence: Evidence

    def ask(self) -> Sequence[Ask]: ...

    def tell(self, answers: Sequence[Answer]) -> None: ...
