"""One call to a model: reserved, throttled, retried, settled. The only module that touches litellm."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from smena.errors import BadInput, Hopeless, InfraError
from smena.money import Bound, limited_by_price, reserve
from smena.values import Usage

from smena_llm.config import ModelConfig
from smena_llm.throttle import Throttle
from smena_llm.troubles import Kind, explain, no_key

Message = Mapping[str, Any]
LONGEST_WAIT = 60.0
"""Seconds between two attempts at a call, unless the provider asks for more; then at most five times that."""
MOST = 1024
"""Calls at once in a process before anybody complains: the executor decides how many trials there are."""
INSTALL = "language models need litellm: `pip install 'smena[llm]'`"


class Overflow(Exception):
    """The prompt is longer than the model takes."""


class Reply(NamedTuple):
    """``refused``: the model or its provider would not answer. ``cached``: what answered says that it gave an
    earlier reply again."""

    text: str
    refused: bool = False
    cut: bool = False
    cached: bool = False


class Prices(NamedTuple):
    """US dollars a token; ``top_in`` is the dearest that a token of prompt can be."""

    into: float
    out: float
    cached: float
    top_in: float
    top_out: float


@cache
def litellm() -> Any:
    """The library, told to keep quiet and to make no call of its own."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOG", "ERROR")
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # else it reads a .env of the working directory
    try:
        import litellm as library
    except ImportError:
        raise BadInput(INSTALL) from None
    library.suppress_debug_info = True
    library.telemetry = False
    library.drop_params = True
    library.turn_off_message_logging = True
    return library


_LOCK = threading.Lock()


