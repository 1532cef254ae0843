"""Tests as a verifier: run in a fresh session, on the change that was computed, with tests of ours."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from smena import Attempt, BadInput, Bounds, Environment, Snapshot, Task, Verdict
from smena.code import CodeCase, Ran, Suite, apply, run_command, run_pytest, strip
from smena.sandbox import Opener

HIDDEN = "hidden"


class UnitTestsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[verifier.unit-tests]``."""

    partial: bool = False
    """The score is the share of expected tests that pass; else 1.0 where all do and 0.0 where not."""
    memory_mb: int = 2048
    cpus: float = 1.0
    pids: int = 256
    disk_mb: int = 1024
    protected: tuple[str, ...] = ()
    """More patterns of paths whose edits do not count."""


def case_of(environment: Environment, task: Task, attempt: Attempt, verifier: str) -> CodeCase:
    """What there is to judge. Raises BadInput where the environment's answers are no code."""
    code = getattr(environment, "code", None)
    if code is None:
        raise BadInput(
            f"verifier {verifier!r} judges changes to code and {type(environment).__name__} has none: judge it "
            f"with its own verifiers ({', '.join(environment.verifiers)}) or give it a method code(task, answer)"
        )
    case: CodeCase = code(task, attempt.answer)
    return case


class UnitTests:
    """Runs every suite of the case; ``hidden``, or the only one, decides. Details: ``share`` of expected tests
    that passed in each suite, ``gap`` between the visible ones and the hidden, ``stripped`` edits that did
    not count, ``refused`` where a run was not believed."""

    Config = UnitTestsConfig
    version = 1

    def __init__(self, config: UnitTestsConfig | None = None) -> None:
        self.config = config or UnitTestsConfig()
        self._opener: Opener | None = None

    def use_sandbox(self, opener: Opener) -> None:
        self._opener = opener

    def snapshots(self) -> Iterable[Snapshot]:
        return ()  # the environment knows them

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises InfraError where the sandbox fails, BadInput where the environment has no code."""
        case = case_of(environment, task, attempt, "unit-tests")
        kept, dropped = strip(case.change, self.config.protected)
        ran = {name: self._run(case.snapshot, kept, suite) for name, suite in case.suites.items()}
        shares = {name: told.share(case.suites[name].expected) for name, told in ran.items()}
        name = HIDDEN if HIDDEN in shares else next(iter(shares))
        score = shares[name] if self.config.partial else float(shares[name] == 1.0)
        detail: dict[str, object] = {f"share.{suite}": share for suite, share in shares.items()}
        visible = [share for suite, share in shares.items() if suite != HIDDEN]
        if HIDDEN in shares and visible:
            detail["gap"] = sum(visible) / len(visible) - shares[HIDDEN]
        detail |= {
            "stripped": float(len(dropped)),
            "refused": float(any(told.refused for told in ran.values())),
            "stripped_paths": dropped,
            "why": {suite: told.refused for suite, told in ran.items() if told.refused},
            "results": {suite: told.results for suite, told in ran.items()},
        }
        return Verdict(score, detail)

    def _run(self, snapshot: Snapshot, change: dict[str, bytes | None], suite: Suite) -> Ran:
        assert self._opener is not None, "the host gives a sandbox before it asks for verdicts"
        c = self.config
        bounds = Bounds(
            seconds=suite.seconds, memory_mb=c.memory_mb, cpus=c.cpus, pids=c.pids, disk_mb=c.disk_mb
        )
        with self._opener(bool(snapshot.image)).open(snapshot, bounds) as session:
            apply(session, change)
            return run_command(session, suite) if suite.command else run_pytest(session, suite)
