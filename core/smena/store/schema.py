"""The tables, as `docs/store.md` explains them with worked queries.

Two kinds of row. *Outcomes* (and ``failures``) are what trials cost to learn: written once, each in its own
commit, shared by all runs. Everything that names a ``run`` is *derived*: a pure function of outcomes and the
run's configuration, cleared when the run starts again and rewritten as it is recomputed.

A column is TEXT holding JSON where its comment says so; digests are 32 hex digits; times are UTC, ISO 8601.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

REVISIONS = ("0001", "0002", "0003", "0004", "0005")
"""Every schema that there ever was, oldest first; the last one is what this module says."""

metadata = MetaData()

version = Table("smena_version", metadata, Column("version_num", String(32), primary_key=True))
"""One row, Alembic's: which schema this database has."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("key", String(32), primary_key=True, comment="digest of the trial"),
    Column("kind", String(16), nullable=False, comment="attempt or lesson"),
    Column("env", Text, nullable=False, comment="environment, name@digest"),
    Column("task", String(64), nullable=False, comment="digest of the task"),
    Column("learner", Text, nullable=False, comment="learner (of a lesson: teacher), name@digest"),
    Column("judge", Text, nullable=False, comment="verifiers, name@digest"),
    Column("knowledge", Text, nullable=False, comment="JSON: digests of the injected items, in order"),
    Column("feedback", String(64), comment="digest of the feedback of a retry, else NULL"),
    Column("seed", BigInteger, nullable=False, comment="seed or replicate"),
    Column("status", String(16), nullable=False, comment="ok, infra, timeout, abstain"),
    Column("y", Integer, comment="1 solved, 0 not; NULL unless ok"),
    Column("reward", Float(53), comment="composite score in [0, 1]; NULL unless ok"),
    Column("cost", Float(53), nullable=False, comment="in the learner's unit"),
    Column("latency", Float(53), nullable=False, comment="wall seconds"),
    Column("scores", Text, nullable=False, comment="JSON: verifier → score"),
    Column("output", Text, nullable=False, comment="JSON: the answer, or the lesson"),
    Column("trace", Text, nullable=False, comment="JSON: whatever the learner told"),
    Column("error", Text, nullable=False, comment="one line for people"),
    Column("attempts", Integer, nullable=False, comment="executions so far; above 1 after infra or timeout"),
    Column("created_at", String(32), nullable=False, comment="when it was stored"),
    Column("price", Float(53), comment="US dollars paid for it; NULL: nothing was called, or nobody knows"),
    Column("usage", Text, comment="JSON: model, version, tokens, calls; NULL: no service was called"),
    Column("cause", String(32), comment="code: what lost it, or why a model gave no answer; NULL: nothing"),
    Index("ix_outcomes_env_task", "env", "task"),
    comment="What came of each trial. The first final outcome (ok, abstain) is never overwritten.",
)

failures = Table(
    "failures",
    metadata,
    Column("key", String(32), primary_key=True, comment="digest of the trial"),
    Column("attempt", Integer, primary_key=True, autoincrement=False, comment="1 for the first execution"),
    Column("status", String(16), nullable=False, comment="infra or timeout"),
    Column("error", Text, nullable=False, comment="one line for people"),
    Column("latency", Float(53), nullable=False, comment="wall seconds"),
    Column("created_at", String(32), nullable=False, comment="when it was stored"),
    Column("price", Float(53), comment="US dollars paid for it; NULL: nothing was called, or nobody knows"),
    Column("usage", Text, comment="JSON: model, version, tokens, calls; NULL: no service was called"),
    Column("cause", String(32), comment="code: what lost it, or why a model gave no answer; NULL: nothing"),
    comment="Every execution that the machinery failed, also those that a retry has since made good.",
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True, comment="what `smena report` takes; a unique prefix will do"),
    Column("env", Text, nullable=False, comment="environment, name@digest"),
    Column("learner", Text, nullable=False, comment="learner, name@digest"),
    Column("teacher", Text, nullable=False, comment="teacher, name@digest"),
    Column("policy", Text, nullable=False, comment="save policy, name@digest"),
    Column("seed", BigInteger, nullable=False, comment="seed of the run"),
    Column("config", Text, nullable=False, comment="JSON: the whole configuration"),
    Column("fingerprint", String(64), nullable=False, comment="equal: the same run"),
    Column("status", String(16), nullable=False, comment="running, finished, stopped, failed"),
    Column("created_at", String(32), nullable=False, comment="when it first began"),
    Column("finished_at", String(32), comment="when it last ended; NULL while it runs or was killed"),
    Column("smena_version", String(32), nullable=False, comment="of the host that last wrote it"),
    comment="One row a run; running the same configuration again goes on with the same row.",
)


