"""ARC-AGI-1 and ARC-AGI-2 as an environment: an exact oracle, so that every save can be checked. See
`docs/environments/arc.md`."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"arc": "smena_arc.environment:Arc"}
