"""Bubblewrap as a sandbox: no daemon, no image, no root needed."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_sandboxes() -> dict[str, str]:
    return {"bwrap": "smena_bwrap.sandbox:Bwrap"}
