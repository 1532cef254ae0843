"""`smena plugin check` and `smena plugin new`: for those who write plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(
    no_args_is_help=True,
    help="Write a plugin: start one, check that it keeps the contract.",
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    group.command(short_help="Start a plugin: a small distribution that passes its own tests.")(new)
    group.command(short_help="Check that what a plugin offers keeps the contract.")(check)
    app.add_typer(group, name="plugin")


def new(
    kind: Annotated[str, typer.Argument(help="environment, verifier, learner, policy, report or sandbox.")],
    name: Annotated[str, typer.Argument(help="The name to offer: small letters, digits, dashes.")],
    into: Annotated[
        Path | None, typer.Option(help="A new or empty directory.", show_default="smena-NAME")
    ] = None,
) -> None:
    """Start a plugin: a small distribution with an entry point, code that works, a test that runs the contract,
    and a README. It passes its own tests as it is.

    \b
    Examples:
      smena plugin new environment my-env
    """
    from smena.scaffold import write
    from smena.setup import registry

    into = into or Path(f"smena-{name}")
    for path in write(kind, name, into, registry()):
        typer.echo(f"wrote {path}")
    typer.echo(f"\nNext: cd {into}; pip install --editable '.[test]'; pytest; smena plugin check {name}")


def check(
    name: Annotated[
        str, typer.Argument(help="A name on offer, as `smena plugins` lists it, or NAME:ARGUMENT.")
    ],
    kind: Annotated[
        str, typer.Option(help="environment, learner, …", show_default="every kind that has the name")
    ] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, e.g. env.arc.data=arc2.")
    ] = None,
) -> None:
    """Check that what a plugin offers keeps the contract of its kind: the tests of `smena.testing`, without
    pytest. Exit code 1 where it does not; every breach says what to change.

    \b
    Examples:
      smena plugin check lab
      smena plugin check my-env --set env.my-env.size=20
    """
    from smena.config import load_config
    from smena.errors import UnknownName
    from smena.registry import base_name, section
    from smena.setup import registry
    from smena.testing import contract_of, examine

    settings = load_config(None, {"env": "none"}, set_ or ()).settings
    offers = [o for o in registry().offers(kind or None) if o.name == base_name(name)]
    if not offers:
        problems = "".join(f" ({problem})" for problem in registry().problems)
        raise UnknownName(kind or "plugin", name, {o.name for o in registry().offers(kind or None)}, problems)
    breaches = 0
    for offer in offers:
        own = settings.get(f"{section(offer.kind)}.{offer.name}", {})
        attributes = {"name": name, "settings": own, "options": settings}
        contract = type("Checked", (contract_of(offer.kind),), attributes)()
        typer.echo(f"{offer.kind} {name}, from plugin {offer.plugin}")
        for test, result, message in examine(contract):
            breaches += result == "breach"
            mark = {"ok": "ok      ", "breach": "BREACH  ", "skipped": "-       "}[result]
            typer.echo(f"  {mark} {test.removeprefix('test_').replace('_', ' ')}")
            if message:
                typer.echo(f"           {message}")
    if breaches:
        typer.echo(f"smena: {breaches} breaches of the contract", err=True)
        raise typer.Exit(1)
