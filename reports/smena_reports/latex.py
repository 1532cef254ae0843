"""Tables for a paper: LaTeX with booktabs, one table a figure, its query as a comment."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
from smena.results import RunResult
from smena.results.document import Document, Section

from smena_reports import cells
from smena_reports.data import as_document

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": r"$-$",
    "–": "--",
    "·": r"$\cdot$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "±": r"$\pm$",
    "→": r"$\to$",
    "Δ": r"$\Delta$",
    "²": r"$^2$",
    "α": r"$\alpha$",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$\mid$",
    "\u00a0": "~",
    "…": r"\dots{}",
    "“": "``",
    "”": "''",
    "×": r"$\times$",
    "Σ": r"$\Sigma$",
    "√": r"$\surd$",
}


class LatexConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``rows``: at most so many rows a table."""

    rows: int = 60


class Latex:
    Config = LatexConfig
    version = 1

    def __init__(self, config: LatexConfig) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        document = as_document(result)
        text = "\n".join(self._lines(document)) + "\n"
        if out:
            out.write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)

    def _lines(self, document: Document) -> Iterable[str]:
        yield "% \\usepackage{booktabs,graphicx}"
        yield f"% {document.command}"
        for section in document.sections:
            if section.rows:
                yield from self._table(section)

    def _table(self, section: Section) -> Iterable[str]:
        texts = cells.rows(section)
        shown = [
            i
            for i, c in enumerate(section.columns)
            if c.field != "runs" and any(r[i] not in ("–", "") for r in texts)
        ]
        align = "".join("r" if section.columns[i].kind in cells.ALIGNED else "l" for i in shown)
        yield ""
        yield from (f"% {line}" for line in section.sql.splitlines())
        yield f"% runs: {' '.join(section.runs)}"
        yield "\\begin{table}\n\\centering\\small"
        yield f"\\caption{{{escape(section.title)}. {escape(section.says)}}}"
        yield f"\\label{{tab:{section.id}}}"
        yield f"\\resizebox{{\\linewidth}}{{!}}{{\\begin{{tabular}}{{{align}}}\n\\toprule"
        yield " & ".join(escape(section.columns[i].name) for i in shown) + r" \\"
        yield "\\midrule"
        for row in texts[: self.config.rows]:
            yield " & ".join(escape(row[i]) for i in shown) + r" \\"
        if len(texts) > self.config.rows:
            yield f"\\multicolumn{{{len(shown)}}}{{l}}{{and {len(texts) - self.config.rows} more rows}} \\\\"
        yield "\\bottomrule\n\\end{tabular}}\n\\end{table}"


def escape(text: str) -> str:
    return "".join(SPECIAL.get(c, c) for c in text.replace("\n", " "))
