"""The causal gates in worlds that are functions of the ask: what passes, is dropped, is not counted."""

from __future__ import annotations

import json
import random
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena.causal.confirm import PairGate
from smena.causal.effects import conflict_split_half
from smena.causal.eprocess import betting_e_value
from smena.causal.gate import Answer
from smena.causal.screen import ScreenGate
from smena.errors import BadInput, SmenaError

POOL = [f"task{i}" for i in range(20)]


def chance(ask):
    """A number in [0, 1) that depends on the ask alone: the same world again gives the same answers."""
    return random.Random(repr(ask)).random()


def bernoulli(p0, p1):
    return lambda ask: float(chance(ask) < (p0, p1)[ask.arm])


def always(ask):
    return float(ask.arm)


def never(ask):
    return 0.0


def confirm(item="item", pool=POOL, control=(), control_size=0, **settings):
    return PairGate(item, pool, control, control_size, **{"alpha_t": 0.01, **settings})


def test_screen_passes_a_sure_effect_after_three_pairs(drive):
    gate = ScreenGate("item", "origin", batch=1)
    asked = drive(gate, always)
    # Three pairs (0, 1): E = 7.31 ≥ 4; after two it was 3.62.
    assert gate.verdict == "pass"
    assert (gate.evidence["n"], gate.evidence["runs"]) == (3, 6)
    assert gate.evidence["e_value"] == pytest.approx(7.3096, abs=1e-4)
    assert [(a.arm, a.replicate) for a in asked] == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]


def test_screen_drops_what_does_nothing_and_what_harms(drive):
    for world in (never, lambda ask: 1.0, lambda ask: 1.0 - ask.arm):
        gate = ScreenGate("item", "origin")
        drive(gate, world)
        assert gate.verdict == "drop", gate.evidence
        assert gate.evidence["runs"] <= 16


def test_screen_at_its_cap_says_what_it_does_not_know(drive):
    gate = ScreenGate("item", "origin", cap=2, cap_threshold=9, futility=0.01)
    drive(gate, lambda ask: 0.0 if ask.replicate else float(ask.arm))
    assert gate.verdict == "undecided"
    assert "cap" in gate.evidence["reason"]


def test_a_batch_is_paid_for_but_decided_pair_by_pair(drive):
    gate = ScreenGate("item", "origin", batch=8)
    drive(gate, always)
    assert (gate.evidence["n"], gate.evidence["surplus_pairs"], gate.evidence["runs"]) == (3, 5, 16)
    one = ScreenGate("item", "origin", batch=1)
    drive(one, always)
    assert one.evidence["e_value"] == gate.evidence["e_value"]


def test_confirm_passes_a_helpful_item_and_its_evidence_recomputes(drive):
    gate = confirm(cost=0.3, lam=0.1)
    drive(gate, bernoulli(0.2, 0.6))
    found = gate.evidence
    assert gate.verdict == "pass"
    assert found["theta"] == pytest.approx(0.03)
    assert betting_e_value(found["differences"], found["theta"]) == pytest.approx(found["e_value"])
    assert found["e_value"] >= found["threshold"] == pytest.approx(100)
    assert 0 <= found["delta_u_lower"] < found["delta_u"] < found["ate"]
    assert betting_e_value(found["differences"][:-1], found["theta"]) < 100, (
        "it stopped at the first crossing"
    )
    assert found["interval"][0] < found["ate"] < found["interval"][1]
    assert "with replacement" in found["estimand"]
    assert json.loads(json.dumps(found)) == found


def test_confirm_drops_the_useless_and_the_harmful(drive):
    useless, harmful = confirm(), confirm()
    drive(useless, never)
    drive(harmful, bernoulli(0.8, 0.2))
    assert useless.verdict == harmful.verdict == "drop"
    # F after n zeros is mean_j (1 + .15 ℓ_j)^n over ℓ ∈ {.2, .5, .8}: 4.73 at n = 19, 5.19 at 20.
    assert useless.evidence["n"] == 20
    assert harmful.evidence["n"] < 20


