"""Small things done to text."""

from textkit.lines import indent, number, paragraphs, wrap
from textkit.words import center, count, initials, pad, similar, size, slug, truncate, unique

__all__ = [
    "center",
    "count",
    "indent",
    "initials",
    "number",
    "pad",
    "paragraphs",
    "similar",
    "size",
    "slug",
    "truncate",
    "unique",
    "wrap",
]
