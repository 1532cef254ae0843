"""`smena memory list | show | history | export | import`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db

if TYPE_CHECKING:
    from smena.results import RunResult
    from smena.results.figures import ItemResult


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Look into a run's memory; take it elsewhere.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("list")(list_items)
    group.command("show")(show_item)
    group.command("history")(history)
    group.command("export")(export_items)
    group.command("import")(import_items)
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

    from smena.memory import title
    from smena.results import RunResult
    from smena.store import Store

    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
    chosen = _one(result, item)
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


def _one(result: RunResult, item: str) -> ItemResult:
    from smena.errors import BadInput

    found = [i for i in result.items if i.digest.startswith(item)]
    if len(found) != 1:
        why = "no item" if not found else f"{len(found)} items"
        raise BadInput(f"run {result.run.id}: {why} begin with {item!r}; see `smena memory list --state all`")
    return found[0]


def history(
    item: Annotated[str, typer.Argument(help="An item's digest or its unique beginning.")],
    run: RunOption = "",
    db: Db = DEFAULT_DB,
) -> None:
    """Tell an item's story: every decision about it and every transition, with the figures behind them.

    \b
    Examples:
      smena memory history 3f2a
    """
    from smena.memory import title
    from smena.results import RunResult
    from smena.store import Store
    from smena.story import story

    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
        chosen = _one(result, item)
        told = list(story(chosen.digest, store.decisions(result.run.id), store.transitions(result.run.id)))
    typer.echo(f"{title(chosen.knowledge.body)}  {chosen.digest}  {chosen.state} at the end")
    typer.echo(f"learned on {chosen.knowledge.provenance.task}, run {result.run.id}")
    for line in told:
        typer.echo(f"  {line}")


def export_items(
    to: Annotated[Path, typer.Option(help="The file to write (JSON).")],
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only items in this state; may be repeated.", show_default="all"),
    ] = None,
    run: RunOption = "",
    db: Db = DEFAULT_DB,
) -> None:
    """Write items to a file, each with every decision and transition of its own.

    An archive of what was collected, or a memory to take to another store or share.

    \b
    Examples:
      smena memory export --to memory.json
      smena memory export --state collected --to archive.json
    """
    from smena.errors import BadInput
    from smena.parcel import Parcel
    from smena.store import Store

    with Store.open(db, create=False) as store:
        parcel = Parcel.of(store, store.run(run), state or ())
    try:
        to.write_bytes(parcel.encode())
    except OSError as error:
        raise BadInput(f"{to}: cannot write: {error.strerror}") from None
    typer.echo(f"{to}: {len(parcel.items)} items of run {parcel.run}")


def import_items(
    file: Annotated[Path, typer.Argument(help="What `smena memory export` wrote.")],
    db: Db = DEFAULT_DB,
) -> None:
    """Put an exported memory into the store, under an id that is a digest of its content.

    A run that begins with it (`smena run --memory ID`) revises its trusted items in the first wave, tries its
    deprecated ones last, and takes collected ones for deprecated.

    \b
    Examples:
      smena memory import memory.json
    """
    from smena.errors import BadInput
    from smena.parcel import Parcel
    from smena.store import Store

    try:
        data = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file}: cannot read: {error.strerror}") from None
    parcel = Parcel.decode(data, str(file))
    with Store.open(db) as store:
        name = parcel.put(store)
    typer.echo(
        f"{name}: {len(parcel.items)} items of run {parcel.run}; begin with them: smena run --memory {name} …"
    )
