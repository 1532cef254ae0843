"""What a trial was lost to, as a code beside the text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COMMENT = "code: what lost it, or why a model gave no answer; NULL: nothing"
SAID = {
    "timeout of the judge:%": "judge-timeout",
    "sandbox unavailable:%": "sandbox-unavailable",
    "its worker died twice%": "worker-died",
    "verifier '%' returned %": "no-score",
    "overflow:%": "overflow",
}
"""How error texts of lost trials began until now, and what that meant."""
UNANSWERED = ("empty", "refused", "unparsable", "untaught")


def upgrade() -> None:
    for table in ("outcomes", "failures"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("cause", sa.String(length=32), nullable=True, comment=COMMENT))
        lost = sa.table(table, *(sa.column(name, sa.String) for name in ("status", "error", "cause")))
        known = sa.case(
            *((lost.c.error.like(pattern), cause) for pattern, cause in SAID.items()),
            (lost.c.status == "timeout", "trial-timeout"),
            else_="infra",
        )
        op.execute(lost.update().where(lost.c.status.in_(("infra", "timeout"))).values(cause=known))
        for word in UNANSWERED:
            begins = sa.or_(lost.c.error.like(f"{word}:%"), lost.c.error.like(f"{word} %"))
            op.execute(lost.update().where(lost.c.status == "ok", begins).values(cause=word))
