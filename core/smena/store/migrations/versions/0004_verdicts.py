"""Verdicts that come late, and calibrations of the composite verifier."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "verdicts",
        sa.Column("key", sa.String(length=32), nullable=False, comment="digest of the trial"),
        sa.Column(
            "seq", sa.Integer(), autoincrement=False, nullable=False, comment="1 for the first on this trial"
        ),
        sa.Column("source", sa.String(length=32), nullable=False, comment="human or delayed"),
        sa.Column(
            "score",
            sa.Float(precision=53),
            nullable=False,
            comment="in [0, 1]; above 0.5 the answer was right",
        ),
        sa.Column("author", sa.Text(), nullable=False, comment="who says so"),
        sa.Column("note", sa.Text(), nullable=False, comment="why, for people"),
        sa.Column(
            "before",
            sa.Text(),
            nullable=False,
            comment="JSON: status, y, reward, scores, error that it replaced",
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="when it was stored"),
        sa.PrimaryKeyConstraint("key", "seq"),
        comment="Verdicts that came after the trial. The last one stands in outcomes; none is ever removed.",
    )
    op.create_table(
        "calibrations",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="its version, from 1"),
        sa.Column("env", sa.Text(), nullable=False, comment="environment, name@digest"),
        sa.Column("runs", sa.Text(), nullable=False, comment="JSON: runs whose outcomes it was fitted on"),
        sa.Column("gold", sa.Text(), nullable=False, comment="what the labels are"),
        sa.Column("labels", sa.Integer(), nullable=False, comment="how many labelled outcomes"),
        sa.Column("model", sa.Text(), nullable=False, comment="JSON: intercept, slopes, weights, tau"),
        sa.Column(
            "figures",
            sa.Text(),
            nullable=False,
            comment="JSON: accuracy, Brier score, reliability, what each adds",
        ),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="when it was stored"),
        sa.PrimaryKeyConstraint("number"),
        comment="Composite verifiers fitted to ground truth; a run that uses one states its number.",
    )
