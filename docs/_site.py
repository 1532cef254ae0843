"""What the site adds to the pages: the help texts of the installed command line; links that lead out of docs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

HELP = "<!-- every command's help -->"
OUTSIDE = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]+)(#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Called by mkdocs for every page."""
    source, docs = Path(page.file.abs_src_path), Path(config.docs_dir)

    def outside(link: re.Match[str]) -> str:
        target = (source.parent / link[2]).resolve()
        if target.is_relative_to(docs):
            return link[0]
        if not target.exists():
            raise FileNotFoundError(f"{source.name} links to {link[2]}, which is not there")
        return f"{link[1]} (`{target.relative_to(docs.parent)}` in the repository)"

    return OUTSIDE.sub(outside, markdown).replace(HELP, "\n".join(helps()) if HELP in markdown else "")


def helps() -> list[str]:
    """The help text of every command, as the installed program prints it."""
    import typer
    from smena.cli import make_app

    return [
        part
        for path, text in walk(typer.main.get_command(make_app()), "smena")
        for part in (f"\n## {path}\n", text)
    ]


def walk(command: Any, path: str) -> list[tuple[str, str]]:
    """(command, what its --help prints) of a command and those below it."""
    import os

    from smena.cli import make_app
    from typer.testing import CliRunner

    os.environ["COLUMNS"] = "100"
    words = path.split()[1:]
    told = CliRunner().invoke(make_app(), [*words, "--help"], prog_name="smena", env={"COLUMNS": "100"})
    found = [(path, f"```text\n{told.output.rstrip()}\n```")]
    for name, child in sorted(getattr(command, "commands", {}).items()):
        if not child.hidden:
            found += walk(child, f"{path} {name}")
    return found
