"""Asking until the reply can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from smena_llm.calls import Model, Refusal, Reply
from smena_llm.client import Message
from smena_llm.reading import Unreadable, read_object
from smena_llm.templates import Templates

T = TypeVar("T")


class Failed(NamedTuple):
    """Why there is no answer: ``empty``, ``refused`` or ``unparsable``, and a line for people."""

    what: str
    text: str


def ask_object(
    model: Model,
    templates: Templates,
    messages: Sequence[Message],
    seed: int,
    read: Callable[[dict[str, Any]], T],
    said: list[Reply],
    temperature: float | None = None,
) -> T | Failed:
    """What ``read`` makes of the JSON object in the reply; it raises Unreadable, saying what is wrong. Every
    reply is added to ``said``."""
    talk = list(messages)
    problem = ""
    for round_ in range(1 + model.config.repairs):
        try:
            reply = model.ask(talk, seed + round_, json=True, temperature=temperature)
        except Refusal:
            return Failed("refused", "refused: the provider's content filter stopped the reply")
        said.append(reply)
        if reply.refused:
            return Failed("refused", "refused: the model declined to answer")
        try:
            return read(read_object(reply.text))
        except Unreadable as error:
            problem = str(error)
        if reply.cut:
            problem += f" (the reply was cut at max_tokens = {model.config.max_tokens}: raise it)"
        repair = templates.render("repair", problem=problem)
        talk += [{"role": "assistant", "content": reply.text or "…"}, {"role": "user", "content": repair}]
    if not any(reply.text.strip() for reply in said):
        return Failed("empty", f"empty: {model.config.model} gave no text, {len(said)} times")
    return Failed("unparsable", f"unparsable after {len(said)} tries: {problem}")
