"""A learner made of a function, to drive gates with."""

from __future__ import annotations

import pytest
from smena.causal.gate import Answer


@pytest.fixture
def drive():
    """Run a gate to its verdict; ``world(ask)`` gives a reward, None (infra) or an Answer."""

    def run(gate, world, limit=10_000):
        asked = []
        while gate.verdict is None:
            asks = gate.ask()
            assert asks, "a gate without a verdict must want something"
            assert gate.ask() == asks, "asking twice changes nothing"
            asked += asks
            assert len(asked) <= limit
            gate.tell([_answer(ask, world(ask)) for ask in asks])
        assert len(set(asked)) == len(asked), "no trial is asked twice"
        return asked

    return run


def _answer(ask, reward):
    if isinstance(reward, Answer):
        return reward
    if reward is None:
        return Answer(ask, ok=False)
    return Answer(ask, ok=True, y=int(reward >= 0.5), reward=float(reward), output=f"{ask}")
