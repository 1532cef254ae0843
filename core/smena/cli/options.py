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
