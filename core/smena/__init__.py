"""Smena: keep a lesson only when counterfactual trials show that it causes success.

``import smena`` is what a plugin author needs, and all of it is lazy: importing this package loads pluggy
and nothing else."""

from __future__ import annotations

import importlib
from typing import Any

from smena.hookspecs import hookimpl

__version__ = "0.1.0"

_HOMES = {
    "smena.errors": "BadInput InfraError SmenaError UnknownName",
    "smena.protocols": (
        "Environment Episode Learner Lesson Move Observation Report SavePolicy SearchSpace Situation Teacher "
        "Verifier"
    ),
    "smena.sandbox": "Bounds Result Sandbox Session Snapshot",
    "smena.values": (
        "Antipattern Attempt Body Decision Example Fact Feedback Finding Gap Hypothesis Knowledge Outcome "
        "Pattern Provenance Task Transition Trial Value Verdict digest"
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", "hookimpl", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'smena' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value
