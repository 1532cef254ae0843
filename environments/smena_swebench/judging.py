"""Judging a patch: applied in a fresh session of the record's snapshot, the record's own script run, its log
graded."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from smena import InfraError, Snapshot
from smena.code import protected
from smena.sandbox import Bounds, Sandbox, Session
from smena.values import JSON, digest

from smena_swebench import cache
from smena_swebench.diffs import look, paths
from smena_swebench.grading import Grade, grade, script


class Kind(StrEnum):
    """What came of a patch."""

    RESOLVED = "RESOLVED"
    UNRESOLVED = "UNRESOLVED"
    PATCH_FAILED = "PATCH_FAILED"
    """It cannot be applied, or must not be."""
    EMPTY = "EMPTY"
    """There is none, or nothing of it counts."""
    TIMEOUT = "TIMEOUT"
    BROKE_TESTS = "BROKE_TESTS"
    """No expected test passes any more, and without the patch some do."""
    ENV_BROKEN = "ENV_BROKEN"
    """No expected test passes, and without the patch none does either: nobody's failure."""


class Judged(msgspec.Struct, frozen=True):
    """``stripped``: files whose changes do not count. ``why`` is for people. ``seconds`` took the script."""

    kind: Kind
    share: float = 0.0
    f2p: tuple[int, int] = (0, 0)
    p2p: tuple[int, int] = (0, 0)
    stripped: tuple[str, ...] = ()
    why: str = ""
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """1.0 resolved, else a quarter of the share: it can never be taken for a success by a weighted sum in
        which tests weigh two thirds, and still tells more from less."""
        return 1.0 if self.kind is Kind.RESOLVED else 0.25 * self.share


class Ran(NamedTuple):
    """A script's end: the log, or why there is none."""

    log: str
    seconds: float
    applied: bool
    timed_out: bool


def strip(patch: str, allowed: frozenset[str] = frozenset()) -> tuple[str, tuple[str, ...]]:
    """The patch without its changes of protected files, and those files.

    >>> strip("diff --git a/conftest.py b/conftest.py\\n--- a/conftest.py\\n")
    ('', ('conftest.py',))
    """
    parts = re.split(r"(?m)^(?=diff --git )", patch)
    if len(parts) == 1 and patch.strip():  # without git's headers: a part a file
        parts = re.split(r"(?m)^(?=--- .*\n\+\+\+ )", patch)
    kept, dropped = [], []
    for part in parts:
        bad = [path for path in paths(part) if protected(path) and path not in allowed]
        if bad:
            dropped += bad
        else:
            kept.append(part)
    return "".join(kept), tuple(dict.fromkeys(dropped))


_APPLY = r"""
cat > /tmp/patch.diff
git config --global --add safe.directory "$PWD" 2>/dev/null
git apply --verbose /tmp/patch.diff && exit 0
if [ -d .git ]; then
  for how in "git apply --verbose --3way" "git apply --verbose --reject" "patch --batch --forward --fuzz=5 -p1 -i"
  do
    git checkout -- . ; git clean -fdq
    $how /tmp/patch.diff && exit 0
  done
  git apply --check --reverse /tmp/patch.diff && exit 0
fi
exit 3
"""
"""The order in which the official harness tries."""


def run(sandbox: Sandbox, snapshot: Snapshot, record: Mapping[str, Any], patch: str, bounds: Bounds) -> Ran:
    """Raises InfraError where the sandbox fails, or has no git to apply a patch with."""
    with sandbox.open(snapshot, bounds) as session:
        if patch and not _applied(session, patch):
            return Ran("", 0.0, False, False)
        text = script(record)
        if session.workdir != snapshot.workdir:  # a sandbox that has no places of its own
            text = text.replace(snapshot.workdir, session.workdir)
        told = session.exec(
            "cat > /tmp/eval.sh; exec bash /tmp/eval.sh </dev/null 2>&1",
            stdin=text.encode(),
            timeout=bounds.seconds,
        )
    return Ran(told.output, told.seconds, True, told.timed_out)


def _applied(session: Session, patch: str) -> bool:
    told = session.exec(["bash", "-c", _APPLY], stdin=patch.encode("utf-8", "surrogateescape"), timeout=120)
    if told.code == 127 or "git: command not found" in told.output:
        raise InfraError("patches are applied with git, and the sandbox has none: install git")
    return told.code == 0


