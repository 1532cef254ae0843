"""Opening a store: what is refused is told in one line with what to do; what is stored is never lost."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from smena.errors import BadInput, SmenaError
from smena.store import Run, Store, database, migrations, schema
from smena.values import Outcome, Trial

RUN = Run(id="r", env="e", learner="l", teacher="t", policy="p", seed=0, config={}, fingerprint="f")


def trial(seed: int) -> Trial:
    return Trial("arc@1", "t", "search@1", "exact@1", seed=seed)


def refused(url: str | Path, create: bool = True) -> str:
    with pytest.raises(BadInput) as caught:
        Store.open(url, create=create)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_directory(tmp_path: Path) -> None:
    assert refused(tmp_path / "no" / "smena.db").endswith(f"(`mkdir -p {tmp_path / 'no'}`)")


def test_a_directory(tmp_path: Path) -> None:
    assert f"give a file in it, such as {tmp_path / 'smena.db'}" in refused(tmp_path)


def test_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("hello " * 1000)
    assert "is not a Smena store (nor any SQLite database)" in refused(tmp_path / "x.db")
    assert (tmp_path / "x.db").read_text() == "hello " * 1000


def test_somebody_elses_database(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as other:
        other.execute("CREATE TABLE songs (title)")
    assert "is not a Smena store (it holds songs)" in refused(tmp_path / "x.db")
    assert [r[0] for r in sqlite3.connect(tmp_path / "x.db").execute("SELECT name FROM sqlite_master")] == [
        "songs"
    ]


def test_a_reader_creates_nothing(tmp_path: Path) -> None:
    assert "no Smena store at" in refused(tmp_path / "x.db", create=False)
    assert not (tmp_path / "x.db").exists()
    (tmp_path / "x.db").touch()
    assert "it is empty" in refused(tmp_path / "x.db", create=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot write" in refused(tmp_path / "x.db")


def test_what_sqlite_cannot_open_for_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    assert "cannot write" in refused(tmp_path / "x.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://me:secret@host/x", "a store is SQLite or PostgreSQL, not mysql"),
        ("://me:secret@host", "cannot read the store's URL"),
        ("postgresql://me:secret@127.0.0.1:1/x", "cannot reach the store postgresql+psycopg://me:***@"),
    ],
)
def test_urls_are_refused_without_their_password(url: str, said: str) -> None:
    assert said in refused(url) and "secret" not in refused(url)


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'smena[postgres]'" in refused("postgresql://127.0.0.1/x")


def test_a_newer_schema(url: str) -> None:
    Store.open(url).close()
    with sa.create_engine(database._url(url)).begin() as connection:
        connection.execute(schema.version.update().values(version_num="9999"))
    assert f"written by a newer Smena (schema 9999, this one knows up to {schema.REVISIONS[-1]})" in refused(
        url
    )


def test_opening_again_changes_nothing_and_loads_no_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from smena.store import Store; s = Store.open(sys.argv[1]); s.close();"
        "Store.open(sys.argv[1], create=False);"
        "print(*(name in sys.modules for name in ('alembic', 'sqlalchemy.orm')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "x.db"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False False\n"


def test_the_parents_tilde_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Store.open("~/x.db").close()
    assert (tmp_path / "x.db").is_file()


# migrations


def test_the_migrations_build_what_the_schema_says(url: str) -> None:
    db = database.Database(database._url(url), "here")
    migrations.upgrade(db._conn, db.together)
    with sa.create_engine(database._url(url)).connect() as connection:
        assert (
            compare_metadata(
                MigrationContext.configure(connection, opts={"compare_type": True}), schema.metadata
            )
            == []
        )
        assert connection.execute(sa.select(schema.version)).scalar_one() == schema.REVISIONS[-1]
    db.close()
    Store.open(url, create=False).close()


def test_every_revision_has_its_file() -> None:
    script = ScriptDirectory(str(migrations.HERE), version_locations=[str(migrations.HERE / "versions")])
    assert tuple(r.revision for r in reversed(list(script.walk_revisions()))) == schema.REVISIONS


SAID = {
    ("infra", "timeout of the judge: verifier 'slow' has not answered"): "judge-timeout",
    ("infra", "sandbox unavailable: docker: gone"): "sandbox-unavailable",
    ("infra", "verifier 'odd' returned nan, a score must be in [0, 1]"): "no-score",
    ("infra", "overflow: the task is longer than it takes"): "overflow",
    ("infra", "who knows"): "infra",
    ("timeout", "stopped at the limit of 3 s"): "trial-timeout",
    ("ok", "unparsable after 2 tries: it is empty"): "unparsable",
    ("ok", ""): "",
    ("abstain", "refused to agree"): "",
}
"""Status and text of an outcome of before there were causes, and its cause now."""


def test_causes_that_were_only_words_become_data(url: str, tmp_path: Path) -> None:
    (versions := tmp_path / "versions").mkdir()
    for file in (migrations.HERE / "versions").glob("000[1-4]*.py"):
        (versions / file.name).write_text(file.read_text())
    db = database.Database(database._url(url), "here")
    migrations.upgrade(db._conn, db.together, versions)
    trials = [trial(number) for number in range(len(SAID))]
    old = [c for c in schema.outcomes.c if c.name != "cause"]
    for made, (status, error) in zip(trials, SAID, strict=True):
        told = {c.name: "null" if c.type.python_type is str else 0 for c in old}
        row = told | {"key": made.key, "status": status, "error": error, "scores": "{}", "usage": None}
        db._conn.execute(sa.insert(sa.table("outcomes", *(sa.column(c.name) for c in old))), row)
    db._conn.commit()
    db.close()
    with Store.open(url) as store:
        found = store.recall([made.key for made in trials], ("ok", "abstain", "infra", "timeout"))
    assert [found[made.key].cause for made in trials] == list(SAID.values())


def test_an_old_export_has_the_causes_of_a_migrated_store(tmp_path: Path) -> None:
    from smena.store import Run
    from smena.store.transfer import export, load
    from smena.values import Outcome

    trials = [trial(number) for number in range(len(SAID))]
    file = tmp_path / "run.jsonl"
    with Store.open(tmp_path / "old.db") as store:
        store.start_run(
            Run(id="r", env="e@1", learner="l", teacher="t", policy="p", seed=0, config={}, fingerprint="f")
        )
        for made, (status, error) in zip(trials, SAID, strict=True):
            store.remember(made, Outcome(made.key, status=status, error=error))  # type: ignore[arg-type]
        store.link("r", "train", [made.key for made in trials])
        export(store, "r", file)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for row in rows:
        row.get("row", {}).pop("cause", None)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Store.open(tmp_path / "new.db") as store:
        load(store, file)
        found = store.recall([made.key for made in trials], ("ok", "abstain", "infra", "timeout"))
    assert [found[made.key].cause for made in trials] == list(SAID.values())


NEXT = """
import sqlalchemy as sa
from alembic import op
revision = "next"
down_revision = "{last}"
def upgrade():
    op.add_column("runs", sa.Column("mood", sa.Text()))
    op.execute("UPDATE runs SET mood = 'good'")
    {then}
