"""One connection to one database: opening it, its transactions, and its troubles in one line each.

The connection is in autocommit mode: a single statement is a transaction of its own, which is how an outcome
is made durable at the cost of one statement; :meth:`Database.together` makes several one transaction.

SQLite runs in WAL mode with ``synchronous=NORMAL``. What is committed then survives the death of the process
at any moment, ``kill -9`` included. A power cut of the machine may lose the last commits, never the integrity
of the file. PostgreSQL keeps its own defaults: a commit is on disk.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from smena.errors import BadInput, SmenaError
from smena.store import schema

BUSY_SECONDS = 30
"""How long a statement waits for another process to let go of the database."""

_AGAIN = "nothing already stored is lost, and the same command goes on from there"
_GIVE = "give the store of a run, or start one with `smena run --env arc`"
_START = "give the store of a run, or start one with `smena run --env arc`"
_PG_LOCK = 0x536D656E61
_LOG = logging.getLogger("smena.store")


class Database:
    """Use from one thread, and not across a fork. ``where`` names it in messages, never with a password."""

    def __init__(self, url: URL, where: str) -> None:
        self.url = url
        self.where = where
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.insert = _insert(self.is_sqlite)
        self._depth = 0
        self._engine = _engine(url, where, self.is_sqlite)
        self._conn = self._engine.connect().execution_options(preserve_rowcount=True)
        self.execute = self._conn.execute

    @classmethod
    def open(cls, url_or_path: str | os.PathLike[str], create: bool = True) -> Database:
        """Connect, and create or migrate the schema. ``create=False``: the database must be there already."""
        url = _url(os.fspath(url_or_path))
        where = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite":
            where = url.database or ":memory:"
            _check_file(where, create)
        database = cls(url, where)
        try:
            database._prepare(create)
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        self._conn.close()
        self._engine.dispose()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All statements inside are one transaction; it joins an enclosing one."""
        self._depth += 1
        try:
            if self._depth > 1:
                yield
                return
            # IMMEDIATE: wait for the write lock now; a later upgrade would fail at once under contention.
            self._conn.exec_driver_sql("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            try:
                yield
                self._conn.exec_driver_sql("COMMIT")
            except BaseException:
                self._rollback()
                raise
        finally:
            self._depth -= 1

    @property
    def in_transaction(self) -> bool:
        return self._depth > 0

    def _rollback(self) -> None:
        try:
            self._conn.exec_driver_sql("ROLLBACK")
        except (SmenaError, sa.exc.SQLAlchemyError) as trouble:  # the first trouble is the one to tell
            _LOG.debug("rollback: %s", trouble)

    def _prepare(self, create: bool) -> None:
        found = self._revision()
        if found is None and not create:
            raise BadInput(f"no Smena store at {self.where}, it is empty: {_GIVE}")
        if self.is_sqlite:
            self._use_wal()  # only now: it writes to the file, which might have been somebody else's
        if found is None:
            with self.together():
                if not self.is_sqlite:
                    self._conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_PG_LOCK})")
                if (found := self._revision()) is None:  # else another process was quicker
                    schema.metadata.create_all(self._conn)
                    found = schema.REVISIONS[-1]
                    self.execute(schema.version.insert(), {"version_num": found})
        if found not in schema.REVISIONS:
            raise BadInput(
                f"{self.where} was written by a newer Smena (schema {found}, this one knows up to "
                f"{schema.REVISIONS[-1]}): upgrade with `pip install -U smena`"
            )
        if found != schema.REVISIONS[-1]:
            self._migrate(found)

    def _use_wal(self) -> None:
        wal = self._conn.exec_driver_sql("PRAGMA journal_mode=WAL").scalar() == "wal"
        # Where the file system cannot do WAL (some network mounts), a commit must reach the disk to be safe.
        self._conn.exec_driver_sql(f"PRAGMA synchronous={'NORMAL' if wal else 'FULL'}")

    def _revision(self) -> str | None:
        """The stored revision; None: an empty database."""
        tables = set(sa.inspect(self._conn).get_table_names())
        if schema.version.name in tables:
            return str(self.execute(sa.select(schema.version)).scalar_one())
        if tables:
            some = ", ".join(sorted(tables)[:3])
            raise BadInput(f"{self.where} is not a Smena store (it holds {some}): give another one")
        return None

    def _migrate(self, found: str) -> None:
        from smena.store import migrations  # Alembic costs start-up time that only this path should pay

        backup = ""
        if self.is_sqlite and self.where != ":memory:":
            backup = f"{self.where}.{found}-{time.strftime('%Y%m%dT%H%M%S')}.bak"
            self._conn.exec_driver_sql("VACUUM INTO ?", (backup,))
        migrations.upgrade(self._conn, self.together)
        kept = f"; the old one is kept as {backup}" if backup else ""
        _LOG.warning("%s: schema %s migrated to %s%s", self.where, found, schema.REVISIONS[-1], kept)


