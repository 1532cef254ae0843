"""The forms of a report on real runs of the lab: they hold the figures, load nothing, say what is missing."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from smena.registry import Registry
from smena.results import RunResult
from smena.store.records import Loss
from smena_reports import words

FORMS = ("terminal", "html", "markdown", "json")


_WRITTEN: dict[tuple[int, str], tuple[RunResult, str]] = {}


def written(result: RunResult, form: str, folder: Path) -> str:
    """The report's text; each is made once. Keeping the result keeps its id its own."""
    if (id(result), form) not in _WRITTEN:
        _WRITTEN[id(result), form] = result, _write(result, form, folder)
    return _WRITTEN[id(result), form][1]


def _write(result: RunResult, form: str, folder: Path) -> str:
    out = folder / f"report.{form}"
    Registry.load().make("report", form).write(result, out)
    return out.read_text(encoding="utf-8")


class Page(HTMLParser):
    """Checks nesting, collects attributes and text."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id" and tag != "svg"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_what_trials_were_lost_to_in_which_arm(
    result: RunResult, form: str, tmp_path: Path
) -> None:
    losses = (Loss("eval", False, "judge-timeout", 3, 0), Loss("eval", True, "judge-timeout", 2, 1))
    lossy = msgspec.structs.replace(result, ledger=msgspec.structs.replace(result.ledger, losses=losses))
    text = html.unescape(" ".join(_write(lossy, form, tmp_path).split()))
    if form == "json":
        assert [row["cause"] for row in json.loads(text)["ledger"]["losses"]] == ["judge-timeout"] * 2
    else:
        assert "(judge-timeout: 3 without items, 2 with)" in text


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_headline(any_result: RunResult, form: str, tmp_path: Path) -> None:
    text = " ".join(written(any_result, form, tmp_path).split())
    assert any_result.run.id in text
    if form != "json":
        for sentence in words.headline(any_result):
            assert " ".join(sentence.split()) in html.unescape(text)


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_to_the_terminal(result: RunResult, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    Registry.load().make("report", form).write(result, None)
    assert result.run.id in capsys.readouterr().out


def test_terminal_fits_100_columns(any_result: RunResult, tmp_path: Path) -> None:
    lines = written(any_result, "terminal", tmp_path).splitlines()
    assert max(map(len, lines)) <= 100 and len(lines) <= 75


def test_the_page_loads_nothing(any_result: RunResult, tmp_path: Path) -> None:
    text = written(any_result, "html", tmp_path)
    page = Page(text)
    loads = [
        (tag, name, value)
        for tag, name, value in page.attributes
        if name in ("src", "srcset", "poster", "data", "xlink:href", "action")
        or (name == "href" and not value.startswith("#"))
        or (name in ("style", "fill", "stroke", "filter", "clip-path") and "//" in value)
    ]
    assert loads == []
    assert not re.search(r"url\(\s*['\"]?(?!#)|@import|<script|<iframe|<link", text)
    assert len(text.encode()) < 3_000_000


def test_the_page_is_well_formed_and_usable(any_result: RunResult, tmp_path: Path) -> None:
    text = written(any_result, "html", tmp_path)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    targets = {value[1:] for tag, name, value in page.attributes if tag == "a" and name == "href"}
    assert targets <= set(page.ids)
    assert text.count("<figure") == text.count("</figure>") and text.count('lang="en"') == 1
    charts = [value for tag, name, value in page.attributes if name == "role" and value == "img"]
    labels = [value for tag, name, value in page.attributes if name == "aria-label"]
    assert charts and all(labels)
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    # the charts take the page's colours: no stand-in is left
    assert "#0a0b" not in text and "var(--ink)" in text


def test_every_sql_on_the_page_runs(any_result: RunResult, db: Path, tmp_path: Path) -> None:
    text = written(any_result, "html", tmp_path)
    blocks = re.findall(r"SQL that gives these numbers</summary><pre[^>]*><code>(.*?)</code>", text, re.S)
    assert len(blocks) >= 8
    with sqlite3.connect(db) as connection:
        for block in blocks:
            for statement in html.unescape(block).split(";"):
                assert connection.execute(statement).fetchall() is not None


def test_figures_of_a_real_run_agree_with_their_sql(result: RunResult, db: Path) -> None:
    with sqlite3.connect(db) as connection:

        def rows(name: str) -> list[tuple[object, ...]]:
            return connection.execute(result.queries[name]).fetchall()

        accuracy = {arm: value for arm, _, value, _ in rows("held_out")}
        assert accuracy[result.held_out.trusted.purpose] == pytest.approx(
            result.held_out.trusted.accuracy.value
        )
        waves = [(w.tasks, w.acc1.value) for w in result.learning.waves]
        assert [row[1:3] for row in rows("learning")] == [(n, pytest.approx(v)) for n, v in waves]
        steps = {(m.step, state): n for m in result.memory for state, n in m.states.items()}
        assert {(step, state): n for step, state, n in rows("memory")} == steps
        marks = dict(
            connection.execute("SELECT name, value FROM marks WHERE run = ?", (result.run.id,)).fetchall()
        )
        solved = list(json.loads(marks["wave/001"]).values())
        assert sum(s == 1 for s in solved) == result.learning.waves[0].acc1.hits
        assert json.loads(marks["memory/001"]) == result.memory[1].states


def test_evidence_paths_end_where_the_gate_did(result: RunResult) -> None:
    told = {d.item: d.evidence["e_value"] for i in result.items for d in i.decisions if d.gate == "confirm"}
    assert result.evidence
    for path in result.evidence:
        assert path.e_values[-1] == pytest.approx(told[path.item])


def test_lessons_kept_are_on_the_page_with_their_evidence(result: RunResult, tmp_path: Path) -> None:
    text = Page(written(result, "html", tmp_path)).text
    kept = [item for item in result.items if item.state == "trusted"]
    assert kept
    for item in kept:
        assert item.digest[:12] in text and item.reason.partition(": ")[2] in text


def test_what_is_missing_is_said(
    without_audit: RunResult, save_all: RunResult, zero_saves: RunResult, tmp_path: Path
) -> None:
    assert "not measured" in words.headline(without_audit)[2]
    assert "undefined: nothing was saved" in words.headline(zero_saves)[2]
    assert "not audited" in save_all.saves.rules[0].false_share.why
    for found in (without_audit, save_all):
        for form in ("terminal", "html", "markdown"):
            assert "not measured" in written(found, form, tmp_path)


def test_an_item_without_a_picture_is_shown_as_json(result: RunResult, tmp_path: Path) -> None:
    from smena_reports.lessons import lesson

    def broken(value: object) -> str:
        raise ValueError("cannot draw")

    kept = next(item for item in result.items if item.knowledge.examples)
    for draw in (None, broken, lambda value: "not svg"):
        assert all(p.text and not p.svg for p in lesson(kept, draw).pictures)
    drawn = lesson(kept, lambda value: "<svg></svg>").pictures
    assert all(p.svg and not p.text for p in drawn)


def test_text_of_a_stranger_is_escaped(result: RunResult, tmp_path: Path) -> None:
    import msgspec
    from smena import Pattern

    item = result.items[0]
    evil = "<script>alert(1)</script>"
    body = Pattern(evil, (evil,), (evil,))
    known = msgspec.structs.replace(item.knowledge, body=body)
    spoiled = msgspec.structs.replace(result, items=(msgspec.structs.replace(item, knowledge=known),))
    assert "<script" not in written(spoiled, "html", tmp_path)
    assert evil.replace("|", "") in written(spoiled, "terminal", tmp_path).replace("\n", "")


def test_finding_the_reports_imports_no_charts() -> None:
    code = (
        "import smena_reports, smena.results, sys; smena_reports.smena_reports(); print(sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("altair", "vl_convert", "jinja2", "numpy", "scipy"):
        assert f"'{heavy}'" not in loaded


def test_the_charts_are_valid_vega_lite(any_result: RunResult) -> None:
    """The page is made without this check, which takes seconds on a large run."""
    from smena_reports import charts

    made = [
        charts.learning(any_result.learning),
        charts.held_out_steps(any_result.held_out),
        charts.arms(any_result.held_out),
        charts.memory(any_result.memory),
        charts.evidence(any_result.evidence),
    ]
    if any_result.saves.rules:
        made.append(charts.saves(any_result.saves))
    for chart in made:
        assert chart.to_dict(validate=True)["$schema"]
