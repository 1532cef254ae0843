"""One call to a model: reserved, throttled, retried, settled, whoever makes it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from smena.errors import Hopeless, NoModel, SmenaError
from smena.money import reserve
from smena.values import Usage

from smena_llm.client import Answer, Client, Message, Request, make
from smena_llm.config import ModelConfig
from smena_llm.prices import Prices, bound, most_tokens, price_of, prices
from smena_llm.throttle import Throttle
from smena_llm.troubles import Kind, explain

LONGEST_WAIT = 60.0
"""Seconds between two attempts at a call, unless the provider asks for more; then at most five times that."""
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


class Model:
    """A model under its settings; used from many threads."""

    def __init__(self, config: ModelConfig, kind: str = "learner") -> None:
        self.config, self._kind = config, kind
        self._throttle = Throttle(MOST)
        self._takes_json = config.structured == "auto"
        self._client: Client | None = None
        self._prices: Prices | None = None
        self._window = config.context

    def ask(
        self, messages: Sequence[Message], seed: int, json: bool = False, temperature: float | None = None
    ) -> Reply:
        """Raises NoModel when it could not be had, Hopeless when no call could, Overflow, Refusal, and Refused
        (smena.money) where the budget has no room."""
        config, client = self.config, self._ready()
        warmth = config.temperature if temperature is None else temperature
        sent = Request(messages, seed % 2**31 if config.seeded else None, warmth, json)
        retried = 0
        rng = random.Random()  # the moment of a retry is no part of a trial
        while True:
            try:
                return self._call(client, sent._replace(json=json and self._takes_json), retried)
            except _Again as again:
                if retried >= config.retries:
                    why = f"{config.model} did not answer {retried + 1} times: {again.text}"
                    raise NoModel(why) from None
                time.sleep(again.pause(retried, rng))
                retried += 1

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
        return self._window

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
                if not self.config.model:
                    raise Hopeless(
                        f'no model is named: give --model NAME, or [{self._kind}.llm] model = "NAME"'
                    )
                client = make(self.config)
                known = client.known()
                told = int(known.get("max_input_tokens") or known.get("max_tokens") or 0)
                self._window = self.config.context or told
                self._prices = prices(self.config, known)
                self._client = client
            return self._client

    def _call(self, client: Client, sent: Request, retried: int) -> Reply:
        most = most_tokens(sent.messages)
        with self._throttle.turn():
            call = reserve(bound(self.config, self._kind, self._prices, most, self.config.max_tokens))
            started = time.perf_counter()
            try:
                answer = client.complete(sent)
            except BaseException as error:
                call.settle(None)
                if isinstance(error, SmenaError) or not isinstance(error, Exception):
                    raise
                self._troubled(error, sent.json)
            call.settle(self._usage(answer, most, time.perf_counter() - started, retried))
            self._throttle.eased()
            return Reply(answer.text, answer.refused, answer.finish == "length", answer.cached)

    def _troubled(self, error: Exception, json: bool) -> NoReturn:
        trouble = explain(error, self.config.model, json)
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

    def _usage(self, answer: Answer, most: int, seconds: float, retried: int) -> Usage:
        """Tokens that nobody told are taken for as many as there can be."""
        into = most if answer.tokens_in is None else answer.tokens_in
        out = len(answer.text.encode()) if answer.tokens_out is None else answer.tokens_out
        return Usage(
            model=self.config.model,
            version=answer.version,
            fingerprint=answer.fingerprint,
            retried=retried,
            tokens_in=into,
            tokens_out=out,
            tokens_cached=answer.tokens_cached,
            price=price_of(answer, into, out, self._prices, self.config.price_in is not None),
            seconds=seconds,
        )


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
