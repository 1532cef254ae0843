"""A document in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from smena.results.document import Document, Section

from smena_reports import cells


def lines(document: Document) -> Iterable[str]:
    yield f"# {document.title}\n"
    yield "\n".join(f"- {sentence}" for sentence in document.said)
    if document.warnings:
        yield "\n## To know before quoting\n"
        yield "\n".join(f"- {warning}" for warning in document.warnings)
    for found in document.sections:
        yield from section(found, sql=True)
    if document.runs:
        yield "\n## Runs\n"
        yield "\n".join(f"- `{run}`" for run in document.runs)
    if document.command:
        yield f"\n`{document.command}`"


def section(found: Section, limit: int = 0, sql: bool = False) -> Iterable[str]:
    """``limit``: at most so many rows; 0: all."""
    yield f"\n## {found.title}\n"
    yield f"{found.says}\n"
    rows = cells.rows(found)
    if rows:
        yield f"| {' | '.join(_cell(h) for h in cells.heads(found))} |"
        yield f"|{'---|' * len(found.columns)}"
        for row in rows[: limit or None]:
            yield f"| {' | '.join(_cell(text) for text in row)} |"
        if limit and len(rows) > limit:
            yield f"\nand {len(rows) - limit} more rows: `--format csv`"
    else:
        yield "Nothing to show."
    if sql and found.sql:
        yield f"\n<details><summary>SQL</summary>\n\n```sql\n{found.sql}\n```\n\n</details>"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
