"""The contract of report forms: written from the result of a real run."""

from __future__ import annotations

import contextlib
import io
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from smena.errors import BadInput
from smena.testing.base import Contract, DoesNotApply, ensure, guarded
from smena.testing.rounds import config_of
from smena.testing.toy import plugins


class ReportContract(Contract):
    """What every form of a report keeps."""

    kind = "report"

    def test_it_writes_a_file(self) -> None:
        """To a path (a file, or a directory of files): not empty, the same every time (binary forms may
        hold a date), and nothing on the terminal. A form that has
        nothing to say of a single run says so (BadInput)."""
        with tempfile.TemporaryDirectory() as folder:
            written = []
            for number in range(2):
                path, told = Path(folder) / f"{number}.out", io.StringIO()
                with contextlib.redirect_stdout(told):
                    self._write(path)
                ensure(not told.getvalue(), f"write(result, path) prints {told.getvalue()[:60]!r}")
                files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
                whole = files and all(p.exists() and p.stat().st_size for p in files)
                ensure(whole, "write(result, path) wrote no file, or an empty one")
                written.append({p.relative_to(path).as_posix(): p.read_bytes() for p in files})
        for file, data in written[0].items():
            same = data == written[1].get(file) or (b"\0" in data and file in written[1])
            ensure(same, f"the same result gives two different files {file}: leave out times and chance")

    def test_it_writes_to_the_terminal(self) -> None:
        """Without a path (None) it prints, or says that it needs one (BadInput)."""
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            self._write(None)
        ensure(told.getvalue().strip(), "write(result, None) printed nothing")

    def _write(self, out: Path | None) -> None:
        where = "write() to a file" if out else "write() to the terminal"
        try:
            guarded(where, self.make().write, small_result(), out, allowed=(BadInput,))
        except BadInput as error:
            ensure(len(str(error)) > 20, f"{where}: its error says too little: {error}")
            raise DoesNotApply(str(error)) from None


@lru_cache(maxsize=1)
def small_result() -> Any:
    """The result of a real run of the toy: 12 tasks, a second or two."""
    from smena.cli.progress import NoDisplay
    from smena.results import RunResult
    from smena.session import Machine, execute
    from smena.store import Store

    plugins()
    config = config_of(env="contract-toy", pool=4, audit_repeats=2, eval_repeats=1)
    with tempfile.TemporaryDirectory() as folder:
        db = str(Path(folder) / "smena.db")
        summary = execute(config, Machine(db=db, workers=1), NoDisplay())
        with Store.open(db, create=False) as store:
            return RunResult.read(store, summary.run)
