"""Reading the store: outcomes by key, runs, and what each run made of outcomes."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from smena.errors import BadInput
from smena.store import schema
from smena.store.database import Database
from smena.store.records import (
    ArmRun,
    Calibration,
    Decided,
    Failure,
    Frozen,
    Item,
    LateVerdict,
    Loss,
    Run,
    Served,
    TaskRow,
    Use,
)
from smena.values import (
    JSON,
    Body,
    Decision,
    Example,
    Knowledge,
    Outcome,
    Provenance,
    Status,
    Transition,
    Trial,
    Usage,
)

FINAL: tuple[Status, ...] = ("ok", "abstain")
"""Outcomes that are remembered for good. ``infra`` and ``timeout`` are owed again when the trial is next
wanted: the machinery may have recovered, and a wall limit is no part of a trial's key."""

OUTCOME = ("status", "y", "reward", "scores", "cost", "latency", "output", "trace", "error", "usage", "cause")
TRIAL = ("kind", "env", "task", "learner", "judge", "knowledge", "feedback", "seed")

_BATCH = 500
_BODY = msgspec.json.Decoder(Body)
_EXAMPLES = msgspec.json.Decoder(tuple[Example, ...])
_SCORES = msgspec.json.Decoder(dict[str, float])
_STRINGS = msgspec.json.Decoder(tuple[str, ...])
_TAGS = msgspec.json.Decoder(dict[str, str])
_USAGE = msgspec.json.Decoder(Usage)
_ANY = msgspec.json.Decoder()


def _columns(names: Iterable[str]) -> list[sa.Column[Any]]:
    return [schema.outcomes.c[name] for name in names]


_RECALL = sa.select(schema.outcomes.c.key, *_columns(OUTCOME)).where(
    schema.outcomes.c.key.in_(sa.bindparam("keys", expanding=True)),
    schema.outcomes.c.status.in_(sa.bindparam("statuses", expanding=True)),
)


