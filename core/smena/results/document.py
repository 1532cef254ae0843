"""A finding that is not about one run, ready for any form: sentences, tables with typed columns, charts as
data. A report's form renders it; nothing here knows how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from smena.results.estimates import Estimate
from smena.values import JSON, Value

Kind = Literal["text", "count", "share", "difference", "number", "money", "p"]
"""How a column is written. ``share``, ``difference`` and ``number`` take an :class:`Estimate` or a float."""

Cell = str | int | float | Estimate | None


class Column(Value, frozen=True):
    """``name`` for people; ``key`` for machines, and the prefix of an estimate's columns in a data file."""

    name: str
    kind: Kind = "text"
    key: str = ""

    @property
    def field(self) -> str:
        return self.key or "".join(c if c.isalnum() else "_" for c in self.name.lower()).strip("_")


class Chart(Value, frozen=True):
    """``kind`` names the drawing, ``rows`` are its data, ``options`` its titles and reference lines; ``alt``
    says it in words."""

    kind: Literal["forest", "curve", "scatter", "bars", "flow"]
    rows: tuple[dict[str, JSON], ...]
    options: dict[str, JSON] = msgspec.field(default_factory=dict)
    alt: str = ""


class Section(Value, frozen=True):
    """One figure: what it says, its numbers, its chart, and the SQL that gives its rows from the store."""

    id: str
    title: str
    says: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    chart: Chart | None = None
    sql: str = ""
    runs: tuple[str, ...] = ()


class Card(Value, frozen=True):
    label: str
    value: str
    of: str = ""


class Document(Value, frozen=True):
    """``said``: the findings, a sentence each; ``warnings``: what keeps a reader from relying on them;
    ``runs``: ids of the runs behind every figure."""

    kind: str
    title: str
    said: tuple[str, ...]
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    runs: tuple[str, ...] = ()
    command: str = ""


def records(section: Section) -> list[dict[str, JSON]]:
    """The section's table with one flat record a row: an estimate becomes value, low, high, n and why."""
    return [_record(section.columns, row) for row in section.rows]


def _record(columns: Sequence[Column], row: Sequence[Cell]) -> dict[str, JSON]:
    flat: dict[str, JSON] = {}
    for column, cell in zip(columns, row, strict=True):
        name = column.field
        if isinstance(cell, Estimate):
            flat |= {
                name: cell.value,
                f"{name}_low": cell.low,
                f"{name}_high": cell.high,
                f"{name}_n": cell.n,
                f"{name}_why": cell.why,
            }
        elif column.kind in ("share", "difference", "number"):
            flat |= {name: cell, f"{name}_low": None, f"{name}_high": None, f"{name}_n": None}
            flat[f"{name}_why"] = ""
        else:
            flat[name] = cell
    return flat


def in_words(names: Sequence[str], limit: int = 5) -> str:
    """``a, b and 3 more``."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def literal(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Sequence[str]) -> str:
    """A SQL list of strings."""
    return f"({', '.join(literal(t) for t in texts)})"


def tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())
