"""Smena: keep a lesson only when counterfactual trials show that it causes success.

``import smena`` is what a plugin author needs, and all of it is lazy: importing this package loads pluggy
and nothing else."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from smena.hookspecs import hookimpl
from smena.registry import API_VERSION

__version__ = "0.1.0"

if TYPE_CHECKING:
    from smena.causal.gate import Answer, Ask, Evidence, Gate, GateVerdict
    from smena.errors import BadInput, InfraError, NoLessons, SmenaError, UnknownName
    from smena.protocols import (
        Candidate,
        Environment,
        Episode,
        Learner,
        Lesson,
        Move,
        Observation,
        Report,
        SavePolicy,
        SearchSpace,
        Situation,
        Teacher,
        Verifier,
    )
    from smena.results import RunResult
    from smena.sandbox import Bounds, Opener, Result, Sandbox, Session, Snapshot
    from smena.values import (
        JSON,
        SPLITS,
        Antipattern,
        Attempt,
        Body,
        Decision,
        Example,
        Fact,
        Feedback,
        Finding,
        Gap,
        Hypothesis,
        Knowledge,
        Outcome,
        Pattern,
        Provenance,
        Split,
        Task,
        Transition,
        Trial,
        Value,
        Verdict,
        digest,
    )

__all__ = [
    "API_VERSION",
    "JSON",
    "SPLITS",
    "Answer",
    "Antipattern",
    "Ask",
    "Attempt",
    "BadInput",
    "Body",
    "Bounds",
    "Candidate",
    "Decision",
    "Environment",
    "Episode",
    "Evidence",
    "Example",
    "Fact",
    "Feedback",
    "Finding",
    "Gap",
    "Gate",
    "GateVerdict",
    "Hypothesis",
    "InfraError",
    "Knowledge",
    "Learner",
    "Lesson",
    "Move",
    "NoLessons",
    "Observation",
    "Opener",
    "Outcome",
    "Pattern",
    "Provenance",
    "Report",
    "Result",
    "RunResult",
    "Sandbox",
    "SavePolicy",
    "SearchSpace",
    "Session",
    "Situation",
    "SmenaError",
    "Snapshot",
    "Split",
    "Task",
    "Teacher",
    "Transition",
    "Trial",
    "UnknownName",
    "Value",
    "Verdict",
    "Verifier",
    "__version__",
    "digest",
    "hookimpl",
]

_HOMES = {
    "smena.causal.gate": "Answer Ask Evidence Gate GateVerdict",
    "smena.errors": "BadInput InfraError NoLessons SmenaError UnknownName",
    "smena.protocols": (
        "Candidate Environment Episode Learner Lesson Move Observation Report SavePolicy SearchSpace Situation "
        "Teacher Verifier"
    ),
    "smena.results": "RunResult",
    "smena.sandbox": "Bounds Opener Result Sandbox Session Snapshot",
    "smena.values": (
        "Antipattern Attempt Body Decision Example Fact Feedback Finding Gap Hypothesis JSON Knowledge Outcome "
        "Pattern Provenance SPLITS Split Task Transition Trial Value Verdict digest"
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

_DEPRECATED: dict[str, tuple[str, str]] = {}
"""Former names: what to use instead, and the version that drops the old one. They work until then, with a
DeprecationWarning."""

if not TYPE_CHECKING:  # type checkers know every name from above, and a wrong one is an error to them

    def __getattr__(name: str) -> Any:
        if name in _DEPRECATED:
            import warnings

            new, gone = _DEPRECATED[name]
            warnings.warn(
                f"smena.{name} is now smena.{new}; the old name goes with {gone}",
                DeprecationWarning,
                stacklevel=2,
            )
            return getattr(importlib.import_module("smena"), new)
        if name not in _HOME:
            raise AttributeError(f"module 'smena' has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
