"""Jumps in curves: found where they are, seldom where they are not, and never called a transition lightly."""

from __future__ import annotations

import numpy as np
import pytest
from smena.errors import BadInput
from smena.results.abrupt import Abrupt, Curve, analyse, verdict


def curve(rng: np.random.Generator, p: np.ndarray, runs: int = 30) -> Curve:
    return Curve(
        "c",
        tuple(map(float, range(len(p)))),
        tuple(map(float, rng.binomial(runs, p))),
        (float(runs),) * len(p),
    )


def test_a_jump_is_found_where_it_is() -> None:
    rng = np.random.default_rng(1)
    p = np.where(np.arange(60) < 35, 0.3, 0.6)
    found = analyse(curve(rng, p), draws=100)
    assert found.p is not None and found.p <= 0.02
    assert found.at is not None and abs(found.at - 35) <= 3
    assert found.jump is not None and found.jump > 0.1
    assert found.power is not None and 0 < found.power <= 1


@pytest.mark.slow
def test_false_alarms_on_smooth_curves() -> None:
    rng = np.random.default_rng(2)
    t = np.arange(40)
    for p in (np.full(40, 0.3), 0.7 - 0.5 * (1 + t) ** -0.5):
        ps = [analyse(curve(rng, p), draws=99).p for _ in range(60)]
        assert np.mean([q is not None and q <= 0.05 for q in ps]) <= 0.15


def test_short_and_flat_curves_are_told_in_words() -> None:
    short = analyse(Curve("c", (0.0, 1.0), (1.0, 2.0), (3.0, 3.0)))
    assert short.p is None and "8 are the least" in short.why
    zeros = analyse(Curve("c", tuple(map(float, range(20))), (0.0,) * 20, (5.0,) * 20), draws=50)
    assert zeros.p is not None and zeros.p > 0.05


def test_impossible_counts() -> None:
    with pytest.raises(BadInput, match="between 0 and n"):
        analyse(Curve("c", (0.0,), (2.0,), (1.0,)))


def abrupt(name: str, p: float, z: float) -> Abrupt:
    return Abrupt(name, 30, 5.0, z, 0.3, p, 0.9, ())


def test_a_transition_needs_sizes_scaling_and_a_continuous_metric() -> None:
    one = [abrupt("a", 0.001, 5.0)]
    three = [abrupt(n, 0.001, z) for n, z in (("a", 4.0), ("b", 6.0), ("c", 8.0))]
    assert verdict([abrupt("a", 0.4, 1.0)], 1, True)[0] == "no evidence"
    assert verdict(one, 1, True)[0] == "abrupt relative to a smooth null"
    assert verdict(three, 3, False)[0] == "abrupt relative to a smooth null"
    assert verdict(three[::-1], 3, True)[0] == "transition supported"
    shrinking = [abrupt(n, 0.001, z) for n, z in (("a", 8.0), ("b", 6.0), ("c", 4.0))]
    assert verdict(shrinking, 3, True)[0] == "abrupt relative to a smooth null"
    assert verdict([], 0, True)[0] == "no evidence"
