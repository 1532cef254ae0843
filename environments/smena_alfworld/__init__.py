"""ALFWorld: household tasks in text, played in the real engine (alfworld's rules, textworld, Fast Downward)."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"alfworld": "smena_alfworld.environment:AlfWorld"}
