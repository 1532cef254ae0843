"""A small calculator: tokens, postfix, value."""

from tokens.scan import comment, is_number, names, scan, unquote
from tokens.solve import depth, evaluate, postfix, same, symbols

__all__ = [
    "comment",
    "depth",
    "evaluate",
    "is_number",
    "names",
    "postfix",
    "same",
    "scan",
    "symbols",
    "unquote",
]
