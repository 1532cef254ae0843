"""The contract of report forms: written from the result of a real run."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from smena.testing.base import Contract, ensure, guarded
from smena.testing.rounds import config_of
from smena.testing.toy import plugins
from smena.values import Decision, Outcome, Trial


class ReportContract(Contract):
    """What every form of a report keeps."""

    kind = "report"

    def test_it_writes_a_file(self) -> None:
        """To a path: a file that is not empty, or a directory of such, the same every time, and nothing on the
        terminal."""
        result = small_result()
        with tempfile.TemporaryDirectory() as folder:
            written = []
            for number in range(2):
                path, told = Path(folder) / f"{number}.out", io.StringIO()
                with contextlib.redirect_stdout(told):
                    guarded("write() to a file", self.make().write, result, path)
                ensure(
                    path.exists() and all(_contents(path).values()),
                    "write(result, path) wrote no file, or an empty one",
                )
                written.append(_contents(path))
        ensure(
            written[0] == written[1], "the same result gives two different files: leave out times and chance"
        )

    def test_it_writes_to_the_terminal(self) -> None:
        """Without a path (None) it prints, and says something; a form with ``files_only = True`` may refuse."""
        if getattr(self.make(), "files_only", False):
            return
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            guarded("write() to the terminal", self.make().write, small_result(), None)
        ensure(told.getvalue().strip(), "write(result, None) printed nothing")


def _contents(path: Path) -> dict[str, bytes]:
    """What was written, by name: one file, or all of a directory."""
    if path.is_dir():
        return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}
    return {"": path.read_bytes()}


@lru_cache(maxsize=1)
def small_result() -> Any:
    """The result of a real run of the toy: 12 tasks, a second or two."""
    from smena.results import RunResult
    from smena.session import Machine, execute
    from smena.store import Store

    plugins()
    config = config_of(env="contract-toy", pool=4, audit_repeats=2, eval_repeats=1)
    with tempfile.TemporaryDirectory() as folder:
        db = str(Path(folder) / "smena.db")
        summary = execute(config, Machine(db=db, workers=1), Silent())
        with Store.open(db, create=False) as store:
            return RunResult.read(store, summary.run)


class Silent:
    """A watcher that says nothing."""

    def phase(self, name: str, total: int) -> None: ...

    def learned(self, done: int, total: int) -> None: ...

    def outcome(self, trial: Trial, outcome: Outcome, fresh: bool) -> None: ...

    def decision(self, decision: Decision) -> None: ...

    def memory(self, counts: Mapping[str, int]) -> None: ...
