"""One session: a container that runs nothing but a wait for us, and in it one command after the other.

The container's first process reads a standard input that this process holds open. When this process dies,
however it does, the input ends, the container with it, and the Engine removes it.
"""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from smena import BadInput, Bounds, InfraError, Result, Snapshot
from smena.errors import NoSandbox, SandboxFailed, TooLarge
from smena.sandbox import GET, PUT, relative
from smena.slots import Slot, boot, owner

from smena_docker.streams import Told, converse

if TYPE_CHECKING:
    from collections.abc import Iterator

LABEL = "smena.session"
HOST = "smena.host"
_NOBODY, _KEEPER = "65534:65534", "65533:65534"
"""Commands run as one user, the first process as another, so that no command can signal or trace it."""
_WAIT = ["cat"]
_RUN = 'kill -9 -1 2>/dev/null; "$@" 2>&1; code=$?; kill -9 -1 2>/dev/null; exit $code'
"""Before and after a command nothing else of this user is alive: kill(2) spares the caller and the first
process."""
_KILL = """
n=0
while kill -9 -1 2>/dev/null; set -- /proc/[0-9]*; [ $# -gt 3 ] && [ $n -lt 10000 ]; do n=$((n+1)); done
"""
"""Until only the first process, its child and this one are there; without one new process."""
_SEED = "/.seed"


@contextmanager
def engine(what: str, kind: type[InfraError] = SandboxFailed) -> Iterator[None]:
    """Whatever the Engine or the way to it fails with is an InfraError, of this kind."""
    import docker.errors
    import requests

    try:
        yield
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise kind(f"Docker failed to {what}: {_why(error)}") from None


def _why(error: Exception) -> str:
    return " ".join(str(getattr(error, "explanation", None) or error).split())


