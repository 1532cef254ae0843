"""Queues, a cache and limits."""

from queues.cache import Cache, merge_settings, name_key
from queues.line import Line, Ranked, batches, chunk, drain, rotate, window

__all__ = [
    "Cache",
    "Line",
    "Ranked",
    "batches",
    "chunk",
    "drain",
    "merge_settings",
    "name_key",
    "rotate",
    "window",
]
