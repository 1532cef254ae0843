"""What a call to a model is, whoever makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Message = Mapping[str, Any]

_HIT = re.compile(r"(hit\b|true$)", re.I)


class Request(NamedTuple):
    """``seed`` and ``temperature`` None: not sent. ``json``: have the reply as a JSON object, the provider's
    way."""

    messages: Sequence[Message]
    max_tokens: int
    seed: int | None = None
    temperature: float | None = None
    json: bool = False
    stream: bool = False

    def body(self) -> dict[str, Any]:
        """In OpenAI's words, which are litellm's too: whoever asks, it is the same request."""
        asked: dict[str, Any] = {"messages": list(self.messages), "max_tokens": self.max_tokens}
        if self.temperature is not None:
            asked["temperature"] = self.temperature
        if self.seed is not None:
            asked["seed"] = self.seed
        if self.json:
            asked["response_format"] = {"type": "json_object"}
        if self.stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return asked


class Answer(NamedTuple):
    """Tokens None: not told. ``tokens_cached``: of the prompt, which a provider charges less for; ``cached``: the
    reply itself was given before. ``price`` in US dollars, where litellm worked it out. ``vector``: of an
    embedding."""

    text: str = ""
    finish: str = ""
    refused: bool = False
    version: str = ""
    fingerprint: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int = 0
    cached: bool = False
    price: float | None = None
    vector: Sequence[float] = ()


class Client(Protocol):
    """Makes calls for one configuration, one attempt each. Used from many threads."""

    def complete(self, request: Request) -> Answer:
        """Raises Hopeless where there is no key, else whatever :func:`smena_llm.troubles.explain` can read."""

    def embed(self, text: str) -> Answer:
        """The vector of a text. Raises as ``complete`` does."""

    def takes(self, parameter: str) -> bool:
        """Does the provider take this parameter (``seed``, ``response_format``), as far as is known?"""

    def known(self) -> Mapping[str, Any]:
        """What litellm's list says of the model: prices, context."""


class ServerError(Exception):
    """The server answered, and not with a reply."""

    def __init__(
        self, status: int, text: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{text} ({status} {code})" if code else f"{text} ({status})")
        self.status, self.headers = status, headers or {}


def tells_cache(headers: Mapping[str, Any]) -> bool:
    """Does a header of a proxy or gateway say that this reply was given before? Cached *tokens of the prompt* are
    another matter: the reply is new."""
    return any("cache" in name.lower() and _HIT.match(str(value)) for name, value in headers.items())
