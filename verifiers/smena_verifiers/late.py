"""Verdicts of people and of the world, as verifiers: known ones from a file, the others come later by
`smena verdict add`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

import msgspec
from smena import Attempt, BadInput, Environment, Task, Verdict, digest


class LateConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[verifier.human]`` and ``[verifier.delayed]``."""

    file: str = ""
    """JSON lines: ``task`` (its id), ``answer`` (JSON, or its digest under ``answer_digest``) and ``score``;
    empty: there are none yet."""
    content: str = ""
    """Digest of the file; found out when it is read, so that other verdicts are another judge."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    task: str
    score: float
    answer: msgspec.Raw = msgspec.Raw()
    answer_digest: str = ""
    author: str = ""
    note: str = ""


class Late:
    """Has a verdict on the answers in its file, and none on others: these abstain until one comes."""

    Config = LateConfig
    version = 1
    source: ClassVar[str]

    def __init__(self, config: LateConfig | None = None) -> None:
        config = config or LateConfig()
        self._known: dict[tuple[str, str], float] = {}
        if config.file:
            data = self._read(config.file)
            config = msgspec.structs.replace(config, content=hashlib.blake2b(data, digest_size=8).hexdigest())
        self.config = config

    def _read(self, file: str) -> bytes:
        where = f"[verifier.{self.source}] file {file}"
        try:
            data = Path(file).read_bytes()
            lines = data.decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{where}: cannot be read: {error}") from None
        for number, text in enumerate(lines, start=1):
            if not text.strip():
                continue
            try:
                line = msgspec.json.decode(text, type=Line)
                raw = bytes(line.answer)
                key = line.answer_digest or (digest(msgspec.json.decode(raw)) if raw else "")
            except msgspec.DecodeError as error:
                raise BadInput(f"{where}, line {number}: {error}") from None
            if not 0 <= line.score <= 1:
                raise BadInput(f"{where}, line {number}: score must be in [0, 1], is {line.score}")
            if not key:
                raise BadInput(f"{where}, line {number}: say which answer: answer or answer_digest")
            self._known[line.task, key] = line.score
        return data

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        score = self._known.get((task.id, digest(attempt.answer)))
        return Verdict(0.0, {}, given=False) if score is None else Verdict(score)


class Human(Late):
    """What a person says."""

    source = "human"


class Delayed(Late):
    """What the world says later."""

    source = "delayed"
