"""Bridge to Inspect AI: `--env inspect:TASK` plays a task's dataset, judged by its scorers. See
`docs/environments/bridges.md`."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_environments() -> dict[str, str]:
    return {"inspect": "smena_inspect.environment:Inspect"}


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {"inspect": "smena_inspect.verifier:InspectScorers"}
