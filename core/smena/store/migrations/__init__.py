"""Migrations of the schema: one file a revision in ``versions/``; Alembic runs them when an old store opens.

To add one: change `schema`, append the revision to ``schema.REVISIONS``, write ``versions/NNNN_what.py``.
A test compares what the migrations build with what `schema` says.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

HERE = Path(__file__).parent


def upgrade(
    connection: sa.Connection,
    transaction: Callable[[], AbstractContextManager[None]],
    versions: Path = HERE / "versions",
    to: str = "head",
) -> None:
    """Bring the schema up to date, in one transaction: a failed migration leaves the database as it was."""
    config = Config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(versions))
    config.attributes["connection"] = connection
    with transaction():
        command.upgrade(config, to)
