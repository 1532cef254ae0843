"""A server that speaks the OpenAI chat-completions protocol on the loopback, for tests and benches.

Its "model" is a stochastic policy of the lab's planted world: it reads the task and the notes in the prompt and
succeeds with the chance that those give it. An interactive task it plays by a script, where a note says that it
is useful, and at random without (told to teach, it gives such a note). How it misbehaves is told by the model's
name and the options.

    python tests/plugins/llm_server.py --port 0 --delay 0.2 --storm 0.3     # prints its port
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import ssl
import subprocess
import sys
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEY = "sk-planted-key-0123456789"
PRICE_IN, PRICE_OUT = 1.0, 4.0
"""US dollars for a million tokens."""
STORM = ("429", "500", "reset", "hang", "truncated")
NOTE = re.compile(r"^- (useful|null|harmful|crutch|gaming|combination):(\S+)", re.M)


def chance(view: dict[str, Any], notes: str) -> float:
    added = 0.0
    for kind, place in NOTE.findall(notes):
        if kind in ("useful", "harmful", "null") or (kind == "crutch" and place == view["name"]):
            added += view["effects"][kind]
    return min(1.0, max(0.0, view["p0"] + added))


SAME = {"hot": "heat", "warm": "heat", "egg": "food", "bread": "food"}
"""Words that mean alike to the embedding "model"."""


def embed(text: str) -> list[float]:
    vector = [0.0] * 64
    for word in re.findall(r"\w+", text.lower()):
        vector[zlib.crc32(SAME.get(word, word).encode()) % 64] += 1.0
    return vector if any(vector) else [1.0] * 64


def text_of(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


class Policy:
    """What it says, a function of the prompt and the seed."""

    def __init__(self, lessons: list[str], scripts: dict[str, list[str]]) -> None:
        self.lessons, self.scripts = lessons, scripts

    def say(self, body: dict[str, Any]) -> str:
        system, user = (
            text_of(body["messages"][0]),
            text_of(body["messages"][min(1, len(body["messages"]) - 1)]),
        )
        if '{"ready": true}' in user:
            return '{"ready": true}'
        rng = random.Random(json.dumps([body["messages"], body.get("seed")]))
        if "\nAction: " in user:
            return self._act(body, user, rng)
        if self.scripts and system.startswith("You are a teacher"):
            return self._teach_to_play(user)
        view, _ = json.JSONDecoder().raw_decode(user.partition("# Task\n\n")[2])
        if system.startswith("You are a teacher"):
            return self._teach(view, rng)
        if system.startswith("You judge answers"):
            right = f'"right:{view["name"]}"' in user
            return json.dumps({"score": 0.9 if right else 0.1})
        right = rng.random() < chance(view, user.partition("# Notes")[2])
        answer = f"right:{view['name']}" if right else f"wrong:{rng.random()}"
        return json.dumps({"hypotheses": [{"why": "a coin", "answer": answer}]})

    def _teach(self, view: dict[str, Any], rng: random.Random) -> str:
        lessons = []
        for number in rng.sample(range(len(self.lessons)), min(2, len(self.lessons))):
            kind = self.lessons[number]
            place = view["name"] if kind == "crutch" else f"{view['cluster']}/{number}"
            lessons.append(
                {
                    "kind": "pattern",
                    "name": f"{kind}:{place}",
                    "triggers": [view["cluster"]],
                    "steps": ["planted"],
                }
            )
        return json.dumps({"lessons": lessons})

    def _teach_to_play(self, user: str) -> str:
        """A lesson that says nothing, then the one by which it plays its scripts, for the widest kind."""
        features = re.findall(r"^- (\w+=.+)$", user.partition("# Features of the task")[2], re.M)
        widest = [f for f in features if f in ("task=pick", "error=AssertionError")] or features[:1]
        lessons = [
            {"kind": "pattern", "name": name, "triggers": widest, "steps": ["planted"]}
            for name in ("null:play", "useful:play")
        ]
        return json.dumps({"lessons": lessons})

    def _act(self, body: dict[str, Any], user: str, rng: random.Random) -> str:
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        for told, script in self.scripts.items():
            if told in user and "\n- useful:" in user and turn < len(script):
                action = script[turn]
                block = f"\n```bash\n{action}\n```" if "\n" in action else f" {action}"
                return f"Thought: as the note says.\nAction:{block}"
        actions = re.findall(r"^- (.+)$", text_of(body["messages"][-1]), re.M)
        return f"Thought: try.\nAction: {rng.choice(actions) if actions else rng.choice(['ls', 'submit'])}"


class Server:
    """``counts``: what it did, by kind; ``tokens_in`` and ``tokens_out`` of the replies that it finished."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        scripts = options.scripts
        told = Path(scripts[1:]).read_text() if scripts.startswith("@") else scripts
        self.policy = Policy(options.lessons.split(","), json.loads(told))
        self.counts: Counter[str] = Counter()
        self.prompts: list[str] = []
        self.seen: Counter[str] = Counter()
        self.most = self.busy = 0
        self.rng = random.Random(options.seed)
        self.hanging: set[asyncio.Task[Any]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts["connections"] += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
                length = re.search(r"content-length: *(\d+)", head, re.I)
                body = await reader.readexactly(int(length[1])) if length else b""
                path = head.split(" ", 2)[1]
                if path == "/counts":
                    told = {**self.counts, "most": self.most, "repeated": self._repeated()}
                    await self._send(writer, 200, json.dumps(told))
                elif path == "/prompts":
                    await self._send(writer, 200, json.dumps(self.prompts))
                elif not await self._chat(reader, writer, head, json.loads(body)):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _repeated(self) -> int:
        """Calls that were answered before, to the letter."""
        return sum(n - 1 for n in self.seen.values())

    async def _chat(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, body: dict[str, Any]
    ) -> bool:
        options = self.options
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            model = body["model"]
            self.counts["requests"] += 1
            if f"Bearer {KEY}" not in head:
                said = re.search(r"Bearer (\S+)", head)
                error = f"Incorrect API key provided: {said[1] if said else ''}"
                return await self._error(writer, 401, error, "invalid_api_key")
            if "input" in body:
                await self._embeddings(writer, body)
                return True
            if model == "nowhere":
                return await self._error(writer, 404, "The model `nowhere` does not exist", "model_not_found")
            if model == "plain" and "response_format" in body:
                return await self._error(writer, 400, "response_format is not supported", None)
            size = sum(len(text_of(m)) for m in body["messages"]) // 4
            if options.window and size > options.window:
                error = f"This model's maximum context length is {options.window} tokens, you sent {size}"
                return await self._error(writer, 400, error, "context_length_exceeded")
            if options.most and self.busy > options.most:
                return await self._error(writer, 429, "Rate limit reached", None, {"retry-after": "0.05"})
            if self.rng.random() < options.storm and not await self._storm(writer):
                return False
            await asyncio.sleep(options.delay)
            if reader.at_eof() or writer.transport.is_closing():
                self.counts["abandoned"] += 1  # a client that would not wait pays nothing here
                return False
            await self._reply(writer, body, size)
            return bool(model != "leaving")
        finally:
            self.busy -= 1

    async def _embeddings(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        if self.options.keep_prompts:
            self.prompts.append(json.dumps(body))
        size = sum(len(text) // 4 + 1 for text in body["input"])
        if self.options.window and size > self.options.window:
            await self._error(writer, 400, "maximum context length exceeded", "context_length_exceeded")
            return
        self.counts["embedded"] += len(body["input"])
        self.counts["tokens_in"] += size
        data = [
            {"object": "embedding", "index": n, "embedding": embed(text)}
            for n, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": size, "total_tokens": size}
        told = {"object": "list", "model": f"{body['model']}-2026-01", "data": data, "usage": usage}
        await self._send(writer, 200, json.dumps(told))

    async def _storm(self, writer: asyncio.StreamWriter) -> bool:
        """False: the connection is gone, or the failure told."""
        kind = self.rng.choice(STORM)
        self.counts[kind] += 1
        if kind == "429":
            await self._error(writer, 429, "Rate limit reached", None, {"retry-after": "0.05"})
        elif kind == "500":
            await self._error(writer, 500, "The server had an error", None)
        elif kind == "hang":
            await asyncio.sleep(60)
        elif kind == "truncated":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n")
            writer.write(b'{"id": "x", "choices": [{"index": 0, "me')
            await writer.drain()
        writer.close()
        return False

    async def _reply(self, writer: asyncio.StreamWriter, body: dict[str, Any], size: int) -> None:
        model = body["model"]
        said, finish = self.policy.say(body), "stop"
        if model == "moody" and len(body["messages"]) == 2:  # by task, so that a repair does not mend it
            model = ("lab", "empty", "filtered", "garbage")[
                zlib.crc32(text_of(body["messages"][1]).encode()) % 4
            ]
        elif model == "moody":
            model = "garbage" if "rather not" in text_of(body["messages"][2]) else "empty"
        if model == "empty":
            said = ""
        elif model == "filtered":
            said, finish = "", "content_filter"
        elif model == "garbage" or (model == "garbled" and len(body["messages"]) == 2):
            said = "I would rather not say {" + said[:5]
        elif model == "cut":
            said, finish = said[:10], "length"
        out = len(said) // 4 + 1
        self.counts["replies"] += 1
        self.counts["tokens_in"] += size
        self.counts["tokens_out"] += out
        text = json.dumps([model, body["messages"], body.get("seed")])
        self.seen[text] += 1
        if self.options.keep_prompts:
            self.prompts.append(json.dumps(body))
        version = f"{model}-2026-01"
        if model == "drift":
            version += f"-{self.counts['replies'] // 7 % 2}"
        base = {"id": "x", "created": 1, "model": version, "system_fingerprint": "fp_1"}
        usage = {
            "prompt_tokens": size,
            "completion_tokens": out,
            "total_tokens": size + out,
            "prompt_tokens_details": {"cached_tokens": size // 2},
        }
        headers = {"x-cache": "HIT" if self.seen[text] > 1 else "MISS"} if model == "cached" else {}
        if body.get("stream"):
            await self._stream(writer, base, said, finish, usage, headers)
            return
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "finish_reason": finish, "message": message}
        told = {**base, "object": "chat.completion", "choices": [choice]}
        told |= {} if model == "uncounted" else {"usage": usage}
        await self._send(writer, 200, json.dumps(told), headers=headers)

    async def _stream(
        self,
        writer: asyncio.StreamWriter,
        base: dict[str, Any],
        said: str,
        finish: str,
        usage: dict[str, Any],
        headers: dict[str, str],
    ) -> None:
        base = {**base, "object": "chat.completion.chunk"}
        parts = [said[i : i + 20] for i in range(0, len(said), 20)]
        events = [
            {
                **base,
                "choices": [
                    {"index": 0, "delta": {"role": "assistant", "content": p}, "finish_reason": None}
                ],
            }
            for p in parts
        ]
        events.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        events.append({**base, "choices": [], "usage": usage})
        text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        await self._send(writer, 200, text, "text/event-stream", headers)

    async def _error(
        self,
        writer: asyncio.StreamWriter,
        status: int,
        text: str,
        code: str | None,
        headers: dict[str, str] | None = None,
    ) -> bool:
        self.counts[f"status {status}"] += 1
        body = json.dumps({"error": {"message": text, "type": "error", "param": None, "code": code}})
        await self._send(writer, status, body, headers=headers)
        return True

    @staticmethod
    async def _send(
        writer: asyncio.StreamWriter,
        status: int,
        body: str,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        data = body.encode()
        more = "".join(f"{k}: {v}\r\n" for k, v in (headers or {}).items())
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\n{more}\r\n"
        writer.write(head.encode() + data)
        await writer.drain()


async def _main(options: argparse.Namespace) -> None:
    served = Server(options)
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    server = await asyncio.start_server(served.serve, "127.0.0.1", options.port, backlog=512, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


class Running:
    """A server in a process of its own."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self._root = f"http://127.0.0.1:{port}"

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self._root}/counts", timeout=30) as response:
            return Counter(json.load(response))

    def prompts(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self._root}/prompts", timeout=30) as response:
            return [json.loads(text) for text in json.load(response)]

    def price(self) -> float:
        counts = self.counts()
        return (counts["tokens_in"] * PRICE_IN + counts["tokens_out"] * PRICE_OUT) / 1e6


@contextmanager
def running(**options: Any) -> Iterator[Running]:
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__)), *flags], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Running(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before a reply")
    parser.add_argument("--storm", type=float, default=0.0, help="share of calls that fail in some way")
    parser.add_argument("--most", type=int, default=0, help="calls at once before 429; 0: any")
    parser.add_argument("--window", type=int, default=0, help="tokens that it takes; 0: any")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--certificate", default="", help="a file with it and its key: speak TLS")
    parser.add_argument("--keep-prompts", type=int, default=0)
    parser.add_argument("--lessons", default="useful,null,harmful,null,crutch,null,useful,null")
    parser.add_argument("--scripts", default="{}", help="JSON, or @FILE: words of a prompt → steps")
    asyncio.run(_main(parser.parse_args()))
