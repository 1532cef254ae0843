"""Points, boxes and paths in a plane."""

from geo.box import Box, around, between, inside, overlap, union
from geo.path import Path, length, nearest, parse_point, same_point, steps

__all__ = [
    "Box",
    "Path",
    "around",
    "between",
    "inside",
    "length",
    "nearest",
    "overlap",
    "parse_point",
    "same_point",
    "steps",
    "union",
]
