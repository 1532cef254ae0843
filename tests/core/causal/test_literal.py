"""The paper's gates do what the paper says, no more."""

from __future__ import annotations

import pytest
from smena.causal.literal import KeepAll, PaperConfirm, PaperScreen


def scripted(baseline, treatment):
    """Outcomes by replicate and arm."""
    return lambda ask: float((baseline, treatment)[ask.arm][ask.replicate])


@pytest.mark.parametrize(
    ("baseline", "treatment", "verdict"),
    [
        ("00000", "01100", "pass"),  # uplift .4 > .2, p̂₀ = 0
        ("00000", "01000", "drop"),  # uplift .2 is not > .2
        ("00011", "11110", "pass"),  # uplift .4, p̂₀ = .4 < .5
        ("00011", "11010", "drop"),  # uplift .2: .6 − .4 is .2 on paper, whatever floats say
        ("01101", "11111", "drop"),  # uplift .4, but p̂₀ = .6 ≥ γ
    ],
)
def test_screen_by_hand(drive, baseline, treatment, verdict):
    gate = PaperScreen("item", "origin", n_cf=5, theta=0.2, gamma=0.5)
    asked = drive(gate, scripted([int(c) for c in baseline], [int(c) for c in treatment]))
    assert gate.verdict == verdict, gate.evidence
    assert len(asked) == 10


def test_borderline_uplift_is_decided_by_its_bound(drive):
    world = scripted([0] * 5, [1, 1, 0, 0, 0])  # uplift .4; Newcombe's lower end is −.04
    for borderline, verdict in ((0.0, "pass"), (0.25, "drop")):
        gate = PaperScreen("item", "origin", n_cf=5, theta=0.2, gamma=0.5, borderline=borderline)
        drive(gate, world)
        assert gate.verdict == verdict


def test_screen_replaces_lost_pairs_and_gives_up_on_a_broken_machine(drive):
    gate = PaperScreen("item", "origin", n_cf=3, theta=0.2, gamma=0.5)
    drive(gate, lambda ask: None if ask.replicate == 1 else float(ask.arm))
    assert (gate.verdict, gate.evidence["n"], gate.evidence["lost_pairs"]) == ("pass", 3, 1)
    broken = PaperScreen("item", "origin", n_cf=3, theta=0.2, gamma=0.5)
    drive(broken, lambda ask: None)
    assert broken.verdict == "undecided"


def confirm(**settings):
    settings = {"n_eval": 2, "cost": 0.5, "delta": 0.1, "lam": 0.1, "mu": 0.5, **settings}
    return PaperConfirm("item", ["a", "b"], ["c", "d"], 4, **settings)


def test_confirm_by_hand(drive):
    # Pool: baseline 0 0 0 0, treatment 1 1 1 0: ATE .75, σ̂² = 0/4 + (1/4)/4, σ̂ = .25.
    # Conflict: worse on c, 1 of 4 tasks: .25.
    # ΔU = .75 − .05 − .125 = .575; lower .575 − 1.96·.25 = .085 > 0
    def world(ask):
        if ask.context == "trusted":
            return float(not (ask.arm and ask.task == "c"))
        return float(ask.arm and (ask.task, ask.replicate) != ("b", 1))

    gate = confirm()
    asked = drive(gate, world)
    found = gate.evidence
    assert gate.verdict == "pass"
    assert (found["ate"], found["conflict"]) == (0.75, 0.25)
    assert found["delta_u_lower"] == pytest.approx(0.575 - 1.959964 * 0.25)
    assert len(asked) == 16
    # With μ = 1: .45 − .49 < 0
    gate = confirm(mu=1.0)
    drive(gate, world)
    assert gate.verdict == "drop"


def test_a_deterministic_learner_has_no_variance_and_the_letter_saves(drive):
    # "σ̂ = 0 and the literal rule saves": what the paper's rule does; the causal gate goes on asking.
    gate = confirm(cost=0.0, mu=0.0)
    drive(gate, lambda ask: 0.6 if ask.arm else 0.5)
    assert gate.verdict == "pass"
    assert gate.evidence["runs"] == 8


def test_no_control_runs_for_what_fails_anyway(drive):
    asked = drive(confirm(), lambda ask: 0.0)
    assert all(ask.context == "bare" for ask in asked)


def test_an_empty_pool_is_undecided():
    gate = PaperConfirm("item", [], [], 0, n_eval=5, cost=0, delta=0, lam=0, mu=0)
    assert gate.verdict == "undecided"


def test_keep_all_asks_nothing():
    gate = KeepAll("screen")
    assert gate.verdict == "pass"
    assert gate.evidence["runs"] == 0
