"""The engine's keeper: one engine process a worker, reused, replaced after some episodes, killed when it
hangs."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from smena import InfraError

START_SECONDS = 120.0
"""To import textworld takes one to two seconds; on a busy machine many more."""
LARGEST = 16 * 1024 * 1024


class Game(NamedTuple):
    """What the engine plays. ``rules`` and ``words`` are the file's own PDDL domain and grammar where they
    replace the wheel's."""

    problem: str
    goal: str
    rules: str | None = None
    words: str | None = None


class EngineProcess:
    """Starts the engine when it is first needed. Not for several threads.

    ``seconds``: wall limit of a call. ``recycle``: episodes after which a fresh process takes over, because
    the engine's memory grows."""

    def __init__(self, seconds: float = 30.0, recycle: int = 200) -> None:
        self._seconds, self._recycle = seconds, recycle
        self._process: subprocess.Popen[bytes] | None = None
        self._episodes = 0
        self._heard = b""

    def load(self, game: Game) -> dict[str, Any]:
        """Begin an episode: ``{"text", "won", "commands"}``."""
        if self._episodes >= self._recycle:
            self.close()
        self._episodes += 1
        loaded: dict[str, Any] = self.call("load", game.problem, game.goal, game.rules, game.words)
        return loaded

    def call(self, name: str, *arguments: Any, seconds: float | None = None) -> Any:
        """Raises InfraError when the engine fails, dies or takes too long; then the next call has a new
        one."""
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps([name, arguments]).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise self._dead() from None
        reply = self._reply(process, self._seconds if seconds is None else seconds)
        if "error" in reply:
            self.close()  # half a step may have been made
            raise InfraError(f"the game engine failed: {reply['error']}")
        return reply["is"]

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def close(self) -> None:
        process, self._process = self._process, None
        self._episodes, self._heard = 0, b""
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert pipe is not None
                    pipe.close()
            process.wait()

    __del__ = close

    def _start(self) -> subprocess.Popen[bytes]:
        # The order in which textworld lists things follows the hash seed, so it is fixed. The engine ends
        # when its input does: it does not outlive its worker.
        paths = [str(Path(__file__).parents[1]), *sys.path]
        env = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(p for p in paths if p)}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "smena_alfworld.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
        )
        self._reply(self._process, START_SECONDS)
        return self._process

    def _reply(self, process: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
        assert process.stdout is not None
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._heard:
                if not selector.select(max(0.0, until - time.monotonic())):
                    self.close()
                    raise InfraError(f"the game engine did not answer within {seconds:g} s")
                chunk = os.read(process.stdout.fileno(), 1 << 20)
                if not chunk or len(self._heard) > LARGEST:
                    raise self._dead()
                self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _dead(self) -> InfraError:
        process = self._process
        code = None
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(1.0)
        self.close()
        return InfraError(f"the game engine died (exit code {code})")
