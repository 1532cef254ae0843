"""The gap: what the train pairs demand and the attempt lacks; never the answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena import Attempt, Gap, Hypothesis, Task
from smena.values import canonical
from smena_arc.environment import Arc, ArcConfig

FLIP = {
    "train": [
        {"input": [[1, 0, 0]], "output": [[0, 0, 1]]},
        {"input": [[0, 2, 0, 0]], "output": [[0, 0, 2, 0]]},
    ],
    "test": [{"input": [[3, 0, 0, 0, 0]]}],
}
ANSWER = [[0, 0, 0, 0, 3]]


def gap(answer: Any, view: Any = FLIP, reference: Any = ANSWER, **settings: Any) -> Gap:
    task = Task(id="t", split="train", view=view, reference=[reference])
    return Arc(ArcConfig(**settings)).gap(
        task, answer if isinstance(answer, Attempt) else Attempt(answer=answer)
    )


def told(found: Gap) -> dict[str, str]:
    return {f.aspect: f.value for f in found.findings}


def test_it_says_what_the_train_pairs_demand() -> None:
    found = told(gap(None))
    assert (
        found["size"] == "same" and found["turned"] == "flip-horizontal" and found["histogram"] == "preserved"
    )
    assert found["attempt"].startswith("no program fits")


def test_it_says_where_the_attempt_departs() -> None:
    found = told(gap([[[[3, 3, 0]]]]))
    assert found["attempt.size"] == "attempt 1, test 1: smaller where all train pairs have same"
    assert "attempt.turned" in found
    assert not any(aspect.startswith("attempt") for aspect in told(gap([[ANSWER]])))


def test_a_hypothesis_is_named_by_its_steps() -> None:
    attempt = Attempt(answer=None, hypotheses=(Hypothesis([[[3]]], steps=("crop", "paint")),))
    assert told(gap(attempt))["attempt.size"].startswith("crop > paint, test 1: ")


def test_nothing_of_the_reference_unless_asked() -> None:
    assert {f.source for f in gap([[[[3]]]]).findings} == {"view"} and gap([[[[3]]]]).bits == 0


def test_what_the_train_pairs_predict_discloses_nothing() -> None:
    found = gap(None, disclose=True)
    assert {f.aspect: (f.value, f.bits) for f in found.findings if f.source == "reference"} == {
        "test-1.size": ("1x5", 0.0),
        "test-1.palette": ("0,3", 0.0),
        "test-1.objects": ("1", 0.0),
    }


def test_what_they_do_not_predict_is_charged() -> None:
    found = gap(None, reference=[[3, 0, 0], [0, 0, 0], [0, 0, 4]], disclose=True)
    bits = {f.aspect: round(f.bits, 2) for f in found.findings if f.source == "reference"}
    assert bits == {"test-1.size": 9.81, "test-1.palette": 10.0, "test-1.objects": 2.32}


GRIDS = st.integers(1, 5).flatmap(
    lambda w: st.lists(st.lists(st.integers(0, 4), min_size=w, max_size=w), min_size=1, max_size=5)
)
PAIRS = st.lists(st.fixed_dictionaries({"input": GRIDS, "output": GRIDS}), min_size=1, max_size=3)


@settings(max_examples=80, deadline=None)
@given(PAIRS, GRIDS, GRIDS, st.none() | GRIDS, st.booleans())
def test_no_grid_is_ever_in_a_gap(pairs: Any, test: Any, output: Any, tried: Any, disclose: bool) -> None:
    view = {"train": pairs, "test": [{"input": test}]}
    found = gap([[tried]] if tried else None, view, output, disclose=disclose)
    assert b"[[" not in canonical(found) and 0 <= found.bits <= 30
    assert all(f.bits == 0 or f.source == "reference" for f in found.findings)


@pytest.mark.parametrize("answer", [None, 3, [], [[]], [[[[99]]]], {"a": 1}, [[None]], "x"])
def test_a_malformed_answer_has_a_gap_too(answer: Any) -> None:
    assert "attempt" in told(gap(answer))
