"""The results under docs/results are those of the experiments as they are, and a run made afresh gives them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from smena.cli.progress import NoDisplay
from smena.experiments import load
from smena.experiments.document import document
from smena.experiments.execute import run_experiment
from smena.session import Machine
from smena.setup import registry
from smena.store import Store

RESULTS = Path(__file__).parents[2] / "docs" / "results"


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["phase1", "phase2"])
def test_they_are_of_the_experiments_as_they_are(name: str) -> None:
    """A change of an experiment's file asks for new results."""
    experiment = load(name)
    told = json.loads((RESULTS / name / "figures.json").read_text(encoding="utf-8"))
    assert told["title"] == f"Experiment {experiment.id}"
    runs = [(row["arm"], int(row["seed"])) for row in table(RESULTS / name, "arms")]
    assert runs == [(arm, seed) for arm in experiment.arms for seed in experiment.seeds]
    assert {row["status"] for row in table(RESULTS / name, "arms")} == {"finished"}
    verdicts = [row["hypothesis"] for row in table(RESULTS / name, "verdicts")]
    assert verdicts == [h.id for h in experiment.hypotheses]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "arm"), [("phase1", "success-rate"), ("phase2", "swebench")])
def test_a_run_made_afresh_gives_what_is_published_of_it(name: str, arm: str, tmp_path: Path) -> None:
    whole = load(name)
    seed = whole.seeds[0]
    one: Any = msgspec.structs.replace(whole, seeds=(seed,), arms={arm: whole.arms[arm]}, hypotheses=())
    run_experiment(one, Machine(str(tmp_path / "x.db"), workers=2), NoDisplay(), lambda _: None)
    with Store.open(tmp_path / "x.db") as store:
        registry().make("report", "csv").write(document(store, one), tmp_path / "csv")
    for figure in ("arms", "fpr-save"):
        published = [
            row for row in table(RESULTS / name, figure) if row["arm"] == arm and row["seed"] == str(seed)
        ]
        assert published
        assert [row for row in table(tmp_path / "csv", figure) if row["seed"] == str(seed)] == published
