"""What the store hands out: values with the columns of the tables they come from."""

from __future__ import annotations

import msgspec

from smena.values import JSON, Decision, Knowledge, Outcome, Split, Status, Trial


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``runs``."""

    id: str
    env: str
    learner: str
    teacher: str
    policy: str
    seed: int
    config: JSON
    fingerprint: str
    status: str = "running"
    created_at: str = ""
    finished_at: str | None = None
    smena_version: str = ""


class Served(msgspec.Struct, frozen=True):
    """A trial that served a purpose of a run, and its outcome. ``attempts`` counts all executions."""

    purpose: str
    position: int
    trial: Trial
    outcome: Outcome
    attempts: int


class Use(msgspec.Struct, frozen=True):
    """A trial that served a purpose of a run, without what it said: what figures are made of.

    ``informed``: at least one knowledge item was injected."""

    purpose: str
    position: int
    key: str
    kind: str
    task: str
    informed: bool
    status: Status
    y: int | None
    reward: float | None
    cost: float
    latency: float
    attempts: int


class Frozen(msgspec.Struct, frozen=True):
    """A row of ``experiments``; ``spec`` is a decoded :class:`smena.experiments.Experiment`'s JSON."""

    id: str
    name: str
    digest: str
    spec: JSON
    created_at: str
    smena_version: str


class ArmRun(msgspec.Struct, frozen=True):
    """A row of ``experiment_runs``."""

    experiment: str
    arm: str
    seed: int
    run: str
    note: str


class Loss(msgspec.Struct, frozen=True):
    """Executions of a run's trials that the machinery failed, by first part of the purpose, whether items were
    injected, and cause. ``trials`` of these executions were the last of their trial, which is lost."""

    family: str
    informed: bool
    cause: str
    executions: int
    trials: int


class Failure(msgspec.Struct, frozen=True):
    """A row of ``failures``: one execution that the machinery failed."""

    key: str
    attempt: int
    status: Status
    error: str
    latency: float
    created_at: str
    price: float | None = None
    usage: str | None = None
    cause: str | None = None


class TaskRow(msgspec.Struct, frozen=True):
    """A row of ``tasks``."""

    env: str
    digest: str
    id: str
    split: Split
    cluster: str
    features: tuple[str, ...]
    tags: dict[str, str]


class Decided(msgspec.Struct, frozen=True):
    """A decision at its place in a run."""

    seq: int
    step: int
    decision: Decision


class Item(msgspec.Struct, frozen=True):
    """A knowledge item as one run came by it."""

    position: int
    knowledge: Knowledge


SOURCES = ("human", "delayed")
"""Where late verdicts come from."""


class LateVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``verdicts``: what somebody said of a trial after it was judged. ``before``: what it
    replaced."""

    key: str
    source: str
    score: float
    author: str = ""
    note: str = ""
    seq: int = 0
    before: JSON = None
    created_at: str = ""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``calibrations``."""

    env: str
    runs: list[str]
    gold: str
    labels: int
    model: dict[str, JSON]
    figures: dict[str, JSON]
    number: int = 0
    created_at: str = ""
