"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Db = Annotated[
    str,
    typer.Option(
        "--db", help="The store: a file, or any SQLAlchemy URL.", envvar="SMENA_DB", show_default="smena.db"
    ),
]
RunName = Annotated[
    str, typer.Argument(help="A run's id or its unique beginning; the latest run if left out.")
]

DEFAULT_DB = "smena.db"

Sandbox = Annotated[
    str,
    typer.Option(
        "--sandbox", help="Where untrusted code runs.", show_default="the best here: see `smena doctor`"
    ),
]
UnsafeLocal = Annotated[
    bool, typer.Option("--unsafe-local", help="Run untrusted code with no sandbox, as yourself.")
]


def sandbox_name(sandbox: str, unsafe_local: bool) -> str:
    """What the two flags come to. Raises BadInput where they contradict each other."""
    from smena.errors import BadInput
    from smena.unsafe import NAME

    if unsafe_local and sandbox not in ("auto", NAME):
        raise BadInput(f"--unsafe-local means no sandbox, and --sandbox {sandbox} asks for one: give one")
    return NAME if unsafe_local else sandbox
