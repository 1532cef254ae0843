"""The queries of the pages: one page's rows at a time, whatever the size of the store."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from smena.store.database import Database

ROWS = 100
"""Rows a page."""

Row = dict[str, Any]

_RUNS = """
SELECT r.id, r.status, r.env, r.learner, r.policy, r.seed, r.created_at, r.finished_at, r.config,
       (SELECT COUNT(*) FROM items i WHERE i.run = r.id) AS items
FROM runs r ORDER BY r.created_at DESC LIMIT :limit OFFSET :offset"""

_RUN = "SELECT * FROM runs WHERE id = :run"

_LAST = "(SELECT item, MAX(seq) AS seq FROM transitions WHERE run = :run GROUP BY item) AS last"

_STATES = f"""
SELECT t.to_status AS state, COUNT(*) AS items FROM {_LAST}
JOIN transitions t ON t.run = :run AND t.seq = last.seq
GROUP BY t.to_status ORDER BY items DESC"""

# From one purpose to the next by the primary key: a run of a million trials is not counted to list a hundred. The
# recursion gives them in order and stops at the page's end; to sort before the limit would make it go on.
_PURPOSES = """
WITH RECURSIVE p(purpose) AS (
  SELECT MIN(purpose) FROM run_trials WHERE run = :run
  UNION ALL
  SELECT (SELECT MIN(purpose) FROM run_trials WHERE run = :run AND purpose > p.purpose) FROM p
  WHERE p.purpose IS NOT NULL)
SELECT l.purpose, (SELECT COUNT(*) FROM run_trials c WHERE c.run = :run AND c.purpose = l.purpose) AS trials
FROM (SELECT purpose FROM p WHERE purpose IS NOT NULL LIMIT :limit OFFSET :offset) AS l
ORDER BY l.purpose"""

_DECISIONS = """
SELECT d.seq, d.step, d.item, d.gate, d.verdict, k.name, k.kind FROM decisions d
LEFT JOIN knowledge k ON k.digest = d.item
WHERE d.run = :run ORDER BY d.seq DESC LIMIT :limit OFFSET :offset"""

_DECISION = """
SELECT d.*, k.name, k.kind, k.body FROM decisions d LEFT JOIN knowledge k ON k.digest = d.item
WHERE d.run = :run AND d.seq = :seq"""

_ITEMS = f"""
SELECT i.position, i.digest, k.name, k.kind, i.task, i.rung, t.to_status AS state
FROM items i JOIN knowledge k ON k.digest = i.digest
LEFT JOIN {_LAST} ON last.item = i.digest
LEFT JOIN transitions t ON t.run = i.run AND t.seq = last.seq
WHERE i.run = :run ORDER BY i.position LIMIT :limit OFFSET :offset"""

_ITEM = """
SELECT i.*, k.name, k.kind, k.body FROM items i JOIN knowledge k ON k.digest = i.digest
WHERE i.run = :run AND i.digest = :item"""

_ITEM_DECISIONS = """
SELECT seq, step, gate, verdict, evidence FROM decisions WHERE run = :run AND item = :item ORDER BY seq"""

_ITEM_MOVES = """
SELECT seq, step, from_status, to_status, decision_seq FROM transitions
WHERE run = :run AND item = :item ORDER BY seq"""

_TRIALS = """
SELECT t.purpose, t.position, t.key, o.kind, o.task, o.status, o.y, o.reward, o.cost, o.latency, o.attempts,
       k.id AS name
FROM run_trials t LEFT JOIN outcomes o ON o.key = t.key
LEFT JOIN tasks k ON k.env = o.env AND k.digest = o.task
WHERE t.run = :run AND t.purpose = :purpose ORDER BY t.position LIMIT :limit OFFSET :offset"""

_TRIAL = """
SELECT o.*, k.id AS name, k.split, k.cluster, k.features FROM outcomes o
LEFT JOIN tasks k ON k.env = o.env AND k.digest = o.task WHERE o.key = :key"""

_USES = "SELECT run, purpose, position FROM run_trials WHERE key = :key ORDER BY run, purpose LIMIT :limit"

_CONFIG = """
SELECT r.config FROM run_trials t JOIN runs r ON r.id = t.run WHERE t.key = :key LIMIT 1"""

_FAILURES = "SELECT * FROM failures WHERE key = :key ORDER BY attempt"

_PULSE = """
SELECT r.status, r.finished_at,
       (SELECT COUNT(*) FROM decisions d WHERE d.run = r.id) AS decisions,
       (SELECT COUNT(*) FROM transitions t WHERE t.run = r.id) AS moves,
       (SELECT COUNT(*) FROM marks m WHERE m.run = r.id) AS marks
FROM runs r WHERE r.id = :run"""

_STORE_PULSE = "SELECT COUNT(*) AS runs, MAX(created_at) AS last, MAX(finished_at) AS ended FROM runs"


class Pages:
    """Rows for the pages. Reads only; one connection, one request."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def _rows(self, sql: str, page: int = 0, limit: int = ROWS, **given: Any) -> list[Row]:
        found = self._db.execute(sa.text(sql), given | {"limit": limit + 1, "offset": page * ROWS})
        return [dict(row) for row in found.mappings()]

    def _all(self, sql: str, **given: Any) -> list[Row]:
        return [dict(row) for row in self._db.execute(sa.text(sql), given).mappings()]

    def runs(self, page: int) -> list[Row]:
        return self._rows(_RUNS, page)

    def run(self, run: str) -> Row | None:
        return next(iter(self._all(_RUN, run=run)), None)

    def states(self, run: str) -> list[Row]:
        return self._all(_STATES, run=run)

    def purposes(self, run: str, page: int) -> list[Row]:
        return self._rows(_PURPOSES, page, run=run)

    def decisions(self, run: str, page: int) -> list[Row]:
        return self._rows(_DECISIONS, page, run=run)

    def decision(self, run: str, seq: int) -> Row | None:
        return next(iter(self._all(_DECISION, run=run, seq=seq)), None)

    def items(self, run: str, page: int) -> list[Row]:
        return self._rows(_ITEMS, page, run=run)

    def item(self, run: str, item: str) -> tuple[Row, list[Row], list[Row]] | None:
        found = self._all(_ITEM, run=run, item=item)
        if not found:
            return None
        return (
            found[0],
            self._all(_ITEM_DECISIONS, run=run, item=item),
            self._all(_ITEM_MOVES, run=run, item=item),
        )

    def trials(self, run: str, purpose: str, page: int) -> list[Row]:
        return self._rows(_TRIALS, page, run=run, purpose=purpose)

    def trial(self, key: str) -> tuple[Row, list[Row], list[Row]] | None:
        found = self._all(_TRIAL, key=key)
        if not found:
            return None
        return found[0], self._rows(_USES, key=key), self._all(_FAILURES, key=key)

    def config(self, key: str) -> str | None:
        """The configuration, as JSON, of a run that the trial serves."""
        return next((row["config"] for row in self._all(_CONFIG, key=key)), None)

    def pulse(self, run: str = "") -> str:
        """Changes when the page of this run, or the list of runs, would."""
        rows = self._all(_PULSE, run=run) if run else self._all(_STORE_PULSE)
        return msgspec.json.encode([list(row.values()) for row in rows]).decode()


def pretty(text: str | None, limit: int = 20_000) -> str:
    """Stored JSON, indented; cut where it is long."""
    if not text:
        return ""
    try:
        told = msgspec.json.format(text.encode(), indent=2).decode()
    except msgspec.DecodeError:
        told = text
    return told if len(told) <= limit else f"{told[:limit]}\n… and {len(told) - limit:,} characters more"
