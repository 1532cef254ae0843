"""`smena env`: look after an environment's instances and what it keeps on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.options import Sandbox, UnsafeLocal, sandbox_name

Name = Annotated[str, typer.Argument(help="The environment: `smena plugins` lists them.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, e.g. env.swebench.data=my.jsonl.")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Check an environment's instances, clean up after it.", no_args_is_help=True)
    group.command(short_help="Run every instance without and with its repair; quarantine what is unsound.")(
        doctor
    )
    group.command(short_help="Remove what an environment keeps on disk for speed.")(clean)
    app.add_typer(group, name="env", rich_help_panel=None)


def doctor(
    name: Name,
    times: Annotated[int, typer.Option(min=1, help="Runs of base and of repair, each.")] = 2,
    write: Annotated[
        Path | None,
        typer.Option(help="Where to write the list of sound instances.", show_default="not at all"),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="An instance to examine; may be repeated.")] = None,
    official: Annotated[
        bool, typer.Option("--official", help="Compare with the benchmark's own harness too (Docker).")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="A TOML file; flags win over it.")] = None,
    set_: Sets = None,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
) -> None:
    """Run every instance without and with its repair, several times. What does not fail without it and pass with
    it, always, is quarantined: exit code 1 says that there is some.

    \b
    Examples:
      smena env doctor swebench --only smena__ledger-01
    """
    from smena.errors import BadInput
    from smena.setup import Setup
    from smena.values import SPLITS

    setup = _setup(name, config, set_, sandbox_name(sandbox, unsafe_local))
    assert isinstance(setup, Setup)
    examine = getattr(setup.env, "doctor", None)
    if examine is None:
        raise BadInput(f"environment {name!r} has nothing to examine: it offers no doctor")
    tasks = [t for split in SPLITS for t in setup.tasks(split)]
    unknown = set(only or ()) - {t.id for t in tasks}
    if unknown:
        raise BadInput(f"environment {name!r} has no instance {sorted(unknown)[0]!r}")
    bad = dict(examine(times, str(write or ""), only or (), typer.echo))
    if official:
        for task in tasks:
            if (not only or task.id in only) and task.id not in bad:
                bad |= _crosscheck(setup.env, task)
    if bad:
        raise typer.Exit(1)


def _crosscheck(env: object, task: object) -> dict[str, str]:
    """Where the harness and we differ on the repair or on no change at all."""
    ours, theirs = env.exact, env.official  # type: ignore[attr-defined]
    gold = task.reference["patch"]  # type: ignore[attr-defined]
    said = [(bool(ours(task, patch).score), theirs(task, patch)) for patch in (gold, "")]
    same = all(a == b for a, b in said)
    name = task.id  # type: ignore[attr-defined]
    typer.echo(f"{name}: official verdict {'the same' if same else f'differs: {said}'}")
    return {} if same else {name: "the official verdict differs"}


def clean(name: Name) -> None:
    """Remove what an environment keeps on disk for speed (trees, snapshots, searches). All of it can be made
    again; stores of runs are not touched.

    \b
    Examples:
      smena env clean swebench
    """
    from smena.errors import BadInput
    from smena.setup import registry

    env = registry().make("environment", name)
    remove = getattr(env, "clean", None)
    if remove is None:
        raise BadInput(f"environment {name!r} keeps nothing on disk")
    typer.echo(f"freed {remove() / 1e6:,.1f} MB")


def _setup(name: str, config: Path | None, sets: list[str] | None, sandbox: str) -> object:
    from smena.config import load_config
    from smena.setup import Setup

    return Setup(load_config(config, {"env": name}, sets or ()), sandbox)
