"""The command line as its users meet it: one clear line for bad input, the right exit code, never a
traceback."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

LAB = ["--env", "lab"]


def smena(*args: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "smena", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | env, timeout=120)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a finished run in its default store."""
    place = tmp_path_factory.mktemp("run")
    done = smena("run", *LAB, "--seed", "3", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "--env", "arcc"], ["unknown environment 'arcc'", "did you mean 'arc'"]),
        (["run", *LAB, "--policy", "casual"], ["unknown policy 'casual'", "did you mean 'causal'"]),
        (["run", *LAB, "--verifier", "exakt"], ["unknown verifier 'exakt'", "did you mean 'exact'"]),
        (["run", *LAB, "--teacher", "labb"], ["unknown teacher 'labb'"]),
        (["run"], ["no environment", "--env"]),
        (["run", *LAB, "--set", "learner.lab.drif=1"], ["[learner.lab]", "'drif'", "did you mean 'drift'"]),
        (["run", *LAB, "--set", "learner.search.budget=2"], ["[learner.search] is not used by this run"]),
        (["run", *LAB, "--set", "wave=0"], ["wave must be 1 or more"]),
        (["run", *LAB, "--set", "policy.causal.alpha=7"], ["[policy.causal]", "alpha"]),
        (["run", *LAB, "--config", "none.toml"], ["none.toml", "cannot read"]),
        (["run", *LAB, "--db", "no/such/place/run.db"], ["no/such/place"]),
        (["run", *LAB, "--seed", "many"], ["--seed", "integer"]),
        (["rnu"], ["rnu"]),
        (["report", "nothing-like-it"], ["nothing-like-it"]),
        (["report", "--format", "htlm"], ["unknown report 'htlm'", "did you mean 'html'"]),
        (["report", "fpr", "nothing-like-it"], ["nothing-like-it"]),
        (["report", "abrupt-change", "--metric", "speed"], ["unknown metric 'speed'", "held-out"]),
        (["compare", "lab", "lab"], ["was given twice"]),
        (["experiment", "run", "none.toml"], ["none.toml", "phase1"]),
        (["experiment", "report"], ["no experiment", "smena experiment run"]),
        (["report", "--format", "parquet"], ["--out DIRECTORY"]),
        (["memory", "show", "zzzz"], ["zzzz", "smena memory list"]),
        (["resume", "nothing"], ["nothing"]),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    finished: Path, args: list[str], words: list[str]
) -> None:
    told = smena(*args, cwd=finished)
    assert told.returncode == 2, (told.returncode, told.stderr)
    assert "Traceback" not in told.stderr
    last = told.stderr.strip().splitlines()[-1] if told.stderr.strip() else ""
    for word in words:
        assert word in (told.stderr if "Usage" in told.stderr else last), told.stderr


def test_a_run_that_cannot_work_is_given_up_soon(tmp_path: Path) -> None:
    told = smena("run", *LAB, "--learner", "search", cwd=tmp_path)
    assert told.returncode == 1
    assert "environments that offer an operator vocabulary" in told.stderr.splitlines()[-1]
    assert "Traceback" not in told.stderr
    with sqlite3.connect(tmp_path / "smena.db") as connection:
        assert connection.execute("SELECT status FROM runs").fetchall() == [("failed",)]


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    db = tmp_path / "other.db"
    with sqlite3.connect(db) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    before = db.read_bytes()
    told = smena("run", *LAB, "--db", str(db), cwd=tmp_path)
    assert told.returncode == 2
    assert "other.db" in told.stderr
    assert db.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    db = tmp_path / "notes.txt"
    db.write_text("these are my notes, not a database" * 100)
    told = smena("run", *LAB, "--db", str(db), cwd=tmp_path)
    assert (told.returncode, db.read_text()[:5]) == (2, "these")
    assert "Traceback" not in told.stderr


