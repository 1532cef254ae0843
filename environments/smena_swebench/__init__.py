"""SWE-bench: real records with their own evaluation scripts, and a bundled mini set that needs nothing else."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"swebench": "smena_swebench.environment:SweBench"}


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {
        "swebench-tests": "smena_swebench.verifier:SweBenchTests",
        "swebench-static": "smena_swebench.static:SweBenchStatic",
    }
