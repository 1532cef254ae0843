"""The store on SQLite and on PostgreSQL: what is remembered, what is owed, what a second run leaves."""

from __future__ import annotations

import string
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smena.errors import BadInput
from smena.store import Run, Store
from smena.store.records import Loss
from smena.values import (
    Antipattern,
    Decision,
    Example,
    Fact,
    Knowledge,
    Outcome,
    Pattern,
    Provenance,
    Status,
    Task,
    Transition,
    Trial,
)

TRIAL = Trial("arc@1", "0" * 32, "search@1", "exact@1", ("a", "b"), "f" * 32, 2**62, "attempt")
RUN = Run(
    id="arc-ate-0011",
    env="arc@1",
    learner="search@1",
    teacher="hints@1",
    policy="ate@1",
    seed=7,
    config={"seed": 7, "nested": {"b": [1, None], "a": 0.1}},
    fingerprint="0011",
)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


def ok(trial: Trial, y: int = 1) -> Outcome:
    return Outcome(
        trial.key, "ok", y, y / 3, {"exact": 1.0, "a": 0.0}, 0.1, 1e-9, {"z": [[1]], "a": "ü\0"}, None, ""
    )


def failed(trial: Trial, status: Status = "infra", error: str = "docker is gone") -> Outcome:
    return Outcome(trial.key, status, error=error, latency=2.0)


def test_an_outcome_comes_back_as_it_was(store: Store, url: str) -> None:
    assert store.remember(TRIAL, ok(TRIAL)) == ok(TRIAL)
    store.close()
    with Store.open(url, create=False) as again:
        recalled = again.recall([TRIAL.key, "nothing"])
    assert recalled == {TRIAL.key: ok(TRIAL)}
    assert list(recalled[TRIAL.key].output) == ["z", "a"], "keys keep their order"


def test_the_first_outcome_stands(store: Store) -> None:
    store.remember(TRIAL, ok(TRIAL, 1))
    for later in (ok(TRIAL, 0), failed(TRIAL), Outcome(TRIAL.key, "abstain")):
        assert store.remember(TRIAL, later) == ok(TRIAL, 1)
    assert store.recall([TRIAL.key]) == {TRIAL.key: ok(TRIAL, 1)}


@pytest.mark.parametrize("status", ["infra", "timeout"])
def test_a_failure_is_owed_again_counted_and_kept(store: Store, status: Status) -> None:
    for error in ("first", "second"):
        assert store.remember(TRIAL, failed(TRIAL, status, error)).error == error
        assert store.recall([TRIAL.key]) == {}
    assert store.recall([TRIAL.key], statuses=[status])[TRIAL.key].error == "second"
    assert store.remember(TRIAL, ok(TRIAL)) == ok(TRIAL)
    store.start_run(RUN)
    store.link(RUN.id, "eval", [TRIAL.key])
    [served] = store.outcomes(RUN.id)
    assert (served.outcome, served.attempts) == (ok(TRIAL), 3)
    assert [(f.attempt, f.error) for f in store.failures(RUN.id)] == [(1, "first"), (2, "second")]


def test_what_the_machinery_failed_at_is_counted_by_purpose_arm_and_cause(store: Store) -> None:
    bare, informed = (msgspec.structs.replace(TRIAL, knowledge=items) for items in ((), ("k",)))
    for trial, causes in ((bare, ["judge-timeout", "judge-timeout"]), (informed, ["no-score"])):
        for cause in causes:
            lost = msgspec.structs.replace(failed(trial, "infra", "why"), cause=cause)
            assert store.remember(trial, lost).cause == cause
    store.remember(bare, ok(bare))
    store.start_run(RUN)
    store.link(RUN.id, "eval/none", [bare.key, bare.key])
    store.link(RUN.id, "eval/trusted", [informed.key, bare.key])
    store.link(RUN.id, "train/1/t", [bare.key])
    assert store.recall([bare.key])[bare.key].cause == ""
    assert store.losses(RUN.id) == [
        Loss("eval", False, "judge-timeout", 2, 0),
        Loss("eval", True, "no-score", 1, 1),
        Loss("train", False, "judge-timeout", 2, 0),
    ]


