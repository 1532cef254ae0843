"""An interactive task, played by a model: it thinks, acts, and is told what happened."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from smena.protocols import Episode
from smena.values import JSON

from smena_llm.calls import Model, Refusal, Reply
from smena_llm.client import Message
from smena_llm.templates import Templates

_ACTION = re.compile(r"^[ \t*]*action[ \t*]*:[ \t*]*(?P<line>.*)$", re.I | re.M)
_BLOCK = re.compile(r"\s*```[^\n`]*\n(?P<text>.*?)(?:\n[ \t]*```|\Z)", re.S)


class Played(NamedTuple):
    """How it went: the episode's own answer, what was done, said and seen."""

    answer: JSON
    actions: list[str]
    said: list[Reply]
    seen: list[str]
    error: str


def play(
    model: Model,
    templates: Templates,
    messages: list[Message],
    begin: Callable[[], Episode],
    seed: int,
    steps: int,
) -> Played:
    """Until it is over, or so many actions are done. A reply without an action is told so, once in a row."""
    actions: list[str] = []
    said: list[Reply] = []
    seen: list[str] = []
    error, mute = "", 0
    with begin() as episode:
        now = episode.start()
        talk = list(messages)
        while not now.done and len(actions) < steps:
            seen.append(now.text)
            shown = templates.render("step", text=now.text, actions=list(now.actions))
            talk.append({"role": "user", "content": shown})
            try:
                reply = model.ask(talk, seed + len(said))
            except Refusal:
                error = "refused: the provider's content filter stopped the reply"
                break
            said.append(reply)
            if reply.refused:
                error = "refused: the model declined to answer"
                break
            talk.append({"role": "assistant", "content": reply.text or "…"})
            action = action_of(reply.text)
            if action is None:
                mute += 1
                if mute > model.config.repairs:
                    error = "unparsable: no line `Action: …` in the reply, twice in a row"
                    break
                now = now._replace(text="There is no line `Action: …` in your reply. Reply with one.")
                continue
            mute = 0
            actions.append(action)
            now = episode.act(action)
        seen.append(now.text)
        answer = episode.answer()
    return Played(answer, actions, said, seen, error)


def action_of(reply: str) -> str | None:
    """The first action of a reply: the rest of its line, or the block that follows.

    >>> action_of("Thought: it is dark\\nAction: turn on lamp\\nObservation: made up")
    'turn on lamp'
    >>> action_of("Action:\\n```bash\\ncat > a <<'E'\\n1\\nE\\n```\\nNow we wait")
    "cat > a <<'E'\\n1\\nE"
    """
    found = _ACTION.search(reply)
    if found is None:
        return None
    line = found["line"].strip()
    if (not line or line.startswith("```")) and (block := _BLOCK.match(reply, found.start("line"))):
        return block["text"].rstrip() or None
    return line or None
