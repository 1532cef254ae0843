"""`smena memory list | show`."""

from __future__ import annotations

from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Look into a run's memory.", no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_items)
    group.command("show")(show_item)
    app.add_typer(group, name="memory")


RunOption = Annotated[
    str, typer.Option("--run", help="A run's id or its unique beginning.", show_default="the latest")
]


def list_items(
    run: RunOption = "",
    state: Annotated[
        str, typer.Option(help="trusted, candidate, rejected, proposed, … or all.", show_default=True)
    ] = "trusted",
    db: Db = DEFAULT_DB,
) -> None:
    """List a run's knowledge items with the state they are in.

    \b
    Examples:
      smena memory list
      smena memory list --state all
    """
    from rich.console import Console
    from rich.table import Table

    from smena.memory import title, triggers
    from smena.results import RunResult
    from smena.store import Store

    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
    chosen = [item for item in result.items if state in ("all", item.state)]
    if not chosen:
        states = ", ".join(sorted({item.state for item in result.items})) or "none"
        typer.echo(f"run {result.run.id}: no item is {state}; states with items: {states}")
        return
    table = Table(box=None)
    for heading in ("item", "state", "lesson", "where", "ΔU", "origin"):
        table.add_column(heading)
    for item in chosen:
        worth = f"{item.delta_u:+.3f}" if item.delta_u is not None else ""
        body = item.knowledge.body
        table.add_row(
            item.digest[:12],
            item.state,
            title(body),
            " ".join(triggers(body)),
            worth,
            item.knowledge.provenance.task,
        )
    Console().print(table)


def show_item(
    item: Annotated[str, typer.Argument(help="An item's digest or its unique beginning.")],
    run: RunOption = "",
    db: Db = DEFAULT_DB,
) -> None:
    """Show one item whole: what it says, where it came from, every decision about it with its evidence.

    \b
    Examples:
      smena memory show 3f2a
    """
    import msgspec
    from rich.console import Console
    from rich.json import JSON

    from smena.errors import BadInput
    from smena.memory import title
    from smena.results import RunResult
    from smena.store import Store

    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
    found = [i for i in result.items if i.digest.startswith(item)]
    if len(found) != 1:
        why = "no item begins" if not found else f"{len(found)} items begin"
        raise BadInput(f"run {result.run.id}: {why} with {item!r}; see `smena memory list --state all`")
    (chosen,) = found
    console = Console()
    console.print(
        f"[bold]{title(chosen.knowledge.body)}[/bold]  {chosen.digest}  [cyan]{chosen.state}[/cyan]"
    )
    console.print(JSON(msgspec.json.encode(chosen.knowledge.body).decode()))
    origin = chosen.knowledge.provenance
    console.print(f"learned on {origin.task}, rung {origin.rung!r}, by teacher {origin.teacher!r}")
    for decision in chosen.decisions:
        console.print(f"\n[bold]{decision.gate}[/bold]: {decision.verdict}  (policy {decision.policy})")
        console.print(JSON(msgspec.json.encode(decision.evidence).decode()))