def test_confirm_is_undecided_at_the_cap(drive):
    gate = confirm(cap=6)
    drive(gate, bernoulli(0.4, 0.5))
    assert gate.verdict == "undecided"
    assert gate.evidence["n"] == 6


def test_k_independent_tasks():
    gate = confirm(pool=["a", "b", "b"], min_tasks=3)
    assert gate.verdict == "undecided"
    assert gate.evidence["reason"] == "pool too small: 2 tasks match, 3 needed"
    with pytest.raises(SmenaError, match="after its verdict"):
        gate.ask()


def test_trust_waits_for_enough_distinct_tasks(drive):
    gate = confirm(pool=POOL, min_tasks=15, alpha_t=0.5)
    drive(gate, always)
    assert gate.verdict == "pass"
    assert gate.evidence["tasks_seen"] == 15


def test_a_large_pool_gives_every_pair_a_fresh_task(drive):
    gate = confirm(pool=[f"t{i}" for i in range(40)], cap=40)
    asked = drive(gate, bernoulli(0.3, 0.5))
    tasks = [ask.task for ask in asked if ask.arm == 0]
    assert len(set(tasks)) == len(tasks)
    assert "population" in gate.evidence["estimand"]


def test_order_depends_on_the_item_and_not_on_the_order_given(drive):
    asked = [
        drive(confirm(item, pool), never) for item, pool in (("a", POOL), ("a", POOL[::-1]), ("b", POOL))
    ]
    assert asked[0] == asked[1]
    assert [a.task for a in asked[0]] != [a.task for a in asked[2]]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1), st.integers(1, 9))
def test_replay_and_batch_size_do_not_change_the_decision(seed, p0, p1, batch):
    def world(ask):
        return Answer(
            ask,
            ok=chance((seed, "ok", ask)) > 0.05,
            y=(r := int(chance((seed, ask)) < (p0, p1)[ask.arm])),
            reward=r,
        )

    def run(batch):
        gate = confirm(f"item{seed}", cap=60, batch=batch)
        while gate.verdict is None:
            gate.tell([world(ask) for ask in gate.ask()])
        return gate

    first, again = run(batch), run(batch)
    assert first.evidence == again.evidence
    assert first.verdict == again.verdict


def test_infrastructure_leaves_both_arms_and_is_replaced(drive):
    broken = {("task3", 0), ("task3", 1), ("task7", 0)}
    gate = confirm(pool=POOL[:8], batch=4, cap=30)
    asked = drive(gate, lambda ask: None if ask.arm and (ask.task, ask.replicate) in broken else 0.0)
    asked_broken = [a for a in asked if a.arm and (a.task, a.replicate) in broken]
    assert asked_broken
    assert gate.evidence["lost_pairs"] == len(asked_broken)
    counted = gate.evidence["n"] + gate.evidence["surplus_pairs"] + gate.evidence["lost_pairs"]
    assert gate.evidence["runs"] == 2 * counted == len(asked)
    assert gate.verdict == "drop"


@pytest.mark.parametrize("arm", [0, 1])
def test_an_arm_that_never_answers_is_undecided_not_a_failure(drive, arm):
    def world(ask):
        return None if ask.arm == arm else 1.0

    for gate in (ScreenGate("item", "origin"), confirm(max_spoiled=10)):
        drive(gate, world)
        assert gate.verdict == "undecided"
        assert gate.evidence["n"] == 0
        assert "lost to infrastructure" in gate.evidence["reason"]


def test_identical_cached_outputs_count_once(drive):
    def cached(ask):
        return Answer(ask, ok=True, y=ask.arm, reward=float(ask.arm), output="same", cached=True)

    gate = ScreenGate("item", "origin")
    drive(gate, cached)
    assert (gate.verdict, gate.evidence["n"]) == ("undecided", 1)
    gate = confirm(pool=POOL[:5])
    drive(gate, cached)
    assert (gate.verdict, gate.evidence["n"]) == ("undecided", 5), "one pair a task, then nothing new"
    assert "seen before" in gate.evidence["reason"]


