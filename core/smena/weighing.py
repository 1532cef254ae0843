"""From stored outcomes and ground truth to the weights of a composite verifier, and from there into a run's
configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from smena.config import RunConfig, convert
from smena.errors import BadInput
from smena.judge import COMPOSITE
from smena.registry import Registry
from smena.setup import Setup
from smena.store import Calibration, Store
from smena.store.records import SOURCES
from smena.values import Split

SECTION = f"verifier.{COMPOSITE}"
LEARNING: tuple[Split, ...] = ("train", "holdout")
"""Splits that weights may be fitted on: never those that a run reports on."""
_NEVER = {"gold", "exact", *SOURCES}
"""Scores that are labels, not verifiers."""


class Labelled(NamedTuple):
    """``scores``: a row an outcome, a column a verifier (NaN: no verdict); ``gold`` ∈ {0, 1}; ``groups``: the
    task of each row, so that no task is on both sides of a split."""

    names: list[str]
    scores: list[list[float]]
    gold: list[int]
    groups: list[str]
    env: str
    runs: list[str]
    source: str


def collect(store: Store, runs: Sequence[str], gold: str = "auto") -> Labelled:
    """Labelled outcomes of these runs' train and holdout tasks, each trial once. ``gold``: ``verdicts``
    (human and delayed ones), ``exact`` (the environment's oracle), or ``auto``: a verdict where there is one,
    else the oracle.

    Raises BadInput where nothing is labelled or there is nothing to weigh."""
    rows: dict[str, tuple[dict[str, float], int, str]] = {}
    env = ""
    for name in runs:
        record = store.run(name)
        if env and record.env != env:
            raise BadInput(
                f"runs of different environments cannot be calibrated together: {env}, {record.env}"
            )
        env = record.env
        setup = Setup(convert(record.config, RunConfig, f"the stored configuration of run {record.id}"))
        oracle = getattr(setup.env, "exact", None) if gold != "verdicts" else None
        tasks = {setup.task_digest(t): t for split in LEARNING for t in setup.tasks(split)} if oracle else {}
        known = store.tasks(env)
        late = {v.key: int(v.score > 0.5) for v in store.verdicts()} if gold != "exact" else {}
        for served in store.outcomes(record.id):
            key, trial, outcome = served.outcome.trial, served.trial, served.outcome
            row = known.get(trial.task)
            if trial.kind != "attempt" or outcome.status not in ("ok", "abstain") or key in rows:
                continue
            if row is None or row.split not in LEARNING:
                continue
            label = late.get(key)
            if label is None and oracle and trial.task in tasks:
                label = int(oracle(tasks[trial.task], outcome.output).score > 0.5)
            if label is not None:
                rows[key] = (outcome.scores, label, row.id)
    return _table(rows, env, [store.run(r).id for r in runs], gold)


def _table(
    rows: Mapping[str, tuple[dict[str, float], int, str]], env: str, runs: list[str], gold: str
) -> Labelled:
    found = {name for scores, _, _ in rows.values() for name in scores if "." not in name}
    names = sorted(found - _NEVER)
    if not rows:
        raise BadInput(
            f"no outcome of {', '.join(runs)} on train or holdout tasks has a label: the environment has no "
            "exact oracle, or verdicts are missing (smena verdict add)"
        )
    if not names:
        raise BadInput(
            f"the outcomes of {', '.join(runs)} were judged by nothing but ground truth: "
            "there is nothing to weigh"
        )
    nan = float("nan")
    ordered = [rows[key] for key in sorted(rows)]
    return Labelled(
        names,
        [[scores.get(name, nan) for name in names] for scores, _, _ in ordered],
        [label for _, label, _ in ordered],
        [task for _, _, task in ordered],
        env,
        runs,
        gold,
    )


def fit(plugins: Registry, labelled: Labelled) -> Calibration:
    """The model and its figures, not yet stored. Raises BadInput for labels that cannot be fitted."""
    found: dict[str, Any] = plugins.resolve("verifier", COMPOSITE).calibrate(
        labelled.names, labelled.scores, labelled.gold, labelled.groups
    )
    return Calibration(
        env=labelled.env,
        runs=labelled.runs,
        gold=labelled.source,
        labels=found["labels"],
        model=found["model"],
        figures=found["figures"],
    )


def calibrated(config: RunConfig, db: str) -> RunConfig:
    """The configuration with the calibration that it names filled in, so that the run's identity holds the
    weights themselves. Raises BadInput where there is none."""
    section = config.settings.get(SECTION, {})
    asked = str(section.get("calibration") or "")
    if config.verifier != COMPOSITE or not asked or section.get("slopes"):
        return config
    with Store.open(db, create=False) as store:
        stored = store.calibration(asked)
    env = stored.env.partition("@")[0]
    if env != config.env:
        raise BadInput(
            f"calibration {stored.number} was made for environment {env}, this run is of {config.env}"
        )
    filled = {
        "calibration": str(stored.number),
        "intercept": stored.model["intercept"],
        "slopes": stored.model["slopes"],
    }
    return msgspec.structs.replace(config, settings={**config.settings, SECTION: {**section, **filled}})
