"""A laboratory of planted effects: the truth about every lesson is known, so the gates can be held to it."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"lab": "smena_lab.environment:Lab"}


@hookimpl
def smena_learners() -> dict[str, str]:
    return {"lab": "smena_lab.players:LabLearner"}


@hookimpl
def smena_teachers() -> dict[str, str]:
    return {"lab": "smena_lab.players:LabTeacher"}


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {"lab-noisy": "smena_lab.verifier:Noisy"}
