"""What a trial used of a paid service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

PRICE = "US dollars paid for it; NULL: nothing was called, or nobody knows"
USAGE = "JSON: model, version, tokens, calls; NULL: no service was called"


def upgrade() -> None:
    for table in ("outcomes", "failures"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("price", sa.Float(precision=53), nullable=True, comment=PRICE))
            batch.add_column(sa.Column("usage", sa.Text(), nullable=True, comment=USAGE))
