"""Cells of a document's tables as text."""

from __future__ import annotations

from smena.results import Estimate
from smena.results.document import Cell, Column, Section
from smena.results.wording import difference, number, share

ALIGNED = ("count", "p", "number", "money")


def text(column: Column, cell: Cell) -> str:
    """A cell for people; what is missing is said, or a dash."""
    if cell is None:
        return "–"
    if isinstance(cell, Estimate):
        if cell.value is None:
            return cell.why.partition(":")[0] or "–"
        form = {"difference": difference, "number": number}.get(column.kind, share)
        return form(cell) if column.kind == "number" else form(cell, False)
    if column.kind == "p":
        return p_value(float(cell))
    if column.kind == "number":
        return f"{float(cell):.3g}"
    if column.kind == "money":
        return f"${float(cell):,.4f}"
    if column.kind == "count":
        return f"{cell:,}"
    return str(cell)


def p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def heads(section: Section) -> list[str]:
    return [column.name for column in section.columns]


def rows(section: Section) -> list[list[str]]:
    return [[text(c, cell) for c, cell in zip(section.columns, row, strict=True)] for row in section.rows]
