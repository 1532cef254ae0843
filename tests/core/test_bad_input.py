"""What must not count as evidence: refused or corrected, and the evidence says so. Gates alone are in
tests/core/causal; here whole runs."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from pathlib import Path
from zlib import crc32

import pytest
from smena import Verdict
from smena.causal.effects import ate, uplift
from smena.cli.progress import display
from smena.config import RunConfig
from smena.errors import BadInput, SmenaError
from smena.results import RunResult
from smena.session import Machine, execute
from smena.store import Store
from smena.values import Decision
from smena_lab.verifier import Noisy

SIZES = {"train": 24, "eval": 4, "holdout": 8, "audit": 12}


def go(db: Path, **config) -> RunResult:
    settings = {"env.lab": {"sizes": SIZES, "clusters": 2}} | config.pop("settings", {})
    made = RunConfig(env="lab", settings=settings, eval_repeats=1, **config)
    with display(True) as watcher:
        run = execute(made, Machine(db=str(db), workers=1), watcher).run
    with Store.open(db, create=False) as store:
        return RunResult.read(store, run)


def decisions(result: RunResult, *gates: str) -> Iterator[Decision]:
    return (d for item in result.items for d in item.decisions if d.gate in gates)


def test_a_learner_whose_seeds_do_not_matter_is_no_crowd_of_witnesses(tmp_path: Path) -> None:
    """Equal trials give equal outputs: each counts once, whoever asks how often."""
    result = go(tmp_path / "a.db", settings={"learner.lab": {"frozen": True}})
    screened = list(decisions(result, "screen"))
    assert screened
    for told in screened:
        assert told.evidence["n"] <= 1 and told.evidence["repeated_pairs"] >= 1
        assert told.verdict != "pass" and "seen before" in told.evidence["reason"]
    for told in decisions(result, "confirm", "reconsider"):
        assert told.evidence["n"] <= told.evidence["pool_size"]


def treated(attempt) -> bool:
    return attempt.cost > 1  # the lab's learner: one more for every item


def test_scores_that_are_no_numbers_leave_both_arms_and_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Noisy.verify

    def sometimes(self, environment, task, attempt) -> Verdict:
        if treated(attempt) and crc32(attempt.answer.encode()) % 5 == 0:
            return Verdict(nan)
        return honest(self, environment, task, attempt)

    monkeypatch.setattr(Noisy, "verify", sometimes)
    result = go(tmp_path / "a.db", verifier="lab-noisy", settings={"policy.causal": {"gold": 0}})
    judged = list(decisions(result, "screen", "confirm"))
    assert sum(d.evidence["lost_pairs"] for d in judged) > 0
    for told in (d for d in judged if d.gate == "screen"):
        e = told.evidence
        assert e["runs"] == 2 * (e["n"] + e["lost_pairs"] + e["repeated_pairs"] + e["surplus_pairs"])
    lost = {f.name: f.infra for f in result.ledger.families}
    assert lost["screen"] > 0 == lost["bank"]


def test_verdicts_that_are_late_leave_both_arms(tmp_path: Path) -> None:
    settings = {"verifier.lab-noisy": {"late": 0.2}, "policy.causal": {"gold": 0}}
    result = go(tmp_path / "a.db", verifier="lab-noisy", settings=settings)
    screened = list(decisions(result, "screen"))
    assert sum(d.evidence["lost_pairs"] for d in screened) > 0
    families = {f.name: f for f in result.ledger.families}
    assert families["screen"].abstain > 0 == families["screen"].infra


@pytest.mark.parametrize("score", [nan, -0.1, 1.5])
def test_a_verifier_that_never_gives_a_score_ends_the_run_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: float
) -> None:
    monkeypatch.setattr(Noisy, "verify", lambda *_: Verdict(score))
    with pytest.raises(SmenaError, match="a score must be in"):
        go(tmp_path / "a.db", verifier="lab-noisy")


def test_too_few_tasks_are_undecided_and_spend_nothing(tmp_path: Path) -> None:
    sizes = SIZES | {"train": 8}
    result = go(tmp_path / "a.db", settings={"env.lab": {"sizes": sizes, "clusters": 2}})
    small = [d for d in decisions(result, "confirm") if d.evidence["pool_size"] < 5]
    assert small, "no item came to gate 2"
    for told in small:
        assert told.verdict == "undecided" and told.evidence["runs"] == 0
        assert told.evidence["reason"].startswith("pool too small: ")


def test_an_empty_arm_is_no_comparison() -> None:
    with pytest.raises(BadInput, match="both arms"):
        uplift([1, 0], [])
    with pytest.raises(BadInput, match="an arm is empty"):
        ate([], [])


@pytest.mark.slow
def test_work_in_order_keeps_to_its_budget_and_waits_for_the_next_wave(tmp_path: Path) -> None:
    """`order = "ucb"`: candidates that ran out of the wave's budget go on in later waves, from where they
    were; trials are not repeated."""
    settings = {
        "env.lab": {"sizes": SIZES | {"train": 60}, "clusters": 2},
        "policy.causal": {"order": "ucb", "budget": 160, "width": 2, "revise": 0},
    }
    db = tmp_path / "a.db"
    result = go(db, wave=12, settings=settings)
    waited = [
        item
        for item in result.items
        if any(
            move.to_status == "candidate"
            and (after := [m.step for m in item.transitions if m.from_status == "candidate"])
            and after[0] > move.step
            for move in item.transitions
        )
    ]
    assert waited, "the budget held nobody back: this test shows nothing"
    assert any(item.state == "trusted" for item in waited)
    with Store.open(db, create=False) as store:
        uses = store.uses(result.run.id, "confirm/")
        assert len({(use.purpose, use.key) for use in uses}) == len(uses), "a gate asked twice"
    for told in decisions(result, "confirm"):
        assert told.evidence["e_value"] >= told.evidence["threshold"] or told.verdict != "pass"
    again = go(db, wave=12, settings=settings)
    assert again.items == result.items


@pytest.mark.slow
@pytest.mark.parametrize("levels", ["saffron", "lord++"])
def test_the_economy_levels_save_no_null_item(tmp_path: Path, levels: str) -> None:
    result = go(
        tmp_path / "a.db",
        null_items=30,
        settings={"policy.causal": {"levels": levels, "screen_cap": 1, "screen_cap_threshold": 0}},
    )
    assert result.saves.rules[0].saves <= 2
    levels_used = {d.evidence["alpha_t"] for d in decisions(result, "confirm") if d.evidence["runs"]}
    assert len(levels_used) > 1