class Model:
    """A model under its settings; used from many threads."""

    def __init__(self, config: ModelConfig, kind: str = "learner") -> None:
        self.config, self._kind = config, kind
        self._throttle = Throttle(MOST)
        self._takes_json = config.structured == "auto"
        self._ready = False
        self._prices: Prices | None = None
        self._window = config.context
        self._key: str | None = ""

    def ask(
        self, messages: Sequence[Message], seed: int, json: bool = False, temperature: float | None = None
    ) -> Reply:
        """Raises InfraError when it could not be had, Hopeless when no call could, Overflow, and Refused
        (smena.money) where the budget has no room."""
        self._prepare()
        if self._key == "":
            self._key = self._find_key(litellm())
        retried, last = 0, ""
        rng = random.Random()  # the moment of a retry is no part of a trial
        while True:
            try:
                reply, usage = self._call(messages, seed, json, temperature, retried)
            except _Again as again:
                last = again.text
                if retried >= self.config.retries:
                    why = f"{self.config.model} did not answer {retried + 1} times: {last}"
                    raise InfraError(why) from None
                time.sleep(again.pause(retried, rng))
                retried += 1
                continue
            del usage
            return reply

    @property
    def takes_json(self) -> bool:
        """Whether replies are still asked for as JSON the provider's way."""
        return self._takes_json and "response_format" in self._supported()

    @property
    def takes_seed(self) -> bool:
        return self.config.seeded and "seed" in self._supported()

    def _supported(self) -> list[str]:
        name, _, rest = self.config.model.partition("/")
        try:
            return list(litellm().get_supported_openai_params(rest or name, name if rest else None) or ())
        except Exception:  # a provider that litellm cannot place
            return []

    @property
    def window(self) -> int:
        """Tokens that the model takes; 0: not known."""
        self._prepare()
        return self._window

    @property
    def prices(self) -> Prices | None:
        """None: nobody knows them."""
        self._prepare()
        return self._prices

    def _prepare(self) -> None:
        if self._ready:
            return
        with _LOCK:
            if self._ready:
                return
            if not self.config.model:
                raise Hopeless(f'no model is named: give --model NAME, or [{self._kind}.llm] model = "NAME"')
            library = litellm()
            info = self._info(library)
            self._window = self.config.context or int(
                info.get("max_input_tokens") or info.get("max_tokens") or 0
            )
            self._prices = self._price_list(info)
            self._ready = True

    def _info(self, library: Any) -> dict[str, Any]:
        name = self.config.model
        for candidate in (name, name.partition("/")[2]):
            if found := library.model_cost.get(candidate):
                return dict(found)
        return {}

    def _price_list(self, info: dict[str, Any]) -> Prices | None:
        config = self.config
        if config.price_in is not None and config.price_out is not None:
            into, out = config.price_in / 1e6, config.price_out / 1e6
            cached = into if config.price_cached is None else config.price_cached / 1e6
            return Prices(into, out, cached, max(into, cached), out)
        if self.config.api_base or info.get("input_cost_per_token") is None:
            return None  # a server of one's own is not the provider whose prices are known
        into, out = float(info["input_cost_per_token"]), float(info.get("output_cost_per_token") or 0.0)
        cached = float(info.get("cache_read_input_token_cost") or into)
        tiers = {
            side: max(
                (float(v) for k, v in info.items() if k.startswith(f"{side}_cost_per_token") and _number(v)),
                default=0.0,
            )
            for side in ("input", "output", "cache_creation_input_token")
        }
        made = float(info.get("cache_creation_input_token_cost") or 0.0)
        reasoning = float(info.get("output_cost_per_reasoning_token") or 0.0)
        return Prices(into, out, cached, max(tiers["input"], made), max(tiers["output"], reasoning))

    def _find_key(self, library: Any) -> str | None:
        config = self.config
        if config.key_env:
            if not (key := os.environ.get(config.key_env)):
                raise Hopeless(no_key(config.model, [config.key_env]))
            return key
        try:
            told = library.validate_environment(model=config.model)
        except Exception:
            return None
        missing = [name for name in told.get("missing_keys", ()) if "KEY" in name]
        if missing and not told.get("keys_in_environment"):
            if config.api_base:
                return "none"  # a server of one's own seldom wants one, and the client insists on some
            raise Hopeless(no_key(config.model, missing))
        return None

    def bound(self, messages: Sequence[Message]) -> Bound:
        """The most that a call can take: a token of prompt is at least a byte long."""
        size = sum(len(_text(m).encode()) + 16 for m in messages) + 64
        out = self.config.max_tokens
        prices = self._prices
        if prices is None:
            if limited_by_price():
                raise Hopeless(
                    f"the price of {self.config.model} is not known, so --max-cost cannot be kept: give "
                    f"--set {self._kind}.llm.price_in=… and price_out=… (US dollars for a million tokens), or "
                    "--max-tokens"
                )
            return Bound(0.0, size + out)
        return Bound(size * prices.top_in + out * prices.top_out, size + out)

    def _call(
        self, messages: Sequence[Message], seed: int, json: bool, temperature: float | None, retried: int
    ) -> tuple[Reply, Usage]:
        json = json and self._takes_json
        with self._throttle.turn():
            call = reserve(self.bound(messages))
            started = time.perf_counter()
            try:
                response = self._complete(messages, seed, json, temperature)
                reply, usage = self._read(response, time.perf_counter() - started, retried)
            except BaseException as error:
                call.settle(None)
                if not isinstance(error, Exception):
                    raise
                self._troubled(error, json)
            call.settle(usage)
            self._throttle.eased()
            return reply, usage

    def _troubled(self, error: Exception, json: bool) -> None:
        trouble = explain(error, self.config.model, json)
        match trouble.kind:
            case Kind.HOPELESS:
                raise Hopeless(trouble.text) from None
            case Kind.OVERFLOW:
                raise Overflow(trouble.text) from None
            case Kind.REFUSED:
                raise _Refusal from None
            case Kind.FORMAT:
                self._takes_json = False
                raise _Again(trouble.text, 0.0) from None
            case Kind.BAD:
                raise InfraError(trouble.text) from None
            case Kind.BUSY:
                self._throttle.pressed()
        raise _Again(trouble.text, trouble.wait) from None

    def _complete(self, messages: Sequence[Message], seed: int, json: bool, temperature: float | None) -> Any:
        config = self.config
        asked: dict[str, Any] = {"max_tokens": config.max_tokens}
        temperature = config.temperature if temperature is None else temperature
        if temperature is not None:
            asked["temperature"] = temperature
        if config.seeded:
            asked["seed"] = seed % 2**31
        if json:
            asked["response_format"] = {"type": "json_object"}
        if config.api_base:
            asked["api_base"] = config.api_base
        if self._key:
            asked["api_key"] = self._key
        if config.stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        library = litellm()
        response = library.completion(
            model=config.model,
            messages=list(messages),
            timeout=config.timeout,
            max_retries=0,
            num_retries=0,
            **asked,
        )
        if not config.stream:
            return response
        built = library.stream_chunk_builder(list(response))
        built._hidden_params = {**(getattr(response, "_hidden_params", None) or {}), **built._hidden_params}
        return built

    def _read(self, response: Any, seconds: float, retried: int) -> tuple[Reply, Usage]:
        choice = response.choices[0]
        message, told = choice.message, response.usage
        details = getattr(told, "prompt_tokens_details", None)
        cached = int(getattr(details, "cached_tokens", None) or 0)
        into, out = int(told.prompt_tokens or 0), int(told.completion_tokens or 0)
        usage = Usage(
            model=self.config.model,
            version=str(response.model or ""),
            fingerprint=str(getattr(response, "system_fingerprint", None) or ""),
            retried=retried,
            tokens_in=into,
            tokens_out=out,
            tokens_cached=cached,
            price=self._price(response, into, out, cached),
            seconds=seconds,
        )
        refused = bool(getattr(message, "refusal", None)) or choice.finish_reason == "content_filter"
        cut = choice.finish_reason == "length"
        return Reply(message.content or "", refused, cut, _from_cache(response)), usage

    def _price(self, response: Any, into: int, out: int, cached: int) -> float | None:
        prices = self._prices
        if prices is None:
            return None
        if self.config.price_in is None:
            told = (getattr(response, "_hidden_params", None) or {}).get("response_cost")
            if told is not None:
                return float(told)
        return (into - cached) * prices.into + cached * prices.cached + out * prices.out


class _Again(Exception):
    def __init__(self, text: str, wait: float | None) -> None:
        super().__init__(text)
        self.text, self.wait = text, wait

    def pause(self, retried: int, rng: random.Random) -> float:
        """What the provider asks for and a little, so that not all come back at once; else full jitter."""
        if self.wait is not None:
            return min(self.wait, 5 * LONGEST_WAIT) * rng.uniform(1.0, 1.2)
        return rng.uniform(0.0, min(LONGEST_WAIT, 0.5 * 2.0**retried))


class _Refusal(Exception):
    """The provider's filter stopped the reply."""


Refusal = _Refusal


def _from_cache(response: Any) -> bool:
    """Does litellm's own cache, or a header of a proxy or gateway, say that this reply was given before? Cached
    *tokens of the prompt* are another matter: the reply is new."""
    params = getattr(response, "_hidden_params", None) or {}
    headers: Mapping[str, Any] = params.get("additional_headers") or {}
    return params.get("cache_hit") is True or any(
        "cache" in name.lower() and _HIT.match(str(value)) for name, value in headers.items()
    )


_HIT = re.compile(r"(hit\b|true$)", re.I)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(message: Message) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