"""


def tomorrow(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> None:
    """A later Smena, with one more migration."""
    last = schema.REVISIONS[-1]
    for file in (migrations.HERE / "versions").glob("*.py"):
        (folder / file.name).write_text(file.read_text())
    (folder / "next.py").write_text(NEXT.format(then=then, last=last))
    upgrade = migrations.upgrade
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "next"))
    monkeypatch.setattr(migrations, "upgrade", lambda conn, transaction: upgrade(conn, transaction, folder))


def moods(url: str) -> list[str]:
    with sa.create_engine(database._url(url)).connect() as connection:
        return list(connection.execute(sa.text("SELECT mood FROM runs")).scalars())


def test_an_older_store_is_migrated_and_the_old_file_kept(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    last = schema.REVISIONS[-1]
    with Store.open(url) as store:
        store.start_run(RUN)
        store.remember(trial(1), Outcome(trial(1).key, y=1))
    versions = tmp_path / "versions"
    versions.mkdir()
    tomorrow(versions, monkeypatch)
    with Store.open(url) as store:
        assert store.recall([trial(1).key])[trial(1).key].y == 1
    assert moods(url) == ["good"]
    assert f"schema {last} migrated to next" in caplog.text
    if "://" not in url:
        [backup] = tmp_path.glob(f"smena.db.{last}-*.bak")
        assert str(backup) in caplog.text
        monkeypatch.undo()
        with Store.open(backup, create=False) as old:
            assert old.recall([trial(1).key])[trial(1).key].y == 1


def test_a_migration_that_fails_leaves_the_store_as_it_was(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(url) as store:
        store.start_run(RUN)
    versions = tmp_path / "versions"
    versions.mkdir()
    with monkeypatch.context() as later:
        tomorrow(versions, later, then="raise ZeroDivisionError")
        with pytest.raises(ZeroDivisionError):
            Store.open(url)
    with Store.open(url) as store:
        assert [r.id for r in store.runs()] == ["r"]
    with sa.create_engine(database._url(url)).connect() as connection:
        assert "mood" not in {c["name"] for c in sa.inspect(connection).get_columns("runs")}


# trouble on the way


def test_a_full_disk_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    stored = 0
    with Store.open(tmp_path / "x.db") as store:
        pages = store._db._conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        store._db._conn.exec_driver_sql(f"PRAGMA max_page_count={pages + 20}")
        with pytest.raises(SmenaError) as caught:
            for stored in range(10_000):
                store.remember(trial(stored), Outcome(trial(stored).key, y=1, output="x" * 1000))
        assert str(caught.value).startswith("run failed: the disk of") and "the same command" in str(
            caught.value
        )
        assert not isinstance(caught.value, BadInput)
    with Store.open(tmp_path / "x.db") as store:
        keys = [trial(seed).key for seed in range(stored + 1)]
        assert stored > 10 and list(store.recall(keys)) == keys[:stored]
        store.remember(trial(stored), Outcome(keys[stored], y=1))


def test_a_locked_database_is_waited_for_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    with Store.open(tmp_path / "x.db") as store:
        other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for write in (lambda: store.remember(trial(1), Outcome(trial(1).key)), lambda: store.start_run(RUN)):
            with pytest.raises(SmenaError, match="is locked by another process") as caught:
                write()
            assert "\n" not in str(caught.value)
        assert store.recall([trial(1).key]) == {}, "reading goes on"
        other.execute("ROLLBACK")
        store.remember(trial(1), Outcome(trial(1).key))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with Store.open(path) as store:
        for seed in range(200):
            store.remember(trial(seed), Outcome(trial(seed).key, output="x" * 500))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(SmenaError, match=r"is damaged .*restore a copy"), Store.open(path) as store:
        store.recall([trial(1).key])


# processes


SIDE = """
import sys
from smena.store import Store
from smena.values import Outcome, Trial
name = int(sys.argv[2])
with Store.open(sys.argv[1]) as store:
    for seed in range(100):
        for number in (1000 * name + seed, -seed - 1):
            trial = Trial("arc@1", "t", "search@1", "exact@1", seed=number)
            store.remember(trial, Outcome(trial.key, y=name))