def weighed(record: Mapping[str, Any], answer: JSON) -> tuple[str, tuple[str, ...], Judged | None]:
    """What of an answer counts, what was stripped of it, and the judgement where nothing has to be run."""
    seen = look(answer)
    if seen.trouble:
        return "", (), Judged(Kind.PATCH_FAILED, why=seen.trouble)
    patch, stripped = strip(seen.patch, frozenset(paths(record["patch"])))
    if patch.strip():
        return patch, stripped, None
    why = "only tests or their configuration are changed" if stripped else ""
    return "", stripped, Judged(Kind.EMPTY, stripped=stripped, why=why)


class Bench:
    """Judges patches of records. What it has judged it remembers, by everything that matters: in memory, and
    with ``keep`` on disk too, which suits tests that always end alike."""

    def __init__(self, bounds: Bounds, keep: bool = False) -> None:
        self.bounds, self._keep = bounds, keep
        self._known: OrderedDict[str, Judged] = OrderedDict()

    def judge(self, sandbox: Sandbox, snapshot: Snapshot, record: Mapping[str, Any], answer: JSON) -> Judged:
        """Raises InfraError for what is nobody's failure: a broken environment, a sandbox that fails."""
        patch, stripped, early = weighed(record, answer)
        if early:
            return early
        judged = self.tried(sandbox, snapshot, record, patch)
        if judged.kind is Kind.ENV_BROKEN:
            raise InfraError(f"{record['instance_id']}: its environment is broken: {judged.why}")
        return msgspec.structs.replace(judged, stripped=stripped)

    def tried(self, sandbox: Sandbox, snapshot: Snapshot, record: Mapping[str, Any], patch: str) -> Judged:
        """A patch that may be tried, or none: judged once. A run out of time is not remembered."""
        key = digest([1, snapshot, record, patch, self.bounds])
        path = cache.folder("judged") / f"{key}.json" if self._keep else None
        if key in self._known:
            return self._known[key]
        data = cache.read(path) if path else None
        if data is not None:
            judged = msgspec.json.decode(data, type=Judged)
        else:
            judged = self._try(sandbox, snapshot, record, patch)
            if path and judged.kind is not Kind.TIMEOUT:
                cache.write(path, msgspec.json.encode(judged))
        if judged.kind is not Kind.TIMEOUT:
            self._known[key] = judged
            if len(self._known) > 4096:
                self._known.popitem(last=False)
        return judged

    def _try(self, sandbox: Sandbox, snapshot: Snapshot, record: Mapping[str, Any], patch: str) -> Judged:
        ran = run(sandbox, snapshot, record, patch, self.bounds)
        if not ran.applied:
            return Judged(Kind.PATCH_FAILED, why="it does not fit the tree")
        if ran.timed_out:
            return Judged(Kind.TIMEOUT, why=f"stopped after {self.bounds.seconds:g} s", seconds=ran.seconds)
        graded = grade(record, patch, ran.log)
        kind = Kind.RESOLVED if graded.resolved else Kind.UNRESOLVED
        why = ""
        if not graded.resolved and not _anything(graded):
            kind, why = self._whose(sandbox, snapshot, record, patch, graded, ran.log)
        return Judged(kind, graded.share, graded.f2p, graded.p2p, (), why, ran.seconds)

    def _whose(
        self,
        sandbox: Sandbox,
        snapshot: Snapshot,
        record: Mapping[str, Any],
        patch: str,
        graded: Grade,
        log: str,
    ) -> tuple[Kind, str]:
        """Nothing passes: does anything pass without the patch?"""
        if not patch:
            healthy = not record["PASS_TO_PASS"] and graded.read
            return (Kind.UNRESOLVED, "") if healthy else (Kind.ENV_BROKEN, graded.infra or _end(log))
        base = self.tried(sandbox, snapshot, record, "")
        if base.kind in (Kind.ENV_BROKEN, Kind.TIMEOUT):
            return Kind.ENV_BROKEN, base.why
        return Kind.BROKE_TESTS, _end(log)


def _anything(graded: Grade) -> bool:
    return graded.read and graded.f2p[0] + graded.p2p[0] > 0


def _end(log: str) -> str:
    """The last line that says something, for people."""
    lines = [line.strip() for line in log.split("\n") if line.strip() and not line.startswith("+")]
    return lines[-1][:200] if lines else "the script says nothing"
