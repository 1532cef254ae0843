"""A server of one's own that speaks OpenAI's protocol, called over the standard library's HTTP: a small part of
what a general client takes of CPU and memory (bench/llm.md).

No proxy, no redirect, no retry, no credentials but the one key: what the environment says of those to other
clients is not read. TLS trusts what the system trusts (``SSL_CERT_FILE``)."""

from __future__ import annotations

import http.client
import os
import select
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from smena.errors import Hopeless

from smena_llm.client import Answer, Request, ServerError, tells_cache
from smena_llm.config import SPOKEN, CallConfig
from smena_llm.troubles import no_key


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    delta: _Message | None = None
    finish_reason: str | None = None


class _Vector(msgspec.Struct):
    embedding: list[float] = []


class _Reply(msgspec.Struct):
    """A reply, or a piece of one."""

    choices: list[_Choice] = []
    data: list[_Vector] = []
    model: str | None = None
    system_fingerprint: str | None = None
    usage: _Usage | None = None
    error: Any = None


_ENCODER = msgspec.json.Encoder()
_REPLY = msgspec.json.Decoder(_Reply)


class Direct:
    """Connections are kept and shared: as many as there are calls at once."""

    def __init__(self, config: CallConfig) -> None:
        self._config = config
        provider, _, self._name = config.model.partition("/")
        self._key_name = config.key_env or SPOKEN.get(provider, "")
        url = urlsplit(config.api_base)
        self._host, self._path = url.hostname or "", url.path.rstrip("/")
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        own = 443 if self._tls else 80  # named, else http.client looks for it in an IPv6 address
        self._port = url.port or own
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._headers: dict[str, str] = {}

    def takes(self, parameter: str) -> bool:
        return True

    def known(self) -> Mapping[str, Any]:
        return {}

    def complete(self, request: Request) -> Answer:
        asked = {"model": self._name, **request.body()}
        reply, headers = self._post("/chat/completions", asked, request.stream)
        if not reply.choices:
            raise ValueError("a reply without choices")
        return _answer(reply, tells_cache(headers))

    def embed(self, text: str) -> Answer:
        asked = {"model": self._name, "input": [text], "encoding_format": "float"}
        reply, _ = self._post("/embeddings", asked)
        if not reply.data or not reply.data[0].embedding:
            raise ValueError("a reply without a vector")
        told = (reply.usage or _Usage()).prompt_tokens
        return Answer(version=reply.model or "", tokens_in=told, tokens_out=0, vector=reply.data[0].embedding)

    def _post(
        self, route: str, asked: Mapping[str, Any], stream: bool = False
    ) -> tuple[_Reply, Mapping[str, str]]:
        connection = self._connection()
        try:
            connection.request("POST", self._path + route, _ENCODER.encode(asked), self._credentials())
            response = connection.getresponse()
            headers = dict(response.headers)
            if response.status == 200 and stream:
                reply = _joined(response)
                connection.close()  # what follows the last piece is not waited for
                return reply, headers
            body = response.read()
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            self._idle.append(connection)
        if response.status == 401 and "Authorization" not in self._credentials():
            raise Hopeless(no_key(self._config.model, [self._key_name or "what key_env names"]))
        if response.status != 200:
            raise _told(response.status, _decoded(body), headers)
        return _whole(_REPLY.decode(body), headers), headers

    def _connection(self) -> http.client.HTTPConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                break
            if not _over(connection):
                return connection
            connection.close()
        timeout = self._config.timeout
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def _credentials(self) -> dict[str, str]:
        """The key, found at the first call. A server of one's own seldom wants one."""
        if not self._headers:
            key = os.environ.get(self._key_name, "").strip()
            if self._config.key_env and not key:
                raise Hopeless(no_key(self._config.model, [self._key_name]))
            if any(not "!" <= letter <= "~" for letter in key):
                raise Hopeless(
                    f"what {self._key_name} holds is no key: it has a space or a letter that none has"
                )
            found = {"Content-Type": "application/json", "User-Agent": "smena"}
            self._headers = found | ({"Authorization": f"Bearer {key}"} if key else {})
        return self._headers


def _over(connection: http.client.HTTPConnection) -> bool:
    """Has the server hung up? An idle connection has nothing else to say."""
    poller = select.poll()
    poller.register(connection.sock, select.POLLIN)
    return bool(poller.poll(0))


def _answer(reply: _Reply, cached: bool) -> Answer:
    choice = reply.choices[0]
    message = choice.message or _Message()
    usage = reply.usage or _Usage()
    details = usage.prompt_tokens_details or _Details()
    finish = choice.finish_reason or ""
    return Answer(
        text=message.content or "",
        finish=finish,
        refused=bool(message.refusal) or finish == "content_filter",
        version=reply.model or "",
        fingerprint=reply.system_fingerprint or "",
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
        tokens_cached=details.cached_tokens or 0,
        cached=cached,
    )


def _whole(reply: _Reply, headers: Mapping[str, str]) -> _Reply:
    if reply.error:  # a gateway's way: 200, and an error inside
        raise _told(_status_of(reply.error), {"error": reply.error}, headers)
    return reply


def _joined(response: http.client.HTTPResponse) -> _Reply:
    """The reply whose pieces come as server-sent events. Raises ValueError where the end is missing."""
    said: list[str] = []
    refusal: list[str] = []
    whole, finish, done = _Reply(), "", False
    for piece in _pieces(response):
        if piece is None:
            done = True
            break
        if piece.error:
            raise _told(_status_of(piece.error), {"error": piece.error}, {})
        for choice in piece.choices[:1]:
            if choice.delta is not None:
                said.append(choice.delta.content or "")
                refusal.append(choice.delta.refusal or "")
            finish = choice.finish_reason or finish
        whole.model = piece.model or whole.model
        whole.system_fingerprint = piece.system_fingerprint or whole.system_fingerprint
        whole.usage = piece.usage or whole.usage
    if not done and (not finish or response.length):
        raise ValueError("the reply broke off")
    message = _Message("".join(said), "".join(refusal))
    whole.choices = [_Choice(message=message, finish_reason=finish)]
    return whole


def _pieces(response: http.client.HTTPResponse) -> Iterator[_Reply | None]:
    """None: the server says that this was all."""
    for line in response:
        name, _, data = line.partition(b":")
        if name == b"data" and data.strip():
            yield None if data.strip() == b"[DONE]" else _REPLY.decode(data)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")


def _told(status: int, told: Any, headers: Mapping[str, str]) -> ServerError:
    """By the forms that servers give their errors."""
    error = told.get("error", told) if isinstance(told, dict) else told
    if not isinstance(error, dict):
        return ServerError(status, str(error), headers=headers)
    text = error.get("message") or error.get("detail") or error
    code = " ".join(str(error[name]) for name in ("code", "type") if error.get(name))
    return ServerError(status, str(text), code, headers)


def _status_of(error: Any) -> int:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500
