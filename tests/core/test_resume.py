"""Killed at any moment and run again, a run ends as if nothing had happened, and no finished trial is
repeated."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

DERIVED = ("items", "decisions", "transitions", "run_trials", "marks", "knowledge", "tasks")
MEASURED = ("latency", "created_at", "finished_at")
"""Clock readings differ between any two executions; nothing that decides may depend on them."""


def command(db: Path, *more: str) -> list[str]:
    lab = ["--env", "lab", "--set", "wave=10", "--set", "policy.causal.revise=2"]  # with a lifecycle
    return [
        sys.executable,
        "-m",
        "smena",
        "run",
        *lab,
        "--db",
        str(db),
        "--html",
        str(db.with_suffix(".html")),
        "-q",
        *more,
    ]


def contents(db: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(db) as connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        kept = ", ".join(name for name in columns if name not in MEASURED)
        return sorted(connection.execute(f"SELECT {kept} FROM {table}").fetchall(), key=repr)


def figures(db: Path) -> str:
    """The report's figures, all but the clock's."""
    told = subprocess.run(
        [sys.executable, "-m", "smena", "report", "--format", "json", "--db", str(db)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    import json

    def without_clock(value: object) -> object:
        if isinstance(value, dict):
            return {
                k: without_clock(v)
                for k, v in value.items()
                if not k.startswith(("latency", "created", "finished", "wall"))
            }
        return [without_clock(v) for v in value] if isinstance(value, list) else value

    return json.dumps(without_clock(json.loads(told)), sort_keys=True)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("whole") / "run.db"
    subprocess.run(command(db), check=True, capture_output=True, timeout=280)
    return db


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_several_times_it_ends_bit_identical(tmp_path: Path, uninterrupted: Path, seed: int) -> None:
    db, rng, kills = tmp_path / "run.db", random.Random(seed), 0
    while kills < 4:
        process = subprocess.Popen(
            command(db), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(rng.uniform(0.4, 2.0))
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills, "the run was over before it could be killed once: this test shows nothing"
    before = {row[0]: row for row in contents(db, "outcomes")} if db.exists() else {}
    subprocess.run(command(db), check=True, capture_output=True, timeout=280)
    for table in DERIVED:
        assert contents(db, table) == contents(uninterrupted, table), table
    after = {row[0]: row for row in contents(db, "outcomes")}
    assert after == {row[0]: row for row in contents(uninterrupted, "outcomes")}
    assert all(after[key] == row for key, row in before.items()), "a stored outcome was executed again"
    assert figures(db) == figures(uninterrupted)


def test_a_limit_stops_resumably(tmp_path: Path, uninterrupted: Path) -> None:
    db = tmp_path / "run.db"
    stopped = subprocess.run(command(db, "--max-trials", "500"), capture_output=True, text=True, timeout=280)
    assert stopped.returncode == 1
    assert "stopped at the limit of 500 new trials; the same command goes on from here" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert len(contents(db, "outcomes")) == 500
    resumed = [
        sys.executable,
        "-m",
        "smena",
        "resume",
        "--db",
        str(db),
        "-q",
        "--html",
        str(tmp_path / "r.html"),
    ]
    subprocess.run(resumed, check=True, capture_output=True, timeout=280)
    assert contents(db, "decisions") == contents(uninterrupted, "decisions")


def test_running_a_finished_run_again_executes_nothing(uninterrupted: Path) -> None:
    before = contents(uninterrupted, "outcomes")
    again = subprocess.run(
        command(uninterrupted, "--max-trials", "1"), capture_output=True, text=True, timeout=280
    )
    assert again.returncode == 0, again.stderr
    assert contents(uninterrupted, "outcomes") == before
