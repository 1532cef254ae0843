"""Where untrusted code runs: one protocol, whatever holds it in. A plugin offers a sandbox by the hook
``smena_sandboxes``; the host chooses one for a run and hands it to whoever asks.

    sandbox.open(snapshot) → session.exec(command, timeout) → session.close()

A session never has the network, sees nothing of the host but its snapshot, and ends whole: when it is closed,
when a command runs out of time, and when the host dies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from smena.errors import BadInput
from smena.registry import Registry
from smena.values import Value


class Snapshot(Value, frozen=True):
    """What a session starts from; immutable, shared by sessions, never written to.

    ``tree``: a directory of the host laid at ``workdir`` as the session's own writable copy; empty: an empty
    work area. ``image``: a container image for the rest of the system; empty: whatever the sandbox has for
    running ``python3``. ``binds``: (directory of the host, place inside), read-only. ``env``: environment
    variables; nothing else of the host's environment is passed on."""

    tree: str = ""
    workdir: str = "/work"
    image: str = ""
    binds: tuple[tuple[str, str], ...] = ()
    env: dict[str, str] = {}  # noqa: RUF012 (msgspec copies it)


class Bounds(Value, frozen=True):
    """What a session may use. ``seconds`` is the wall limit of a command that names none."""

    seconds: float = 600.0
    memory_mb: int = 2048
    cpus: float = 1.0
    pids: int = 256
    disk_mb: int = 1024
    output_bytes: int = 1_048_576


BOUNDS = Bounds()


class Result(NamedTuple):
    """How a command ended. ``code`` None: it was stopped (``timed_out``) or never came to an end of its own.
    ``output``: stdout and stderr together, undecodable bytes replaced, cut at the bound (``truncated``)."""

    code: int | None
    output: str
    seconds: float = 0.0
    timed_out: bool = False
    truncated: bool = False


class Session(Protocol):
    """One opened sandbox. A context manager; used from one thread."""

    workdir: str

    def exec(
        self,
        command: Sequence[str] | str,
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Result:
        """Run a command (a string goes to ``sh -c``) in ``workdir``. At the timeout everything that it started
        is killed. Raises InfraError where the sandbox, not the command, fails."""

    def put(self, path: str, data: bytes) -> None:
        """Write a file, relative to ``workdir`` and never outside it (BadInput)."""

    def get(self, path: str, limit: int = 16_777_216) -> bytes | None:
        """A file's bytes, relative to ``workdir``; None: there is none. Never follows a link out of it.
        Raises InfraError for one larger than ``limit``."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class Sandbox(Protocol):
    """A way of holding code in. Made once a process; ``open`` may be called from several threads."""

    version: int
    rank: int
    """The available sandbox of least rank is chosen where the user names none."""

    def unavailable(self) -> str:
        """Why it cannot be used on this machine and what to do about it; empty: it can."""

    def prepare(self, snapshot: Snapshot, say: Callable[[str], None] = ...) -> None:
        """Whatever takes time (pull or build an image), before any trial. ``say`` is told of progress."""

    def open(self, snapshot: Snapshot, bounds: Bounds = BOUNDS) -> Session:
        """A new session. Raises InfraError when it cannot be had."""

    def sweep(self) -> int:
        """Remove what sessions of dead processes left behind; how much there was."""


Opener = Callable[[], Sandbox]
"""Gives the run's sandbox when it is first needed. Raises BadInput, saying how to get one, where there is
none. An environment or verifier that has ``use_sandbox(opener)`` is given it before anything else is asked."""


def choose(
    plugins: Registry, name: str = "auto", settings: Mapping[str, Mapping[str, Any]] | None = None
) -> Sandbox:
    """The sandbox of that name, or of ``auto``: the best that works here.

    Raises UnknownName; BadInput where it does not work here, saying what to do."""
    settings = settings or {}
    names = [name] if name != "auto" else [offer.name for offer in plugins.offers("sandbox")]
    found: list[tuple[int, str, Sandbox]] = []
    why = []
    for candidate in names:
        sandbox: Sandbox = plugins.make("sandbox", candidate, settings.get(f"sandbox.{candidate}"))
        if name == "auto" and sandbox.rank < 0:
            continue  # only by name
        if problem := sandbox.unavailable():
            why.append(f"{candidate}: {problem}")
        else:
            found.append((sandbox.rank, candidate, sandbox))
    if not found:
        listed = "; ".join(why) or "no installed plugin offers one"
        raise BadInput(f"untrusted code has to run here and no sandbox works: {listed}")
    return min(found, key=lambda entry: entry[:2])[2]
