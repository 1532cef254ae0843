"""A document in a terminal of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from smena.results.document import Document, Section

from smena_reports import cells

WIDTH = 100


def show(console: Console, document: Document, rows: int = 40) -> None:
    console.print()
    console.print(Text(document.title, style="bold"))
    for sentence in document.said:
        console.print(Text(sentence))
    for section in document.sections:
        if not section.rows:
            continue
        part(console, section, rows)
    if document.warnings:
        console.print()
        console.print(Text("To know before quoting", style="bold"))
        for warning in document.warnings:
            console.print(
                Text(textwrap.fill(warning, WIDTH - 4, initial_indent="  ! ", subsequent_indent="    "))
            )
    if document.command:
        console.print()
        console.print(Text(f"{document.command} --format html --out report.html", style="cyan"))


def part(console: Console, section: Section, rows: int) -> None:
    """A section with at most so many rows."""
    console.print()
    console.print(Text(section.title, style="bold"))
    for piece in _table(section, rows):
        console.print(piece)


def _table(section: Section, limit: int) -> Iterable[RenderableType]:
    """Columns that hold nothing, or the ids of runs that are said elsewhere, are left out; a table too wide
    for the terminal becomes a list of its rows."""
    texts = cells.rows(section)
    shown = [
        i
        for i, c in enumerate(section.columns)
        if c.field != "runs" and any(row[i] not in ("–", "") for row in texts)
    ]
    widths = [
        max(len(section.columns[i].name) if len(texts) > 1 else 0, *(len(row[i]) for row in texts))
        for i in shown
    ]
    if sum(widths) + 2 * len(widths) > WIDTH + 12:
        for row in texts[:limit]:
            head = " · ".join(row[i] for i in shown[:3])
            rest = "; ".join(
                f"{section.columns[i].name} {row[i]}" for i in shown[3:] if row[i] not in ("–", "")
            )
            yield Text(
                textwrap.fill(f"{head}: {rest}", WIDTH - 2, initial_indent="  ", subsequent_indent="      ")
            )
    else:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for i in shown:
            right = section.columns[i].kind in cells.ALIGNED
            table.add_column(
                section.columns[i].name,
                justify="right" if right else "left",
                header_style="dim",
                overflow="fold",
            )
        for row in texts[:limit]:
            table.add_row(*(Text(row[i]) for i in shown))
        yield table
    if len(texts) > limit:
        yield Text(f"… and {len(texts) - limit} more rows: --format csv", style="dim")
