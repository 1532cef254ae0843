"""Where the truth is known: A/A tests, in which every save is false, and audits of planted effects; and the
audit split stays out of every gate's reach."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from smena.audit import planted_decision, rule
from smena.causal.gate import Ask
from smena.cli.progress import display
from smena.config import RunConfig
from smena.errors import SmenaError
from smena.loop import Jobs, decide
from smena.results import RunResult
from smena.session import Machine, execute
from smena.setup import Setup
from smena.store import Store
from smena.trials import NO_LIMITS, Limits, Stopped
from smena.values import Knowledge, Pattern, Provenance

SIZES = {"train": 24, "eval": 8, "holdout": 8, "audit": 24}


def result(db: Path, limits: Limits = NO_LIMITS, **config) -> RunResult:
    settings = config.pop("settings", {}) | {"env.lab": {"sizes": SIZES} | config.pop("lab", {})}
    made = RunConfig(env="lab", settings=settings, eval_repeats=1, **config)
    with display(True) as watcher:
        run = execute(made, Machine(db=str(db), workers=1, limits=limits), watcher).run
    with Store.open(db, create=False) as store:
        return RunResult.read(store, run)


@pytest.mark.parametrize(
    ("policy", "low", "high"),
    [
        ("causal", 0, 0.06),
        ("save-all", 1, 1),
        ("transition", 1, 1),
        ("random", 0.3, 0.7),
        ("strict-gain", 0.2, 0.7),
    ],
)
def test_every_save_of_an_aa_test_is_false(tmp_path: Path, policy: str, low: float, high: float) -> None:
    found = result(tmp_path / "a.db", policy=policy, null_items=40)
    own = found.saves.rules[0]
    assert found.saves.audited == found.saves.proposed == own.save_given_null.n == 40
    assert own.useful == own.undecided == 0 and own.false == own.saves
    assert low <= own.save_given_null.value <= high
    assert own.save_given_null.method == "Clopper–Pearson"
    assert found.saves.rule["source"] == "planted"
    spent = {f.name: f.trials for f in found.ledger.families}
    assert spent["audit"] == spent["eval"] == spent["train"] == 0 < spent["bank"]


def test_an_aa_test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole = result(tmp_path / "whole.db", null_items=30)
    with pytest.raises(Stopped):
        result(tmp_path / "torn.db", Limits(trials=150), null_items=30)
    torn = result(tmp_path / "torn.db", null_items=30)
    assert torn.run.id == whole.run.id and "-aa-" in whole.run.id
    assert (torn.saves, torn.items, torn.evidence) == (whole.saves, whole.items, whole.evidence)
    kept = result(tmp_path / "torn.db", Limits(trials=1), null_items=30)
    assert kept.saves == whole.saves


def test_planted_truth_needs_no_trials_and_leaves_nothing_undecided(tmp_path: Path) -> None:
    found = result(tmp_path / "a.db", policy="save-all")
    assert found.saves.rule["source"] == "planted"
    assert {f.name: f.trials for f in found.ledger.families}["audit"] == 0
    for item in found.items:
        useful = item.knowledge.body.name.startswith("useful:")
        assert (item.audit.verdict, item.audit.evidence["source"]) == (
            "pass" if useful else "drop",
            "planted",
        )
    own = found.saves.rules[0]
    assert own.useful and own.false and not own.undecided
    assert own.false_share_bounds == (own.false_share.value, own.false_share.value)


def test_the_audit_by_trials_finds_what_was_planted(tmp_path: Path) -> None:
    """Without being told, the audit calls few items by the wrong name: its level is 5% a side."""
    found = result(tmp_path / "a.db", policy="save-all", lab={"tells": False}, audit_repeats=12)
    assert found.saves.rule["source"] == "audit split"
    decided = [i for i in found.items if i.audit.verdict != "undecided"]
    wrong = [i for i in decided if (i.audit.verdict == "pass") != i.knowledge.body.name.startswith("useful:")]
    assert len(decided) >= 8 and len(wrong) <= 0.15 * len(found.items)


def test_what_the_audit_did_is_said_of_mixed_sources_too() -> None:
    assert rule({"planted"})["source"] == "planted"
    assert rule({"audit split"})["source"] == rule(set())["source"] == "audit split"
    mixed = rule({"planted", "audit split"})
    assert "planted" in mixed["text"] and "Newcombe" in mixed["text"]
    assert planted_decision("k", 1e-9, ["t"], "causal").verdict == "pass"
    assert planted_decision("k", 0.0, [], "causal").verdict == "drop"


class Curious:
    """A gate that asks for a task that it was not given."""

    name, verdict, evidence = "screen", None, {}

    def __init__(self, task: str) -> None:
        self.task = task

    def ask(self):
        return [Ask(self.task, 0, 0, "s"), Ask(self.task, 1, 0, "s")]

    def tell(self, answers):
        raise AssertionError("it was told")


@pytest.mark.parametrize("given", [True, False], ids=["handed over by mistake", "guessed"])
def test_no_gate_gets_a_task_of_the_audit_split(given: bool) -> None:
    setup = Setup(RunConfig(env="lab"))
    task = setup.tasks("audit")[0]
    item = Knowledge(Pattern("p", (), ()), (), Provenance("train-0000", "r", "t"))
    places = {task.id: ("audit", task)} if given else {}
    activity = decide(setup, Jobs(setup), Curious(task.id), item, places, {}, "screen/x")
    with pytest.raises(SmenaError, match="never the audit split") as refused:
        next(activity)
    assert "'screen'" in str(refused.value) and task.id in str(refused.value)


def test_no_stored_trial_of_a_gate_is_on_an_audit_task(tmp_path: Path) -> None:
    found = result(tmp_path / "a.db", lab={"tells": False})
    with Store.open(tmp_path / "a.db", create=False) as store:
        setup = Setup(RunConfig(env="lab", settings={"env.lab": {"sizes": SIZES, "tells": False}}))
        audit = {setup.task_digest(t) for t in setup.tasks("audit")}
        for purpose in ("bank/", "train/", "screen/", "confirm/", "eval/"):
            assert not audit & {u.task for u in store.uses(found.run.id, purpose)}, purpose
        assert {u.task for u in store.uses(found.run.id, "audit/")} <= audit


def test_the_command_says_all_of_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smena"]
    aa = ["aa-test", "--env", "lab", "--policy", "transition", "--items", "30", "-q"]
    told = subprocess.run([*command, *aa], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert "30 null items, policy transition" in told.stdout
    assert re.search(r"30 of 30 = 100.00% \[88.\d+%, 100.00%\] \(Clopper–Pearson, 95%\)", told.stdout)
    assert "0 by the gates = 0.0 a candidate; 240 by the bank" in told.stdout
    report = subprocess.run([*command, "report"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "Truth: planted" in report.stdout, report.stderr


def test_the_store_refuses_a_gates_link_to_an_audit_task(tmp_path: Path) -> None:
    """Even if the loop were mistaken: what finds false saves stays unseen by what saves."""
    found = result(tmp_path / "a.db", lab={"tells": False})
    with Store.open(tmp_path / "a.db") as store:
        audited = [u.key for u in store.uses(found.run.id, "audit/")][:3]
        ours = [u.key for u in store.uses(found.run.id, "screen/")][:3]
        assert audited and ours
        for purpose in ("screen/x", "confirm/x", "again/revise/x", "combine/pool/x", "gold/x"):
            with pytest.raises(SmenaError, match="audit split"):
                store.link(found.run.id, purpose, [*ours, *audited])
            assert not store.uses(found.run.id, purpose)
        store.link(found.run.id, "screen/x", ours)
        store.link(found.run.id, "audit/x", audited)
