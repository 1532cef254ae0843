"""Every gate is an iterator over trials that may be put away at any moment: pickled, or made anew and told
the stored answers again. It then asks what it would have asked, and decides what it would have decided."""

from __future__ import annotations

import json
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena.causal.combine import CombineGate
from smena.causal.confirm import PairGate
from smena.causal.gate import Answer
from smena.causal.gold import GoldGate
from smena.causal.literal import PaperConfirm, PaperScreen
from smena.causal.published import JudgeGate, StrictGain
from smena.causal.revise import ReviseGate
from smena.causal.screen import ScreenGate

POOL = [f"task{i}" for i in range(12)]
CONTROL = [f"control{i}" for i in range(4)]
LITERAL = {"cost": 0.1, "delta": 0.1, "lam": 0.1, "mu": 0.5}
GATES = {
    "screen": lambda: ScreenGate("item", "origin"),
    "confirm": lambda: PairGate("item", POOL, CONTROL, 8, alpha_t=0.05, mu=0.5, cap=40),
    "confirm on fresh tasks": lambda: PairGate("item", POOL, alpha_t=0.05, cap=12),
    "combine": lambda: CombineGate("a+b", POOL, alpha_t=0.05, cap=30, name="combine"),
    "revise": lambda: ReviseGate("item@1", POOL, alpha=0.05, cap=40),
    "gold": lambda: GoldGate("item", POOL, 0.01, more=10),
    "paper screen": lambda: PaperScreen("item", "origin", n_cf=5, theta=0.2, gamma=0.5),
    "paper confirm": lambda: PaperConfirm("item", POOL, CONTROL, 8, n_eval=3, **LITERAL),
    "strict gain": lambda: StrictGain("item", POOL, 8),
    "judge": lambda: JudgeGate("item", "origin", 0.9, 0.8),
}


def world(seed: int, effect: float):
    """Binary rewards, some trials lost, some cached: all functions of the ask."""

    def answer(ask):
        rng = random.Random(repr((seed, ask)))
        y = int(rng.random() < 0.3 + effect * (ask.arm > 0))
        gold = float(rng.random() < 0.3 + effect * (ask.arm > 0)) if ask.gold else None
        cached = rng.random() < 0.1
        return Answer(ask, rng.random() > 0.05, y, float(y), str(rng.random()), cached, gold)

    return answer


def drive(gate, answer, told):
    while gate.verdict is None:
        answers = [answer(ask) for ask in gate.ask()]
        told.append(answers)
        gate.tell(answers)
    return gate


@pytest.mark.parametrize("name", GATES)
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([-0.2, 0.0, 0.3, 0.6]), st.floats(0, 1), st.booleans())
def test_put_away_at_any_moment_and_taken_up_again(name, seed, effect, share, asked) -> None:
    answer, told = world(seed, effect), []
    whole = drive(GATES[name](), answer, told)
    cut = int(share * (len(told) - 1)) if told else 0
    torn = GATES[name]()
    for answers in told[:cut]:
        assert [a.ask for a in answers] == list(torn.ask())
        torn.tell(answers)
    if asked and torn.verdict is None:
        torn.ask()  # it may be put away while trials are out
    for again in (pickle.loads(pickle.dumps(torn)), torn):
        rest = told[:cut]
        drive(again, answer, rest)
        assert rest == told
        assert (again.verdict, again.evidence) == (whole.verdict, whole.evidence)
    json.dumps(whole.evidence)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.4]))
@settings(max_examples=20, deadline=None)
def test_order_of_work_changes_no_verdict(seed, effect) -> None:
    """Gates that take turns decide as gates that do not: what another is told is nothing to them."""
    answer = world(seed, effect)
    alone = [drive(PairGate(f"item{i}", POOL, alpha_t=0.05, cap=40), answer, []) for i in range(4)]
    turns = [PairGate(f"item{i}", POOL, alpha_t=0.05, cap=40) for i in range(4)]
    rng = random.Random(seed)
    while waiting := [g for g in turns if g.verdict is None]:
        gate = rng.choice(waiting)
        gate.tell([answer(ask) for ask in gate.ask()])
    assert [g.evidence for g in turns] == [g.evidence for g in alone]
