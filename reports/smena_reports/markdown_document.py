"""A document in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from smena.results.document import Document

from smena_reports import cells


def lines(document: Document) -> Iterable[str]:
    yield f"# {document.title}\n"
    yield "\n".join(f"- {sentence}" for sentence in document.said)
    if document.warnings:
        yield "\n## To know before quoting\n"
        yield "\n".join(f"- {warning}" for warning in document.warnings)
    for section in document.sections:
        yield f"\n## {section.title}\n"
        yield f"{section.says}\n"
        if section.rows:
            yield f"| {' | '.join(_cell(h) for h in cells.heads(section))} |"
            yield f"|{'---|' * len(section.columns)}"
            for row in cells.rows(section):
                yield f"| {' | '.join(_cell(text) for text in row)} |"
        else:
            yield "Nothing to show."
        if section.sql:
            yield f"\n<details><summary>SQL</summary>\n\n```sql\n{section.sql}\n```\n\n</details>"
    if document.runs:
        yield "\n## Runs\n"
        yield "\n".join(f"- `{run}`" for run in document.runs)
    if document.command:
        yield f"\n`{document.command}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
