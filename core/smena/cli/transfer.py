"""`smena export`, `smena import` and `smena spans`: a run for others, and for their tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.models import NoTrace
from smena.cli.options import DEFAULT_DB, Db, RunName


def add_to(app: typer.Typer) -> None:
    app.command(short_help="Write a recorded run to a file, for others to reproduce.")(export)
    app.command("import", short_help="Read a recorded run from such a file.")(import_)
    app.command(short_help="Send a run as OpenTelemetry spans to a collector.")(spans)


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


def spans(
    run: RunName = "",
    endpoint: Annotated[
        str, typer.Option(envvar="OTEL_EXPORTER_OTLP_ENDPOINT", help="An OTLP/HTTP collector.")
    ] = "http://127.0.0.1:4318",
    db: Db = DEFAULT_DB,
) -> None:
    """Send an ended run as OpenTelemetry spans: the run, and below it every trial that it executed, with times,
    status, tokens and price. No text of a prompt or an answer is sent.

    \b
    Examples:
      smena spans
      smena spans lab-causal-1f2e3d4c --endpoint http://127.0.0.1:4318
    """
    from smena.spans import send_spans
    from smena.store import Store

    with Store.open(db, create=False) as store:
        count = send_spans(store, run, endpoint)
    typer.echo(f"{count:,} spans sent to {endpoint}")
