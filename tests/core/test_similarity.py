"""Lessons in the words of a task come first, where the configuration says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena.memory import Memory
from smena.similarity import likeness, text_of, words_of
from smena.values import Antipattern, Fact, Knowledge, Pattern, Provenance

pytest.importorskip("sklearn")


def item(name: str) -> Knowledge:
    return Knowledge(Pattern(name, (), ("step",)), (), Provenance("t", "1", "teacher"))


def test_words_in_common_come_first_and_only_if_asked() -> None:
    memory = Memory()
    items = [
        item("clean the mug in the sink"),
        item("heat the egg in the microwave"),
        item("look under the lamp"),
    ]
    for each in items:
        memory.propose(each)
    task = words_of({"goal": "put a hot egg on the table", "rooms": ["kitchen", 3]})
    assert memory.retrieve((), 1, items, task) == [items[1]]
    assert memory.retrieve((), 1, items) == [items[0]], "the older one"


def test_a_rare_word_says_more_than_a_common_one() -> None:
    common = [f"the value in the list {n}" for n in range(5)]
    scores = likeness("the codec of the value", [*common, "codec"])
    assert max(scores) == scores[-1]


words = st.text(max_size=30)


@given(words, st.lists(words, max_size=5))
def test_any_text_is_taken(text: str, others: list[str]) -> None:
    scores = likeness(text, others)
    assert len(scores) == len(others) and all(0 <= s <= 1 for s in scores)
    assert likeness(text, others) == scores


def test_every_kind_of_lesson_has_words() -> None:
    bodies = [Fact("a", "b", "c"), Pattern("a", ("b",), ("c",)), Antipattern("a", ("b",), "c")]
    assert {text_of(body) for body in bodies} == {"a b c"}
