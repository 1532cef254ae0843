"""Grids: lists of rows."""

from grids.make import blank, from_text, to_bytes, to_text
from grids.look import border, close, column, count, diagonal, neighbours, total, widest
from grids.change import add, crop, fill, paste, scale, sub

__all__ = [
    "add",
    "blank",
    "border",
    "close",
    "column",
    "count",
    "crop",
    "diagonal",
    "fill",
    "from_text",
    "neighbours",
    "paste",
    "scale",
    "sub",
    "to_bytes",
    "to_text",
    "total",
    "widest",
]
