"""Addresses, their parts and their queries."""

from urls.parts import Address, depth, host, join, port, same_host, scheme, trail
from urls.query import build, first, merge, pages, parse, quote, read, weight

__all__ = [
    "Address",
    "build",
    "depth",
    "first",
    "host",
    "join",
    "merge",
    "pages",
    "parse",
    "port",
    "quote",
    "read",
    "same_host",
    "scheme",
    "trail",
    "weight",
]