def _run(**kwargs: Any) -> Column[str]:
    run = ForeignKey("runs.id", ondelete="CASCADE")
    return Column("run", String(64), run, primary_key=True, comment="id of the run", **kwargs)


run_trials = Table(
    "run_trials",
    metadata,
    _run(),
    Column("purpose", Text, primary_key=True, comment="what the run needed it for"),
    Column("position", Integer, primary_key=True, autoincrement=False, comment="order within it, from 0"),
    Column("key", String(32), nullable=False, comment="digest of the trial: outcomes.key once executed"),
    Index("ix_run_trials_key", "key"),
    comment="Which trial served which purpose of which run; a trial may serve many.",
)

tasks = Table(
    "tasks",
    metadata,
    Column("env", Text, primary_key=True, comment="environment, name@digest"),
    Column("digest", String(64), primary_key=True, comment="outcomes.task"),
    Column("id", Text, nullable=False, comment="the benchmark's own name of the task"),
    Column("split", String(16), nullable=False, comment="train, eval, holdout, audit"),
    Column("cluster", Text, nullable=False, comment="tasks of one cluster are not independent"),
    Column("features", Text, nullable=False, comment="JSON: name=value strings that triggers match"),
    Column("tags", Text, nullable=False, comment="JSON: name → value"),
    comment="The tasks that trials name by digest, without view or reference.",
)

knowledge = Table(
    "knowledge",
    metadata,
    Column("digest", String(32), primary_key=True, comment="digest of the body"),
    Column("kind", String(16), nullable=False, comment="fact, pattern, antipattern"),
    Column("name", Text, nullable=False, comment="name of the (anti)pattern, entity of the fact"),
    Column("body", Text, nullable=False, comment="JSON: the body itself"),
    comment="Knowledge items, known by their body: the same lesson in two runs is one row.",
)

items = Table(
    "items",
    metadata,
    _run(),
    Column("digest", String(32), ForeignKey("knowledge.digest"), primary_key=True, comment="the item"),
    Column("position", Integer, nullable=False, comment="order of discovery within the run, from 0"),
    Column("task", Text, nullable=False, comment="id of the origin task"),
    Column("rung", Text, nullable=False, comment="rung of the teacher's hint ladder"),
    Column("teacher", Text, nullable=False, comment="who said it"),
    Column("examples", Text, nullable=False, comment="JSON: what it was learned on"),
    comment="Which items a run came by, and how.",
)

decisions = Table(
    "decisions",
    metadata,
    _run(),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="order within the run, from 0"),
    Column("step", Integer, nullable=False, comment="step of the run"),
    Column("item", String(32), nullable=False, comment="knowledge.digest"),
    Column("gate", Text, nullable=False, comment="name of the gate"),
    Column("policy", Text, nullable=False, comment="save policy, name@digest"),
    Column("verdict", String(16), nullable=False, comment="pass, drop, undecided"),
    Column("evidence", Text, nullable=False, comment="JSON: enough to recompute the verdict"),
    Index("ix_decisions_item", "item"),
    comment="Every verdict of every gate, with its evidence.",
)

