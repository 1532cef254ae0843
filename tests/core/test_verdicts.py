"""Late verdicts and calibrations, from the command line to the report."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from smena import BadInput
from smena.store import Store
from smena.verdicts import Said, lay, read_file

SMALL = ["--set", "env.lab.sizes={train=30, eval=6, holdout=10, audit=10}", "--tasks", "30"]


def smena(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "smena", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ, timeout=300)


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("late")
    told(smena("run", "--env", "lab", *SMALL, "-q", "--verifier", "lab-noisy", cwd=here))
    return here


def trusted(place: Path, db: str = "smena.db") -> list[str]:
    with Store.open(place / db, create=False) as store:
        run = store.run("").id
        return sorted({t.item for t in store.transitions(run) if t.to_status == "trusted"})


@pytest.mark.slow
def test_a_verdict_two_weeks_late_takes_a_save_back(tmp_path: Path) -> None:
    told(smena("run", "--env", "lab", *SMALL, "-q", cwd=tmp_path))
    item, *_ = before = trusted(tmp_path)
    with sqlite3.connect(tmp_path / "smena.db") as store:  # it was two weeks ago
        for table in ("outcomes", "runs"):
            store.execute(f"UPDATE {table} SET created_at = '2020-01-01T00:00:00.000000Z'")
        before_y = store.execute("SELECT COUNT(*) FROM outcomes WHERE y = 1").fetchone()[0]
    said = told(
        smena("verdict", "add", "lab", "--item", item, "--score", "0", "--author", "ada", "-q", cwd=tmp_path)
    )
    assert f"{item[:12]}  trusted → " in said and "attempts judged anew" in said
    after = trusted(tmp_path)
    assert item in before and item not in after
    assert f"{item[:12]}  trusted → " in told(smena("report", "--format", "markdown", cwd=tmp_path))
    listed = told(smena("verdict", "list", cwd=tmp_path))
    assert "human" in listed and "ada" in listed
    with sqlite3.connect(tmp_path / "smena.db") as store:
        kept = [json.loads(b)["y"] for (b,) in store.execute("SELECT before FROM verdicts")]
        assert 1 in kept and before_y
    again = told(smena("run", "--env", "lab", *SMALL, "-q", cwd=tmp_path))  # the verdict stands
    assert again and item not in trusted(tmp_path)


def test_a_verdict_of_nothing_is_refused_and_lays_nothing(place: Path) -> None:
    with Store.open(place / "smena.db", create=False) as store:
        run = store.run("").id
        task = next(t.id for t in store.tasks(store.run(run).env).values() if t.split == "train")
        with pytest.raises(BadInput, match="no judged attempt that is meant by task nowhere"):
            lay(store, run, [Said(score=0, task=task), Said(score=0, task="nowhere")])
        assert store.verdicts() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"score": 7, "task": "t"}', "score must be in"),
        ('{"score": 1}', "say of what"),
        ('{"score": 1, "task": "t", "sauce": "x"}', "sauce"),
        ('{"score": 1, "task": "t", "source": "rumour"}', "human or delayed"),
        ("{", "line 2"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text('{"score": 1, "task": "t"}\n' + line + "\n")
    with pytest.raises(BadInput, match=words):
        read_file(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot read the verdicts"):
        read_file(path)


@pytest.mark.slow
def test_a_calibration_is_stored_used_and_stated(place: Path) -> None:
    said = told(smena("verifier", "calibrate", "--from", "lab", "--plot", "plot.svg", cwd=place))
    assert "calibration 1 of lab@" in said and "lab-noisy" in said
    assert (place / "plot.svg").read_text().startswith("<svg")
    assert "1  lab@" in told(smena("verifier", "list", cwd=place))
    use = ["--verifier", "composite", "--set", "verifier.composite.calibration=latest"]
    told(smena("run", "--env", "lab", *SMALL, "-q", *use, "--policy", "transition", cwd=place))
    with Store.open(place / "smena.db", create=False) as store:
        run = store.run("lab-transition")
        section = run.config["settings"]["verifier.composite"]
        assert section["calibration"] == "1" and section["slopes"]["lab-noisy"] > 1
    told(smena("resume", "lab-transition", "-q", cwd=place))
    assert "Fleiss' kappa" in told(smena("verifier", "agreement", "lab-causal", cwd=place))


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["verifier", "calibrate", "--from", "nothing"], "nothing"),
        (["verifier", "calibrate", "--from", "lab-causal", "--gold", "silver"], "--gold is auto"),
        (["verifier", "calibrate", "--from", "lab-causal", "--gold", "verdicts"], "smena verdict add"),
        (["verifier", "show", "99"], "no calibration"),
        (["verdict", "add", "lab-causal", "--score", "1"], "say of what"),
        (["verdict", "add", "lab-causal"], "give --score"),
        (["verdict", "add", "lab-causal", "--file", "none.jsonl"], "none.jsonl"),
        (
            ["run", "--env", "lab", "--verifier", "composite", "--set", "verifier.composite.calibration=99"],
            "no calibration",
        ),
        (["run", "--env", "lab", "--sandbox", "bwrap", "--unsafe-local"], "give one"),
    ],
)
def test_bad_input_is_one_line(place: Path, args: list[str], words: str) -> None:
    done = smena(*args, cwd=place)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_abstention_is_stored_as_one_and_counted(tmp_path: Path) -> None:
    rules = [
        "--set",
        "verifier.composite.h_max=0.5",
        "--set",
        "verifier.composite.verifiers={exact=1, lab-noisy=1}",
    ]
    told(smena("run", "--env", "lab", *SMALL, "-q", "--verifier", "composite", *rules, cwd=tmp_path))
    with sqlite3.connect(tmp_path / "smena.db") as store:
        rows = store.execute("SELECT y, reward, error FROM outcomes WHERE status = 'abstain'").fetchall()
    assert rows and all(y is None and reward is None and "disagree" in error for y, reward, error in rows)
    agreement = told(smena("verifier", "agreement", cwd=tmp_path))
    assert f"abstained      {len(rows)} of" in agreement
