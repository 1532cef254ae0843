"""Forms of a run's result: terminal, one self-contained HTML page, Markdown, JSON."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_reports() -> dict[str, str]:
    return {
        "terminal": "smena_reports.terminal:Terminal",
        "html": "smena_reports.html:Html",
        "markdown": "smena_reports.markdown:Markdown",
        "json": "smena_reports.data:Json",
    }
