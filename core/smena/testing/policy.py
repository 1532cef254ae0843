"""The contract of save policies: gates that come to an end, on any outcomes, and decide the same again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from smena.causal.gate import Answer, Ask, Gate
from smena.protocols import Candidate
from smena.testing.base import Contract, as_stored, ensure, guarded
from smena.values import digest

ITEM = digest("an item")
POOL = [f"pool-{n}" for n in range(10)]
CONTROL = [f"control-{n}" for n in range(6)]
LIMIT = 200_000
"""Trials after which a gate is taken for one that never decides."""

World = Callable[[Ask, int], Answer]


def _coin(p0: float, p1: float, spoiled: float = 0.0) -> World:
    """Outcomes of an item that lifts success from p0 to p1; a share of trials comes to nothing."""

    def answer(ask: Ask, seed: int) -> Answer:
        rng = random.Random(digest([seed, ask]))
        if rng.random() < spoiled:
            return Answer(ask, ok=False)
        y = int(rng.random() < (p1 if ask.arm else p0))
        return Answer(ask, True, y, float(y), digest([ask, y]))

    return answer


WORLDS: dict[str, World] = {
    "helps": _coin(0.2, 0.9),
    "nothing": _coin(0.3, 0.3),
    "harms": _coin(0.6, 0.1),
    "always solved": _coin(1.0, 1.0),
    "never solved": _coin(0.0, 0.0),
    "half of the trials fail": _coin(0.3, 0.5, spoiled=0.5),
    "all trials fail": _coin(0.3, 0.5, spoiled=1.0),
}


class PolicyContract(Contract):
    """What every save policy keeps. How often it errs is measured elsewhere: `smena aa-test --policy NAME`."""

    kind = "policy"

    def _gates(self) -> dict[str, Callable[[], Gate]]:
        policy = self.make()

        def confirm(pool: Sequence[str], control: Sequence[str], tested: int, saved: int) -> Gate:
            gate: Gate = policy.confirm(Candidate(ITEM, pool, control, 30, 0.05, tested, saved))
            return gate

        return {
            "screen()": lambda: policy.screen(ITEM, "origin"),
            "confirm()": lambda: confirm(POOL, CONTROL, 0, 0),
            "confirm() late in a run": lambda: confirm(POOL, CONTROL, 40, 3),
            "confirm() with an empty pool": lambda: confirm([], [], 0, 0),
            "confirm() without control tasks": lambda: confirm(POOL, [], 1, 0),
        }

    def test_every_gate_comes_to_a_verdict(self) -> None:
        """Whatever the outcomes, it asks for at least one trial at a time, only of the tasks it was given, and
        decides in the end, with evidence in JSON."""
        for what, make in self._gates().items():
            for name, world in WORLDS.items():
                gate = guarded(what, make)
                asked = _drive(gate, world, f"{what}, world {name!r}")
                ensure(gate.verdict in ("pass", "drop", "undecided"), f"{what}: verdict {gate.verdict!r}")
                given = {"origin"} if what == "screen()" else {*POOL, *CONTROL}
                strays = sorted({ask.task for ask in asked} - given)
                ensure(
                    not strays,
                    f"{what} asks for tasks {strays} that it was not given: the audit must stay untouched",
                )
                guarded(f"{what}: turning its evidence into JSON", as_stored, dict(gate.evidence))

    def test_the_same_answers_give_the_same_decision(self) -> None:
        """A run resumes by replaying outcomes, so a gate has no randomness and no clock."""
        for what, make in self._gates().items():
            for name, world in WORLDS.items():
                ones = [guarded(what, make) for _ in range(2)]
                asked = [_drive(gate, world, f"{what}, world {name!r}") for gate in ones]
                same = asked[0] == asked[1] and ones[0].verdict == ones[1].verdict
                ensure(
                    same and as_stored(dict(ones[0].evidence)) == as_stored(dict(ones[1].evidence)),
                    f"{what}: the same outcomes led to {ones[0].verdict} and {ones[1].verdict}, other trials or "
                    "evidence: derive any draw from a digest of the item",
                )

    def test_no_two_asks_of_a_gate_are_the_same_trial(self) -> None:
        """Equal asks are the same trial, whose outcome is remembered: asked twice, it would count twice."""
        for what, make in self._gates().items():
            asked = _drive(guarded(what, make), WORLDS["nothing"], what)
            ensure(
                len(set(asked)) == len(asked),
                f"{what} asks for the same trial twice: count `replicate` up, one stream a gate",
            )

    def test_it_says_what_comes_to_the_gates(self) -> None:
        """``needs_transition`` is a bool."""
        needs = getattr(self.make(), "needs_transition", None)
        ensure(isinstance(needs, bool), f"needs_transition is {needs!r}: must be True or False [3.3]")


def _drive(gate: Gate, world: World, what: str) -> list[Ask]:
    """Let a gate decide; what it asked for."""
    asked: list[Ask] = []
    while gate.verdict is None:
        asks: Sequence[Any] = guarded(f"{what}: ask()", gate.ask)
        ensure(
            asks,
            f"{what}: ask() gives no trial and there is no verdict: set verdict before asking for nothing",
        )
        ensure(len(asked) <= LIMIT, f"{what}: no verdict after {LIMIT:,} trials: give the gate a cap")
        asked += asks
        guarded(f"{what}: tell()", gate.tell, [world(ask, 1) for ask in asks])
    return asked
