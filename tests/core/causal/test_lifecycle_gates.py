"""Revision, combination and the gold audit, in worlds that are functions of the ask."""

from __future__ import annotations

import random
from statistics import fmean

import pytest
from smena.causal.audit import ppi_plus_plus
from smena.causal.combine import CombineGate
from smena.causal.eprocess import betting_e_value
from smena.causal.gate import Answer
from smena.causal.gold import GoldGate
from smena.causal.revise import ReviseGate
from smena.errors import BadInput

POOL = [f"task{i}" for i in range(20)]


def coin(ask, p: float, what: str = "") -> int:
    return int(random.Random(repr((what, ask))).random() < p)


def by_arm(*chances):
    return lambda ask: float(coin(ask, chances[ask.arm]))


def test_a_combination_needs_both_of_its_halves(drive) -> None:
    def gate() -> CombineGate:
        return CombineGate("a+b", POOL, alpha_t=0.02, name="combine")

    together, first_only, sum_of_both = gate(), gate(), gate()
    drive(together, by_arm(0.2, 0.7, 0.2, 0.2))
    assert together.verdict == "pass"
    found = together.evidence
    assert found["interaction"] == pytest.approx(0.5, abs=0.3)
    for name, e in found["e_values"].items():
        assert betting_e_value(found["contributions"][name]["differences"], found["theta"]) == pytest.approx(
            e
        )
        assert e >= found["threshold"]
    drive(first_only, by_arm(0.2, 0.7, 0.7, 0.2))
    assert first_only.verdict == "drop", "the second adds nothing, and does not ride on the first"
    drive(sum_of_both, by_arm(0.1, 0.7, 0.4, 0.4))
    assert sum_of_both.verdict == "pass"
    low, high = sum_of_both.evidence["interaction_interval"]
    assert low < 0 < high, "each does its part; together no more than the sum"


def test_a_combination_of_two_null_items_is_seldom_saved(drive) -> None:
    saved = 0
    for i in range(60):
        gate = CombineGate(f"a{i}+b", POOL, alpha_t=0.2, cap=60, name="combine")
        drive(gate, by_arm(0.4, 0.4, 0.4, 0.4))
        saved += gate.verdict == "pass"
    assert saved <= 60 * 0.2


def test_revision_refutes_what_no_longer_helps_and_leaves_the_rest(drive) -> None:
    useful, null, harmful = (ReviseGate(f"{n}@1", POOL, alpha=0.05) for n in "unh")
    drive(useful, by_arm(0.2, 0.6))
    drive(null, lambda ask: 0.0)
    drive(harmful, by_arm(0.8, 0.2))
    assert (useful.verdict, null.verdict, harmful.verdict) == ("pass", "drop", "drop")
    assert not null.evidence["failure_mode"] and harmful.evidence["failed_tasks"]
    assert null.evidence["futility"] >= 20
    assert {ask.stream for ask in ReviseGate("u@2", POOL, alpha=0.05).ask()} == {"revise:u@2"}


def test_harm_is_a_failure_mode_only_beyond_chance(drive) -> None:
    gate = ReviseGate("h@1", POOL, alpha=0.05, batch=40)
    drive(gate, lambda ask: float(not ask.arm))
    assert gate.evidence["failure_mode"] and gate.evidence["harm_e_value"] >= 20
    d = [-x for x in gate.evidence["differences"]]
    assert betting_e_value(d, 0.0) == pytest.approx(gate.evidence["harm_e_value"])


def test_innocent_until_refuted(drive) -> None:
    """Items that gain what the revision asks about are refuted at most as often as it says: 5%."""
    dropped = 0
    for i in range(100):
        gate = ReviseGate(f"i{i}@1", POOL, alpha=0.05, effect=0.2, cap=80)
        drive(gate, by_arm(0.3, 0.5))
        dropped += gate.verdict == "drop"
    assert dropped <= 11  # P(Bin(100, .05) > 11) < .005


def judged(true: tuple[float, float], word: tuple[float, float]):
    """Ground truth and a verifier of their own; ``word`` is P(accepted | wrong) by arm."""

    def world(ask):
        right = coin(ask, true[ask.arm], "truth")
        y = int(right or coin(ask, word[ask.arm], "verifier"))
        return Answer(ask, True, y, float(y), repr(ask), gold=float(right) if ask.gold else None)

    return world


def test_gold_keeps_what_is_true_and_stops_what_plays_to_the_verifier(drive) -> None:
    useful, gaming = GoldGate("u", POOL, 0.01), GoldGate("g", POOL, 0.01)
    drive(useful, judged((0.2, 0.7), (0.05, 0.05)))
    drive(gaming, judged((0.2, 0.2), (0.05, 0.6)))
    assert useful.verdict == "pass" and gaming.verdict in ("drop", "undecided")
    found = gaming.evidence
    claimed = fmean(found["verifier_differences"] + found["more_differences"])
    assert claimed > 0.25, "the verifier was convinced"
    again = ppi_plus_plus(
        found["gold_differences"], found["verifier_differences"], found["more_differences"], found["alpha"]
    )
    assert again.estimate == pytest.approx(found["ate"]) and found["n"] == 40


def test_only_gold_trials_are_judged_by_ground_truth() -> None:
    asks = GoldGate("u", POOL, 0.01, more=80).ask()
    assert [a.gold for a in asks] == [True] * 80 + [False] * 160
    assert not {a.stream for a in asks if a.gold} & {a.stream for a in asks if not a.gold}


def test_gold_pairs_that_are_lost_are_replaced_and_never_guessed(drive) -> None:
    gate = GoldGate("u", POOL, 0.01)
    world = judged((0.2, 0.7), (0.05, 0.05))
    drive(gate, lambda ask: None if coin(ask, 0.2, "lost") else world(ask))
    assert gate.verdict == "pass" and gate.evidence["lost_pairs"] > 5 and gate.evidence["n"] == 40
    silent = GoldGate("u", POOL, 0.01)
    drive(silent, lambda ask: None)
    assert silent.verdict == "undecided" and "lost" in silent.evidence["reason"]


@pytest.mark.parametrize("settings", [{"gold": 39}, {"more": 1}])
def test_too_few_gold_pairs_are_refused(settings) -> None:
    with pytest.raises(BadInput, match="gold pairs"):
        GoldGate("u", POOL, 0.01, **settings)
