"""Alembic's entry: it runs on the connection, and within the transaction, that the store gives it."""

from __future__ import annotations

from alembic import context

from smena.store import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table=schema.version.name,
    transactional_ddl=False,  # the store has opened the transaction
    render_as_batch=True,
)
context.run_migrations()
