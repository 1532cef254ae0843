"""The built-in save policies: found by name, configured by name, deciding as their gates do."""

from __future__ import annotations

import msgspec
import pytest
import smena.builtin as module
from smena.builtin import smena_policies
from smena.causal.gate import Answer
from smena.causal.online import e_lond
from smena.policies import Causal, Paper
from smena.protocols import Candidate
from smena.published import SaveAll
from smena.registry import Registry

POOL = [f"t{i}" for i in range(20)]


def make(name, **settings):
    registry = Registry()
    registry.register(module, "policies")
    return registry.make("policy", name, settings)


def test_names():
    assert {type(make(name)) for name in smena_policies()} >= {Causal, Paper, SaveAll}
    assert [make(name).needs_transition for name in ("causal", "paper", "save-all")] == [True, True, False]


@pytest.mark.parametrize("name", sorted(smena_policies()))
def test_every_policy_opens_both_gates_and_states_its_version(name):
    policy = make(name)
    assert policy.version >= 1
    assert msgspec.json.encode(policy.config)
    for gate in (
        policy.screen("item", "o"),
        policy.confirm(Candidate("item", POOL, [], 0, 0.1, tested=0, saved=0)),
    ):
        assert gate.verdict is not None or gate.ask()
        assert msgspec.json.encode(gate.evidence)


def test_causal_levels_come_from_e_lond():
    policy = make("causal", alpha=0.05)
    gate = policy.confirm(Candidate("item", POOL, [], 0, 0.2, tested=7, saved=2))
    assert gate.evidence["alpha_t"] == e_lond(7, 2, 0.05)
    assert gate.evidence["theta"] == pytest.approx(0.1 * 0.2)


def test_both_policies_ask_for_the_same_trials_so_that_a_comparison_pays_once():
    causal, paper = make("causal"), make("paper")
    assert set(causal.screen("item", "o").ask()) <= set(paper.screen("item", "o").ask())
    asks = [p.confirm(Candidate("item", POOL, [], 0, 0.0, tested=0, saved=0)).ask() for p in (causal, paper)]
    assert set(asks[0]) <= set(asks[1])


def test_paper_without_the_counterfactual_check():
    assert make("paper", counterfactual=False).screen("item", "o").verdict == "pass"
    assert make("paper").screen("item", "o").verdict is None


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("causal", {"alpha": 1.5}, "alpha"),
        ("causal", {"control_runs": 1}, "control_runs"),
        ("causal", {"lamda": 1}, "did you mean 'lam'"),
        ("paper", {"n_cf": 0}, "n_cf"),
        ("paper", {"gamma": 0}, "gamma"),
        ("save-all", {"n": 1}, "unknown field 'n'"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(name, settings, said):
    with pytest.raises(Exception, match=said):
        make(name, **settings)


def outcomes(gate, world):
    while gate.verdict is None:
        gate.tell(
            [Answer(ask, ok=True, y=world(ask), reward=world(ask), output=repr(ask)) for ask in gate.ask()]
        )
    return gate


def open_confirm(name, **settings):
    return make(name, **settings).confirm(Candidate("item", POOL, [], 0, 0.0, tested=0, saved=0))


@pytest.mark.parametrize(
    ("name", "script", "verdict", "n"),
    [
        ("votes", "00", "drop", 2),  # 2 − 1 − 1 = 0
        ("votes", "0101010101", "pass", 10),  # never below 1
        ("votes", "01000", "drop", 4),  # 1, 2, 1, 0
        ("counters", "1101010", "drop", 7),  # the third harmful tag
        ("success-rate", "0010", "drop", 3),  # 1 of 3
        ("success-rate", "0110111111", "pass", 10),
    ],
)
def test_rules_that_count_uses(name, script, verdict, n):
    wanted = iter(script + "1" * 99)
    gate = open_confirm(name)
    asks = gate.ask()
    assert {ask.arm for ask in asks} == {1}
    gate.tell([Answer(ask, ok=True, y=(y := int(next(wanted))), reward=y) for ask in asks])
    assert (gate.verdict, gate.evidence["n"]) == (verdict, n)


def test_uses_that_were_not_judged_are_replaced():
    gate = open_confirm("votes")
    gate.tell([Answer(ask, ok=i % 2 == 0, y=1, reward=1.0) for i, ask in enumerate(gate.ask())])
    assert gate.verdict is None
    assert len(gate.ask()) == 5
    gate.tell([Answer(ask, ok=False) for ask in gate.ask()])
    assert gate.verdict == "undecided"


def test_strict_gain_accepts_any_rise():
    assert (
        outcomes(open_confirm("strict-gain"), lambda ask: int(ask.arm == 1 and ask.task == "t3")).verdict
        == "pass"
    )
    assert outcomes(open_confirm("strict-gain"), lambda ask: 1).verdict == "drop"
    gate = open_confirm("strict-gain", tasks=7)
    assert len(gate.ask()) == 14


def test_a_perfect_judge_and_a_contrary_one():
    for rate, verdicts in ((1.0, ("pass", "drop")), (0.0, ("drop", "pass"))):
        policy = make("llm-judge", sensitivity=rate, specificity=rate)
        assert (
            tuple(outcomes(policy.screen("item", "o"), lambda ask, y=y: y).verdict for y in (1, 0))
            == verdicts
        )


def test_random_keeps_its_share():
    policy = make("random", probability=0.3)
    kept = [policy.screen(f"item{i}", "o").verdict == "pass" for i in range(2000)]
    assert sum(kept) / 2000 == pytest.approx(0.3, abs=0.04)
    assert make("random", probability=0.3).screen("item7", "o").verdict == policy.screen("item7", "o").verdict