def test_a_run_tells_where_its_report_is(finished: Path) -> None:
    told = smena("run", *LAB, "--seed", "3", cwd=finished)
    assert told.returncode == 0
    (line,) = [line for line in told.stdout.splitlines() if line.startswith("Report:")]
    assert (finished / line.split()[1]).read_text().lower().startswith("<!doctype html>")


def test_runs_and_memory_can_be_looked_into(finished: Path) -> None:
    assert "finished" in smena("runs", cwd=finished).stdout
    listed = smena("memory", "list", "--state", "all", cwd=finished).stdout
    assert "trusted" in listed and "rejected" in listed
    item = next(line.split()[0] for line in listed.splitlines() if " trusted " in line)
    shown = smena("memory", "show", item, cwd=finished)
    assert shown.returncode == 0
    assert "screen" in shown.stdout and "confirm" in shown.stdout and "e_value" in shown.stdout


def test_nothing_in_the_store_is_said_kindly(tmp_path: Path) -> None:
    told = smena("runs", cwd=tmp_path)
    assert "smena run --env" in told.stdout + told.stderr


def test_every_command_has_help_with_words(tmp_path: Path) -> None:
    for command in (
        ["run"],
        ["resume"],
        ["report"],
        ["runs"],
        ["aa-test"],
        ["memory"],
        ["memory", "list"],
        ["memory", "show"],
        ["plugins"],
        ["doctor"],
    ):
        told = smena(*command, "--help", cwd=tmp_path)
        assert told.returncode == 0
        assert len(told.stdout.split()) > 20, command


def test_completion_is_offered(tmp_path: Path) -> None:
    told = smena(cwd=tmp_path, _SMENA_COMPLETE="source_bash")
    assert "complete" in told.stdout and "_SMENA_COMPLETE=complete_bash" in told.stdout, told.stderr
    asked = {"_SMENA_COMPLETE": "complete_bash", "COMP_WORDS": "smena mem", "COMP_CWORD": "1"}
    assert "memory" in smena(cwd=tmp_path, **asked).stdout


def test_the_doctor_finds_this_machine_well(tmp_path: Path) -> None:
    told = smena("doctor", cwd=tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "ok       environment arc" in told.stdout


def test_a_broken_plugin_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name, code in {
        "brk_import": "import no_such_thing",
        "brk_exit": "import sys; print('noise'); sys.exit(3)",
    }.items():
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[smena]\n{name} = {name}\n")
        (site / f"{name}.py").write_text(code)
    told = smena("run", *LAB, "--tasks", "10", cwd=tmp_path, PYTHONPATH=str(site))
    assert told.returncode == 0, told.stderr
    for name in ("brk_import", "brk_exit"):
        assert f"plugin '{name}' failed in import" in told.stderr
    assert "noise" not in told.stdout


def test_an_observer_that_raises_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    info = tmp_path / "watcher-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: watcher\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[smena]\nwatcher = watcher\n")
    (tmp_path / "watcher.py").write_text(
        "import json, pathlib\nfrom smena import hookimpl\nseen = []\n"
        "@hookimpl\ndef smena_run_start(run):\n    seen.append(run)\n"
        "@hookimpl\ndef smena_outcome(trial, outcome):\n    seen.append(outcome.trial)\n"
        "    assert trial.key == outcome.trial\n"
        "@hookimpl\ndef smena_decision(decision):\n    raise RuntimeError('not today')\n"
        "@hookimpl\ndef smena_run_end(run, status):\n"
        "    pathlib.Path('seen.json').write_text(json.dumps([seen[0], len(seen), status]))\n"
    )
    told = smena("run", *LAB, "--tasks", "10", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert told.returncode == 0, told.stderr
    assert told.stderr.count("not today") == 1
    assert "plugin 'watcher' failed in smena_decision" in told.stderr
    run, count, status = json.loads((tmp_path / "seen.json").read_text())
    assert run.startswith("lab-causal-") and count > 10 and status == "finished"