"""


def test_processes_create_and_write_one_database_side_by_side(url: str) -> None:
    names = range(1, 4)
    processes = [subprocess.Popen([sys.executable, "-c", SIDE, url, str(name)]) for name in names]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    with Store.open(url) as store:
        keys = [trial(1000 * name + seed).key for name in names for seed in range(100)]
        assert len(store.recall(keys)) == 300
        assert len(store.recall([trial(-seed - 1).key for seed in range(100)])) == 100


WRITER = """
import sys
from smena.store import Store
from smena.values import Outcome, Trial
with Store.open(sys.argv[1]) as store:
    for seed in range(1_000_000):
        trial = Trial("arc@1", "t", "search@1", "exact@1", seed=seed)
        store.remember(trial, Outcome(trial.key, y=1, output="x" * 200))
        sys.stdout.write(f"{seed}\\n")
        sys.stdout.flush()
"""


@pytest.mark.parametrize("seconds", [0.0, 0.07, 0.3])
def test_what_was_stored_outlives_kill_9(url: str, seconds: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    assert writer.stdout
    said = [writer.stdout.readline()]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        said.append(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    said += writer.stdout.read().splitlines()
    assert writer.wait() == -signal.SIGKILL
    last = len(said) - 1  # the last line may be torn
    with Store.open(url, create=False) as store:
        keys = [trial(seed).key for seed in range(last + 50)]
        recalled = store.recall(keys)
        assert list(recalled) == keys[: len(recalled)], "no holes"
        assert len(recalled) >= last, "all that was said to be stored is"
        store.remember(trial(-1), Outcome(trial(-1).key, y=1))
    if "://" not in url:
        assert sqlite3.connect(url).execute("PRAGMA integrity_check").fetchone() == ("ok",)
