"""`smena view`."""

from __future__ import annotations

from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db


def add_to(app: typer.Typer) -> None:
    app.command(short_help="Look into a store with a browser, also while a run goes on.")(view)


def view(
    db: Db = DEFAULT_DB,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8017,
) -> None:
    """Serve a read-only page over a store on this machine's loopback address until it is interrupted.

    Runs, their tasks and trials, decisions and evidence; pages renew themselves while a run goes on.

    \b
    Examples:
      smena view
      smena view --db my.db --port 0
    """
    from smena.view.server import serve

    serve(db, port, lambda address: typer.echo(f"{address}   (Ctrl-C ends it)"))
