"""What a run's report tells where the run has it: kinds of task, money, late verdicts, verifiers, moves."""

from __future__ import annotations

import html
import sqlite3
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from smena.registry import Registry
from smena.results import RunResult
from smena.results.breakdown import groups
from smena.results.figures import Bin, Flow, GapFigure, Judging, Late, VerifierFigure
from smena.results.run_document import run_document
from smena.results.run_more import more, phases
from smena.results.spending import in_words, services
from smena.store.records import TaskRow, Use
from smena.values import Usage

PAID = (
    Usage("m", "m-1", calls=2, retried=1, tokens_in=100, tokens_out=10, price=0.5),
    Usage("m", "m-1", tokens_in=50, tokens_out=5, price=None),
    Usage("n", tokens_in=7, tokens_out=3, price=0.25),
)


def told(result: RunResult, form: str, folder: Path) -> str:
    out = folder / f"report.{form}"
    Registry.load().make("report", form).write(result, out)
    return " ".join(html.unescape(out.read_text(encoding="utf-8")).split())


def task(digest: str, cluster: str, **tags: str) -> TaskRow:
    return TaskRow("e", digest, digest, "eval", cluster, (), tags)


def use(purpose: str, task: str, y: int) -> Use:
    return Use(purpose, 0, f"{purpose}{task}", "attempt", task, False, "ok", y, float(y), 1.0, 0.1, 1)


def test_each_kind_of_task_has_its_own_figures() -> None:
    tasks = {n: task(n, "k" + n[0], type=n[0], source="here", id=n) for n in ("a1", "a2", "b1")}
    held = [use("eval/trusted/000", n, 0) for n in tasks] + [
        use("eval/trusted/001", n, 1) for n in ("a1", "a2")
    ]
    held.append(use("eval/trusted/001", "b1", 0))
    found = groups(tasks, [use("train/001/x", "b1", 1)], held, "eval/trusted/001", 3, 1)
    rows = {(g.by, g.value): g for g in found.rows}
    assert found.constant == {"source": "here"}
    assert "cluster" not in {by for by, _ in rows}, "it divides the tasks as `type` does"
    assert rows["type", "a"].gain.value == 1.0 and rows["type", "a"].trusted.n == 2
    assert rows["type", "b"].gain.value == 0.0 and rows["type", "b"].acc1.value == 1.0
    assert rows["type", "a"].acc1.value is None
    many = {f"t{n}": task(f"t{n}", "c", id=f"t{n}") for n in range(30)}
    assert groups(many, [], [use("eval/trusted/000", n, 0) for n in many], "", 1, 1).many == (
        "id (30 values)",
    )


def test_kinds_of_task_add_up_to_the_whole(result: RunResult) -> None:
    rows = result.groups.rows
    assert {g.by for g in rows} == {"cluster"}
    assert sum(g.none.n for g in rows) == result.held_out.none.accuracy.n
    assert sum(g.acc1.hits or 0 for g in rows) == result.learning.acc1.hits
    gains = sum((g.gain.value or 0.0) * g.gain.n for g in rows)
    whole = result.held_out.trusted_vs_none
    assert gains == pytest.approx((whole.value or 0.0) * whole.n)


def test_money_is_summed_and_what_nobody_knows_is_said(result: RunResult, tmp_path: Path) -> None:
    m, n = services(PAID)
    assert (m.executions, m.calls, m.tokens_in, m.price, m.unpriced) == (2, 3, 150, 0.5, 1)
    assert in_words((m, n)) == (
        "$0.7500 and the unknown price of 1 execution for 4 calls (1 made again), 157 tokens in, 18 out"
    )
    assert in_words(services([PAID[1]])).startswith("an unknown price for 1 call")
    assert any("no trial says that it used a paid service" in text for text in result.not_measured)
    paid = msgspec.structs.replace(result, services=(m, n))
    for form in ("terminal", "html", "markdown"):
        assert "$0.7500" in told(paid, form, tmp_path) and "m-1" in told(paid, form, tmp_path)


def test_what_late_verdicts_changed_is_told_in_every_form(result: RunResult, tmp_path: Path) -> None:
    late = msgspec.structs.replace(result, late=Late(3, ("<b>8d2c trusted → rejected", "held-out: 1 → 0")))
    for form in ("terminal", "html", "markdown"):
        text = told(late, form, tmp_path)
        assert "Late verdicts judged 3 attempts anew" in text and "8d2c trusted → rejected" in text
    assert "<b>8d2c" not in (tmp_path / "report.html").read_text()
    assert "Late verdicts" not in told(result, "terminal", tmp_path)


def test_who_judged_is_told_with_the_version(result: RunResult, tmp_path: Path) -> None:
    judged = Judging(
        "composite",
        "7",
        (
            VerifierFigure("tests", 90, 0.4, 0.7, 3.1, 2.5, 3.7, 0.9, 0.8, 0.95, 0.11),
            VerifierFigure("ast", 90, 0.5),
        ),
        (Bin(0.1, 0.12, 40), Bin(0.9, 0.88, 50)),
        "calibration 7 of lab: 90 labels (exact)",
        90,
        4,
        0.61,
        0.7,
        0.2,
        0.1,
        (GapFigure("8d2c" * 8, 5, 0.4, -0.1, 0.5, None),),
    )
    spoiled = msgspec.structs.replace(result, judging=judged)
    for form in ("terminal", "html", "markdown"):
        text = told(spoiled, form, tmp_path)
        assert "8d2c8d2c8d2c" in text and "Who judged, and how well" in text
    assert "calibration 7 of lab" in told(spoiled, "html", tmp_path)
    assert {"verifiers", "reliability", "gaps"} <= {s.id for s in run_document(spoiled).sections}
    assert result.judging is None, "the environment's own verifier alone: nothing to weigh"


def test_moves_end_where_the_items_are(any_result: RunResult, db: Path) -> None:
    states: Counter[str] = Counter()
    for f in any_result.flows:
        states[f.after] += f.items
        states[f.before] -= f.items
    now = {state: n for state, n in states.items() if n and state != "new"}
    assert now == any_result.states
    with sqlite3.connect(db) as connection:
        rows = connection.execute(any_result.queries["flows"]).fetchall()
    assert [Flow(*row) for row in rows] == list(any_result.flows)


def test_phases_mark_where_trusted_memory_changed() -> None:
    flows = (
        Flow(1, "new", "trusted", 2),
        Flow(2, "trusted", "rejected", 1),
        Flow(2, "new", "trusted", 3),
        Flow(3, "new", "trusted", 1),
    )
    assert phases(flows, [1, 2, 3]) == [{"x": 1.5, "text": "+2 trusted"}, {"x": 2.5, "text": "+3 −1"}]
    assert phases((Flow(1, "new", "proposed", 2),), [1, 2]) == []


def test_their_charts_are_valid_vega_lite(result: RunResult) -> None:
    from smena_reports import charts, document_charts

    drawn = [document_charts.draw(s.chart) for s in more(result) if s.chart]
    assert len(drawn) == 2, "kinds of task, moves"
    drawn.append(charts.learning(result.learning, phases(result.flows, [1, 2])))
    for chart in drawn:
        assert chart.to_dict(validate=True)["$schema"]
