"""Outcomes for other tools: frames, CSV, and Inspect's log read back by inspect-ai itself."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from smena.cli.progress import NoDisplay
from smena.config import RunConfig
from smena.errors import BadInput
from smena.interchange import COLUMNS, columns_of, frame, write_inspect
from smena.session import Machine, execute
from smena.store import Run, Store
from smena.values import Outcome, Trial


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("interchange") / "lab.db"
    settings = {"env.lab": {"sizes": {"train": 12, "eval": 6, "holdout": 4, "audit": 6}}}
    execute(RunConfig(env="lab", wave=6, settings=settings), Machine(str(path), workers=1), NoDisplay())
    return path


def test_columns_are_the_stores_rows(db: Path) -> None:
    with Store.open(db) as store:
        found = columns_of(store, "")
        run = store.run().id
        served = list(store.outcomes(run))
    assert set(COLUMNS) <= set(found) and "score_exact" in found
    assert {len(column) for column in found.values()} == {len(served)}
    assert found["key"] == [s.trial.key for s in served]
    assert found["y"] == [s.outcome.y for s in served]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_in_one_call(db: Path, library: str) -> None:
    pytest.importorskip(library)
    table = frame(db, "lab", library, purpose="eval/")  # type: ignore[arg-type]
    assert table.shape[1] >= len(COLUMNS) and table.shape[0] == len(table["key"])
    assert set(table["family"]) == {"eval"}


def test_bad_input(db: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="unknown library"):
        frame(db, "", "excel")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="no run"):
        frame(db, "zzz")


def test_csv_on_the_command_line(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    command = [
        sys.executable,
        "-m",
        "smena",
        "outcomes",
        "--db",
        str(db),
        "--out",
        str(out),
        "--purpose",
        "eval/",
    ]
    subprocess.run(command, check=True, capture_output=True)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows and all(row["purpose"].startswith("eval/") for row in rows)
    told = subprocess.run([*command[:-2], "--out", "x.docx"], capture_output=True, text=True)
    assert told.returncode == 2 and "the ending says what to write" in told.stderr


@pytest.mark.slow
def test_an_episode_is_a_talk_in_the_order_in_which_it_went(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai.log import read_eval_log

    trial, out = Trial("e@1", "t", "l@1", "j@1"), tmp_path / "talk.eval"
    own = {"prompt": "do it", "replies": ["look", "go"], "observations": ["a room", "a sink", "the end"]}
    with Store.open(tmp_path / "talk.db") as store:
        store.start_run(Run(id="r", env="e@1", learner="l@1", teacher="t", policy="p", seed=0, config={},
                            fingerprint="f"))  # fmt: skip
        store.remember(trial, Outcome(trial.key, y=1, trace={"hypotheses": [], "learner": own}))
        store.link("r", "eval/x", [trial.key])
        assert write_inspect(store, "r", out) == 1
    (sample,) = read_eval_log(str(out)).samples or []
    assert [(m.role, m.content) for m in sample.messages] == [
        ("user", "do it"),
        ("user", "a room"),
        ("assistant", "look"),
        ("user", "a sink"),
        ("assistant", "go"),
        ("user", "the end"),
    ]


def test_inspect_reads_its_log(db: Path, tmp_path: Path) -> None:
    """The real inspect-ai opens the file, whole and one sample at a time, and its frames agree with ours."""
    pytest.importorskip("inspect_ai")
    from inspect_ai.log import read_eval_log, read_eval_log_sample

    out = tmp_path / "run.eval"
    with Store.open(db) as store:
        count = write_inspect(store, "", out, "eval/")
        mine = [s for s in store.outcomes(store.run().id, "eval/") if s.trial.kind == "attempt"]
        with pytest.raises(BadInput, match="no attempt"):
            write_inspect(store, "", tmp_path / "none.eval", "nothing/")
    log = read_eval_log(str(out))
    assert log.status == "success" and log.samples is not None
    assert len(log.samples) == count == len(mine)
    assert sum(s.scores["y"].value for s in log.samples if s.scores) == sum(s.outcome.y or 0 for s in mine)
    first = log.samples[0]
    again = read_eval_log_sample(str(out), first.id, first.epoch)
    assert again.messages[-1].role == "assistant" and again.metadata["trial"] == first.metadata["trial"]
