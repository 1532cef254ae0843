"""Small statistics of lists of numbers."""

from stats.centre import mean, median, mode, spread, trimmed
from stats.shape import agree, bins, cumulative, normal, outliers, rank, read, share, table

__all__ = [
    "agree",
    "bins",
    "cumulative",
    "mean",
    "median",
    "mode",
    "normal",
    "outliers",
    "rank",
    "read",
    "share",
    "spread",
    "table",
    "trimmed",
]
