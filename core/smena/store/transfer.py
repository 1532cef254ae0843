"""A recorded run as one file that others can read: every row that belongs to it, a JSON object a line, gzipped.

The first line says what the file is. An outcome's key is recomputed from its trial when it is read: a file
cannot pass the outcome of one trial off as another's. What it says of outcomes themselves is taken on trust.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from smena.errors import BadInput
from smena.store import schema
from smena.store.reading import TRIAL, Reader
from smena.store.store import Store
from smena.values import Trial, cause

FORMAT = 1
_OWN = ("runs", "run_trials", "items", "decisions", "transitions", "marks")
"""Tables whose rows name the run."""
_ENCODER = msgspec.json.Encoder()
_BATCH = 200


def export(store: Reader, run: str, path: Path, trace: bool = True) -> int:
    """Write a run; how many outcomes are in the file. ``trace`` False leaves prompts and replies out."""
    record = store.run(run)
    count = 0
    with _opened(path, "wb") as file:
        head = {"smena_export": FORMAT, "schema": schema.REVISIONS[-1], "run": record.id}
        file.write(_ENCODER.encode(head) + b"\n")
        for table, row in _rows(store, record.id, record.env):
            if table == "outcomes":
                count += 1
                if not trace:
                    row["trace"] = _without_texts(row["trace"])
            file.write(_ENCODER.encode({"table": table, "row": row}) + b"\n")
    return count


def load(store: Store, path: Path) -> tuple[str, int]:
    """Read a run in; its id, and how many outcomes were new. Outcomes that the store has already stand.

    Raises BadInput that names the line; nothing is taken of a file that is not whole."""
    run, new = "", 0
    with store.together(), _opened(path, "rb") as file:
        try:
            for number, line in enumerate(file, start=1):
                found = _parse(path, number, line)
                if number == 1:
                    run = _check_head(path, found)
                    store.forget_run(run)
                    continue
                new += _take(store, path, number, found)
        except (OSError, EOFError, zlib.error):
            raise BadInput(f"{path}: the file is damaged or not whole: have it sent again") from None
    if not run:
        raise BadInput(f"{path} is empty: it is no exported run (`smena export RUN FILE` makes one)")
    return run, new


def _rows(store: Reader, run: str, env: str) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = schema.metadata.tables
    linked = sa.select(schema.run_trials.c.key).where(schema.run_trials.c.run == run)
    known = sa.select(schema.items.c.digest).where(schema.items.c.run == run)
    chosen = {
        "runs": schema.runs.c.id == run,
        "outcomes": schema.outcomes.c.key.in_(linked),
        "failures": schema.failures.c.key.in_(linked),
        "tasks": schema.tasks.c.env == env,
        "knowledge": schema.knowledge.c.digest.in_(known),
    }
    for name in ("runs", "tasks", "knowledge", "outcomes", "failures", *_OWN[1:]):
        table = tables[name]
        which = chosen[name] if name in chosen else table.c.run == run  # noqa: SIM401 (no such column)
        for row in store.select(sa.select(table).where(which)):
            yield name, row


def _take(store: Store, path: Path, number: int, found: Any) -> int:
    table = schema.metadata.tables.get(str(found.get("table")))
    row = found.get("row")
    if table is None or not isinstance(row, dict) or set(row) - {c.name for c in table.c}:
        raise BadInput(f"{path}, line {number}: not a row that this Smena knows: is it of a newer one?")
    if "cause" in table.c and "cause" not in row:  # of a Smena that kept it in the text only
        row["cause"] = _cause(row.get("status"), str(row.get("error") or ""))
    if table is schema.outcomes:
        told = {name: row.get(name) for name in TRIAL}
        told["knowledge"] = msgspec.json.decode(str(told["knowledge"]))
        try:
            key = msgspec.convert(told, Trial).key
        except (msgspec.ValidationError, TypeError):
            key = ""
        if key != row.get("key"):
            raise BadInput(
                f"{path}, line {number}: an outcome whose key is not that of its trial: file refused"
            )
        return store.insert_new(table, row)
    if table in (schema.failures, schema.tasks, schema.knowledge):
        store.insert_new(table, row)
    else:
        store.put_row(table, row)
    return 0


def _parse(path: Path, number: int, line: bytes) -> Any:
    try:
        found = msgspec.json.decode(line)
    except msgspec.DecodeError:
        raise BadInput(f"{path}, line {number}: not JSON: is it a file of `smena export`?") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path}, line {number}: not a row: is it a file of `smena export`?")
    return found


def _check_head(path: Path, head: dict[str, Any]) -> str:
    if head.get("smena_export") != FORMAT or not isinstance(head.get("run"), str):
        raise BadInput(f"{path} is no exported run (`smena export RUN FILE` makes one)")
    if head.get("schema") not in schema.REVISIONS:
        raise BadInput(f"{path} was written by a newer Smena: upgrade with `pip install -U smena`")
    return str(head["run"])


def _without_texts(trace: str) -> str:
    told = msgspec.json.decode(trace)
    if isinstance(told, dict):
        told["learner"] = None
    return _ENCODER.encode(told).decode()


def _opened(path: Path, mode: Any) -> Any:
    try:
        if mode == "rb" and path.read_bytes()[:2] != b"\x1f\x8b":
            return path.open("rb")
        return gzip.open(path, mode) if path.suffix == ".gz" or mode == "rb" else path.open(mode)
    except OSError as error:
        does = "read" if mode == "rb" else "write"
        raise BadInput(f"cannot {does} {path}: {error.strerror}") from None


_SAID = (
    ("timeout of the judge:", "judge-timeout"),
    ("sandbox unavailable:", "sandbox-unavailable"),
    ("its worker died twice", "worker-died"),
    ("overflow:", "overflow"),
)


def _cause(status: object, error: str) -> str | None:
    """As migration 0005 has it."""
    if status == "ok":
        return cause(error) or None
    if status not in ("infra", "timeout"):
        return None
    if error.startswith("verifier '") and "' returned " in error:
        return "no-score"
    own = "trial-timeout" if status == "timeout" else "infra"
    return next((code for began, code in _SAID if error.startswith(began)), own)
