"""Pre-registered experiments and the runs that serve their arms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column(
            "id",
            sa.String(length=64),
            nullable=False,
            comment="name-digest; what `smena experiment status` takes",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="name in the file"),
        sa.Column(
            "digest", sa.String(length=32), nullable=False, comment="digest of all that the file fixes"
        ),
        sa.Column(
            "spec", sa.Text(), nullable=False, comment="JSON: arms, seeds, hypotheses and tests, as frozen"
        ),
        sa.Column(
            "created_at",
            sa.String(length=32),
            nullable=False,
            comment="when it was frozen, before its first trial",
        ),
        sa.Column("smena_version", sa.String(length=32), nullable=False, comment="of the host that froze it"),
        sa.PrimaryKeyConstraint("id"),
        comment="Pre-registered experiments. A row is never changed: another file is another experiment.",
    )
    op.create_table(
        "experiment_runs",
        sa.Column("experiment", sa.String(length=64), nullable=False, comment="experiments.id"),
        sa.Column("arm", sa.String(length=64), nullable=False, comment="arm of the experiment"),
        sa.Column("seed", sa.BigInteger(), autoincrement=False, nullable=False, comment="seed of the run"),
        sa.Column(
            "run",
            sa.String(length=64),
            nullable=False,
            comment="runs.id, once begun; empty where it cannot run here",
        ),
        sa.Column(
            "note",
            sa.Text(),
            nullable=False,
            comment="why it was not measured, or that it was begun before the freeze",
        ),
        sa.ForeignKeyConstraint(["experiment"], ["experiments.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("experiment", "arm", "seed"),
        comment="Which run serves which arm and seed of an experiment.",
    )


def downgrade() -> None:
    op.drop_table("experiment_runs")
    op.drop_table("experiments")
