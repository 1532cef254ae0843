"""`smena report` and `smena runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db, RunName


def add_to(app: typer.Typer) -> None:
    app.command(short_help="Show what a run learned, with intervals and evidence.")(report)
    app.command()(runs)


def report(
    run: RunName = "",
    form: Annotated[str, typer.Option("--format", "-f", help="terminal, html, or a plugin's.")] = "terminal",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write.", show_default="the terminal")
    ] = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Show what a run learned: accuracy, memory, false saves with intervals, the lessons and their evidence.

    \b
    Examples:
      smena report
      smena report arc-causal-1f2e3d4c --format html --out report.html
    """
    write_report(run, db, form, out)


def write_report(run: str, db: str, form: str, out: Path | None) -> None:
    """Compute a run's figures from the store and write them in a form."""
    from smena.errors import BadInput
    from smena.results import RunResult
    from smena.setup import registry
    from smena.store import Store

    writer = registry().make("report", form)
    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
        try:
            if out:
                out.parent.mkdir(parents=True, exist_ok=True)
            writer.write(result, out)
        except OSError as error:
            raise BadInput(f"{out}: cannot write the report: {error.strerror}") from None


def runs(db: Db = DEFAULT_DB) -> None:
    """List the runs in a store, the latest first."""
    from rich.console import Console
    from rich.table import Table

    from smena.store import Store

    with Store.open(db, create=False) as store:
        found = store.runs()
    if not found:
        typer.echo(f"no run in {db}: start one with `smena run --env arc`")
        return
    table = Table(box=None)
    for heading in ("run", "status", "env", "learner", "policy", "seed", "started"):
        table.add_column(heading)
    for r in found:
        table.add_row(r.id, r.status, r.env, r.learner, r.policy, str(r.seed), r.created_at)
    Console().print(table)