class DockerSession:
    """See :class:`smena.Session`."""

    def __init__(
        self, client: Any, image: str, seed: str, snapshot: Snapshot, tree: bytes, bounds: Bounds
    ) -> None:
        self.workdir = snapshot.workdir.rstrip("/")
        if not self.workdir.startswith("/") or self.workdir in ("", "/tmp", "/proc", "/dev", "/etc", "/usr"):
            raise BadInput(f"workdir must be an absolute path of its own, is {snapshot.workdir!r}")
        self._client, self._bounds, self._id, self._tie = client, bounds, "", None
        self._slot = Slot(bounds.memory_mb + bounds.disk_mb)
        try:
            with engine("open a session", NoSandbox):
                self._id = self._create(image, seed, snapshot)
                params = {"stdin": 1, "stream": 1}
                self._tie = client.api.attach_socket(self._id, params)
                client.api.start(self._id)
            if seed:
                self._must(["cp", "-a", f"{_SEED}/.", "."], b"")
            if tree:
                self._must(["tar", "-x", "-f", "-"], tree)
        except BaseException:
            self.close()
            raise

    def _create(self, image: str, seed: str, snapshot: Snapshot) -> str:
        bounds, api = self._bounds, self._client.api
        size, memory = bounds.disk_mb << 20, (bounds.memory_mb + bounds.disk_mb) << 20
        area = f"rw,exec,nosuid,nodev,uid=65534,gid=65534,mode=755,size={size}"
        binds = [f"{outside}:{inside}:ro" for outside, inside in snapshot.binds]
        if seed:
            binds.append(f"{seed}:{_SEED}:ro")
        import docker.types

        config = api.create_host_config(
            network_mode="none",
            read_only=True,
            tmpfs={self.workdir: area, "/tmp": area.replace("mode=755", "mode=1777")},
            binds=binds,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=memory,
            memswap_limit=memory,
            nano_cpus=int(bounds.cpus * 1e9),
            pids_limit=bounds.pids,
            shm_size=min(size, 64 << 20),
            ulimits=[
                docker.types.Ulimit(name="core", soft=0, hard=0),
                docker.types.Ulimit(name="fsize", soft=size, hard=size),
            ],
            log_config=docker.types.LogConfig(type="none"),
            auto_remove=True,
            ipc_mode="private",
            init=True,
        )
        made = api.create_container_from_config(
            api.create_container_config(
                image,
                _WAIT,
                hostname="sandbox",
                user=_KEEPER,
                stdin_open=True,
                environment={"HOME": "/tmp", "LANG": "C.UTF-8"} | snapshot.env,
                working_dir=self.workdir,
                host_config=config,
                labels={LABEL: owner(), HOST: boot()},
                entrypoint=[],
                healthcheck={"test": ["NONE"]},
            )
            | {"StdinOnce": True, "AttachStdin": True}
        )
        return str(made["Id"])

    def exec(
        self,
        command: Sequence[str] | str,
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Result:
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        began = time.monotonic()
        code, told = self._run(
            words, timeout or self._bounds.seconds, env or {}, stdin, self._bounds.output_bytes
        )
        seconds = time.monotonic() - began
        return Result(code, told.said.decode(errors="replace"), seconds, told.timed_out, told.truncated)

    def _run(
        self, words: Sequence[str], timeout: float, env: Mapping[str, str], stdin: bytes, cap: int
    ) -> tuple[int | None, Told]:
        if not self._id:
            raise SandboxFailed("the sandbox is gone: its session is closed")
        api = self._client.api
        with engine("run a command"):
            made = api.exec_create(
                self._id,
                ["sh", "-c", _RUN, "run", *words],
                stdin=bool(stdin),
                user=_NOBODY,
                environment=dict(env),
                workdir=self.workdir,
            )
            stream = api.exec_start(made["Id"], socket=True)
            told = converse(stream, stdin, timeout, cap, self._kill_all)
            if not told.ended:
                api.kill(self._id)
            code = api.exec_inspect(made["Id"])["ExitCode"] if told.ended else None
        return (None if told.timed_out else code), told

    def _kill_all(self) -> None:
        """Kill every process of the session but the first. There may be no room for one more process, so
        room is made."""
        api = self._client.api
        with engine("kill a command"):
            self._allow_pids(self._bounds.pids + 64)
            made = api.exec_create(self._id, ["sh", "-c", _KILL], user=_NOBODY)
            api.exec_start(made["Id"])
            self._allow_pids(self._bounds.pids)

    def _allow_pids(self, limit: int) -> None:
        api = self._client.api  # whose own method for it does not know this limit
        answer = api._post_json(api._url("/containers/{0}/update", self._id), data={"PidsLimit": limit})
        api._raise_for_status(answer)

    def _must(self, words: Sequence[str], stdin: bytes) -> None:
        code, told = self._run(words, self._bounds.seconds, {}, stdin, 65_536)
        if code != 0:
            why = told.said.decode(errors="replace").strip().splitlines()
            raise SandboxFailed(f"the work area could not be filled: {''.join(why[-1:]) or code}")

    def put(self, path: str, data: bytes) -> None:
        place = relative(path, self.workdir)
        code, told = self._run(["sh", "-c", PUT, "put", place, self.workdir], 60.0, {}, data, 65_536)
        if code == 4:
            raise BadInput(f"{path} leads out of the work area")
        if code != 0:
            raise InfraError(f"{path} could not be written: {told.said.decode(errors='replace').strip()}")

    def get(self, path: str, limit: int = 16_777_216) -> bytes | None:
        place = relative(path, self.workdir)
        code, told = self._run(["sh", "-c", GET, "get", place, self.workdir], 60.0, {}, b"", limit)
        if code in (3, 4):
            return None
        if told.truncated:
            raise TooLarge(f"{path} is larger than {limit} bytes")
        if code != 0:
            raise InfraError(f"{path} could not be read: {told.said.decode(errors='replace').strip()}")
        return told.said

    def close(self) -> None:
        """Idempotent. Where the Engine is down, the sweeper does it later."""
        container, self._id = self._id, ""
        if container:
            with suppress(InfraError), engine("remove a container"):
                remove(self._client, container)
        if self._tie is not None:
            with suppress(OSError):
                self._tie.close()
            self._tie = None
        self._slot.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def remove(client: Any, container: str) -> None:
    """Kill and remove, and wait until it is gone; it may be going already."""
    import docker.errors

    try:
        client.api.remove_container(container, force=True, v=True)
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != 409:
            raise
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                client.api.inspect_container(container)
            except docker.errors.NotFound:
                return
            time.sleep(0.02)


def packed(tree: str) -> bytes:
    """A directory as a tar of files, folders and links, owned by nobody in particular."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
            return None
        entry.uid = entry.gid = 65534
        entry.uname = entry.gname = ""
        entry.mode |= 0o700 if entry.isdir() else 0o600
        return entry

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(tree, arcname=".", filter=plain)
    return out.getvalue()