class Reader:
    """What may be asked of a store."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @property
    def where(self) -> str:
        """Path or URL (without password), for messages."""
        return self._db.where

    def recall(self, keys: Iterable[str], statuses: Collection[Status] = FINAL) -> dict[str, Outcome]:
        """Remembered outcomes by trial key, in the order asked; what is missing is owed."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Outcome] = {}
        for at in range(0, len(wanted), _BATCH):
            rows = self._db.execute(_RECALL, {"keys": wanted[at : at + _BATCH], "statuses": list(statuses)})
            found.update((row[0], _outcome(*row)) for row in rows)
        return {key: found[key] for key in wanted if key in found}

    def runs(self) -> list[Run]:
        """All runs, the youngest first."""
        order = (schema.runs.c.created_at.desc(), schema.runs.c.id)
        return [_run(row) for row in self._db.execute(sa.select(schema.runs).order_by(*order))]

    def run(self, prefix: str = "") -> Run:
        """The run of this id, or of this unique prefix of one; the youngest if nothing is said."""
        runs = self.runs()
        if runs and not prefix:
            return runs[0]
        hits = [r for r in runs if r.id == prefix] or [r for r in runs if r.id.startswith(prefix)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise BadInput(f"run {prefix!r} is ambiguous: {_some([r.id for r in hits])}")
        if not runs:
            raise BadInput(f"{self.where} holds no run yet: start one with `smena run --env arc`")
        ids = [r.id for r in runs]
        near = difflib.get_close_matches(prefix, ids, n=3, cutoff=0.5)
        guess = f"did you mean {_some(near)}?" if near else f"it holds {_some(ids)}"
        raise BadInput(f"no run {prefix!r} in {self.where}: {guess}")

    def outcomes(self, run: str, purpose: str = "") -> Iterator[Served]:
        """The run's executed trials whose purpose begins with ``purpose``, by purpose and position."""
        link, out = schema.run_trials.c, schema.outcomes.c
        serving = (link.purpose, link.position, out.attempts, out.key)
        query = (
            sa.select(*serving, *_columns(OUTCOME), *_columns(TRIAL))
            .join_from(schema.run_trials, schema.outcomes, link.key == out.key)
            .where(link.run == run, *self._begins(purpose))
            .order_by(link.purpose, link.position)
        )
        split = len(serving) + len(OUTCOME)
        for row in self._db.execute(query).all():
            yield Served(row[0], row[1], _trial(*row[split:]), _outcome(*row[3:split]), row[2])

    def uses(self, run: str, purpose: str = "") -> list[Use]:
        """Like :meth:`outcomes` without the texts, several times quicker: what figures are made of."""
        link, out = schema.run_trials.c, schema.outcomes.c
        told = _columns(("status", "y", "reward", "cost", "latency", "attempts"))
        query = (
            sa.select(link.purpose, link.position, out.key, out.kind, out.task, out.knowledge != "[]", *told)
            .join_from(schema.run_trials, schema.outcomes, link.key == out.key)
            .where(link.run == run, *self._begins(purpose))
            .order_by(link.purpose, link.position)
        )
        return [Use(*row) for row in self._db.execute(query).fetchall()]

    def executed(self, run: str) -> Iterator[dict[str, Any]]:
        """Each distinct trial of the run once, under its first purpose, by the time at which it was stored."""
        link, out, task = schema.run_trials.c, schema.outcomes.c, schema.tasks.c
        first = (
            sa.select(link.key, sa.func.min(link.purpose).label("purpose"))
            .where(link.run == run)
            .group_by(link.key)
            .subquery()
        )
        told = _columns((
            "key", "kind", "task", "knowledge", "seed", "status", "y", "cost", "latency", "error", "attempts",
            "created_at", "price", "usage",
        ))  # fmt: skip
        query = (
            sa.select(first.c.purpose, task.id.label("name"), *told)
            .join_from(first, schema.outcomes, first.c.key == out.key)
            .outerjoin(schema.tasks, (task.env == out.env) & (task.digest == out.task))
            .order_by(out.created_at, out.key)
        )
        for row in self._db.execute(query).mappings():
            yield dict(row)

    def spent(self, run: str, purpose: str) -> tuple[int, list[tuple[str, float, float, int, str]]]:
        """How many uses the run's executed trials have whose purpose begins with ``purpose``, and of each
        distinct one its status, cost, latency, number of executions and cause."""
        link, out = schema.run_trials.c, schema.outcomes.c
        mine = (link.run == run, *self._begins(purpose))
        keys = sa.select(link.key, sa.func.count().label("used")).where(*mine).group_by(link.key).subquery()
        query = sa.select(keys.c.used, out.status, out.cost, out.latency, out.attempts, out.cause).join(
            keys, keys.c.key == out.key
        )
        rows = self._db.execute(query).fetchall()
        return sum(row[0] for row in rows), [(row[1], row[2], row[3], row[4], row[5] or "") for row in rows]

    def _begins(self, purpose: str) -> tuple[sa.ColumnElement[bool], ...]:
        """That a purpose begins so. SQLite cannot use its index for LIKE, it can for a range."""
        column = schema.run_trials.c.purpose
        if not purpose:
            return ()
        if not self._db.is_sqlite:
            return (column.startswith(purpose, autoescape=True),)
        return (column >= purpose, column < purpose[:-1] + chr(ord(purpose[-1]) + 1))

    def failures(self, run: str) -> list[Failure]:
        """Executions of the run's trials that the machinery failed, also those that a retry made good."""
        table = schema.failures
        keys = sa.select(schema.run_trials.c.key).where(schema.run_trials.c.run == run)
        query = sa.select(table).where(table.c.key.in_(keys)).order_by(table.c.key, table.c.attempt)
        return [Failure(*row) for row in self._db.execute(query)]

    def losses(self, run: str) -> list[Loss]:
        """The same, counted: each execution once in every purpose and arm that its trial serves."""
        link, out, failed = schema.run_trials.c, schema.outcomes.c, schema.failures.c
        query = (
            sa.select(link.purpose, out.knowledge != "[]", failed.key, failed.attempt, failed.cause)
            .add_columns(out.status.not_in(FINAL) & (failed.attempt == out.attempts))
            .join_from(schema.run_trials, schema.failures, link.key == failed.key)
            .join(schema.outcomes, out.key == failed.key)
            .where(link.run == run)
        )
        executions = {
            (purpose.partition("/")[0], bool(informed), cause or "infra", key, attempt): bool(last)
            for purpose, informed, key, attempt, cause, last in self._db.execute(query)
        }
        counted = Counter(key[:3] for key in executions)
        lost = Counter(key[:3] for key, last in executions.items() if last)
        return [Loss(*key, count, lost[key]) for key, count in sorted(counted.items())]

    def usages(self, run: str) -> list[Usage]:
        """What each execution of the run's trials used, those that failed too."""
        keys = sa.select(schema.run_trials.c.key).where(schema.run_trials.c.run == run)
        found = []
        if not self._any_usage():  # a scan is twenty times quicker than the search by key
            return []
        for table, final in ((schema.outcomes, [schema.outcomes.c.status.in_(FINAL)]), (schema.failures, [])):
            query = sa.select(table.c.usage).where(table.c.key.in_(keys), table.c.usage.is_not(None), *final)
            found += [_USAGE.decode(text) for (text,) in self._db.execute(query)]
        return found

    def _any_usage(self) -> bool:
        used = (table.c.usage for table in (schema.outcomes, schema.failures))
        return any(
            self._db.execute(sa.select(1).where(usage.is_not(None)).limit(1)).first() is not None
            for usage in used
        )

    def usages_of(self, learner: str, limit: int = 2000) -> list[Usage]:
        """What final outcomes of a learner (``name@digest``) used, at most so many."""
        out = schema.outcomes.c
        query = sa.select(out.usage).where(
            out.learner == learner, out.usage.is_not(None), out.status.in_(FINAL)
        )
        return [_USAGE.decode(text) for (text,) in self._db.execute(query.limit(limit))]

    def select(self, query: sa.Select[Any]) -> Iterator[dict[str, Any]]:
        """Rows as they are."""
        for row in self._db.execute(query).mappings():
            yield dict(row)

    def tasks(self, env: str) -> dict[str, TaskRow]:
        """The tasks of an environment (``name@digest``), by digest."""
        table = schema.tasks
        rows = self._db.execute(sa.select(table).where(table.c.env == env).order_by(table.c.id)).mappings()
        return {
            row["digest"]: TaskRow(
                **{**row, "features": _STRINGS.decode(row["features"]), "tags": _TAGS.decode(row["tags"])}
            )
            for row in rows
        }

    def items(self, run: str) -> list[Item]:
        """The run's knowledge items, in the order of discovery."""
        item, body = schema.items.c, schema.knowledge.c.body
        query = sa.select(item.position, body, item.examples, item.task, item.rung, item.teacher)
        rows = self._db.execute(query.join(schema.knowledge).where(item.run == run).order_by(item.position))
        return [
            Item(row[0], Knowledge(_BODY.decode(row[1]), _EXAMPLES.decode(row[2]), Provenance(*row[3:])))
            for row in rows
        ]

    def decisions(self, run: str) -> list[Decided]:
        """The run's decisions, in order."""
        return [
            Decided(r.seq, r.step, Decision(r.item, r.gate, r.policy, r.verdict, _ANY.decode(r.evidence)))
            for r in self._of(schema.decisions, run, "seq")
        ]

    def transitions(self, run: str) -> list[Transition]:
        """The run's transitions, in order."""
        return [
            Transition(r.item, r.from_status, r.to_status, r.channel, r.decision_seq, r.seq, r.step)
            for r in self._of(schema.transitions, run, "seq")
        ]

    def item_digests(self, run: str) -> list[str]:
        """The digests of the run's items, in the order of discovery."""
        table = schema.items.c
        query = sa.select(table.digest).where(table.run == run).order_by(table.position)
        return [row[0] for row in self._db.execute(query)]

    def statuses(self, run: str) -> dict[str, int]:
        """How many distinct trials of the run ended in each status."""
        link, out = schema.run_trials.c, schema.outcomes.c
        keys = sa.select(link.key).where(link.run == run).distinct().subquery()
        query = sa.select(out.status, sa.func.count()).join(keys, keys.c.key == out.key).group_by(out.status)
        return {row[0]: row[1] for row in self._db.execute(query)}

    def task_tags(self, env: str) -> dict[str, tuple[str, dict[str, str]]]:
        """Task id → its split and tags."""
        table = schema.tasks.c
        query = sa.select(table.id, table.split, table.tags).where(table.env == env)
        return {row[0]: (row[1], _TAGS.decode(row[2])) for row in self._db.execute(query)}

    def marks(self, run: str) -> dict[str, JSON]:
        """The facts about a run."""
        return {r.name: _ANY.decode(r.value) for r in self._of(schema.marks, run, "name")}

    def experiments(self) -> list[Frozen]:
        """All experiments, the youngest first."""
        table = schema.experiments
        query = sa.select(table).order_by(table.c.created_at.desc(), table.c.id)
        return [Frozen(**{**row._mapping, "spec": _ANY.decode(row.spec)}) for row in self._db.execute(query)]

    def experiment_runs(self, experiment: str) -> list[ArmRun]:
        """The runs of an experiment, by arm and seed."""
        table = schema.experiment_runs
        query = sa.select(table).where(table.c.experiment == experiment).order_by(table.c.arm, table.c.seed)
        return [ArmRun(*row) for row in self._db.execute(query)]

    def verdicts(self, keys: Collection[str] | None = None) -> list[LateVerdict]:
        """Verdicts that came late, on these trials or all, in the order in which they came."""
        table = schema.verdicts
        rows = self._db.execute(sa.select(table).order_by(table.c.created_at, table.c.key, table.c.seq))
        found = [LateVerdict(**{**row._mapping, "before": _ANY.decode(row.before)}) for row in rows]
        return [v for v in found if keys is None or v.key in keys]

    def runs_with(self, keys: Collection[str]) -> list[str]:
        """Ids of the runs that any of these trials serves, the oldest first."""
        link, run, wanted = schema.run_trials.c, schema.runs.c, list(keys)
        found: dict[str, str] = {}
        for at in range(0, len(wanted), _BATCH):
            query = sa.select(run.id, run.created_at).join(schema.run_trials, link.run == run.id).distinct()
            rows = self._db.execute(query.where(link.key.in_(wanted[at : at + _BATCH])))
            found |= {row[0]: row[1] for row in rows}
        return sorted(found, key=lambda name: (found[name], name))

    def calibrations(self) -> list[Calibration]:
        """All calibrations, the oldest first."""
        table = schema.calibrations
        rows = self._db.execute(sa.select(table).order_by(table.c.number))
        decoded = ("runs", "model", "figures")
        return [
            Calibration(**{**row._mapping, **{name: _ANY.decode(row._mapping[name]) for name in decoded}})
            for row in rows
        ]

    def calibration(self, number: str) -> Calibration:
        """The calibration of this number, or the ``latest``. Raises BadInput where there is none."""
        known = self.calibrations()
        if not known:
            raise BadInput(f"{self.where} holds no calibration: make one with `smena verifier calibrate`")
        if number == "latest":
            return known[-1]
        found = [c for c in known if str(c.number) == number]
        if not found:
            numbers = _some([str(c.number) for c in known])
            raise BadInput(f"no calibration {number!r} in {self.where}: it holds {numbers}, or say latest")
        return found[0]

    def _of(self, table: sa.Table, run: str, order: str) -> sa.CursorResult[Any]:
        return self._db.execute(sa.select(table).where(table.c.run == run).order_by(table.c[order]))


def _outcome(
    key: str, status: Status, y: int | None, reward: float | None, scores: str, cost: float, latency: float,
    output: str, trace: str, error: str, usage: str | None, cause: str | None,
) -> Outcome:  # fmt: skip
    scored, said, traced = _SCORES.decode(scores), _ANY.decode(output), _ANY.decode(trace)
    used = _USAGE.decode(usage) if usage else None
    return Outcome(key, status, y, reward, scored, cost, latency, said, traced, error, used, cause or "")


def _trial(
    kind: Any, env: str, task: str, learner: str, judge: str, knowledge: str, feedback: str | None, seed: int
) -> Trial:
    return Trial(env, task, learner, judge, _STRINGS.decode(knowledge), feedback, seed, kind)


def _run(row: Any) -> Run:
    return Run(**{**row._mapping, "config": _ANY.decode(row.config)})


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
