"""ruff and bandit on the changed files: what counts is that there are no new findings."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from smena import Attempt, BadInput, Bounds, Environment, InfraError, Session, Snapshot, Task, Verdict
from smena.code import apply, packages, strip
from smena.sandbox import Opener

from smena_verifiers.unit_tests import case_of

INSTALL = "pip install 'smena[judge]'"
_TOOLS = "/opt/smena/tools"
_OLD, _NEW = "before", "after"


class StaticAnalysisConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[verifier.static-analysis]``."""

    select: str = "E9,F,B,PLE"
    """ruff's rules: by default errors and likely bugs, no style."""
    security: bool = True
    """bandit too."""
    each: float = 0.25
    """What every new finding takes off the score."""
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if not 0 < self.each <= 1:
            raise ValueError(f"each must be in (0, 1], is {self.each}")


class StaticAnalysis:
    """Score 1.0 where the changed files have no finding that the base has not; each new one takes
    ``each`` off. A file that cannot be parsed is a finding. The tools run in the sandbox, on the text of the
    files alone, with their own configuration ignored."""

    Config = StaticAnalysisConfig
    version = 1

    def __init__(self, config: StaticAnalysisConfig | None = None) -> None:
        self.config = config or StaticAnalysisConfig()
        self._opener: Opener | None = None

    def use_sandbox(self, opener: Opener) -> None:
        self._opener = opener

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises InfraError where the tools fail, BadInput where they are not installed."""
        case = case_of(environment, task, attempt, "static-analysis")
        kept, _ = strip(case.change)
        files = {path: data for path, data in kept.items() if path.endswith(".py") and data is not None}
        if not files:
            return Verdict(1.0, {"new": 0.0})
        new = self._findings(case.snapshot, files)
        score = max(0.0, 1.0 - self.config.each * len(new))
        return Verdict(score, {"new": float(len(new)), "findings": new})

    def _findings(self, snapshot: Snapshot, files: Mapping[str, bytes]) -> list[str]:
        assert self._opener is not None, "the host gives a sandbox before it asks for verdicts"
        binds, env = packages("bandit")
        binds = (*binds, (str(_ruff()), f"{_TOOLS}/ruff"))
        tools = msgspec.structs.replace(
            snapshot, binds=(*snapshot.binds, *binds), env={**snapshot.env, **env}
        )
        with self._opener(bool(snapshot.image)).open(tools, Bounds(seconds=self.config.seconds)) as session:
            names = {path: f"{number}.py" for number, path in enumerate(files)}
            for path in files:  # what the base has of it, under a name that says nothing
                old = session.get(path)
                if old is not None:
                    session.put(f".smena/{_OLD}/{names[path]}", old)
            apply(session, {f".smena/{_NEW}/{names[path]}": data for path, data in files.items()})
            before, after = self._look(session, _OLD), self._look(session, _NEW)
        paths = {name: path for path, name in names.items()}
        return [
            f"{paths[name]}: {code} {message}"
            for (name, code, message) in sorted((after - before).elements())
        ]

    def _look(self, session: Session, folder: str) -> Counter[tuple[str, str, str]]:
        """Findings by file, rule and message: a line that moved is no new finding."""
        place = f".smena/{folder}"
        session.exec(["mkdir", "-p", place])
        ruff = [
            f"{_TOOLS}/ruff",
            "check",
            "--isolated",
            "--no-cache",
            "--output-format",
            "json",
            "--exit-zero",
        ]
        found = Counter(
            (Path(f["filename"]).name, str(f.get("code") or "syntax"), f["message"])
            for f in _json(session, [*ruff, "--select", self.config.select, place])
        )
        if self.config.security:
            bandit = ["python3", "-P", "-m", "bandit", "-q", "-f", "json", "--exit-zero", "-r", place]
            told = _json(session, bandit)
            found.update((Path(f["filename"]).name, f["test_id"], f["issue_text"]) for f in told["results"])
        return found


def _json(session: Session, command: list[str]) -> Any:
    told = session.exec([*command])
    start = min((i for i in (told.output.find("["), told.output.find("{")) if i >= 0), default=-1)
    try:
        return json.JSONDecoder().raw_decode(told.output[start:])[0] if start >= 0 else json.loads("")
    except json.JSONDecodeError:
        raise InfraError(f"{command[0]} told nothing (code {told.code}): {told.output[-300:]}") from None


def _ruff() -> Path:
    for place in (Path(sys.executable).parent, *map(Path, sys.path)):
        for path in (place / "ruff", place.parent.parent.parent / "bin" / "ruff"):
            if path.is_file():
                return path.resolve()
    raise BadInput(f"verifier 'static-analysis' needs ruff: {INSTALL}")
