"""SWE-bench records: from a file or the hub, held against the v5 schema before anything else is done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from smena import BadInput

NEEDED = (
    "instance_id",
    "repo",
    "base_commit",
    "patch",
    "test_patch",
    "problem_statement",
    "version",
    "FAIL_TO_PASS",
    "PASS_TO_PASS",
    "image",
    "eval_script",
    "log_parser",
    "eval_type",
)
NEW = ("image", "eval_script", "log_parser", "eval_type")
"""What schema 5 has and the older ones have not."""
HUB = {
    "lite": "SWE-bench/SWE-bench_Lite",
    "verified": "SWE-bench/SWE-bench_Verified",
    "multilingual": "SWE-bench/SWE-bench_Multilingual",
    "full": "SWE-bench/SWE-bench",
}

Record = dict[str, Any]


def load(data: str, split: str = "test") -> list[Record]:
    """Records of a .json, .jsonl or .parquet file, or of a data set on the hub (its id, or lite, verified,
    multilingual, full). Raises BadInput that says which record lacks what."""
    name = HUB.get(data.lower(), data)
    path = Path(data).expanduser()
    match path.suffix:
        case ".json":
            told = _json(path)
            rows = list(told.values()) if isinstance(told, dict) else told
        case ".jsonl":
            rows = _lines(path)
        case ".parquet":
            rows = _parquet(path)
        case _:
            rows = _hub(name, split)
    if not isinstance(rows, list) or not rows:
        raise BadInput(f"{data}: no records: a list of SWE-bench records is wanted")
    return [checked(row, f"{data}, record {n}") for n, row in enumerate(rows, start=1)]


def checked(row: object, where: str) -> Record:
    """The record with its lists as lists. Raises BadInput for one that is not of schema 5."""
    if not isinstance(row, Mapping):
        raise BadInput(f"{where}: a record is an object, this is {type(row).__name__}")
    record = dict(row)
    name = record.get("instance_id", where)
    missing = [field for field in NEEDED if record.get(field) in (None, "") and field != "test_patch"]
    if set(missing) & set(NEW):
        raise BadInput(
            f"{name}: no {', '.join(missing)}: a record of the schema before swebench 5. Take the present "
            "edition of the data set (SWE-bench/SWE-bench_Lite, _Verified, …) or add the fields: image and "
            "eval_script per instance, log_parser (such as parse_log_pytest), eval_type (pass_and_fail)"
        )
    if missing:
        raise BadInput(f"{name}: no {', '.join(missing)}")
    for field in ("FAIL_TO_PASS", "PASS_TO_PASS"):
        record[field] = _names(record[field], f"{name}: {field}")
    if record["eval_type"] not in ("pass_and_fail", "fail_only"):
        raise BadInput(f"{name}: eval_type {record['eval_type']!r} is neither pass_and_fail nor fail_only")
    return record


def _names(value: object, where: str) -> list[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError as error:
            raise BadInput(f"{where}: not a list in JSON: {error}") from None
    if not isinstance(value, Iterable) or isinstance(value, Mapping | str):
        raise BadInput(f"{where}: a list of test names is wanted")
    names = [str(name) for name in value]
    return names


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}: not JSON: {error}") from None


def _lines(path: Path) -> list[Any]:
    """Lines end at \\n only: a text may hold U+2028 and its like, at which `splitlines` cuts."""
    rows = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise BadInput(f"{path}, line {number}: not JSON: {error}") from None
    return rows


def _parquet(path: Path) -> list[Any]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise BadInput(f"{path}: reading parquet needs pyarrow: pip install 'smena[swebench]'") from None
    try:
        return list(parquet.read_table(path).to_pylist())
    except (OSError, ArrowException) as error:
        raise BadInput(f"{path}: cannot be read: {error}") from None


def _hub(name: str, split: str) -> list[Any]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise BadInput(
            f"{name}: not a .json, .jsonl or .parquet file; as a data set of the hub it needs `datasets`: "
            "pip install 'smena[swebench]'"
        ) from None
    try:
        return [dict(row) for row in load_dataset(name, split=split)]
    except Exception as error:  # what it raises without network depends on the version of four packages
        why = " ".join(str(error).split())[:160]
        raise BadInput(
            f"{name}: the hub does not give it ({type(error).__name__}: {why}); download its parquet file where "
            "there is a network and give its path"
        ) from None
