"""Settings that learner, teacher and judge have in common."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

OPERATIONAL = frozenset(
    {
        "timeout",
        "retries",
        "concurrent",
        "key_env",
        "price_in",
        "price_out",
        "price_cached",
        "stream",
        "client",
    }
)
"""Settings that say how a reply is had, not what it is: no part of a trial's key. Whichever client asks, the
body of the request is the same."""

SPOKEN = {
    "openai": "OPENAI_API_KEY",
    "custom_openai": "OPENAI_API_KEY",
    "hosted_vllm": "HOSTED_VLLM_API_KEY",
    "lm_studio": "LM_STUDIO_API_KEY",
    "llamafile": "LLAMAFILE_API_KEY",
}
"""Prefixes whose servers litellm itself asks in OpenAI's protocol as it stands, with the variables of their
keys."""


OTHER_WAYS = re.compile(r"^responses/|(^|/)(o\d|gpt-5)|claude", re.I)
"""Names whose requests litellm words otherwise (other parameters, another route, marks for a cache), wherever
they are served."""


class CallConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which model and how it is called. Keys are no setting: they are in the environment."""

    model: str = ""
    """Any litellm name: ``openai/gpt-4.1-mini``, ``anthropic/claude-sonnet-4-5``, ``ollama/qwen3``."""
    api_base: str = ""
    """URL of an OpenAI-compatible server, with an ``openai/NAME`` model."""
    key_env: str = ""
    """Name of the environment variable that holds the key, where it is not the provider's usual one."""
    timeout: float = 120.0
    """Seconds for a call."""
    retries: int = 8
    """How often a call that failed for no fault of ours is made again."""
    price_in: float | None = None
    """US dollars for a million tokens of prompt; None: what litellm knows."""
    price_out: float | None = None
    price_cached: float | None = None
    """For a million tokens of prompt that came from the provider's cache; None: as any."""
    client: Literal["auto", "direct", "litellm"] = "auto"
    """Who calls: ``direct`` is this process itself, for a server that speaks OpenAI's protocol at ``api_base``;
    ``auto`` is that where the model's prefix says that the server does, else litellm."""

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise ValueError(f"retries must be 0 or more, is {self.retries}")
        if self.timeout <= 0:
            raise ValueError(f"timeout must be above 0, is {self.timeout}")
        if self.api_base and not re.fullmatch(r"https?://[^/\s][!-~]*", self.api_base):
            raise ValueError(
                f"api_base must be a URL that begins with http:// or https://, is {self.api_base!r}"
            )
        url = urlsplit(self.api_base)
        if url.username is not None or url.password is not None:
            raise ValueError("api_base must not hold a name or key: it is stored. Name a variable in key_env")
        _ = url.port  # raises ValueError for what is none
        if self.client == "direct" and not self.api_base:
            raise ValueError(
                'client = "direct" needs the api_base of a server that speaks OpenAI\'s protocol'
            )
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("price_in and price_out go together")

    @property
    def is_direct(self) -> bool:
        """Is it a server of one's own that is asked the way OpenAI's protocol has it, and no other way?"""
        if self.client != "auto":
            return self.client == "direct"
        provider, _, name = self.model.partition("/")
        plain = not urlsplit(self.api_base).query
        return bool(self.api_base and plain and provider in SPOKEN and name and not OTHER_WAYS.search(name))


class ModelConfig(CallConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that is talked to."""

    temperature: float | None = 0.7
    """None: not sent, for models that do not take one."""
    max_tokens: int = 2048
    """Of a reply."""
    context: int = 0
    """Tokens that the model takes; 0: what litellm knows of it, which is nothing for a server of one's own."""
    structured: Literal["auto", "off"] = "auto"
    """``auto``: asks for JSON the provider's way where it has one. Replies are read leniently in any case."""
    seeded: bool = True
    """Send the trial's seed where the provider takes one."""
    repairs: int = 1
    """How often a reply that cannot be read is asked for again, with what was wrong."""
    prompts: str = ""
    """A folder of templates (``NAME.j2``) that win over those shipped."""
    concurrent: int = 32
    """Trials at once, over all worker processes (`--concurrency` for a command); fewer calls while the provider
    says that it is too many."""
    stream: bool = False
    """Have replies in pieces, for servers that only do that."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("max_tokens", "concurrent"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, is {getattr(self, name)}")
        for name in ("context", "repairs"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more, is {getattr(self, name)}")


def behaviour(config: CallConfig) -> dict[str, Any]:
    """What of the settings may change a reply."""
    return {name: value for name, value in msgspec.structs.asdict(config).items() if name not in OPERATIONAL}
