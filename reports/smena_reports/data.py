"""Every figure's data as JSON, CSV or Parquet: numbers, not words, each with the query and the runs behind it."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import msgspec
from smena import BadInput
from smena.results import RunResult
from smena.results.document import Document, Section, records
from smena.results.run_document import run_document


class JsonConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``indent``: spaces a level; 0: one line."""

    indent: int = 2


class Json:
    """A :class:`smena.results.RunResult` field by field; `docs/reading-a-report.md` says what each means."""

    Config = JsonConfig
    version = 1

    def __init__(self, config: JsonConfig) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        told = _told(result) if isinstance(result, Document) else result
        text = msgspec.json.format(msgspec.json.encode(told), indent=self.config.indent or -1)
        if out:
            out.write_bytes(text + b"\n")
        else:
            sys.stdout.write(text.decode() + "\n")


class NoSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """This form has no settings."""


class Csv:
    """``out``: a directory for one file a figure and ``figures.json``, which says what query and runs made
    each. Without: all of them one after the other."""

    Config = NoSettings
    version = 1

    def __init__(self, config: NoSettings) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        document = as_document(result)
        for section in document.sections:
            if not section.rows:
                continue
            if out:
                out.mkdir(parents=True, exist_ok=True)
                with (out / f"{section.id}.csv").open("w", encoding="utf-8", newline="") as file:
                    _csv(section, file)
            else:
                sys.stdout.write(f"# {section.id}: {section.title}\n")
                _csv(section, sys.stdout)
        if out:
            _manifest(document, out, "csv")


class Parquet:
    """As :class:`Csv`, in Parquet; the query and the runs also stand in each file's metadata."""

    Config = NoSettings
    version = 1
    files_only = True

    def __init__(self, config: NoSettings) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        if out is None:
            raise BadInput("--format parquet writes files: say where with --out DIRECTORY")
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise BadInput("--format parquet needs pyarrow: `pip install 'smena[frames]'`") from None
        document = as_document(result)
        out.mkdir(parents=True, exist_ok=True)
        for section in document.sections:
            if not section.rows:
                continue
            table = pyarrow.Table.from_pylist(records(section))
            told = {
                "smena.sql": section.sql,
                "smena.runs": " ".join(section.runs),
                "smena.title": section.title,
            }
            parquet.write_table(table.replace_schema_metadata(told), out / f"{section.id}.parquet")
        _manifest(document, out, "parquet")


def as_document(result: RunResult | Document) -> Document:
    return result if isinstance(result, Document) else run_document(result)


def _told(document: Document) -> dict[str, Any]:
    """The document with its tables as records."""
    told: dict[str, Any] = msgspec.to_builtins(document)
    for section, found in zip(told["sections"], document.sections, strict=True):
        section["rows"] = records(found)
        del section["columns"]
    return told


def _csv(section: Section, file: Any) -> None:
    rows = records(section)
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _manifest(document: Document, out: Path, ending: str) -> None:
    told = {
        s.id: {"file": f"{s.id}.{ending}", "title": s.title, "says": s.says, "runs": s.runs, "sql": s.sql}
        for s in document.sections
        if s.rows
    }
    head = {"title": document.title, "command": document.command, "said": document.said}
    whole = head | {"warnings": document.warnings, "figures": told}
    (out / "figures.json").write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
