"""Every other provider, through litellm: the only module that imports it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from smena.errors import BadInput, Hopeless

from smena_llm.client import Answer, Request, tells_cache
from smena_llm.config import CallConfig
from smena_llm.troubles import no_key

INSTALL = "language models need litellm: `pip install 'smena[llm]'`"


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


class Litellm:
    """``litellm.completion``, without retries of its own."""

    def __init__(self, config: CallConfig) -> None:
        self._config = config
        self._library = litellm()
        self._key: str | None = ""

    def takes(self, parameter: str) -> bool:
        name, _, rest = self._config.model.partition("/")
        try:
            known = self._library.get_supported_openai_params(rest or name, name if rest else None)
        except Exception:  # a provider that litellm cannot place
            return False
        return parameter in (known or ())

    def known(self) -> Mapping[str, Any]:
        name = self._config.model
        for candidate in (name, name.partition("/")[2]):
            if found := self._library.model_cost.get(candidate):
                return dict(found)
        return {}

    def complete(self, request: Request) -> Answer:
        library = self._library
        response = library.completion(num_retries=0, **self._place(), **request.body())
        if request.stream:
            built = library.stream_chunk_builder(list(response))
            built._hidden_params = {**_hidden(response), **built._hidden_params}
            response = built
        return _answer(response)

    def embed(self, text: str) -> Answer:
        response = self._library.embedding(input=[text], encoding_format="float", **self._place())
        price, told = _hidden(response).get("response_cost"), response.usage
        return Answer(
            version=str(response.model or ""),
            tokens_in=int(told.prompt_tokens or 0) if told else None,
            tokens_out=0,
            price=None if price is None else float(price),
            vector=response.data[0]["embedding"],
        )

    def _place(self) -> dict[str, Any]:
        """Which model, where, and how long it may take; the key is found at the first call."""
        config = self._config
        if self._key == "":
            self._key = self._find_key()
        place: dict[str, Any] = {"model": config.model, "timeout": config.timeout, "max_retries": 0}
        if config.api_base:
            place["api_base"] = config.api_base
        if self._key:
            place["api_key"] = self._key
        return place

    def _find_key(self) -> str | None:
        config = self._config
        if config.key_env:
            if not (key := os.environ.get(config.key_env, "").strip()):
                raise Hopeless(no_key(config.model, [config.key_env]))
            return key
        try:
            told = self._library.validate_environment(model=config.model)
        except Exception:
            return None
        missing = [name for name in told.get("missing_keys", ()) if "KEY" in name]
        if missing and not told.get("keys_in_environment"):
            if config.api_base:
                return "none"  # a server of one's own seldom wants one, and litellm insists on some
            raise Hopeless(no_key(config.model, missing))
        return None


def _answer(response: Any) -> Answer:
    choice, told, params = response.choices[0], response.usage, _hidden(response)
    details = getattr(told, "prompt_tokens_details", None)
    price = params.get("response_cost")
    refused = bool(getattr(choice.message, "refusal", None)) or choice.finish_reason == "content_filter"
    return Answer(
        text=choice.message.content or "",
        finish=str(choice.finish_reason or ""),
        refused=refused,
        version=str(response.model or ""),
        fingerprint=str(getattr(response, "system_fingerprint", None) or ""),
        tokens_in=int(told.prompt_tokens or 0),
        tokens_out=int(told.completion_tokens or 0),
        tokens_cached=int(getattr(details, "cached_tokens", None) or 0),
        cached=params.get("cache_hit") is True or tells_cache(params.get("additional_headers") or {}),
        price=None if price is None else float(price),
    )


def _hidden(response: Any) -> dict[str, Any]:
    return getattr(response, "_hidden_params", None) or {}
