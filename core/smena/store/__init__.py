"""The memory of the house: outcomes by trial, and what runs made of them. SQLite, or PostgreSQL by URL."""

from smena.store.records import Decided, Failure, Item, Run, Served, TaskRow, Use
from smena.store.store import Store

__all__ = ["Decided", "Failure", "Item", "Run", "Served", "Store", "TaskRow", "Use"]
