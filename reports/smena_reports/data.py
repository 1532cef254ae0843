"""Every figure's data as JSON."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
from smena.results import RunResult


class JsonConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``indent``: spaces a level; 0: one line."""

    indent: int = 2


class Json:
    """A :class:`smena.results.RunResult` field by field; `docs/reading-a-report.md` says what each means."""

    Config = JsonConfig
    version = 1

    def __init__(self, config: JsonConfig) -> None:
        self.config = config

    def write(self, result: RunResult, out: Path | None) -> None:
        text = msgspec.json.format(msgspec.json.encode(result), indent=self.config.indent or -1)
        if out:
            out.write_bytes(text + b"\n")
        else:
            sys.stdout.write(text.decode() + "\n")
