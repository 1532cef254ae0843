"""The store: remembers outcomes by trial, and what each run made of them. `schema` has the tables."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from smena import __version__
from smena.errors import BadInput, SmenaError
from smena.store import schema
from smena.store.database import Database
from smena.store.reading import FINAL, OUTCOME, TRIAL, Reader
from smena.store.records import Calibration, LateVerdict, Run
from smena.values import JSON, Decision, Fact, Knowledge, Outcome, Task, Transition, Trial

GATES = frozenset(("screen", "confirm", "again", "combine", "gold"))
"""First parts of the purposes of gates."""
_BATCH = 500
_ENCODER = msgspec.json.Encoder()

_AUDITED = (
    sa.select(schema.tasks.c.id)
    .join_from(
        schema.outcomes,
        schema.tasks,
        sa.and_(schema.outcomes.c.env == schema.tasks.c.env, schema.outcomes.c.task == schema.tasks.c.digest),
    )
    .where(schema.tasks.c.split == "audit", schema.outcomes.c.key.in_(sa.bindparam("keys", expanding=True)))
    .limit(1)
)
"""A task of the audit split that one of these trials is on."""

_FAILURE = ("key", "attempt", "status", "error", "latency", "created_at", "price", "usage", "cause")


def _json(value: JSON) -> str:
    return _ENCODER.encode(value).decode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Store(Reader):
    """Outcomes are written by :meth:`remember`, each durable on its own, and are never changed once final.

    What belongs to a run (links, items, decisions, transitions, marks) is derived from outcomes:
    :meth:`start_run` clears it, the run writes it again as it recomputes it, in any order and as often as it
    likes. A run that was killed at any moment and is run again thus ends in the state of one that was not.

    One store belongs to one thread of one process; several processes may each open the same database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._remember = self._remember_statement()

    @classmethod
    def open(cls, url_or_path: str | os.PathLike[str], *, create: bool = True) -> Store:
        """Open a path (SQLite) or ``postgresql://…``. A missing database is created, an older one migrated
        (SQLite: a copy of the old file is kept). ``create=False``, for readers: a missing one is an error."""
        return cls(Database.open(url_or_path, create))

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def together(self) -> AbstractContextManager[None]:
        """``with store.together():`` makes the writes inside one transaction: a step or nothing of it."""
        return self._db.together()

    # outcomes

    def remember(self, trial: Trial, outcome: Outcome) -> Outcome:
        """Store an outcome in a commit of its own, and return the one that stands: the first final one wins.

        An ``infra`` or ``timeout`` stands until a retry replaces it: ``attempts`` counts them, the table
        ``failures`` keeps them."""
        if self._db.in_transaction:
            raise RuntimeError("remember() commits on its own: call it outside together()")
        key = trial.key
        row = {
            "key": key,
            **{name: getattr(trial, name) for name in TRIAL},
            **{name: getattr(outcome, name) for name in OUTCOME},
            "knowledge": _json(trial.knowledge),
            "scores": _json(outcome.scores),
            "output": _json(outcome.output),
            "trace": _json(outcome.trace),
            "error": outcome.error.replace("\0", " "),
            "price": outcome.usage.price if outcome.usage else None,
            "usage": _json(outcome.usage) if outcome.usage else None,
            "cause": outcome.cause or None,
            "attempts": 1,
            "created_at": _now(),
        }
        if outcome.status in FINAL:
            stored = self._db.execute(self._remember, row).rowcount
        else:
            with self.together():
                stored = self._db.execute(self._remember, row).rowcount
                if stored:
                    self._note_failure(key)
        return outcome if stored else self.recall([key])[key]

    def _remember_statement(self) -> sa.Executable:
        table = schema.outcomes
        statement = self._db.insert(table)
        new = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
        new["attempts"] = table.c.attempts + 1
        return statement.on_conflict_do_update(  # type: ignore[no-any-return]
            index_elements=["key"], set_=new, where=table.c.status.not_in(FINAL)
        )

    def _note_failure(self, key: str) -> None:
        out = schema.outcomes.c
        told = ("attempts", *_FAILURE[2:])
        row = sa.select(out.key, *(out[name] for name in told))
        self._db.execute(schema.failures.insert().from_select(_FAILURE, row.where(out.key == key)))

    # runs

    def start_run(self, run: Run) -> Run:
        """Begin a run, or go on with it: clears what is derived. ``created_at`` of the first start stays."""
        row = msgspec.structs.asdict(run) | {
            "config": _json(run.config),
            "status": "running",
            "created_at": _now(),
            "finished_at": None,
            "smena_version": __version__,
        }
        with self.together():
            self._upsert(schema.runs, [row], keep=("created_at",))
            self.clear_derived(run.id)
        return self.run(run.id)

    def finish_run(self, run: str, status: str = "finished") -> None:
        """Say how a run ended: ``finished``, ``stopped`` or ``failed``."""
        table = schema.runs
        self._db.execute(table.update().where(table.c.id == run).values(status=status, finished_at=_now()))

    def clear_derived(self, run: str) -> None:
        """Forget what the run made of outcomes; the outcomes stay."""
        with self.together():
            for table in schema.DERIVED:
                self._db.execute(table.delete().where(table.c.run == run))

    # what a run makes of outcomes: all idempotent, the last writer of a position wins

    def link(self, run: str, purpose: str, keys: Sequence[str], start: int = 0) -> None:
        """Say that these trials, in this order from position ``start``, serve a purpose of the run.

        Raises SmenaError when a gate's purpose is served by a trial on a task of the audit split: what finds
        false saves must be unseen by what saves."""
        if purpose.partition("/")[0] in GATES:
            self._refuse_audited(purpose, keys)
        rows = [{"run": run, "purpose": purpose, "position": start + i, "key": k} for i, k in enumerate(keys)]
        self._upsert(schema.run_trials, rows)

    def _refuse_audited(self, purpose: str, keys: Sequence[str]) -> None:
        for at in range(0, len(keys), _BATCH):
            found = self._db.execute(_AUDITED, {"keys": list(keys[at : at + _BATCH])}).scalar()
            if found is not None:
                raise SmenaError(
                    f"{purpose}: task {found!r} is of the audit split, which no gate may see; nothing was linked"
                )

    def put_tasks(self, env: str, tasks: Mapping[str, Task]) -> None:
        """Describe tasks, given by digest. View and reference are not stored."""
        rows = [
            {
                "env": env,
                "digest": key,
                "id": task.id,
                "split": task.split,
                "cluster": task.cluster,
                "features": _json(task.features),
                "tags": _json(task.tags),
            }
            for key, task in tasks.items()
        ]
        self._upsert(schema.tasks, rows)

    def put_items(self, run: str, items: Sequence[Knowledge], start: int = 0) -> None:
        """Say which knowledge items the run came by, in this order from position ``start``."""
        bodies, rows = [], []
        for position, item in enumerate(items, start):
            body, key = item.body, item.digest
            name = body.entity if isinstance(body, Fact) else body.name
            bodies.append(
                {"digest": key, "kind": type(body).__struct_config__.tag, "name": name, "body": _json(body)}
            )
            rows.append(
                {
                    "run": run,
                    "digest": key,
                    "position": position,
                    **msgspec.structs.asdict(item.provenance),
                    "examples": _json(item.examples),
                }
            )
        with self.together():
            self._upsert(schema.knowledge, bodies)
            self._upsert(schema.items, rows)

    def put_decision(self, run: str, seq: int, decision: Decision, step: int = 0) -> None:
        """A gate's verdict, number ``seq`` of the run."""
        row = msgspec.structs.asdict(decision) | {"evidence": _json(decision.evidence)}
        self._upsert(schema.decisions, [{"run": run, "seq": seq, "step": step, **row}])

    def put_transition(self, run: str, transition: Transition) -> None:
        """An item's move, number ``transition.seq`` of the run."""
        self._upsert(schema.transitions, [{"run": run, **msgspec.structs.asdict(transition)}])

    def put_mark(self, run: str, name: str, value: JSON) -> None:
        """A fact about the run."""
        self._upsert(schema.marks, [{"run": run, "name": name, "value": _json(value)}])

    # experiments

    def freeze(self, experiment: str, name: str, digest: str, spec: JSON) -> bool:
        """Remember an experiment before its first trial. False: it was frozen before, and stays as it is."""
        table = schema.experiments
        row = {
            "id": experiment,
            "name": name,
            "digest": digest,
            "spec": _json(spec),
            "created_at": _now(),
            "smena_version": __version__,
        }
        statement = self._db.insert(table).on_conflict_do_nothing(index_elements=["id"])
        return bool(self._db.execute(statement, row).rowcount)

    def put_experiment_run(self, experiment: str, arm: str, seed: int, run: str, note: str = "") -> None:
        """Say which run serves an arm and seed, or why none does."""
        row = {"experiment": experiment, "arm": arm, "seed": seed, "run": run, "note": note}
        self._upsert(schema.experiment_runs, [row])

    # rows as they are, for a run that comes from another store

    def forget_run(self, run: str) -> None:
        """Its row and all that is derived; outcomes stay."""
        with self.together():
            self.clear_derived(run)
            self._db.execute(schema.runs.delete().where(schema.runs.c.id == run))

    def put_row(self, table: sa.Table, row: dict[str, Any]) -> None:
        self._upsert(table, [row])

    def insert_new(self, table: sa.Table, row: dict[str, Any]) -> int:
        """1, or 0 where the primary key is taken: what stands, stands. An outcome that the machinery failed
        does not."""
        statement = self._db.insert(table)
        if table is schema.outcomes and row["status"] in FINAL:
            new = {c.name: statement.excluded[c.name] for c in table.c if not c.primary_key}
            made = statement.on_conflict_do_update(
                index_elements=["key"], set_=new, where=table.c.status.not_in(FINAL)
            )
        else:
            made = statement.on_conflict_do_nothing(index_elements=list(table.primary_key))
        return int(self._db.execute(made, row).rowcount)

    # what comes late

    def put_verdict(self, verdict: LateVerdict) -> LateVerdict:
        """A verdict that came after its trial. It replaces ``y`` and ``reward`` of the outcome, and keeps
        what it replaced. The only way in which a final outcome changes.

        Raises BadInput where the trial has no final outcome: what failed for no fault of the learner's has
        nothing to judge."""
        known = self.recall([verdict.key]).get(verdict.key)
        if known is None:
            raise BadInput(f"trial {verdict.key[:12]} has no judged outcome in {self.where}")
        before = {name: getattr(known, name) for name in ("status", "y", "reward", "scores", "error")}
        table, out = schema.verdicts, schema.outcomes
        with self.together():
            last = self._db.execute(sa.select(sa.func.max(table.c.seq)).where(table.c.key == verdict.key))
            stored = msgspec.structs.replace(
                verdict, seq=(last.scalar() or 0) + 1, before=before, created_at=_now()
            )
            row = msgspec.structs.asdict(stored) | {"before": _json(before)}
            self._db.execute(table.insert(), [row])
            now = {
                "status": "ok",
                "y": int(verdict.score > 0.5),
                "reward": verdict.score,
                "scores": _json(known.scores | {verdict.source: verdict.score}),
                "error": "",
                "cause": None,
            }
            self._db.execute(out.update().where(out.c.key == verdict.key).values(**now))
        return stored

    def put_calibration(self, calibration: Calibration) -> Calibration:
        """Store a calibration under the next number."""
        table = schema.calibrations
        with self.together():
            last = self._db.execute(sa.select(sa.func.max(table.c.number))).scalar() or 0
            stored = msgspec.structs.replace(calibration, number=last + 1, created_at=_now())
            told = msgspec.structs.asdict(stored)
            row = told | {name: _json(told[name]) for name in ("runs", "model", "figures")}
            self._db.execute(table.insert(), [row])
        return stored

    def _upsert(self, table: sa.Table, rows: list[dict[str, Any]], keep: Collection[str] = ()) -> None:
        """Insert; where the primary key is taken, overwrite all but the columns to ``keep``."""
        if not rows:
            return
        statement = self._db.insert(table)
        new = {c.name: statement.excluded[c.name] for c in table.c if not (c.primary_key or c.name in keep)}
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
        with self.together():
            self._db.execute(statement, rows)