def test_an_abstention_is_an_answer(store: Store) -> None:
    store.remember(TRIAL, Outcome(TRIAL.key, "abstain"))
    assert store.recall([TRIAL.key])[TRIAL.key].status == "abstain"


def test_an_error_with_a_nul_is_stored(store: Store) -> None:
    store.remember(TRIAL, Outcome(TRIAL.key, "abstain", error="a\0b"))
    assert store.recall([TRIAL.key])[TRIAL.key].error == "a b"


def test_many_keys_are_recalled(store: Store) -> None:
    trials = [Trial("arc@1", "t", "l", "j", seed=seed) for seed in range(1203)]
    for trial in trials:
        store.remember(trial, ok(trial))
    recalled = store.recall(key for trial in trials for key in (trial.key, trial.key[::-1], trial.key))
    assert recalled == {trial.key: ok(trial) for trial in trials}
    assert store.recall([]) == {}


serial = count(1 - 2**63)
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_outcome_comes_back_as_it_was(store: Store, data: st.DataObject) -> None:
    names = st.text(string.printable, max_size=20)
    trial = Trial(
        *(data.draw(names) for _ in range(4)),
        knowledge=tuple(data.draw(st.lists(names, max_size=3))),
        feedback=data.draw(st.none() | names),
        seed=next(serial),
        kind=data.draw(st.sampled_from(["attempt", "lesson"])),
    )
    outcome = Outcome(
        trial.key,
        "ok",
        data.draw(st.none() | st.integers(0, 1)),
        data.draw(st.none() | finite),
        data.draw(st.dictionaries(st.text(), finite, max_size=3)),
        data.draw(finite),
        data.draw(finite),
        data.draw(json_values),
        data.draw(json_values),
        data.draw(names),
    )
    store.remember(trial, outcome)
    assert store.recall([trial.key]) == {trial.key: outcome}
    store.start_run(RUN)
    store.link(RUN.id, "p", [trial.key])
    assert [s.trial for s in store.outcomes(RUN.id)] == [trial]


def fill(store: Store) -> None:
    """All that a run may write about itself."""
    trials = [Trial("arc@1", f"t{i}", "search@1", "exact@1", seed=i) for i in range(4)]
    for trial in trials:
        store.remember(trial, ok(trial))
    keys = [trial.key for trial in trials]
    pattern = Knowledge(
        Pattern("mirror", ("size=even",), ("flip",)),
        (Example([[1]], "two", None),),
        Provenance("t0", "1", "hints@1"),
    )
    fact = Knowledge(Fact("colour", "means", "wall"), (), Provenance("t1", "0", "hints@1"))
    warning = Knowledge(Antipattern("never", (), "loops", ("spin",)), (), Provenance("t1", "0", "hints@1"))
    store.put_tasks(
        "arc@1", {f"t{i}": Task(f"task {i}", "eval", None, None, "c", ("a=b",), {"k": "v"}) for i in range(4)}
    )
    with store.together():
        store.link(RUN.id, "eval/0", keys[:2])
        store.link(RUN.id, "eval/0", keys[2:], start=2)
        store.link(RUN.id, "eval_1", keys[:1])
        store.put_items(RUN.id, [pattern, fact])
        store.put_items(RUN.id, [warning], start=2)
        store.put_decision(
            RUN.id, 0, Decision(pattern.digest, "ate", "ate@1", "pass", {"n": 20, "z": 1.5}), 3
        )
        store.put_decision(RUN.id, 1, Decision(fact.digest, "ate", "ate@1", "undecided", {}), 3)
        store.put_transition(
            RUN.id, Transition(pattern.digest, "candidate", "trusted", "trusted", 0, seq=0, step=3)
        )
        store.put_mark(RUN.id, "bank", {"t0": 0.5})
        store.put_mark(RUN.id, "tasks/eval", ["task 0"])


def told(store: Store) -> list[object]:
    return [
        list(store.outcomes(RUN.id)),
        store.items(RUN.id),
        store.decisions(RUN.id),
        store.transitions(RUN.id),
        store.marks(RUN.id),
        store.tasks("arc@1"),
    ]


