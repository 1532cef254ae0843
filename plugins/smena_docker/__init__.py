"""Docker as a sandbox: any image, a real Docker Engine."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_sandboxes() -> dict[str, str]:
    return {"docker": "smena_docker.sandbox:Docker"}
