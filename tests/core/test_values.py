"""Digests are content addresses: equal values anywhere, unequal values never."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import Antipattern, Fact, Knowledge, Pattern, Provenance, Trial, digest

words = st.text(max_size=12)
trials = st.builds(
    Trial,
    env=words,
    task=words,
    learner=words,
    judge=words,
    knowledge=st.lists(words, max_size=3).map(tuple),
    feedback=st.none() | words,
    seed=st.integers(0, 2**52),
    kind=st.sampled_from(["attempt", "lesson"]),
)


@given(trials, trials)
def test_trials_have_equal_keys_exactly_when_they_are_equal(a: Trial, b: Trial) -> None:
    assert (a.key == b.key) == (a == b)


@given(st.dictionaries(words, st.integers() | words))
def test_key_order_does_not_matter(value: dict[str, object]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_a_key_is_the_same_in_another_process(hash_seed: str) -> None:
    trial = "Trial(env='e', task='t', learner='l', judge='j', knowledge=('a', 'b'), seed=7)"
    code = f"from smena import Trial; print({trial}.key)"
    env = os.environ | {"PYTHONHASHSEED": hash_seed}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True
    ).stdout
    assert told.strip() == Trial(env="e", task="t", learner="l", judge="j", knowledge=("a", "b"), seed=7).key


def test_an_item_is_known_by_its_body_alone() -> None:
    body = Pattern("p", ("a=b",), ("step",))
    here = Knowledge(body, (), Provenance("task-1", "program", "search"))
    there = Knowledge(body, (), Provenance("task-2", "family", "search"))
    assert here.digest == there.digest


def test_bodies_of_different_kinds_do_not_collide() -> None:
    bodies = [
        Fact("x", "y", "z"),
        Pattern("x", (), ("y",)),
        Antipattern("x", (), "y", ()),
        Antipattern("x", (), "y", ("y",)),
    ]
    assert len({digest(body) for body in bodies}) == len(bodies)
