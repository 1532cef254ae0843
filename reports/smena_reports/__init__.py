"""Forms of a result: terminal, one self-contained HTML page, Markdown, data files, LaTeX tables, pictures."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_reports() -> dict[str, str]:
    return {
        "terminal": "smena_reports.terminal:Terminal",
        "html": "smena_reports.html:Html",
        "markdown": "smena_reports.markdown:Markdown",
        "json": "smena_reports.data:Json",
        "csv": "smena_reports.data:Csv",
        "parquet": "smena_reports.data:Parquet",
        "latex": "smena_reports.latex:Latex",
        "charts": "smena_reports.pictures:Pictures",
    }
