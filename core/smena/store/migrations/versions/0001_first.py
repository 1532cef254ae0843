"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "failures",
        sa.Column("key", sa.String(length=32), nullable=False, comment="digest of the trial"),
        sa.Column(
            "attempt", sa.Integer(), autoincrement=False, nullable=False, comment="1 for the first execution"
        ),
        sa.Column("status", sa.String(length=16), nullable=False, comment="infra or timeout"),
        sa.Column("error", sa.Text(), nullable=False, comment="one line for people"),
        sa.Column("latency", sa.Float(precision=53), nullable=False, comment="wall seconds"),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="when it was stored"),
        sa.PrimaryKeyConstraint("key", "attempt"),
        comment="Every execution that the machinery failed, also those that a retry has since made good.",
    )
    op.create_table(
        "knowledge",
        sa.Column("digest", sa.String(length=32), nullable=False, comment="digest of the body"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="fact, pattern, antipattern"),
        sa.Column("name", sa.Text(), nullable=False, comment="name of the (anti)pattern, entity of the fact"),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON: the body itself"),
        sa.PrimaryKeyConstraint("digest"),
        comment="Knowledge items, known by their body: the same lesson in two runs is one row.",
    )
    op.create_table(
        "outcomes",
        sa.Column("key", sa.String(length=32), nullable=False, comment="digest of the trial"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="attempt or lesson"),
        sa.Column("env", sa.Text(), nullable=False, comment="environment, name@digest"),
        sa.Column("task", sa.String(length=64), nullable=False, comment="digest of the task"),
        sa.Column(
            "learner", sa.Text(), nullable=False, comment="learner (of a lesson: teacher), name@digest"
        ),
        sa.Column("judge", sa.Text(), nullable=False, comment="verifiers, name@digest"),
        sa.Column(
            "knowledge", sa.Text(), nullable=False, comment="JSON: digests of the injected items, in order"
        ),
        sa.Column(
            "feedback",
            sa.String(length=64),
            nullable=True,
            comment="digest of the feedback of a retry, else NULL",
        ),
        sa.Column("seed", sa.BigInteger(), nullable=False, comment="seed or replicate"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="ok, infra, timeout, abstain"),
        sa.Column("y", sa.Integer(), nullable=True, comment="1 solved, 0 not; NULL unless ok"),
        sa.Column(
            "reward",
            sa.Float(precision=53),
            nullable=True,
            comment="composite score in [0, 1]; NULL unless ok",
        ),
        sa.Column("cost", sa.Float(precision=53), nullable=False, comment="in the learner's unit"),
        sa.Column("latency", sa.Float(precision=53), nullable=False, comment="wall seconds"),
        sa.Column("scores", sa.Text(), nullable=False, comment="JSON: verifier → score"),
        sa.Column("output", sa.Text(), nullable=False, comment="JSON: the answer, or the lesson"),
        sa.Column("trace", sa.Text(), nullable=False, comment="JSON: whatever the learner told"),
        sa.Column("error", sa.Text(), nullable=False, comment="one line for people"),
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            comment="executions so far; above 1 after infra or timeout",
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="when it was stored"),
        sa.PrimaryKeyConstraint("key"),
        comment="What came of each trial. The first final outcome (ok, abstain) is never overwritten.",
    )
    op.create_index("ix_outcomes_env_task", "outcomes", ["env", "task"], unique=False)
    op.create_table(
        "runs",
        sa.Column(
            "id",
            sa.String(length=64),
            nullable=False,
            comment="what `smena report` takes; a unique prefix will do",
        ),
        sa.Column("env", sa.Text(), nullable=False, comment="environment, name@digest"),
        sa.Column("learner", sa.Text(), nullable=False, comment="learner, name@digest"),
        sa.Column("teacher", sa.Text(), nullable=False, comment="teacher, name@digest"),
        sa.Column("policy", sa.Text(), nullable=False, comment="save policy, name@digest"),
        sa.Column("seed", sa.BigInteger(), nullable=False, comment="seed of the run"),
        sa.Column("config", sa.Text(), nullable=False, comment="JSON: the whole configuration"),
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="equal: the same run"),
        sa.Column(
            "status", sa.String(length=16), nullable=False, comment="running, finished, stopped, failed"
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="when it first began"),
        sa.Column(
            "finished_at",
            sa.String(length=32),
            nullable=True,
            comment="when it last ended; NULL while it runs or was killed",
        ),
        sa.Column(
            "smena_version", sa.String(length=32), nullable=False, comment="of the host that last wrote it"
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="One row a run; running the same configuration again goes on with the same row.",
    )
    op.create_table(
        "tasks",
        sa.Column("env", sa.Text(), nullable=False, comment="environment, name@digest"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="outcomes.task"),
        sa.Column("id", sa.Text(), nullable=False, comment="the benchmark's own name of the task"),
        sa.Column("split", sa.String(length=16), nullable=False, comment="train, eval, holdout, audit"),
        sa.Column("cluster", sa.Text(), nullable=False, comment="tasks of one cluster are not independent"),
        sa.Column(
            "features", sa.Text(), nullable=False, comment="JSON: name=value strings that triggers match"
        ),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON: name → value"),
        sa.PrimaryKeyConstraint("env", "digest"),
        comment="The tasks that trials name by digest, without view or reference.",
    )
    op.create_table(
        "decisions",
        sa.Column("run", sa.String(length=64), nullable=False, comment="id of the run"),
        sa.Column(
            "seq", sa.Integer(), autoincrement=False, nullable=False, comment="order within the run, from 0"
        ),
        sa.Column("step", sa.Integer(), nullable=False, comment="step of the run"),
        sa.Column("item", sa.String(length=32), nullable=False, comment="knowledge.digest"),
        sa.Column("gate", sa.Text(), nullable=False, comment="name of the gate"),
        sa.Column("policy", sa.Text(), nullable=False, comment="save policy, name@digest"),
        sa.Column("verdict", sa.String(length=16), nullable=False, comment="pass, drop, undecided"),
        sa.Column("evidence", sa.Text(), nullable=False, comment="JSON: enough to recompute the verdict"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "seq"),
        comment="Every verdict of every gate, with its evidence.",
    )
    op.create_index("ix_decisions_item", "decisions", ["item"], unique=False)
    op.create_table(
        "items",
        sa.Column("run", sa.String(length=64), nullable=False, comment="id of the run"),
        sa.Column("digest", sa.String(length=32), nullable=False, comment="the item"),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="order of discovery within the run, from 0"
        ),
        sa.Column("task", sa.Text(), nullable=False, comment="id of the origin task"),
        sa.Column("rung", sa.Text(), nullable=False, comment="rung of the teacher's hint ladder"),
        sa.Column("teacher", sa.Text(), nullable=False, comment="who said it"),
        sa.Column("examples", sa.Text(), nullable=False, comment="JSON: what it was learned on"),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["knowledge.digest"],
        ),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "digest"),
        comment="Which items a run came by, and how.",
    )
    op.create_table(
        "marks",
        sa.Column("run", sa.String(length=64), nullable=False, comment="id of the run"),
        sa.Column("name", sa.Text(), nullable=False, comment="name of the fact"),
        sa.Column("value", sa.Text(), nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "name"),
        comment="Facts about a run, such as sizes of splits and the bank of probabilities.",
    )
    op.create_table(
        "run_trials",
        sa.Column("run", sa.String(length=64), nullable=False, comment="id of the run"),
        sa.Column("purpose", sa.Text(), nullable=False, comment="what the run needed it for"),
        sa.Column(
            "position", sa.Integer(), autoincrement=False, nullable=False, comment="order within it, from 0"
        ),
        sa.Column(
            "key",
            sa.String(length=32),
            nullable=False,
            comment="digest of the trial: outcomes.key once executed",
        ),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "purpose", "position"),
        comment="Which trial served which purpose of which run; a trial may serve many.",
    )
    op.create_index("ix_run_trials_key", "run_trials", ["key"], unique=False)
    op.create_table(
        "transitions",
        sa.Column("run", sa.String(length=64), nullable=False, comment="id of the run"),
        sa.Column(
            "seq", sa.Integer(), autoincrement=False, nullable=False, comment="order within the run, from 0"
        ),
        sa.Column("step", sa.Integer(), nullable=False, comment="step of the run"),
        sa.Column("item", sa.String(length=32), nullable=False, comment="knowledge.digest"),
        sa.Column("from_status", sa.Text(), nullable=False, comment="status before, empty for a new item"),
        sa.Column("to_status", sa.Text(), nullable=False, comment="status after"),
        sa.Column("channel", sa.Text(), nullable=False, comment="channel after"),
        sa.Column(
            "decision_seq", sa.Integer(), nullable=True, comment="decisions.seq of the reason, or NULL"
        ),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "seq"),
        comment="How items moved through the lifecycle.",
    )


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first schema")
