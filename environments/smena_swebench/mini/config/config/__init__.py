"""Settings in lines, sections and layers."""

from config.layers import Settings, changed, flag, layered, limit, stack
from config.lines import dump, load, pair, section, size_of

__all__ = [
    "Settings",
    "changed",
    "dump",
    "flag",
    "layered",
    "limit",
    "load",
    "pair",
    "section",
    "size_of",
    "stack",
]
