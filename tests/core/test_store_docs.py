"""`docs/store.md` says what the tables are, and every query in it runs and answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from smena.store import Run, Store, schema
from smena.store.database import _url
from smena.values import Decision, Fact, Knowledge, Outcome, Pattern, Provenance, Task, Transition, Trial

DOC = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", DOC, re.DOTALL)
TABLES = [table for table in schema.metadata.sorted_tables if table is not schema.version]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_is_documented_as_it_is(table: sa.Table) -> None:
    _, _, after = DOC.partition(f"\n### {table.name}\n")
    section = after.partition("\n### ")[0]
    assert section.startswith(f"\n{table.comment} Key: {', '.join(c.name for c in table.primary_key)}.\n")
    assert re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE) == [
        (c.name, c.comment) for c in table.c
    ]


def small(store: Store) -> None:
    mirror = Knowledge(Pattern("mirror", (), ("flip",)), (), Provenance("task 0", "1", "hints@1"))
    colour = Knowledge(Fact("colour", "means", "wall"), (), Provenance("task 1", "0", "hints@1"))
    store.put_tasks("arc@1", {f"t{i}": Task(f"task {i}", "eval", None, None) for i in range(3)})
    trials = [Trial("arc@1", f"t{i}", "search@1", "exact@1") for i in range(3)]
    flaky = trials[2]
    store.remember(flaky, Outcome(flaky.key, "infra", error="docker is gone"))
    for i, trial in enumerate(trials):
        scores = {"exact": float(i == 0)}
        store.remember(trial, Outcome(trial.key, "ok", int(i == 0), scores["exact"], scores, 3.0, 0.1, [[i]]))
    for name in ("arc-ate-0011", "arc-all-0022"):
        store.start_run(
            Run(
                id=name,
                env="arc@1",
                learner="search@1",
                teacher="hints@1",
                policy="ate@1",
                seed=0,
                config={},
                fingerprint=name,
            )
        )
        store.link(name, "eval/before", [trial.key for trial in trials])
        store.put_items(name, [mirror, colour])
        store.put_decision(name, 0, Decision(mirror.digest, "ate", "ate@1", "pass", {"n": 20}))
        store.put_transition(name, Transition(mirror.digest, "candidate", "trusted", "trusted", 0))
        store.finish_run(name)


def test_there_are_queries_for_both_databases() -> None:
    assert len(QUERIES) >= 12
    assert {query.splitlines()[0] for query in QUERIES if query.startswith("--")} == {
        "-- SQLite",
        "-- PostgreSQL",
    }


def test_every_query_answers(url: str) -> None:
    with Store.open(url) as store:
        small(store)
    other = "-- PostgreSQL" if "://" not in url else "-- SQLite"
    with sa.create_engine(_url(url)).connect() as connection:
        for query in QUERIES:
            if not query.startswith(other):
                assert connection.execute(sa.text(query.replace(":", "\\:"))).all(), query


def test_the_first_rate_is_right(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.db") as store:
        small(store)
    with sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}").connect() as connection:
        assert connection.execute(sa.text(QUERIES[1])).all() == [("eval/before", 3, 3, 1, 0.333)]
