"""What the host itself offers, through the same door as every plugin."""

from __future__ import annotations

from smena.hookspecs import hookimpl


@hookimpl
def smena_policies() -> dict[str, str]:
    return {
        "causal": "smena.policies:Causal",
        "paper": "smena.policies:Paper",
        "save-all": "smena.published:SaveAll",
        "random": "smena.published:RandomSave",
        "transition": "smena.published:Transition",
        "llm-judge": "smena.published:Judge",
        "votes": "smena.published:Votes",
        "counters": "smena.published:Counters",
        "success-rate": "smena.published:SuccessRate",
        "strict-gain": "smena.published:StrictGainSave",
    }


@hookimpl
def smena_executors() -> dict[str, str]:
    return {
        "local": "smena.executor:LocalExecutor",
        "concurrent": "smena.concurrent:ConcurrentExecutor",
    }


@hookimpl
def smena_sandboxes() -> dict[str, str]:
    return {"unsafe-local": "smena.unsafe:UnsafeLocal"}
