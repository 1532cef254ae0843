"""`smena export` and `smena import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.models import NoTrace
from smena.cli.options import DEFAULT_DB, Db


def add_to(app: typer.Typer) -> None:
    app.command(short_help="Write a recorded run to a file, for others to reproduce.")(export)
    app.command("import", short_help="Read a recorded run from such a file.")(import_)


def export(
    run: Annotated[str, typer.Argument(help="A run's id or its unique beginning.")],
    file: Annotated[Path, typer.Argument(help="Where to write: NAME.jsonl.gz, or NAME.jsonl.")],
    no_trace: NoTrace = False,
    db: Db = DEFAULT_DB,
) -> None:
    """Write everything that the store knows of a run to a file: whoever imports it has the same report, and
    replays the run (`smena resume RUN --offline`) without a key.

    \b
    Examples:
      smena export lab-causal run.jsonl.gz
      smena export arc-causal-1f2e3d4c run.jsonl.gz --no-trace
    """
    from smena.store import Store
    from smena.store.transfer import export

    with Store.open(db, create=False) as store:
        count = export(store, run, file, trace=not no_trace)
    typer.echo(f"{file}: {count:,} outcomes, {file.stat().st_size / 1e6:.1f} MB")


def import_(
    file: Annotated[Path, typer.Argument(help="A file of `smena export`.")],
    db: Db = DEFAULT_DB,
) -> None:
    """Read a recorded run into the store. Outcomes that the store has already stand; the run itself is taken as
    the file has it.

    \b
    Examples:
      smena import run.jsonl.gz
      smena import run.jsonl.gz --db other.db
    """
    from smena.store import Store
    from smena.store.transfer import load

    with Store.open(db) as store:
        run, new = load(store, file)
    typer.echo(f"{run}: {new:,} new outcomes in {db}   (smena report {run} --db {db})")
