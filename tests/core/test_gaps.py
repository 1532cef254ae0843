"""A lesson that plays to the judge is seen by the gap between what is rewarded and what is true."""

from __future__ import annotations

import math

from smena import Outcome, Trial
from smena.gaps import gaps
from smena.store.records import Served


def served(task: str, item: str, reward: float, gold: float | None, seed: int = 0) -> Served:
    trial = Trial("e", task, "l", "j", (item,) if item else (), seed=seed)
    scores = {} if gold is None else {"gold": gold}
    return Served("p", 0, trial, Outcome(trial.key, y=int(reward > 0.5), reward=reward, scores=scores), 1)


def test_gaps_are_paired_by_task_and_sorted() -> None:
    told = [served(t, "", 0.0, 0.0) for t in ("a", "b", "c")]
    told += [served(t, "games", 1.0, 0.0) for t in ("a", "b")]
    told += [served(t, "helps", 1.0, 1.0) for t in ("a", "b")]
    told += [served("c", "unseen", 1.0, None), served("d", "alone", 1.0, 1.0)]
    found = gaps(told, ["helps", "games", "unseen", "alone"], "gold")
    assert [(g.item, g.tasks, g.visible, g.hidden, g.gap, g.error) for g in found] == [
        ("games", 2, 1.0, 0.0, 1.0, 0.0),
        ("helps", 2, 1.0, 1.0, 0.0, 0.0),
    ]


def test_one_task_has_no_error_and_equal_trials_count_once() -> None:
    told = [served("a", "", 0.0, 0.0), served("a", "x", 1.0, 0.0), served("a", "x", 1.0, 0.0)]
    told += [served("a", "x", 0.0, 0.0, seed=1)]
    (gap,) = gaps(told, ["x"], "gold")
    assert gap.visible == 0.5 and math.isnan(gap.error)
