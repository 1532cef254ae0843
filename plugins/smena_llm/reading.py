"""JSON out of a model's reply, read leniently: fences, prose around it and trailing commas are forgiven."""

from __future__ import annotations

import json
import re
from typing import Any

_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.S)
_COMMA = re.compile(r",(\s*[}\]])")


class Unreadable(Exception):
    """Says what is wrong, for the model to mend."""


def read_object(text: str) -> dict[str, Any]:
    """The object in a reply.

    >>> read_object('Sure! ```json\\n{"score": 1,}\\n```')
    {'score': 1}
    """
    if not text.strip():
        raise Unreadable("it is empty")
    problem = "there is no JSON object in it"
    for candidate in [*_FENCE.findall(text), text]:
        start = candidate.find("{")
        while start >= 0:
            try:
                found, _ = json.JSONDecoder().raw_decode(_COMMA.sub(r"\1", candidate[start:]))
            except json.JSONDecodeError as error:
                problem = f"{error.msg} at character {error.pos}"
                start = candidate.find("{", start + 1) if start + 1 < 200 else -1
                continue
            except RecursionError:
                break
            if isinstance(found, dict):
                return found
            break
    raise Unreadable(problem)
