"""`smena plugins` and `smena doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db


def add_to(app: typer.Typer) -> None:
    app.command(short_help="List what the installed plugins offer.")(plugins)
    app.command(short_help="Check this machine and say what to do.")(doctor)


def plugins() -> None:
    """List what the installed plugins offer, and which plugins failed and why."""
    from smena.registry import Registry

    registry = Registry.load()  # not smena.setup's: that loads the parts of a run
    rows = [
        ("kind", "name", "plugin", "from"),
        *((o.kind, o.name, o.plugin, o.target) for o in registry.offers()),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for *cells, last in rows:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        typer.echo("  ".join([*padded, last]))
    for problem in registry.problems:
        typer.echo(f"smena: {problem}", err=True)


def doctor(
    db: Db = DEFAULT_DB,
    model: Annotated[
        str, typer.Option(help="Make one call to this model instead, and say what it can do.")
    ] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="With --model: e.g. learner.llm.api_base=URL.")
    ] = None,
) -> None:
    """Check this machine: Python, plugins, the store. Says what is wrong and what to do; exit code 1 if a
    run would fail. With --model, check that model by calling it once."""
    if model:
        _check_model(model, set_ or [])
        return
    import os
    import platform

    from smena import __version__
    from smena.errors import SmenaError
    from smena.setup import registry
    from smena.store import Store

    well = True
    typer.echo(f"smena    {__version__}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for offer in registry().offers():
        try:
            registry().resolve(offer.kind, offer.name)
            typer.echo(f"ok       {offer.kind} {offer.name}")
        except SmenaError as error:
            well = False
            typer.echo(f"FAILED   {offer.kind} {offer.name}: {error}")
    typer.echo(_sandboxes())
    for problem in registry().problems:
        well = False
        typer.echo(f"FAILED   {problem}")
    try:
        with Store.open(db) as store:
            typer.echo(f"ok       store {db}: {len(store.runs())} runs")
    except SmenaError as error:
        well = False
        typer.echo(f"FAILED   store: {error}")
    if not well:
        raise typer.Exit(1)


def _check_model(model: str, sets: list[str]) -> None:
    import json

    from smena.config import load_config
    from smena.setup import registry

    name = json.dumps(model)
    config = load_config(None, {"env": "none"}, [f"learner.llm.model={name}", *sets])
    learner = registry().make("learner", "llm", config.settings["learner.llm"])
    for label, words in learner.check():
        typer.echo(f"{label:<12} {words}")


def _sandboxes() -> str:
    """Which sandbox a run would get, and why. None at all is no failure: only some environments want one."""
    from smena.sandbox import survey
    from smena.setup import registry

    chosen, why = survey(registry())
    others = "; ".join(f"{name}: {words}" for name, words in why.items() if name != chosen)
    if chosen:
        return f"sandbox  {chosen}: {why[chosen]}" + (f"  ({others})" if others else "")
    return (
        f"sandbox  none works here ({others or 'none installed'}): runs that judge code will refuse to start"
    )