transitions = Table(
    "transitions",
    metadata,
    _run(),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="order within the run, from 0"),
    Column("step", Integer, nullable=False, comment="step of the run"),
    Column("item", String(32), nullable=False, comment="knowledge.digest"),
    Column("from_status", Text, nullable=False, comment="status before, empty for a new item"),
    Column("to_status", Text, nullable=False, comment="status after"),
    Column("channel", Text, nullable=False, comment="channel after"),
    Column("decision_seq", Integer, comment="decisions.seq of the reason, or NULL"),
    comment="How items moved through the lifecycle.",
)

experiments = Table(
    "experiments",
    metadata,
    Column("id", String(64), primary_key=True, comment="name-digest; what `smena experiment status` takes"),
    Column("name", Text, nullable=False, comment="name in the file"),
    Column("digest", String(32), nullable=False, comment="digest of all that the file fixes"),
    Column("spec", Text, nullable=False, comment="JSON: arms, seeds, hypotheses and tests, as frozen"),
    Column("created_at", String(32), nullable=False, comment="when it was frozen, before its first trial"),
    Column("smena_version", String(32), nullable=False, comment="of the host that froze it"),
    comment="Pre-registered experiments. A row is never changed: another file is another experiment.",
)

experiment_runs = Table(
    "experiment_runs",
    metadata,
    Column(
        "experiment",
        String(64),
        ForeignKey("experiments.id", ondelete="CASCADE"),
        primary_key=True,
        comment="experiments.id",
    ),
    Column("arm", String(64), primary_key=True, comment="arm of the experiment"),
    Column("seed", BigInteger, primary_key=True, autoincrement=False, comment="seed of the run"),
    Column("run", String(64), nullable=False, comment="runs.id, once begun; empty where it cannot run here"),
    Column(
        "note",
        Text,
        nullable=False,
        comment="why it was not measured, or that it was begun before the freeze",
    ),
    comment="Which run serves which arm and seed of an experiment.",
)

marks = Table(
    "marks",
    metadata,
    _run(),
    Column("name", Text, primary_key=True, comment="name of the fact"),
    Column("value", Text, nullable=False, comment="JSON"),
    comment="Facts about a run, such as sizes of splits and the bank of probabilities.",
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("key", String(32), primary_key=True, comment="digest of the trial"),
    Column("seq", Integer, primary_key=True, autoincrement=False, comment="1 for the first on this trial"),
    Column("source", String(32), nullable=False, comment="human or delayed"),
    Column("score", Float(53), nullable=False, comment="in [0, 1]; above 0.5 the answer was right"),
    Column("author", Text, nullable=False, comment="who says so"),
    Column("note", Text, nullable=False, comment="why, for people"),
    Column("before", Text, nullable=False, comment="JSON: status, y, reward, scores, error that it replaced"),
    Column("created_at", String(32), nullable=False, comment="when it was stored"),
    comment="Verdicts that came after the trial. The last one stands in outcomes; none is ever removed.",
)

calibrations = Table(
    "calibrations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, comment="its version, from 1"),
    Column("env", Text, nullable=False, comment="environment, name@digest"),
    Column("runs", Text, nullable=False, comment="JSON: runs whose outcomes it was fitted on"),
    Column("gold", Text, nullable=False, comment="what the labels are"),
    Column("labels", Integer, nullable=False, comment="how many labelled outcomes"),
    Column("model", Text, nullable=False, comment="JSON: intercept, slopes, weights, tau"),
    Column(
        "figures", Text, nullable=False, comment="JSON: accuracy, Brier score, reliability, what each adds"
    ),
    Column("created_at", String(32), nullable=False, comment="when it was stored"),
    comment="Composite verifiers fitted to ground truth; a run that uses one states its number.",
)

DERIVED = (run_trials, items, decisions, transitions, marks)
