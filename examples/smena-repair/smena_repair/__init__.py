"""Repairing a function in a sandbox: interactive, with a composite verifier."""

from __future__ import annotations

from smena import hookimpl

SMENA_API = "0.1"


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"repair": "smena_repair.environment:Repair"}


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {"repair-tests": "smena_repair.verifiers:Tests", "repair-syntax": "smena_repair.verifiers:Syntax"}
