"""Where untrusted code runs: one protocol, whatever holds it in. A plugin offers a sandbox by the hook
``smena_sandboxes``; the host chooses one for a run and hands it to whoever asks.

    sandbox.open(snapshot) → session.exec(command, timeout) → session.close()

A session never has the network, sees nothing of the host but its snapshot, and ends whole: when it is closed,
when a command runs out of time, and when the host dies.
"""

from __future__ import annotations

import posixpath
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, Self

from smena.errors import BadInput, InfraError
from smena.registry import Registry
from smena.values import Value


class Snapshot(Value, frozen=True):
    """What a session starts from; immutable, shared by sessions, never written to.

    ``tree``: a directory of the host laid at ``workdir`` as the session's own writable copy; empty: an empty
    work area. ``image``: a container image for the rest of the system; empty: whatever the sandbox has for
    running ``python3``. Where the tree is empty and the image has something at ``workdir``, the session gets
    its own writable copy of that. ``build``: a directory with the Dockerfile that makes ``image`` where it is
    not there; empty: it is pulled. ``binds``: (file or directory of the host, place inside), read-only.
    ``env``: environment variables; nothing else of the host's environment is passed on."""

    tree: str = ""
    workdir: str = "/sandbox"
    image: str = ""
    build: str = ""
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
        Raises TooLarge for one larger than ``limit``."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


def quiet(_: str) -> None:
    """Says nothing: the default teller of :meth:`Sandbox.prepare`."""


class Sandbox(Protocol):
    """A way of holding code in. Made once a process; ``open`` may be called from several threads."""

    version: int
    rank: int
    """The available sandbox of least rank is chosen where the user names none."""
    images: bool
    """Can it open snapshots that name an image?"""

    def unavailable(self) -> str:
        """Why it cannot be used on this machine and what to do about it; empty: it can."""

    def prepare(self, snapshot: Snapshot, say: Callable[[str], None] = quiet) -> None:
        """Whatever takes time (pull or build an image), before any trial. ``say`` is told of progress."""

    def open(self, snapshot: Snapshot, bounds: Bounds = BOUNDS) -> Session:
        """A new session. Raises InfraError when it cannot be had."""

    def sweep(self) -> int:
        """Remove what sessions of dead processes left behind; how much there was."""


def relative(path: str, workdir: str) -> str:
    """``path`` as a place in the work area. Raises BadInput for one that is not."""
    place = posixpath.normpath(posixpath.join(workdir, path))
    if "\0" in path or not place.startswith(workdir.rstrip("/") + "/"):
        raise BadInput(f"{path!r} is not in the work area {workdir}")
    return place


_WITHIN = 'case "$(realpath -m -- "$1")" in "$(realpath -m -- "$2")"/*) ;; *) exit 4;; esac; '
PUT = _WITHIN + 'mkdir -p -- "$(dirname -- "$1")" && cat >"$1"'
"""``sh -c PUT put FILE WORKDIR``, run in a session: standard input to a file; 4: it leads out of the work
area."""
GET = _WITHIN + '[ -f "$1" ] && [ -r "$1" ] || exit 3; exec cat -- "$1"'
"""``sh -c GET get FILE WORKDIR``: a file to standard output; 3: there is none; 4: it leads out."""


def read_all(session: Session, limit: int) -> bytes:
    """The whole work area as a tar, read through the session. Raises InfraError for one that is larger than
    ``limit``."""
    name = f".smena-{secrets.token_hex(8)}.tar"
    told = session.exec(["tar", "-c", "-f", f"/tmp/{name}", "--exclude=.git", "."])
    moved = session.exec(["mv", "-f", f"/tmp/{name}", name]) if told.code == 0 else told
    if moved.code != 0:
        raise InfraError(f"the work area could not be read: {moved.output.strip()[-300:]}")
    data = session.get(name, limit)
    session.exec(["rm", "-f", name])
    if data is None:
        raise InfraError("the work area could not be read: it is gone")
    return data


class Opener(Protocol):
    """Gives the run's sandbox when it is first needed; ``images``: one that can open snapshots with an image.
    Raises BadInput, saying how to get one, where there is none.

    An environment or verifier that has ``use_sandbox(opener)`` is given it before anything else is asked.
    What its sessions will start from it tells by ``snapshots()``: all of them are prepared before the first
    trial."""

    def __call__(self, images: bool = False) -> Sandbox: ...


def choose(
    plugins: Registry,
    name: str = "auto",
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    images: bool = False,
) -> Sandbox:
    """The sandbox of that name, or of ``auto``: the quickest that works here and does what is wanted. It has
    been swept.

    Raises UnknownName; BadInput where it does not work here, saying what to do."""
    chosen, why = survey(plugins, name, settings, images)
    if not chosen:
        listed = "; ".join(f"{name}: {words}" for name, words in why.items())
        way_round = "" if images else " (--unsafe-local runs it as yourself, with your files and network)"
        raise BadInput(
            "untrusted code has to run here and no sandbox works: "
            f"{listed or 'no installed plugin offers one'}{way_round}"
        )
    sandbox = _make(plugins, chosen, settings)
    sandbox.sweep()
    return sandbox


def survey(
    plugins: Registry,
    name: str = "auto",
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    images: bool = False,
) -> tuple[str, dict[str, str]]:
    """The name of the sandbox that ``choose`` would give (empty: none works) and what is to be said of each:
    why it was chosen, why it cannot be, or that it comes later."""
    names = [name] if name != "auto" else [offer.name for offer in plugins.offers("sandbox")]
    why, working = {}, []
    for candidate in names:
        sandbox = _make(plugins, candidate, settings)
        if name == "auto" and sandbox.rank < 0:
            continue  # only by name
        if images and not sandbox.images:
            why[candidate] = "has no images, and one is wanted"
        elif problem := sandbox.unavailable():
            why[candidate] = problem
        else:
            working.append((sandbox.rank, candidate))
    working.sort()
    for _, candidate in working:
        why[candidate] = "works here too"
    if working:
        kind = "that has images" if images else "that works here"
        why[working[0][1]] = "asked for" if name != "auto" else f"the quickest {kind}"
    return (working[0][1] if working else ""), why


def _make(plugins: Registry, name: str, settings: Mapping[str, Mapping[str, Any]] | None) -> Sandbox:
    sandbox: Sandbox = plugins.make("sandbox", name, (settings or {}).get(f"sandbox.{name}"))
    return sandbox
