"""The memory of the house: outcomes by trial, and what runs made of them. SQLite, or PostgreSQL by URL."""

from smena.store.records import Calibration, Decided, Failure, Item, LateVerdict, Run, Served, TaskRow, Use
from smena.store.store import Store

__all__ = [
    "Calibration",
    "Decided",
    "Failure",
    "Item",
    "LateVerdict",
    "Run",
    "Served",
    "Store",
    "TaskRow",
    "Use",
]
