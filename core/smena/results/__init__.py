"""What a run found, as figures with their n and interval. `smena.results.RunResult.read(store, run)` is all
of it.

Nothing here renders; reports do. Every figure is a function of rows that one SQL query gives
(:mod:`~smena.results.queries`)."""

from smena.results.estimates import Estimate
from smena.results.figures import (
    Arm,
    EvidencePath,
    Family,
    GateCost,
    HeldOut,
    ItemResult,
    Learning,
    Ledger,
    MemoryStep,
    SaveRule,
    Saves,
    StepAccuracy,
    Wave,
)
from smena.results.run_result import RunResult

__all__ = [
    "Arm",
    "Estimate",
    "EvidencePath",
    "Family",
    "GateCost",
    "HeldOut",
    "ItemResult",
    "Learning",
    "Ledger",
    "MemoryStep",
    "RunResult",
    "SaveRule",
    "Saves",
    "StepAccuracy",
    "Wave",
]