def test_a_run_is_told_as_it_was_written(store: Store) -> None:
    started = store.start_run(RUN)
    fill(store)
    assert started.config == RUN.config and started.status == "running" and started.finished_at is None
    assert [(s.purpose, s.position, s.trial.seed) for s in store.outcomes(RUN.id, "eval")] == [
        ("eval/0", 0, 0),
        ("eval/0", 1, 1),
        ("eval/0", 2, 2),
        ("eval/0", 3, 3),
        ("eval_1", 0, 0),
    ]
    assert len(list(store.outcomes(RUN.id, "eval_"))) == 1, "a prefix is no pattern"
    items = store.items(RUN.id)
    assert [item.position for item in items] == [0, 1, 2]
    assert items[0].knowledge.examples[0].expected_output == "two"
    assert [type(item.knowledge.body) for item in items] == [Pattern, Fact, Antipattern]
    assert store.decisions(RUN.id)[0].decision.evidence == {"n": 20, "z": 1.5}
    assert store.decisions(RUN.id)[1].step == 3
    assert store.transitions(RUN.id)[0].decision_seq == 0
    assert store.marks(RUN.id) == {"bank": {"t0": 0.5}, "tasks/eval": ["task 0"]}
    assert store.tasks("arc@1")["t3"].features == ("a=b",) and store.tasks("lab@1") == {}
    store.finish_run(RUN.id)
    assert store.run(RUN.id).status == "finished" and store.run(RUN.id).finished_at


def test_running_again_leaves_the_same(store: Store) -> None:
    first = store.start_run(RUN)
    fill(store)
    once = told(store)
    fill(store)
    assert told(store) == once, "writing twice is writing once"
    store.put_decision(RUN.id, 2, Decision("i", "g", "p", "drop", {}))  # of a run that went on and was killed
    again = store.start_run(RUN)
    assert again.created_at == first.created_at
    assert not list(store.outcomes(RUN.id)) and store.decisions(RUN.id) == []
    fill(store)
    assert told(store) == once


def test_together_is_all_or_nothing(store: Store) -> None:
    store.start_run(RUN)
    with pytest.raises(ZeroDivisionError), store.together():
        store.put_mark(RUN.id, "a", 1)
        with store.together():
            store.put_mark(RUN.id, "b", 2)
        raise ZeroDivisionError
    assert store.marks(RUN.id) == {}
    with pytest.raises(RuntimeError, match="outside together"), store.together():
        store.remember(TRIAL, ok(TRIAL))
    store.put_mark(RUN.id, "c", 3)
    assert store.marks(RUN.id) == {"c": 3}


def test_runs_are_found_by_prefix(store: Store) -> None:
    with pytest.raises(BadInput, match="holds no run yet"):
        store.run("arc")
    for run in ("arc-ate-0011", "arc-ate-0022", "arc-all-1", "arc-all-12"):
        store.start_run(Run(**{f: getattr(RUN, f) for f in RUN.__struct_fields__} | {"id": run}))
    assert store.run("arc-ate-002").id == "arc-ate-0022"
    assert store.run("arc-all-1").id == "arc-all-1", "a whole id is not ambiguous"
    with pytest.raises(BadInput, match=r"'arc-ate-00' is ambiguous: arc-ate-0022, arc-ate-0011"):
        store.run("arc-ate-00")
    with pytest.raises(BadInput, match=r"no run 'arc-ate-0012' in .*: did you mean arc-ate-00"):
        store.run("arc-ate-0012")
    with pytest.raises(BadInput, match="it holds arc-all-12, arc-all-1"):
        store.run("???")
    assert store.run().id == store.runs()[0].id == "arc-all-12", "the youngest"


def test_two_stores_write_side_by_side(url: str, tmp_path: Path) -> None:
    with Store.open(url) as one, Store.open(url) as two:
        for seed in range(20):
            trial = Trial("e", "t", "l", "j", seed=seed)
            winner, loser = (one, two) if seed % 2 else (two, one)
            winner.remember(trial, ok(trial, 1))
            assert loser.remember(trial, ok(trial, 0)).y == 1
