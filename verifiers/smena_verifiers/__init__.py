"""What scores an answer. `exact` is the environment's own oracle."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {"exact": "smena_verifiers.exact:Exact"}
