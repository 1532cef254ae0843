"""Options for language models that several commands share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

Model = Annotated[
    str | None,
    typer.Option(
        help="A language model learns and teaches: any litellm name, e.g. openai/gpt-4.1-mini, ollama/qwen3.",
        show_default="none: the embedded learner, no network",
    ),
]
Placebo = Annotated[
    str | None,
    typer.Option(
        help="What a prompt without lessons has in their place: inert (as much text that says nothing) or none.",
        show_default="inert",
    ),
]
MaxCost = Annotated[
    float,
    typer.Option(
        min=0, help="Stop, resumably, before this command spends more US dollars.", show_default="no limit"
    ),
]
MaxTokens = Annotated[
    int,
    typer.Option(
        min=0, help="Stop, resumably, before this command uses more tokens.", show_default="no limit"
    ),
]
Concurrency = Annotated[
    int, typer.Option(min=0, help="Trials at once, for a language model.", show_default="the learner's, 32")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Replay from the store: make no trial, fail if one is missing.")
]
NoTrace = Annotated[bool, typer.Option("--no-trace", help="Keep prompts and replies out of the store.")]


def choose(
    flags: dict[str, Any], sets: Sequence[str] | None, model: str | None, placebo: str | None
) -> tuple[dict[str, Any], list[str]]:
    """What ``--model`` and ``--placebo`` mean, as flags and KEY=VALUE; what the user sets himself wins."""
    added = []
    if model:
        added.append("similarity=text")
        flags = flags | {kind: flags.get(kind) or "llm" for kind in ("learner", "teacher") if kind in flags}
        for kind in ("learner", "teacher"):
            if flags.get(kind, "llm") == "llm":
                added.append(f"{kind}.llm.model={json.dumps(model)}")
        if "teacher" not in flags:
            flags["teacher"] = "llm"
    if placebo:
        added.append(f"learner.llm.placebo={json.dumps(placebo)}")
    return flags, [*added, *(sets or ())]


def tell_money(db: str, run: str) -> None:
    """A line on what the run's trials have used of paid services, by this command and by earlier ones."""
    from smena.store import Store

    with Store.open(db, create=False) as store:
        usages = store.usages(run)
    if usages:
        known = [u.price for u in usages if u.price is not None]
        unknown = (
            f" and {len(usages) - len(known)} trials of unknown price" if len(known) < len(usages) else ""
        )
        into, out = (sum(getattr(u, name) for u in usages) for name in ("tokens_in", "tokens_out"))
        calls, retried = (sum(getattr(u, name) for u in usages) for name in ("calls", "retried"))
        typer.echo(
            f"\nModels: {calls:,} calls ({retried:,} made again), {into:,} tokens in, {out:,} out, "
            f"${sum(known):.4f}{unknown}"
        )
