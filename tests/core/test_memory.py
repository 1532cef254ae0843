"""Memory: states change only along the lifecycle, and only trusted items are retrieved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import Fact, Knowledge, Pattern, Provenance
from smena.memory import CHANNEL_OF, NEXT, Memory, State, applies

features = st.lists(st.sampled_from(["a=1", "b=2", "c=3", "d=4"]), unique=True).map(tuple)


def item(name: str, triggers: tuple[str, ...] = ()) -> Knowledge:
    return Knowledge(Pattern(name, triggers, ("step",)), (), Provenance("origin", "program", "test"))


def with_states(**states: State) -> Memory:
    memory = Memory()
    for name, state in states.items():
        one = item(name)
        memory.propose(one)
        memory.states[one.digest] = state
    return memory


def test_a_lesson_is_proposed_once() -> None:
    memory = Memory()
    assert memory.propose(item("p"))
    assert not memory.propose(item("p"))
    assert memory.counts() == {"proposed": 1}


@given(st.sampled_from(sorted(NEXT)), st.sampled_from(sorted(NEXT)))
def test_states_change_only_along_the_lifecycle(before: State, after: State) -> None:
    memory = with_states(p=before)
    (digest,) = memory.items
    if after in NEXT[before]:
        moved = memory.move(digest, after, step=3, decision=7)
        assert (moved.from_status, moved.to_status, moved.channel) == (before, after, CHANNEL_OF[after] or "")
        assert (moved.step, moved.decision_seq) == (3, 7)
    else:
        with pytest.raises(ValueError, match="not a step of the lifecycle"):
            memory.move(digest, after, step=3)
        assert memory.states[digest] == before


def test_only_trusted_items_are_retrieved() -> None:
    memory = with_states(**{state: state for state in NEXT})  # type: ignore[arg-type]
    assert [k.body.name for k in memory.retrieve((), 99)] == ["trusted"]  # type: ignore[union-attr]


@given(st.lists(features, max_size=8), features, st.integers(1, 4))
def test_retrieval_matches_triggers_and_keeps_to_k(
    triggers: list[tuple[str, ...]], held: tuple[str, ...], k: int
) -> None:
    memory = Memory()
    for number, needed in enumerate(triggers):
        one = item(f"p{number}", needed)
        memory.propose(one)
        memory.states[one.digest] = "trusted"
    found = memory.retrieve(held, k)
    assert len(found) == min(k, sum(set(needed) <= set(held) for needed in triggers))
    assert all(applies(one.body, set(held)) for one in found)


def test_lessons_of_similar_tasks_come_first_then_the_more_useful() -> None:
    memory, task = Memory(), ("a=1", "b=2", "c=3")
    far, near, good = item("far"), item("near"), item("good")
    for one, features in ((far, ("d=4",)), (near, task), (good, task)):
        memory.propose(one, features)
        memory.states[one.digest] = "trusted"
    memory.worth = {far.digest: 0.9, good.digest: 0.3, near.digest: 0.1}
    assert memory.retrieve(task, 9) == [good, near, far]
    assert memory.retrieve(("d=4",), 1) == [far]


def test_a_fact_applies_everywhere() -> None:
    assert applies(Fact("grid", "symmetry", "rotational"), set())
