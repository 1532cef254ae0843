"""The composite judge: what it says, what it refuses to say, and what it does with verifiers that misbehave."""

from __future__ import annotations

import math
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import Attempt, BadInput, InfraError, Outcome, Task, Verdict
from smena.config import RunConfig
from smena.errors import JudgeTimeout
from smena.judge import KAPPA_OUTCOMES, Judge, Rules
from smena.registry import Registry
from smena.setup import Setup
from smena_lab.environment import Lab, LabConfig

TASK = Task(id="t", split="train", view=None, reference=None)
LAB = Lab(LabConfig())


class Says:
    """A verifier that says what it is told to, or does what it is told to."""

    version = 1
    config = None

    def __init__(self, what: Any) -> None:
        self.what = what

    def verify(self, environment: object, task: Task, attempt: Attempt) -> Verdict:
        if isinstance(self.what, Exception):
            raise self.what
        if callable(self.what):
            self.what()
        return self.what if isinstance(self.what, Verdict) else Verdict(self.what)


def judge(rules: Rules | None = None, **said: Any) -> Judge:
    return Judge({n: Says(w) for n, w in said.items()}, dict.fromkeys(said, 1.0), rules=rules)


def verdict(made: Judge) -> Any:
    return made.judge(LAB, TASK, Attempt(None))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 5)), min_size=1, max_size=6), st.floats(0, 1))
def test_the_composite_is_the_formula(pairs: list[tuple[float, float]], tau: float) -> None:
    verifiers = {f"v{i}": Says(score) for i, (score, _) in enumerate(pairs)}
    weights = {f"v{i}": w for i, (_, w) in enumerate(pairs)}
    told = verdict(Judge(verifiers, weights, tau))
    expected = sum(s * w for s, w in pairs) / sum(w for _, w in pairs)
    assert told.reward == pytest.approx(expected, abs=1e-9)
    assert told.y == int(told.reward > tau)


@pytest.mark.parametrize("score", [math.nan, 7.0, -0.1, math.inf, True, None, "1"])
def test_what_is_no_score_is_nobody_s_failure(score: Any) -> None:
    with pytest.raises(InfraError, match=r"'v'.*score must be") as told:
        verdict(judge(v=score))
    assert told.value.cause == "no-score"


def test_a_verifier_that_raises_or_hangs() -> None:
    with pytest.raises(ZeroDivisionError) as raised:  # the executor makes it status infra, in one line
        verdict(judge(v=ZeroDivisionError("oops")))
    assert raised.value.cause == "verifier-raised"  # type: ignore[attr-defined]
    with pytest.raises(JudgeTimeout, match=r"timeout of the judge: verifier 'v' .* within 0.2 s"):
        verdict(judge(Rules(seconds=0.2), v=lambda: time.sleep(60)))


def test_a_verifier_without_a_verdict_leaves_the_sum() -> None:
    none = Verdict(0.0, {}, given=False)
    told = verdict(judge(a=1.0, late=none))
    assert (told.y, told.reward, told.scores) == (1, 1.0, {"a": 1.0})
    told = verdict(judge(late=none))
    assert (told.y, told.reward, told.abstained) == (None, None, "no verifier has a verdict")


def test_it_abstains_where_verifiers_disagree_too_much() -> None:
    split = judge(Rules(h_max=0.9), a=1.0, b=0.0)
    assert verdict(split).y is None and "entropy 1.00 is above h_max 0.9" in verdict(split).abstained
    assert verdict(judge(Rules(h_max=0.95), a=1.0, b=1.0, c=0.0)).y == 1  # entropy 0.92


def test_it_abstains_inside_the_posterior_band() -> None:
    fitted = Rules(calibration="1", slopes={"a": 3.0, "b": 1.0}, intercept=-2.0, band=0.2)
    both = judge(fitted, a=1.0, b=1.0)
    assert both.tau == pytest.approx(0.5) and both.weights == {"a": 0.75, "b": 0.25}
    assert both.probability(1.0) == pytest.approx(1 / (1 + math.exp(-2)))
    assert verdict(both).y == 1
    near = verdict(judge(msgspec.structs.replace(fitted, intercept=-2.8), a=1.0, b=0.0))
    assert near.y is None and "within 0.2 of 0.5" in near.abstained


