"""Bridge to Prime Intellect's `verifiers`: `--env verifiers:NAME` plays an installed taskset, judged by its
rewards. See `docs/environments/bridges.md`."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"verifiers": "smena_verifiers_env.environment:Verifiers"}


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {"verifiers-rewards": "smena_verifiers_env.verifier:Rewards"}
