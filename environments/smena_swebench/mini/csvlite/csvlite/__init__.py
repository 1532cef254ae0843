"""Tables as text, and small questions about them."""

from csvlite.table import Table, joined, number, parse, row_text, widths

__all__ = ["Table", "joined", "number", "parse", "row_text", "widths"]
