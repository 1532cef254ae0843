"""One call to a model: reserved, throttled, retried, settled, whoever makes it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

from smena.errors import Hopeless, NoModel, SmenaError
from smena.money import reserve
from smena.values import Usage

from smena_llm.client import Answer, Client, Message, Request
from smena_llm.config import CallConfig, ModelConfig
from smena_llm.prices import Prices, bound, most_tokens, price_of, prices
from smena_llm.throttle import Throttle
from smena_llm.troubles import Kind, explain

LONGEST_WAIT = 60.0
"""Seconds between two attempts at a call, unless the provider asks for more; then at most five times that."""
T = TypeVar("T")

EMBEDDING = "similarity.llm"
"""The section of an embedding model's settings."""
MOST = 1024
"""Calls at once in a process before anybody complains: the executor decides how many trials there are."""


class Overflow(Exception):
    """The prompt is longer than the model takes."""


class Refusal(Exception):
    """The provider's filter stopped the reply."""


class Reply(NamedTuple):
    """``refused``: the model or its provider would not answer. ``cached``: what answered says that it gave an
    earlier reply again."""

    text: str
    refused: bool = False
    cut: bool = False
    cached: bool = False


_LOCK = threading.Lock()


def _client(config: CallConfig) -> Client:
    """This process itself, or litellm; only the one is imported."""
    if config.is_direct:
        from smena_llm.direct import Direct

        return Direct(config)
    from smena_llm.via_litellm import Litellm

    return Litellm(config)


class Caller:
    """Makes calls to a model: reserved, throttled, retried, settled. Used from many threads. ``section``: where
    its settings are."""

    def __init__(self, config: CallConfig, section: str) -> None:
        self._settings, self._section = config, section
        self._throttle = Throttle(MOST)
        self._client: Client | None = None
        self._prices: Prices | None = None
        self._known: Mapping[str, Any] = {}
        self._takes_json = True

    @property
    def prices(self) -> Prices | None:
        """None: nobody knows them."""
        self._ready()
        return self._prices

    def _ready(self) -> Client:
        if self._client is not None:
            return self._client
        with _LOCK:
            if self._client is None:
                config = self._settings
                if not config.model:
                    flag = "--model NAME, or " if self._section in ("learner.llm", "teacher.llm") else ""
                    raise Hopeless(f'no model is named: give {flag}[{self._section}] model = "NAME"')
                client = _client(config)
                self._known = client.known()
                self._prices = prices(config, self._known)
                self._client = client
            return self._client

    def _insist(self, call: Callable[[int], T]) -> T:
        """Call until it goes well; the argument is how often it did not."""
        retries, retried = self._settings.retries, 0
        rng = random.Random()  # the moment of a retry is no part of a trial
        while True:
            try:
                return call(retried)
            except _Again as again:
                if retried >= retries:
                    why = f"{self._settings.model} did not answer {retried + 1} times: {again.text}"
                    raise NoModel(why) from None
                time.sleep(again.pause(retried, rng))
                retried += 1

    def _call(
        self, make: Callable[[], Answer], most_in: int, most_out: int, retried: int, json: bool = False
    ) -> Answer:
        with self._throttle.turn():
            call = reserve(bound(self._settings, self._section, self._prices, most_in, most_out))
            started = time.perf_counter()
            try:
                answer = make()
            except BaseException as error:
                call.settle(None)
                if isinstance(error, SmenaError) or not isinstance(error, Exception):
                    raise
                self._troubled(error, json)
            call.settle(self._usage(answer, most_in, most_out, time.perf_counter() - started, retried))
            self._throttle.eased()
            return answer

    def _troubled(self, error: Exception, json: bool) -> NoReturn:
        trouble = explain(error, self._settings.model, json, self._settings.key_env)
        match trouble.kind:
            case Kind.HOPELESS:
                raise Hopeless(trouble.text) from None
            case Kind.OVERFLOW:
                raise Overflow(trouble.text) from None
            case Kind.REFUSED:
                raise Refusal from None
            case Kind.FORMAT:
                self._takes_json = False
                raise _Again(trouble.text, 0.0) from None
            case Kind.BAD:
                raise NoModel(trouble.text) from None
            case Kind.BUSY:
                self._throttle.pressed()
        raise _Again(trouble.text, trouble.wait) from None

    def _usage(self, answer: Answer, most_in: int, most_out: int, seconds: float, retried: int) -> Usage:
        """Tokens that nobody told are taken for as many as there can be."""
        into = most_in if answer.tokens_in is None else answer.tokens_in
        told = answer.tokens_out
        out = min(len(answer.text.encode()), most_out) if told is None else told
        return Usage(
            model=self._settings.model,
            version=answer.version,
            fingerprint=answer.fingerprint,
            retried=retried,
            tokens_in=into,
            tokens_out=out,
            tokens_cached=answer.tokens_cached,
            price=price_of(answer, into, out, self._prices, self._settings.price_in is not None),
            seconds=seconds,
        )


class Model(Caller):
    """A model that is talked to, under its settings."""

    def __init__(self, config: ModelConfig, section: str = "learner.llm") -> None:
        super().__init__(config, section)
        self.config = config
        self._takes_json = config.structured == "auto"

    def ask(
        self, messages: Sequence[Message], seed: int, json: bool = False, temperature: float | None = None
    ) -> Reply:
        """Raises NoModel when it could not be had, Hopeless when no call could, Overflow, Refusal, and Refused
        (smena.money) where the budget has no room."""
        config, client, most = self.config, self._ready(), most_tokens(messages)
        warmth = config.temperature if temperature is None else temperature
        sent = seed % 2**31 if config.seeded else None

        def call(retried: int) -> Answer:
            shaped = json and self._takes_json
            request = Request(messages, config.max_tokens, sent, warmth, shaped, config.stream)
            return self._call(lambda: client.complete(request), most, config.max_tokens, retried, shaped)

        answer = self._insist(call)
        return Reply(answer.text, answer.refused, answer.finish == "length", answer.cached)

    @property
    def takes_json(self) -> bool:
        """Whether replies are still asked for as JSON the provider's way."""
        return self._takes_json and self._ready().takes("response_format")

    @property
    def takes_seed(self) -> bool:
        return self.config.seeded and self._ready().takes("seed")

    @property
    def window(self) -> int:
        """Tokens that the model takes; 0: not known."""
        self._ready()
        told = self._known.get("max_input_tokens") or self._known.get("max_tokens") or 0
        return self.config.context or int(told)


class Embedder(Caller):
    """A model that makes vectors of texts."""

    def __init__(self, config: CallConfig) -> None:
        super().__init__(config, EMBEDDING)

    def embed(self, text: str) -> Sequence[float]:
        """Raises as :meth:`Model.ask` does."""
        client, most = self._ready(), len(text.encode()) + 16
        return self._insist(lambda n: self._call(lambda: client.embed(text), most, 0, n)).vector


class _Again(Exception):
    def __init__(self, text: str, wait: float | None) -> None:
        super().__init__(text)
        self.text, self.wait = text, wait

    def pause(self, retried: int, rng: random.Random) -> float:
        """What the provider asks for and a little, so that not all come back at once, and longer the more often
        it asks; else full jitter."""
        if self.wait is not None:
            longer = min(self.wait * 1.5**retried, max(self.wait, LONGEST_WAIT))
            return min(longer, 5 * LONGEST_WAIT) * rng.uniform(1.0, 1.2)
        return rng.uniform(0.0, min(LONGEST_WAIT, 0.5 * 2.0**retried))