def _url(given: str) -> URL:
    if "://" not in given:
        path = given if given == ":memory:" else str(Path(given).expanduser())
        return URL.create("sqlite", database=path)
    try:
        url = make_url(given)
    except ArgumentError:
        raise BadInput(
            "cannot read the store's URL: give a path, sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        ) from None
    backend = url.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise BadInput(f"a store is SQLite or PostgreSQL, not {backend}: give a path or postgresql://…")
    return url


def _check_file(where: str, create: bool) -> None:
    """The troubles that SQLite itself would only call 'unable to open database file'."""
    if where == ":memory:" or where.startswith("file:"):
        return
    path, folder = Path(where), Path(where).parent
    if path.is_dir():
        raise BadInput(f"{where} is a directory: give a file in it, such as {path / 'smena.db'}")
    if not folder.is_dir():
        raise BadInput(f"cannot create {where}: there is no directory {folder} (`mkdir -p {folder}`)")
    if not path.exists() and not create:
        raise BadInput(f"no Smena store at {where}: {_GIVE}")
    if not os.access(path if path.exists() else folder, os.W_OK) or not os.access(folder, os.W_OK):
        raise BadInput(f"cannot write {where}: give a path that you may write, or correct its permissions")


def _engine(url: URL, where: str, is_sqlite: bool) -> sa.Engine:
    try:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    except ModuleNotFoundError:
        raise BadInput(f"{where} needs PostgreSQL's driver: `pip install 'smena[postgres]'`") from None

    @sa.event.listens_for(engine, "handle_error")
    def _(context: sa.engine.ExceptionContext) -> None:
        if type(context.sqlalchemy_exception) in (sa.exc.OperationalError, sa.exc.DatabaseError):
            raise _trouble(context.original_exception, where) from context.original_exception

    if is_sqlite:
        sa.event.listen(engine, "connect", _pragmas)
    return engine


def _insert(is_sqlite: bool) -> Any:
    """Each dialect is imported where it is used only: the other costs every command a tenth of its start."""
    if is_sqlite:
        from sqlalchemy.dialects import sqlite

        return sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.insert


def _pragmas(connection: Any, _: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA foreign_keys=ON")


def _trouble(error: BaseException, where: str) -> SmenaError:
    """What went wrong in one line, with what to do."""
    text = " ".join(str(error).split())[:300]
    if "disk is full" in text or "No space left" in text:
        return SmenaError(f"run failed: the disk of {where} is full; {_AGAIN} once there is room")
    if "disk I/O error" in text:
        return SmenaError(f"run failed: disk I/O error on {where} (is the disk full?); {_AGAIN}")
    if "is locked" in text:
        return SmenaError(f"{where} is locked by another process for {BUSY_SECONDS} s: end it; {_AGAIN}")
    if "not a database" in text:
        return BadInput(f"{where} is not a Smena store (nor any SQLite database): give another path")
    if "readonly database" in text or "unable to open" in text:
        return BadInput(f"cannot write {where}: give a path that you may write, or correct its permissions")
    if "malformed" in text:
        return SmenaError(f"{where} is damaged ({text}): restore a copy, or try `sqlite3 {where} .recover`")
    if "connection failed" in text:
        return BadInput(f"cannot reach the store {where}: {text}")
    return SmenaError(f"run failed: the store {where} says: {text}; {_AGAIN}")
