"""The audit's verdicts: on hand-worked cases, and with no more wrong labels than its level allows."""

import random

from hypothesis import given
from hypothesis import strategies as st
from smena.audit import LEVEL, MARGIN, audit_decision


def verdict(*arms: tuple[list[float], list[float]]) -> str:
    return audit_decision("k", [(f"t{n}", b, t) for n, (b, t) in enumerate(arms)], "causal").verdict


def test_worked_cases() -> None:
    assert verdict(*[([0.0] * 6, [1.0] * 6)] * 5) == "pass"
    assert verdict(*[([1.0] * 6, [0.0] * 6)] * 5) == "drop"
    # 0 of 12 against 0 of 12: Wilson's upper bound at 5% is .184, far above the margin
    assert verdict(*[([0.0] * 6, [0.0] * 6)] * 2) == "undecided"
    # 0 of 120 against 0 of 120: .022 is below it
    assert verdict(*[([0.0] * 6, [0.0] * 6)] * 20) == "drop"


def test_fewer_than_two_tasks_are_undecided() -> None:
    assert verdict() == "undecided"
    assert verdict(([0.0] * 50, [1.0] * 50)) == "undecided"


def test_lost_trials_count_in_neither_arm() -> None:
    whole = audit_decision("k", [("a", [0.0, 0.0], [1.0, 1.0]), ("b", [0.0], [1.0])], "causal")
    torn = audit_decision(
        "k", [("a", [0.0, None, 0.0], [1.0, 1.0, None]), ("b", [0.0], [1.0]), ("c", [None], [1.0])], "causal"
    )
    assert torn.evidence == whole.evidence


def test_wrong_labels_are_as_rare_as_the_level_says() -> None:
    """Heterogeneous tasks, true mean effect 0: 'useful' may be said in 5% of audits."""
    rng, wrong, audits = random.Random(7), 0, 400
    for _ in range(audits):
        effects = [rng.choice([-0.3, 0.3]) for _ in range(8)]
        effects = [e - sum(effects) / 8 for e in effects]
        chances = [(p := rng.uniform(0.35, 0.6), min(1.0, max(0.0, p + e))) for e in effects]
        drift = sum(p1 - p0 for p0, p1 in chances) / 8
        chances = [(p0, p1 - drift) for p0, p1 in chances if 0 <= p1 - drift <= 1]
        arms = [([float(rng.random() < p) for _ in range(6)] for p in pair) for pair in chances]
        wrong += verdict(*[(list(base), list(treated)) for base, treated in arms]) == "pass"
    # three standard errors of a share of (1 − LEVEL)/2 over 400 audits
    assert wrong / audits <= (1 - LEVEL) / 2 + 3 * (0.05 * 0.95 / audits) ** 0.5


rewards = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(st.lists(st.tuples(rewards, rewards), min_size=2, max_size=6))
def test_the_verdict_follows_from_the_stored_interval(arms: list[tuple[list[float], list[float]]]) -> None:
    decision = audit_decision("k", [(f"t{n}", b, t) for n, (b, t) in enumerate(arms)], "causal")
    low, high, ate = (decision.evidence[name] for name in ("low", "high", "ate"))
    assert low <= ate + 1e-9 and ate - 1e-9 <= high  # type: ignore[operator]
    assert decision.verdict == ("pass" if low > 0 else "drop" if high < MARGIN else "undecided")  # type: ignore[operator]
