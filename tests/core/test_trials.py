"""Trials whose machinery fails: tried again after a pause, then left as they are."""

from __future__ import annotations

from pathlib import Path

from smena.cli.progress import NoDisplay
from smena.executor import Job
from smena.store import Store
from smena.trials import RETRY_AFTER, Trials, Wanted
from smena.values import Outcome, Trial


class Fails:
    """Gives ``infra`` so many times for each trial, then ``ok``."""

    def __init__(self, times: int) -> None:
        self.times, self.runs = times, dict[str, int]()

    def run(self, jobs):
        for job in jobs:
            key = job.trial.key
            self.runs[key] = self.runs.get(key, 0) + 1
            failed = self.runs[key] <= self.times
            yield job, Outcome(key, "infra", error="down") if failed else Outcome(key, y=1, reward=1.0)


def outcome_after(tmp_path: Path, failures: int) -> tuple[Outcome, int]:
    executor = Fails(failures)
    trial = Trial("e@1", "t", "l@1", "j@1")
    with Store.open(tmp_path / "s.db") as store:
        trials = Trials(store, executor, "run", NoDisplay())  # type: ignore[arg-type]
        trials._link = lambda *_: None  # type: ignore[method-assign]  # no run to link to
        (outcome,) = trials.run([Wanted("p", Job(trial, "t", "train"))])
    return outcome, executor.runs[trial.key]


def test_what_comes_back_in_time_is_an_outcome(tmp_path: Path) -> None:
    outcome, runs = outcome_after(tmp_path, len(RETRY_AFTER))
    assert (outcome.status, runs) == ("ok", 1 + len(RETRY_AFTER))


def test_what_stays_down_is_infra_and_is_not_tried_for_ever(tmp_path: Path) -> None:
    outcome, runs = outcome_after(tmp_path, 99)
    assert (outcome.status, outcome.y, runs) == ("infra", None, 1 + len(RETRY_AFTER))
