"""The client for a server of one's own: what it sends, keeps, and makes of what comes back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from smena.errors import Hopeless, InfraError
from smena.money import metered
from smena_llm.calls import Model
from smena_llm.client import ServerError
from smena_llm.config import SPOKEN, ModelConfig, behaviour
from smena_llm.prices import most_tokens
from smena_llm.troubles import Kind, explain

sys.path.insert(0, str(Path(__file__).parent))
from llm_server import KEY, Running, running

ASK = [{"role": "user", "content": 'Say {"ready": true}'}]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(keep_prompts=1) as found:
        yield found


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SPOKEN.values():
        monkeypatch.setenv(name, KEY)


def model(server: Running, name: str = "openai/lab", **more: Any) -> Model:
    return Model(ModelConfig(model=name, api_base=server.url, **({"retries": 0} | more)))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("provider", sorted(SPOKEN))
def test_the_server_is_asked_the_same_by_either_client(server: Running, provider: str, stream: bool) -> None:
    pytest.importorskip("litellm")
    replies = [
        model(server, f"{provider}/lab", client=client, stream=stream).ask(ASK, 5, json=True)
        for client in ("direct", "litellm")
    ]
    direct, other = server.prompts()[-2:]
    assert direct == other and direct["seed"] == 5 and replies[0] == replies[1]


def test_which_client_calls_is_no_part_of_a_trial() -> None:
    assert behaviour(ModelConfig(client="litellm")) == behaviour(ModelConfig())


@pytest.mark.parametrize(
    ("name", "base", "direct"),
    [
        ("openai/Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1", True),
        ("hosted_vllm/any", "http://127.0.0.1:8000/v1", True),
        ("openai/gpt-4.1", "", False),
        ("openai/gpt-5-mini", "http://gateway/v1", False),
        ("openai/o3", "http://gateway/v1", False),
        ("openai/claude-sonnet-4-5", "http://gateway/v1", False),
        ("openai/any", "http://gateway/v1?version=2", False),
        ("anthropic/any", "http://gateway", False),
        ("ollama_chat/qwen3", "http://127.0.0.1:11434", False),
    ],
)
def test_only_what_is_asked_in_the_protocol_as_it_stands_is_asked_directly(
    name: str, base: str, direct: bool
) -> None:
    assert ModelConfig(model=name, api_base=base).is_direct is direct
    assert not ModelConfig(model=name, api_base=base, client="litellm").is_direct


def test_connections_are_kept_and_shared_and_no_proxy_is_asked(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asked, before = model(server), server.counts()["connections"]
    with ThreadPoolExecutor(8) as pool:
        assert all(r.text == '{"ready": true}' for r in pool.map(lambda n: asked.ask(ASK, n), range(200)))
    assert server.counts()["connections"] - before <= 8 + 2, "two of them ask for the counts"


def test_a_server_that_hung_up_meanwhile_is_called_anew(server: Running) -> None:
    asked = model(server, "openai/leaving")
    with metered() as meter:
        for seed in range(5):
            asked.ask(ASK, seed)
            connection = asked._client._idle[0]  # type: ignore[union-attr]
            connection.sock.settimeout(5)
            assert connection.sock.recv(1) == b"", "it is gone"
    assert sum(u.retried for u in meter.used) == 0


def test_what_a_server_does_not_count_is_charged_at_the_most_it_can_be(server: Running) -> None:
    with metered() as meter:
        model(server, "openai/uncounted").ask(ASK, 1)
        model(server, "openai/uncounted", max_tokens=3).ask(ASK, 1)
    assert (meter.used[0].tokens_in, meter.used[0].tokens_out) == (most_tokens(ASK), len('{"ready": true}'))
    assert meter.used[1].tokens_out == 3, "no more than was asked for"


def test_a_key_that_is_named_must_be_there(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE", raising=False)
    with pytest.raises(Hopeless, match="set MINE in the environment"):
        model(server, key_env="MINE").ask(ASK, 1)
    monkeypatch.setenv("MINE", KEY)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert model(server, key_env="MINE").ask(ASK, 1).text
    with pytest.raises(Hopeless, match="no key for openai/lab: set OPENAI_API_KEY"):
        model(server).ask(ASK, 1)
    monkeypatch.setenv("MINE", f"{KEY}\n")  # as files of secrets have it
    assert model(server, key_env="MINE").ask(ASK, 1).text
    monkeypatch.setenv("MINE", "two words")
    with pytest.raises(Hopeless, match="what MINE holds is no key"):
        model(server, key_env="MINE").ask(ASK, 1)


def test_a_key_of_any_name_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "qwertyuiop")
    for status in (400, 500):
        said = explain(ServerError(status, "bad token qwertyuiop"), "m", False, "MINE").text
        assert "bad token" in said and "qwerty" not in said


@pytest.mark.parametrize(
    "url",
    ["http://localhost:80a/v1", "http://user:secret@localhost/v1", "http://localhost/v 1", "http:///v1"],
)
def test_an_address_that_cannot_be_is_told_before_any_call(url: str) -> None:
    with pytest.raises(ValueError, match=r"api_base|[Pp]ort") as told:
        ModelConfig(model="openai/lab", api_base=url)
    assert "secret" not in str(told.value)


def test_a_certificate_must_be_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("openssl"):
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)(
            "no openssl to make a certificate"
        )
    both = tmp_path / "both.pem"
    words = (
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    words += f" -days 2 -keyout {tmp_path}/key.pem -out {tmp_path}/cert.pem"
    subprocess.run(words.split(), check=True, capture_output=True)
    both.write_text((tmp_path / "cert.pem").read_text() + (tmp_path / "key.pem").read_text())
    with running(certificate=str(both)) as server:
        server.url = server.url.replace("http:", "https:")
        with pytest.raises(Hopeless, match=r"certificate .* is not trusted"):
            model(server).ask(ASK, 1)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        asked = model(server)
        assert [asked.ask(ASK, seed).text for seed in range(3)] == ['{"ready": true}'] * 3


SAID = [
    (400, "This model's maximum context length is 10 tokens", "", Kind.OVERFLOW),
    (400, "the request exceeds the available context size", "exceed_context_size_error", Kind.OVERFLOW),
    (413, "Request Entity Too Large", "", Kind.OVERFLOW),
    (400, "the input length exceeds the context length", "", Kind.OVERFLOW),
    (500, "input is too large to process. increase the physical batch size", "", Kind.OVERFLOW),
    (400, "your request was rejected", "content_policy_violation", Kind.REFUSED),
    (400, "response_format is not supported", "", Kind.FORMAT),
    (422, "extra fields", "", Kind.FORMAT),
    (401, "no", "", Kind.HOPELESS),
    (403, "no", "", Kind.HOPELESS),
    (404, "Not Found", "", Kind.HOPELESS),
    (307, "", "", Kind.HOPELESS),
    (429, "slow down", "", Kind.BUSY),
    (429, "You exceeded your current quota", "insufficient_quota", Kind.HOPELESS),
    (408, "", "", Kind.AGAIN),
    (500, "oops", "", Kind.AGAIN),
    (503, "loading model", "", Kind.AGAIN),
]


@pytest.mark.parametrize(("status", "text", "code", "kind"), SAID)
def test_what_a_server_says_is_told_apart(status: int, text: str, code: str, kind: Kind) -> None:
    trouble = explain(ServerError(status, text, code, {"Retry-After": "3"}), "openai/lab", json=True)
    assert trouble.kind is kind and trouble.text
    assert trouble.wait == (3.0 if kind in (Kind.BUSY, Kind.AGAIN) else None)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error": {"message": "overloaded", "code": 503}}', "overloaded"),
        (b'{"choices": []}', ""),
        (b'{"choices": [{"delta": {"content": "half"}, "message"', ""),
        (b"<html>Bad gateway</html>", ""),
    ],
)
def test_a_reply_that_is_none_is_no_answer(body: bytes, error: str, stream: bool) -> None:
    """A gateway's 200 with an error inside, nothing, half a reply, a page for people."""
    import socket
    import threading

    listening = socket.create_server(("127.0.0.1", 0))
    sent = (b"data: " + body + b"\n\n") if stream else body

    def serve() -> None:
        peer, _ = listening.accept()
        with peer:
            peer.recv(65536)
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(sent)}\r\n\r\n"
            peer.sendall(head.encode() + sent)

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    with listening, metered() as meter, pytest.raises(InfraError, match="did not answer 1 times.*" + error):
        Model(ModelConfig(model="openai/x", api_base=url, retries=0, stream=stream)).ask(ASK, 1)
    thread.join()
    assert not meter.used
