"""`smena verdict add | list`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db, RunName, Sandbox, UnsafeLocal, sandbox_name

ROUNDS = 50
"""A verdict on a lesson or task also holds for what the new decisions try; so often at most."""


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Verdicts that come after a run, and what they change.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("add", short_help="Say what a run's attempts were worth; it is decided anew.")(add)
    group.command("list", short_help="List late verdicts.")(list_verdicts)
    app.add_typer(group, name="verdict")


def add(
    run: Annotated[str, typer.Argument(help="A run's id or its unique beginning.")],
    score: Annotated[
        float | None, typer.Option(min=0, max=1, help="1: right, 0: wrong, or in between.")
    ] = None,
    task: Annotated[str, typer.Option(help="Only attempts on the task of this id.")] = "",
    item: Annotated[
        str, typer.Option(help="Only attempts with this lesson (a digest or its beginning).")
    ] = "",
    trial: Annotated[str, typer.Option(help="Only the trial of this key (or its beginning).")] = "",
    right: Annotated[
        bool | None, typer.Option("--right/--wrong", help="Only attempts that count as that so far.")
    ] = None,
    source: Annotated[str, typer.Option(help="human or delayed.")] = "human",
    author: Annotated[str, typer.Option(help="Who says so.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="JSON lines: score, and trial, task or item; many verdicts at once.")
    ] = None,
    db: Db = DEFAULT_DB,
    workers: Annotated[int, typer.Option(min=0, help="Worker processes.", show_default="one a core")] = 0,
    max_trials: Annotated[
        int, typer.Option(min=0, help="Stop, resumably, after so many new trials.", show_default="no limit")
    ] = 0,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
) -> None:
    """Say what attempts of a run were worth after all. Every run that they serve is decided anew, and what
    changed is told: a verdict may keep a lesson, or take it back.

    A verdict on a task or a lesson holds for all attempts that it speaks of, also for those that the new
    decisions want. It replaces what the verifiers said; what they said is kept beside it. Trials that the
    new decisions want are run, all others are remembered.

    \b
    Examples:
      smena verdict add lab-causal-1f2e --item 8d2c --score 0 --author ada --note "guesses, reviewed by hand"
      smena verdict add lab-causal-1f2e --file reviewed.jsonl
    """
    from smena.cli.progress import display
    from smena.config import RunConfig, convert
    from smena.errors import BadInput
    from smena.session import Machine, execute
    from smena.store import Store
    from smena.trials import Limits
    from smena.verdicts import Said, Standing, differences, lay, read_file

    if (file is None) == (score is None):
        raise BadInput("give --score with --trial, --task or --item, or a --file of verdicts")
    if file:
        said = read_file(file)
    else:
        given = {"score": score, "trial": trial, "task": task, "item": item, "right": right}
        given |= {"source": source, "author": author, "note": note}
        said = [convert(given, Said, "smena verdict add")]
    with Store.open(db, create=False) as store:
        record = store.run(run)
        if record.status == "running":
            raise BadInput(f"run {record.id} is going on, or was killed: let it finish first (smena resume)")
        affected = [r for r in store.runs() if r.status == "finished" or r.id == record.id]
        before = {r.id: Standing.of(store, r.id) for r in affected}
        keys = lay(store, record.id, said)
        hit = store.runs_with(keys)
    machine = Machine(
        db=db,
        workers=workers,
        limits=Limits(max_trials),
        sandbox=sandbox_name(sandbox, unsafe_local),
    )
    for _ in range(ROUNDS):  # what the new decisions try is meant by the verdict too
        for name in hit:
            with Store.open(db, create=False) as store:
                config = convert(store.run(name).config, RunConfig, f"the stored configuration of run {name}")
            with display(quiet) as watcher:
                execute(config, machine, watcher)
        with Store.open(db, create=False) as store:
            more = [] if trial else lay(store, record.id, said, keys)
            hit = store.runs_with(more) if more else []
        keys += more
        if not more:
            break
    typer.echo(f"{len(keys)} attempts judged anew")
    with Store.open(db, create=False) as store:
        for name in store.runs_with(keys):
            changed = differences(before[name], Standing.of(store, name)) if name in before else []
            store.put_mark(name, "late", {"verdicts": len(keys), "differences": changed})
            typer.echo(f"{name}:")
            for line in changed or ["nothing changed"]:
                typer.echo(f"  {line}")


def list_verdicts(run: RunName = "", db: Db = DEFAULT_DB) -> None:
    """List the late verdicts on a run's attempts, the latest last.

    \b
    Examples:
      smena verdict list
    """
    from rich.console import Console
    from rich.table import Table

    from smena.store import Store

    with Store.open(db, create=False) as store:
        record = store.run(run)
        keys = {s.outcome.trial for s in store.outcomes(record.id)}
        found = store.verdicts(keys)
    if not found:
        typer.echo(f"run {record.id}: no late verdict (smena verdict add)")
        return
    table = Table(box=None)
    for heading in ("when", "trial", "source", "score", "before", "author", "note"):
        table.add_column(heading)
    for v in found:
        was = v.before["status"] if v.before["y"] is None else f"{v.before['reward']:g}"
        table.add_row(v.created_at[:16], v.key[:12], v.source, f"{v.score:g}", was, v.author, v.note)
    Console().print(table)