CONTROL = [f"control{i}" for i in range(10)]


def with_conflict(loss):
    """Helps on the pool; lowers the reward on ``loss`` of the control tasks from 1 to 0."""

    def world(ask):
        if ask.context == "trusted":
            return float(not (ask.arm and ask.task in CONTROL[:loss]))
        return float(ask.arm) if chance(ask) < 0.9 else 1.0 - ask.arm

    return world


def test_conflict_is_measured_last_and_only_raises_what_is_demanded(drive):
    harmless, quarrelsome = (
        confirm(control=CONTROL, control_size=20, mu=0.5),
        confirm(control=CONTROL, control_size=20, mu=0.5),
    )
    asked = drive(harmless, with_conflict(0))
    assert harmless.verdict == "pass"
    assert harmless.evidence["conflict"] == 0
    contexts = [ask.context for ask in asked]
    assert contexts == sorted(contexts), "bare first, trusted last"
    assert contexts.count("trusted") == 10 * 2 * 2
    drive(quarrelsome, with_conflict(8))
    found = quarrelsome.evidence
    # 8 of 10 control tasks lose all, D_val has 20: c* = .4, θ = .5·.4
    assert found["conflict"] == pytest.approx(0.4)
    assert found["theta"] == pytest.approx(0.2)
    assert quarrelsome.verdict == "pass"
    assert found["n"] > harmless.evidence["n"], "more pairs were needed for the higher bar"
    assert betting_e_value(found["differences"], 0.2) >= 100


def test_conflict_can_sink_an_item(drive):
    gate = confirm(control=CONTROL, control_size=10, mu=2.0, cap=60)
    drive(gate, with_conflict(10))
    assert gate.verdict == "undecided"
    assert gate.evidence["theta"] == pytest.approx(0.999)
    assert gate.evidence["delta_u"] < 0


def test_a_dropped_item_costs_no_control_runs(drive):
    asked = drive(confirm(control=CONTROL, control_size=10, mu=0.5), never)
    assert all(ask.context == "bare" for ask in asked)


def test_conflict_is_c_star_of_the_control_answers(drive):
    gate = confirm(control=CONTROL, control_size=10, mu=0.5)
    seen = {}

    def world(ask):
        if ask.context == "bare":
            return float(ask.arm)
        reward = chance(ask)
        seen.setdefault(ask.task, {}).setdefault(ask.arm, []).append(reward)
        return reward

    drive(gate, world)
    expected = conflict_split_half([arms[0] for arms in seen.values()], [arms[1] for arms in seen.values()])
    assert gate.evidence["conflict"] == pytest.approx(expected)


def test_unmeasurable_conflict_is_undecided(drive):
    gate = confirm(control=CONTROL, control_size=10, mu=0.5)
    drive(gate, lambda ask: None if ask.context == "trusted" else float(ask.arm))
    assert gate.verdict == "undecided"
    assert "conflict cannot be measured" in gate.evidence["reason"]


@pytest.mark.parametrize("reward", [nan, -0.1, 1.2])
def test_impossible_rewards_are_refused_by_name(reward):
    gate = confirm()
    with pytest.raises(BadInput, match="reward"):
        gate.tell([Answer(ask, ok=True, y=0, reward=reward) for ask in gate.ask()])


def test_answers_must_be_those_asked_for():
    gate = confirm()
    asks = gate.ask()
    for answers in (
        [],
        [Answer(a, ok=True) for a in asks[:-1]],
        [Answer(a, ok=True) for a in reversed(asks)],
    ):
        with pytest.raises(SmenaError, match="in the order asked"):
            gate.tell(answers)


def test_impossible_settings_are_refused():
    for settings_ in ({"alpha_t": 0}, {"cost": nan}, {"lam": -1}, {"control": CONTROL, "control_size": 3}):
        with pytest.raises(BadInput):
            confirm(**settings_)
