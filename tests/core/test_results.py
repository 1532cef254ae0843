"""Figures against numbers worked out by hand, on a store written row by row; what must hold of any rows."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from smena.errors import BadInput
from smena.results import RunResult
from smena.results.accuracy import held_out, learning
from smena.results.estimates import clustered, mean, paired, quantile, share
from smena.results.items import evidence_paths, memory
from smena.results.saves import saves
from smena.store import Run, Store, Use
from smena.values import Decision, Knowledge, Outcome, Pattern, Provenance, Task, Transition, Trial

RUN = "lab-causal-1"
CONFIG = {
    "env": "lab",
    "policy": "causal",
    "seed": 3,
    "attempts": 3,
    "eval_repeats": 2,
    "settings": {},
}

# --- a store by hand

# Attempts of each train task: y, None where the machinery failed. A lesson follows the first failure.
EPISODES = {
    1: {"a": [1], "b": [0, 1], "c": [0, 0, 0], "d": [None]},
    2: {"e": [1], "f": [0, 0, 1]},
}
# y of both repeats of each held-out task.
EVAL = {
    "eval/trusted/000": [(0, 0), (0, 1), (1, 1), (0, 0)],
    "eval/trusted/001": [(0, 0), (0, 1), (1, 1), (0, 0)],
    "eval/trusted/002": [(1, 0), (1, 1), (1, 1), (0, None)],
    "eval/all/002": [(0, 0), (0, 0), (1, 1), (1, 1)],
}
# Items: the states they went through (with the step), and the audit's verdict.
ITEMS = {
    "useful and kept": ([("eligible", 1), ("candidate", 1), ("trusted", 1)], "pass"),
    "useless but kept": ([("eligible", 1), ("candidate", 1), ("trusted", 2)], "drop"),
    "useless, refuted": ([("eligible", 2), ("candidate", 2), ("rejected", 2)], "drop"),
    "never tested": ([], "undecided"),
    "useful, overlooked": ([], "pass"),
}


def knowledge(name: str) -> Knowledge:
    return Knowledge(Pattern(name, ("size=same",), ("rotate",)), (), Provenance("b", "family", "search"))


class Writer:
    """Writes trials with their outcomes; each is another trial."""

    def __init__(self, store: Store) -> None:
        self.store, self.seed = store, 0

    def trial(
        self, purpose: str, position: int, task: str, y: int | None, cost: float = 1.0, **more: object
    ) -> None:
        self.seed += 1
        trial = Trial("lab@1", task, "lab@1", "exact@1", seed=self.seed, **more)  # type: ignore[arg-type]
        attempt = trial.kind == "attempt"
        status = "ok" if y is not None or not attempt else "infra"
        reward = float(y) if y is not None else None
        cause = "judge-timeout" if status == "infra" else ""
        outcome = Outcome(trial.key, status, y, reward, cost=cost, latency=0.01 * self.seed, cause=cause)
        self.store.remember(trial, outcome)
        self.store.link(RUN, purpose, [trial.key], position)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "run.db")
    names = {"id": RUN, "env": "lab@1", "learner": "lab@1", "teacher": "lab@1", "policy": "causal@1"}
    store.start_run(Run(**names, seed=3, config=CONFIG, fingerprint="f" * 32))
    writer = Writer(store)
    for step, wave in EPISODES.items():
        for task, ys in wave.items():
            purpose = f"train/{step:03}/{task}"
            writer.trial(purpose, 0, task, ys[0])
            if ys[0] == 0:
                writer.trial(purpose, 1, task, None, 0.5, kind="lesson")
            for number, y in enumerate(ys[1:], start=2):
                writer.trial(purpose, number, task, y)
        store.put_mark(RUN, f"memory/{step:03}", {})
    for purpose, tasks in EVAL.items():
        informed = ("k",) if purpose > "eval/trusted/001" or "all" in purpose else ()
        for number, ys in enumerate(tasks):
            for repeat, y in enumerate(ys):
                told = informed if number < 2 else ()
                writer.trial(purpose, 2 * number + repeat, f"held-{number}", y, knowledge=told)
    _write_items(store)
    tasks = {f"held-{n}": Task(f"held-{n}", "eval", None, None) for n in range(4)}
    store.put_tasks("lab@1", tasks)
    store.put_mark(RUN, "tasks/eval", list(tasks))
    store.put_mark(RUN, "audit/rule", {"text": "by hand", "level": 0.9})
    store.finish_run(RUN)
    return store


def _write_items(store: Store) -> None:
    seq = decisions = 0
    for position, (name, (states, _)) in enumerate(ITEMS.items()):
        item = knowledge(name)
        store.put_items(RUN, [item], position)
        before = ""
        for state, step in [("proposed", states[0][1] if states else 2), *states]:
            store.put_transition(RUN, Transition(item.digest, before, state, "", None, seq, step))
            before, seq = state, seq + 1
        if states:
            evidence = {"runs": 20, "delta_u": 0.25, "delta_u_lower": 0.05, "reason": "because", "theta": 0.0}
            evidence |= {"differences": [1.0, 0.0, 1.0], "threshold": 10.0}
            verdict = "pass" if states[-1][0] == "trusted" else "drop"
            store.put_decision(RUN, decisions, Decision(item.digest, "confirm", "causal", verdict, evidence))
            decisions += 1
    for name, (_, verdict) in ITEMS.items():
        store.put_decision(RUN, decisions, Decision(knowledge(name).digest, "audit", "causal", verdict, {}))  # type: ignore[arg-type]
        decisions += 1


@pytest.fixture
def result(store: Store) -> RunResult:
    return RunResult.read(store)


def test_learning_curve(result: RunResult) -> None:
    first, second = result.learning.waves
    assert (first.tasks, first.lost, first.solved_at) == (3, 1, (1, 1, 0))
    assert (second.tasks, second.lost, second.solved_at) == (2, 0, (1, 0, 1))
    assert (first.acc1.hits, first.acc_n.hits, first.acc1.n) == (1, 2, 3)
    assert (second.acc1_so_far.hits, second.acc_n_so_far.hits, second.acc_n_so_far.n) == (2, 4, 5)
    assert result.learning.t_success.value == pytest.approx((1 + 2 + 1 + 3) / 4)
    assert result.learning.c_success.value == pytest.approx((1 + 2.5 + 1 + 3.5) / 4)


def test_held_out_arms_and_paired_differences(result: RunResult) -> None:
    held = result.held_out
    assert held.none.accuracy.value == pytest.approx((0 + 0.5 + 1 + 0) / 4)
    assert held.trusted.accuracy.value == pytest.approx((0.5 + 1 + 1 + 0) / 4)
    assert held.everything.accuracy.value == pytest.approx(0.5)
    assert (held.none.informed, held.trusted.informed, held.trusted.lost) == (0, 2, 1)
    # the lost trial of the last task leaves both arms, its other repeat stays
    assert held.trusted_vs_none.value == pytest.approx((0.5 + 0.5 + 0 + 0) / 4)
    assert held.trusted_vs_everything.value == pytest.approx((0.5 + 1 + 0 - 1) / 4)
    assert [s.step for s in held.by_step] == [0, 1, 2]
    # t with 3 degrees of freedom: 3.1824 · sd(.5, .5, 0, 0)/2
    low, high = held.trusted_vs_none.low, held.trusted_vs_none.high
    assert (low, high) == pytest.approx(
        (0.25 - 3.1824 * 0.288675 / 2, 0.25 + 3.1824 * 0.288675 / 2), abs=1e-4
    )


def test_fpr_save_in_both_readings(result: RunResult) -> None:
    own, transition, everything = result.saves.rules
    assert (own.saves, own.false, own.useful, own.undecided) == (2, 1, 1, 0)
    assert own.false_share.value == 0.5 and own.false_share_bounds == (0.5, 0.5)
    assert own.save_given_null.value == 0.5 and own.save_given_null_bounds == (1 / 3, 1 / 2)
    assert own.kept.value == 0.5
    assert (transition.false_share.hits, transition.false_share.n) == (2, 3)
    assert (everything.saves, everything.undecided) == (5, 1)
    assert everything.false_share.value == 0.5 and everything.false_share_bounds == (2 / 5, 3 / 5)
    assert everything.save_given_null.value == 1.0
    # exact interval of 1 of 2: [1 − √.975, √.975]
    assert (own.false_share.low, own.false_share.high) == pytest.approx((1 - 0.975**0.5, 0.975**0.5))


def test_memory_items_and_cost(result: RunResult) -> None:
    assert [m.states for m in result.memory] == [
        {},
        {"trusted": 1, "candidate": 1},
        {"trusted": 2, "rejected": 1, "proposed": 2},
    ]
    assert result.memory[-1].trusted_share == pytest.approx(2 / 5)
    kept = result.items[0]
    assert (kept.state, kept.delta_u, kept.delta_u_lower, kept.reason) == (
        "trusted",
        0.25,
        0.05,
        "confirm: because",
    )
    assert kept.audit is not None and [d.gate for d in kept.decisions] == ["confirm", "audit"]
    families = {f.name: f for f in result.ledger.families}
    assert families["train"].trials == 11 + 3 and families["train"].cost == pytest.approx(11 + 3 * 0.5)
    assert (families["train"].infra, families["eval"].infra, families["train"].retried) == (1, 1, 1)
    assert result.ledger.lost == 2
    assert [(loss.family, loss.cause, loss.executions, loss.trials) for loss in result.ledger.losses] == [
        ("eval", "judge-timeout", 1, 1),
        ("train", "judge-timeout", 1, 1),
    ]
    (dropped, passed) = sorted(result.ledger.gates, key=lambda g: g.verdict)
    assert (dropped.runs, passed.decisions, passed.runs, passed.runs_median) == (20, 2, 40, 20.0)


def test_evidence_is_recomputed_as_the_gate_did(result: RunResult) -> None:
    from smena.causal.eprocess import Betting

    process = Betting(0.0)
    for difference in (1.0, 0.0, 1.0):
        process.update(difference)
    assert result.evidence[0].e_values[-1] == pytest.approx(float(process.e_value))
    assert evidence_paths([Decision("i", "screen", "paper", "pass", {"runs": 3})]) == ()


def test_every_sql_gives_its_figure(store: Store, result: RunResult) -> None:
    def rows(name: str) -> list[tuple[object, ...]]:
        with sa.create_engine(f"sqlite:///{store.where}").connect() as connection:
            return [
                tuple(row) for row in connection.execute(sa.text(result.queries[name].replace(":", r"\:")))
            ]

    assert rows("learning") == [
        (f"{w.step:03}", w.tasks, w.acc1.value, pytest.approx(w.acc_n.value)) for w in result.learning.waves
    ]
    held = result.held_out
    for arm in (held.none, held.everything, held.trusted):
        assert (arm.purpose, arm.accuracy.n, arm.accuracy.value, arm.informed) in rows("held_out")
    found = {(arm, base): value for arm, base, _, value in rows("differences")}
    assert found[held.trusted.purpose, held.none.purpose] == held.trusted_vs_none.value
    assert found[held.trusted.purpose, held.everything.purpose] == held.trusted_vs_everything.value
    assert found[held.everything.purpose, held.none.purpose] == held.everything_vs_none.value
    steps: dict[object, dict[object, object]] = {0: {}}
    for step, state, items in rows("memory"):
        steps.setdefault(step, {})[state] = items
    assert steps == {m.step: m.states for m in result.memory}
    own = result.saves.rules[0]
    assert {row[1]: row[2] for row in rows("saves") if row[0]} == {"drop": own.false, "pass": own.useful}
    assert {row[0]: row[3] for row in rows("items")} == {i.digest: i.state for i in result.items}
    assert [tuple(row) for row in rows("losses")] == [("judge-timeout", 2)]
    assert {row[0]: (row[1], row[2], row[3]) for row in rows("ledger")} == {
        f.name[:4]: (f.trials, f.cost, f.infra + f.timeout) for f in result.ledger.families if f.trials
    }
    assert [row[0] for row in rows("evidence")] == [p.item for p in result.evidence]
    assert ("audit", "drop", 2) in rows("gates")


# --- what is not there is said, never guessed


def test_no_run_and_unknown_run(tmp_path: Path, store: Store) -> None:
    with Store.open(tmp_path / "empty.db") as empty, pytest.raises(BadInput, match="no run yet"):
        RunResult.read(empty)
    with pytest.raises(BadInput, match="no run 'arc-x'"):
        RunResult.read(store, "arc-x")
    assert RunResult.read(store, "lab-c").run.id == RUN


def test_a_run_that_has_only_begun(tmp_path: Path) -> None:
    with Store.open(tmp_path / "begun.db") as store:
        names = {"id": RUN, "env": "lab@1", "learner": "lab@1", "teacher": "lab@1", "policy": "causal@1"}
        store.start_run(Run(**names, seed=3, config=CONFIG, fingerprint="f" * 32))
        result = RunResult.read(store)
    assert result.learning.acc1.value is None and result.held_out.none.accuracy.value is None
    assert result.held_out.trusted_vs_none.why and result.saves.why == "not measured: this run has no audit"
    assert any("not finished" in said for said in result.not_measured)
    assert result.ledger.trials == 0 and result.items == ()


def test_zero_saves_leave_the_share_undefined() -> None:
    audits = [Decision("a", "audit", "causal", "drop", {}), Decision("b", "audit", "causal", "pass", {})]
    own = saves(["a", "b"], [], audits, "causal", {}).rules[0]
    assert own.false_share.value is None and own.false_share.why == "undefined: nothing was saved"
    assert own.false_share_bounds is None
    assert own.save_given_null.value == 0.0 and own.save_given_null.n == 1


def test_items_that_were_not_audited_are_never_counted_as_right() -> None:
    moves = [
        Transition("a", "candidate", "trusted", "trusted"),
        Transition("b", "candidate", "trusted", "trusted"),
    ]
    audits = [Decision("a", "audit", "causal", "pass", {})]
    own = saves(["a", "b", "c"], moves, audits, "causal", {}).rules[0]
    assert own.unaudited == 1 and own.false_share.value is None and "not audited" in own.false_share.why
    assert own.false_share_bounds == (0.0, 0.5)
    assert own.save_given_null.value is None


def test_all_trials_lost() -> None:
    uses = [
        use(purpose, n, f"t{n}", None) for purpose in ("eval/trusted/000", "eval/trusted/001") for n in (0, 1)
    ]
    found = held_out(uses, 1)
    assert found.none.accuracy.value is None and found.none.lost == 2
    assert found.trusted_vs_none.value is None
    episode = learning([use("train/001/t", 0, "t", None)], 3)
    assert episode.waves[0].lost == 1 and episode.acc1.value is None


def test_arms_of_different_steps_are_not_compared() -> None:
    uses = [use(p, 0, "t", 1) for p in ("eval/trusted/000", "eval/trusted/003", "eval/all/002")]
    assert "unfinished" in held_out(uses, 1).trusted_vs_everything.why


# --- what must hold of any rows


def use(purpose: str, position: int, task: str, y: int | None, informed: bool = False) -> Use:
    status = "ok" if y is not None else "infra"
    key = f"{purpose}{position}{task}"
    reward = None if y is None else float(y)
    return Use(purpose, position, key, "attempt", task, informed, status, y, reward, 1.0, 0.1, 1)  # type: ignore[arg-type]


def contains(e: object) -> bool:
    value, low, high = (getattr(e, name) for name in ("value", "low", "high"))
    return value is None or low is None or low <= value <= high


@given(st.lists(st.integers(0, 4), min_size=0, max_size=60))
def test_accuracy_intervals_hold_the_estimate_and_stay_in_0_1(hits: list[int]) -> None:
    e = clustered([h / 4 for h in hits], 4)
    assert contains(e)
    if e.value is not None and e.low is not None and e.high is not None:
        assert 0 <= e.low < e.high <= 1


@given(st.lists(st.integers(-4, 4), min_size=0, max_size=60))
def test_differences_never_shrink_to_a_point_by_luck(ds: list[int]) -> None:
    e = paired([d / 4 for d in ds])
    assert contains(e) and (e.value is None or -1 <= e.value <= 1)
    if len(ds) > 1 and not any(ds):
        assert e.low is not None and e.low < 0


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["Wilson", "Clopper–Pearson"]))
def test_shares(hits: int, more: int, method: str) -> None:
    e = share(hits, hits + more, "items", method)
    assert contains(e) and (e.value is None) == (hits + more == 0)


@given(st.lists(st.floats(-1e6, 1e6), max_size=20))
def test_means_and_quantiles(values: list[float]) -> None:
    assert contains(mean(values))
    for q in (0.0, 0.5, 0.95, 1.0):
        assert quantile(values, q) in (values or [None])


VERDICTS = st.sampled_from(["pass", "drop", "undecided", ""])
REACHED = st.sampled_from(["proposed", "eligible", "trusted"])


@settings(max_examples=200)
@given(st.lists(st.tuples(REACHED, VERDICTS), max_size=12))
def test_fpr_is_a_share_inside_its_bounds(items: list[tuple[str, str]]) -> None:
    names = [str(n) for n in range(len(items))]
    moves = [
        Transition(n, "", state, "")
        for n, (reached, _) in zip(names, items, strict=True)
        for state in ("proposed", "eligible", "trusted")[
            : 1 + ("proposed", "eligible", "trusted").index(reached)
        ]
    ]
    audits = [Decision(n, "audit", "causal", v, {}) for n, (_, v) in zip(names, items, strict=True) if v]  # type: ignore[arg-type]
    for rule in saves(names, moves, audits, "causal", {}).rules:
        assert rule.false + rule.useful + rule.undecided + rule.unaudited == rule.saves
        for e, bounds in (
            (rule.false_share, rule.false_share_bounds),
            (rule.save_given_null, rule.save_given_null_bounds),
        ):
            assert contains(e)
            if bounds:
                assert 0 <= bounds[0] <= bounds[1] <= 1
                assert e.value is None or bounds[0] - 1e-12 <= e.value <= bounds[1] + 1e-12


@given(st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    uses = [
        use(f"eval/{arm}", position, f"t{position // 2}", rng.choice([0, 1, 1, None]))
        for arm in ("trusted/000", "trusted/001", "all/001")
        for position in range(12)
    ]
    train = [
        use(f"train/00{1 + t % 2}/t{t}", p, f"t{t}", int(p == t % 4))
        for t in range(6)
        for p in range(1 + t % 4)
    ]
    moves = [
        Transition(str(n % 5), "", rng.choice(["proposed", "trusted"]), "", None, n, n // 4)
        for n in range(12)
    ]
    expected = held_out(uses, 2), learning(train, 4), memory(moves, [1, 2])
    for rows in (uses, train, moves):
        rng.shuffle(rows)  # type: ignore[arg-type]
    assert (held_out(uses, 2), learning(train, 4), memory(moves, [1, 2])) == expected


def test_a_result_is_json(result: RunResult) -> None:
    assert msgspec.json.decode(msgspec.json.encode(result))["run"]["id"] == RUN
