"""Reports over several runs in every form: the same numbers, self-contained pages, pictures that open."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from pathlib import Path

import pytest
from smena.errors import BadInput
from smena.registry import Registry
from smena.results import RunResult
from smena.results.compare import compare_runs
from smena.results.crossdomain import CrossDomain
from smena.results.crossdomain_document import document
from smena.results.document import Chart, Document
from smena.results.run_document import run_document
from smena.store import Store
from smena_reports.latex import escape

from tests.reports.test_reports import Page


@pytest.fixture(scope="module")
def fpr(db: Path, result: RunResult, save_all: RunResult, zero_saves: RunResult) -> Document:
    with Store.open(db) as store:
        found = CrossDomain.read(store, [r.run.id for r in (result, save_all, zero_saves)])
    return document(found)


@pytest.fixture(scope="module")
def compared(db: Path, result: RunResult, save_all: RunResult) -> Document:
    with Store.open(db) as store:
        return compare_runs(store, result.run.id, save_all.run.id)


@pytest.fixture(params=["fpr", "compared"])
def any_document(request: pytest.FixtureRequest) -> Document:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def write(found: object, form: str, out: Path) -> Path:
    Registry.load().make("report", form).write(found, out)
    return out


@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "json"])
def test_every_form_says_the_findings_and_the_warnings(
    any_document: Document, form: str, tmp_path: Path
) -> None:
    text = write(any_document, form, tmp_path / "out").read_text(encoding="utf-8")
    text = Page(text).text if form == "html" else text
    flat = re.sub(r"[\s!]+", " ", text)
    for sentence in (*any_document.said, *any_document.warnings):
        assert re.sub(r"[\s!]+", " ", sentence) in flat
    assert all(run in text for run in any_document.runs)


def test_the_page_loads_nothing_and_is_well_formed(any_document: Document, tmp_path: Path) -> None:
    text = write(any_document, "html", tmp_path / "x.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"url\(\s*['\"]?(?!#)|@import|<script|<iframe|<link|src=", text)
    assert "#0a0b" not in text and "<svg" in text
    labels = [value for _, name, value in page.attributes if name == "aria-label"]
    assert labels and all(labels)


def test_terminal_fits(any_document: Document, tmp_path: Path) -> None:
    lines = write(any_document, "terminal", tmp_path / "x.txt").read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 112


def test_csv_holds_each_figure_with_its_query_and_runs(
    any_document: Document, tmp_path: Path, db: Path
) -> None:
    out = write(any_document, "csv", tmp_path / "csv")
    figures = json.loads((out / "figures.json").read_text())["figures"]
    shown = [s for s in any_document.sections if s.rows]
    assert set(figures) == {s.id for s in shown}
    with sqlite3.connect(db) as connection:
        for section in shown:
            with (out / figures[section.id]["file"]).open(encoding="utf-8") as file:
                assert len(list(csv.DictReader(file))) == len(section.rows)
            assert figures[section.id]["runs"]
            assert connection.execute(figures[section.id]["sql"]).fetchall()


def test_parquet_says_the_same(fpr: Document, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = write(fpr, "parquet", tmp_path / "pq")
    table = parquet.read_table(out / "saves.parquet")
    assert table.num_rows == 3
    assert b"FROM decisions" in table.schema.metadata[b"smena.sql"]


def test_latex_is_escaped(any_document: Document, result: RunResult, tmp_path: Path) -> None:
    assert escape("50% of A_b & {c}") == r"50\% of A\_b \& \{c\}"
    for found in (any_document, result):
        text = write(found, "latex", tmp_path / "x.tex").read_text(encoding="utf-8")
        assert text.count(r"\begin{table}") == text.count(r"\end{table}") > 0
        rows = [line for line in text.splitlines() if line.endswith(r"\\")]
        assert all(not re.search(r"(?<!\\)[%#_]", line) for line in rows)


def test_pictures_of_a_run(result: RunResult, tmp_path: Path) -> None:
    out = write(result, "charts", tmp_path / "charts")
    names = {p.name for p in out.iterdir()}
    for chart in ("held-out", "learning", "held-out-steps", "fpr-save", "memory", "evidence"):
        assert {f"{chart}.{ending}" for ending in ("vl.json", "svg", "png", "pdf")} <= names
    assert (out / "learning.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "learning.pdf").read_bytes().startswith(b"%PDF")
    spec = json.loads((out / "learning.vl.json").read_text())
    assert "vega-lite" in spec["$schema"] and "#0a0b" not in json.dumps(spec)


def test_a_run_as_a_document_says_the_same(result: RunResult) -> None:
    found = {s.id: s for s in run_document(result).sections}
    assert found["held-out"].rows[2][1] == result.held_out.trusted.accuracy
    assert len(found["items"].rows) == len(result.items)
    assert len(found["evidence"].rows) == sum(len(p.e_values) for p in result.evidence)


def test_a_comparison_is_paired_and_turns_round(
    db: Path, compared: Document, result: RunResult, save_all: RunResult
) -> None:
    with Store.open(db) as store:
        back = compare_runs(store, save_all.run.id, result.run.id)
    there = {row[0]: row[1] for row in compared.sections[0].rows}
    for row in back.sections[0].rows:
        other = there.get(row[0])
        if row[1] is not None and getattr(row[1], "value", None) is not None:
            assert row[1].value == pytest.approx(-other.value) and row[1].n == other.n  # type: ignore[union-attr]
    assert any("policy" in str(row[0]) for row in compared.sections[3].rows)


def test_a_run_is_not_compared_with_itself(db: Path, result: RunResult) -> None:
    with Store.open(db) as store, pytest.raises(BadInput, match="given twice"):
        compare_runs(store, result.run.id, result.run.id)


def test_files_are_asked_for(fpr: Document) -> None:
    for form, words in (("parquet", "--out"), ("charts", "--charts")):
        with pytest.raises(BadInput, match=words):
            Registry.load().make("report", form).write(fpr, None)


def test_many_series_stay_readable() -> None:
    """More curves than colours: a picture each. Named bars: every name is there. Many points: a number each."""
    from smena_reports.document_charts import draw

    names = [f"arm-{i}" for i in range(9)]
    points = tuple(
        {"series": n, "x": x, "value": 0.5, "low": 0.4, "high": 0.6} for n in names for x in (1, 2)
    )
    curve = json.loads(draw(Chart("curve", points, {"y": "share"})).to_json())
    titles = [panel["title"]["text"] for panel in curve["concat"]]
    assert [title.split(" (")[0] for title in titles] == names
    scatter = draw(Chart("scatter", points[::2], {"y": "share"})).to_json()
    assert all(f'"{i} {n}"' in scatter for i, n in enumerate(names, start=1))
    counted = tuple({"series": "trusted", "x": n, "value": 3} for n in names)
    bars = json.loads(draw(Chart("bars", counted, {})).to_json())
    assert bars["encoding"]["y"]["sort"] == names and "labelOverlap" not in bars["encoding"]["y"]["axis"]
