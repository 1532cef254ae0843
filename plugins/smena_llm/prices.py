"""What a call may cost, and what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from smena.errors import Hopeless
from smena.money import Bound, limited_by_price

from smena_llm.client import Answer, Message
from smena_llm.config import CallConfig


class Prices(NamedTuple):
    """US dollars a token; ``top_in`` is the dearest that a token of prompt can be."""

    into: float
    out: float
    cached: float
    top_in: float
    top_out: float


def prices(config: CallConfig, known: Mapping[str, Any]) -> Prices | None:
    """As configured, else as litellm's list has them; None: nobody knows."""
    if config.price_in is not None and config.price_out is not None:
        into, out = config.price_in / 1e6, config.price_out / 1e6
        cached = into if config.price_cached is None else config.price_cached / 1e6
        return Prices(into, out, cached, max(into, cached), out)
    if config.api_base or known.get("input_cost_per_token") is None:
        return None  # a server of one's own is not the provider whose prices are known
    into, out = float(known["input_cost_per_token"]), float(known.get("output_cost_per_token") or 0.0)
    cached = float(known.get("cache_read_input_token_cost") or into)
    tiers = {
        side: max(
            (float(v) for k, v in known.items() if k.startswith(f"{side}_cost_per_token") and _number(v)),
            default=0.0,
        )
        for side in ("input", "output", "cache_creation_input_token")
    }
    made = float(known.get("cache_creation_input_token_cost") or 0.0)
    reasoning = float(known.get("output_cost_per_reasoning_token") or 0.0)
    return Prices(into, out, cached, max(tiers["input"], made), max(tiers["output"], reasoning))


def most_tokens(messages: Sequence[Message]) -> int:
    """A token of prompt is at least a byte long; a message takes a few more."""
    return sum(len(text_of(m).encode()) + 16 for m in messages) + 64


def bound(config: CallConfig, section: str, found: Prices | None, into: int, out: int) -> Bound:
    """The most that a call can take. Raises Hopeless where a limit in money cannot be kept."""
    if found is not None:
        return Bound(into * found.top_in + out * found.top_out, into + out)
    if limited_by_price():
        raise Hopeless(
            f"the price of {config.model} is not known, so --max-cost cannot be kept: give "
            f"--set {section}.price_in=… and price_out=… (US dollars for a million tokens), or --max-tokens"
        )
    return Bound(0.0, into + out)


def price_of(answer: Answer, into: int, out: int, found: Prices | None, own: bool) -> float | None:
    """``own``: the prices are configured, and what litellm works out does not count."""
    if found is None:
        return None
    if not own and answer.price is not None:
        return answer.price
    fresh = into - answer.tokens_cached
    return fresh * found.into + answer.tokens_cached * found.cached + out * found.out


def text_of(message: Message) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