def test_no_save_below_kappa_min() -> None:
    made = judge(Rules(kappa_min=0.4), a=1.0, b=1.0)
    gate, other = Rules, Setup  # any two objects
    half = [Outcome(str(i), scores={"a": float(i % 2), "b": float(i // 2 % 2)}) for i in range(40)]
    made.hear(gate, half[: KAPPA_OUTCOMES - 1])
    assert not made.doubt(gate)
    made.hear(gate, half[KAPPA_OUTCOMES - 1 :])
    assert "kappa over 40 trials is" in made.doubt(gate)
    made.hear(other, [Outcome(str(i), scores={"a": float(i % 2), "b": float(i % 2)}) for i in range(40)])
    assert not made.doubt(other)
    agreed = judge(Rules(kappa_min=0.4), a=1.0, b=1.0)
    agreed.hear(gate, [Outcome(str(i), scores={"a": 1.0, "b": 1.0}) for i in range(40)])
    assert not agreed.doubt(gate)  # κ is 0/0: all agree


def test_the_fingerprint_holds_what_a_verdict_depends_on() -> None:
    prints = {
        judge(rules, a=1.0, b=0.0).fingerprint
        for rules in (
            Rules(), Rules(tau=0.6), Rules(h_max=0.5), Rules(calibration="1", slopes={"a": 1.0, "b": 1.0}),
            Rules(calibration="1", slopes={"a": 1.0, "b": 1.0}, band=0.1), Rules(kappa_min=0.2),
        )
    }  # fmt: skip
    assert len(prints) == 5  # kappa_min is a gate's, not a verdict's


def composite(**settings: Any) -> Setup:
    return Setup(RunConfig(env="lab", verifier="composite", settings={"verifier.composite": settings}))


def test_composite_is_the_environment_s_verifiers_or_those_that_are_set() -> None:
    assert composite().judge.weights == {"exact": 1.0}
    set_ = composite(verifiers={"exact": 3.0, "lab-noisy": 1.0}, tau=0.6).judge
    assert set_.weights == {"exact": 0.75, "lab-noisy": 0.25} and set_.tau == 0.6


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tau": 7.0}, "tau must be in"),
        ({"band": 0.1}, "band needs a calibration"),
        ({"verifiers": {"exact": -1.0}}, "weights must be"),
        ({"verifiers": {"exakt": 1.0}}, "did you mean 'exact'"),
        ({"kapa_min": 0.1}, "did you mean 'kappa_min'"),
        ({"calibration": "latest"}, "was not looked up"),
    ],
)
def test_bad_rules_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        composite(**settings)


def test_composite_goes_with_no_other() -> None:
    with pytest.raises(BadInput, match="give it alone"):
        Setup(RunConfig(env="lab", verifier="composite+exact"))


class Strict(Lab):
    """An environment that fixed weights and τ of its default verifiers."""

    verifiers = {"exact": 0.8, "plan": 0.2}  # noqa: RUF012
    tau = 0.75


def test_an_environment_s_own_threshold_holds_for_its_own_verifiers_alone() -> None:
    registry, env = Registry.load(), Strict(LabConfig())

    def tau(asked: str, **rules: Any) -> float:
        return Judge.make(registry, asked, env, {"verifier.composite": rules}).tau

    assert tau("") == tau("composite") == tau("composite", h_max=0.9) == 0.75
    assert tau("composite", tau=0.6) == 0.6
    assert tau("exact+plan") == 0.75, "these are its own, with its own weights"
    assert tau("exact") == tau("exact+state") == tau("composite", verifiers={"exact": 1.0}) == 0.5
    assert Judge.make(registry, "plan+state+exact", env, {}).weights == pytest.approx(
        {"plan": 1 / 6, "state": 1 / 6, "exact": 2 / 3}
    )
    plain = Judge.make(registry, "", LAB, {})
    env.verifiers = LAB.verifiers
    assert plain.tau == 0.5 and Judge.make(registry, "", env, {}).fingerprint != plain.fingerprint
