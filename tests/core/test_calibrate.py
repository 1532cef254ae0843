"""Settings of the gates are found on a held-out split, written down, and the same wherever they are used."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from smena.calibrate import CHEAPER, Tried, better, calibration_toml
from smena.config import RunConfig, load_config
from smena.setup import Setup
from smena.store import Store

LAB = "env.lab.sizes={train=36, eval=6, holdout=16, audit=12}"


def smena(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "smena", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280)


def test_the_rule_that_chooses_is_the_one_that_is_stated() -> None:
    best = Tried({}, [0.5, 0.5, 0.6, 0.4], 3, 1000)
    assert better(best._replace(rewards=[0.9, 0.9, 0.9, 0.8]), best), "better by more than a standard error"
    assert better(best._replace(runs=int(1000 * CHEAPER)), best), "as good and a tenth cheaper"
    assert not better(best._replace(runs=950), best), "as good and hardly cheaper"
    assert not better(best._replace(rewards=[0.1, 0.1, 0.2, 0.1], runs=1), best), "cheap and worse"
    assert not better(best._replace(rewards=[1.0, 0.0, 0.6, 0.4]), best), "noise"


@pytest.mark.slow
def test_it_is_stored_resumed_and_used_by_the_runs_it_set_up(tmp_path: Path) -> None:
    ask = ["calibrate", "--env", "lab", "--set", LAB, "--verifier", "lab-noisy", "-q", "--out", "found.toml"]
    torn = smena(tmp_path, *ask, "--max-trials", "800")
    assert torn.returncode == 1 and "stopped at the limit" in torn.stderr
    told = smena(tmp_path, *ask)
    assert told.returncode == 0, told.stderr
    assert "the defaults" in told.stdout and "τ: balanced accuracy" in told.stdout
    with Store.open(tmp_path / "smena.db", create=False) as store:
        made = store.run("lab-calibration")
        mark = store.marks(made.id)["calibration"]
        used = {u.task for u in store.uses(made.id)}
        setup = Setup(RunConfig(env="lab", settings={"env.lab": tomllib.loads(LAB[4:])["lab"]}))
        for split in ("eval", "audit"):
            assert not used & {setup.task_digest(t) for t in setup.tasks(split)}, f"{split} was touched"
    assert not set(mark["judging"]) & set(mark["control"])
    assert mark["objective"].startswith("mean reward") and sum(row["chosen"] for row in mark["tried"]) == 1
    config = load_config(tmp_path / "found.toml", {})
    assert (config.calibration, config.calibrate) == (made.id, False)
    again = Setup(config)
    assert again.gates["fingerprint"] == mark["gates"]["fingerprint"]
    ran = smena(tmp_path, "run", "--config", "found.toml", "-q")
    assert ran.returncode == 0, ran.stderr
    same = smena(tmp_path, "gates", "lab-causal", "lab-calibration")
    assert same.returncode == 0 and same.stdout.count(str(mark["gates"]["fingerprint"])) == 2
    assert f"calibrated by {made.id}" in same.stdout
    smena(tmp_path, "run", "--config", "found.toml", "--set", "policy.causal.mu=0.25", "-q")
    other = smena(tmp_path, "gates", "lab-calibration", "")
    assert other.returncode == 1 and "mu: " in other.stdout


@pytest.mark.parametrize("policy", ["causal", "paper", "strict-gain"])
def test_the_gates_fingerprint_knows_no_environment_learner_or_seed(policy: str) -> None:
    here = Setup(RunConfig(env="lab", policy=policy))
    there = Setup(RunConfig(env="arc", policy=policy, seed=5, wave=7, learner="search"))
    assert here.gates == there.gates and here.policy_print == there.policy_print
    assert here.env_print != there.env_print
    assert Setup(RunConfig(env="lab", policy=policy, gamma=0.5)).gates != here.gates


def test_what_a_calibration_saw_is_no_evidence_later() -> None:
    from smena.loop import Jobs

    plain, found = Setup(RunConfig(env="lab")), Setup(RunConfig(env="lab", calibrate=True))
    task = plain.tasks("train")[0]
    trials = [Jobs(s).attempt("train", task, [], "screen:x", 0).trial for s in (plain, found)]
    assert trials[0].key != trials[1].key and trials[0].seed != trials[1].seed


def test_other_policies_have_nothing_to_calibrate(tmp_path: Path) -> None:
    told = smena(tmp_path, "calibrate", "--env", "lab", "--policy", "votes", "-q")
    assert told.returncode == 2 and "nothing to calibrate; known: causal, paper" in told.stderr


def test_the_written_file_reads_back(tmp_path: Path) -> None:
    settings = {
        "env.lab": {"effects": {"useful": 0.1}, "tells": False},
        "teacher.lab": {"mix": {"null": 1.0}},
    }
    config = RunConfig(env="lab", seed=3, settings=settings, calibrate=True)
    found = {
        "chosen": {"mu": 0.25, "run.gamma": 0.5},
        "gates": {"fingerprint": "x"},
        "objective": "o",
    }
    (tmp_path / "c.toml").write_text(calibration_toml(config, "r", found))
    read = load_config(tmp_path / "c.toml", {})
    wanted = settings | {"policy.causal": {"mu": 0.25}}
    assert (read.seed, read.gamma, read.calibration, read.settings) == (3, 0.5, "r", wanted)


def test_tau_is_written_where_the_verifier_has_one(tmp_path: Path) -> None:
    found = {"chosen": {}, "gates": {"fingerprint": "x"}, "objective": "o", "tau": {"best": 0.25}}
    for verifier, written in (
        ("composite", {"verifiers": {"lab-noisy": 1.0}, "tau": 0.25}),
        ("lab-noisy", None),
    ):
        settings = {"verifier.composite": {"verifiers": {"lab-noisy": 1.0}}} if written else {}
        config = RunConfig(env="lab", verifier=verifier, settings=settings, calibrate=True)
        (tmp_path / "c.toml").write_text(calibration_toml(config, "r", found))
        assert load_config(tmp_path / "c.toml", {}).settings.get("verifier.composite") == written
