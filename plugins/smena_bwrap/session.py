"""One session: a holder keeps a mount namespace with the work area alive, and every command runs in a
sandbox of its own inside it.

The holder is a process of ours that runs nothing of a stranger's. Its mount namespace has the read-only
system and a tmpfs of limited size, so the work area lasts from command to command and is gone when the
holder is, whatever kills it. A command gets new user, pid, network, ipc, uts and cgroup namespaces, and ends
whole with its pid namespace.

As root, commands run as an otherwise unused user, so that neither the kernel nor a file takes them for root.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from smena import BadInput, Bounds, InfraError, Result, Snapshot
from smena.converse import Told, converse
from smena.errors import NoSandbox, SandboxFailed, TooLarge
from smena.sandbox import relative
from smena.slots import Slot

from smena_bwrap.area import Area, LeadsOut
from smena_bwrap.cgroup import Group
from smena_bwrap.seccomp import program
from smena_bwrap.system import system

_NOBODY = "65534"
_UIDS = (1_400_000_000, 1_900_000_000)
"""Unused users to run as, when we are root."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENV = {"PATH": _PATH, "LC_ALL": "C"}
_START_SECONDS = 60.0
_HOLD = """
set -e
cd /.session
echo 'nobody:x:65534:65534:nobody:/tmp:/bin/sh' >etc/passwd
echo 'nogroup:x:65534:' >etc/group
echo '127.0.0.1 localhost sandbox' >etc/hosts
: >etc/resolv.conf
[ ! -d /.tree ] || cp -a --no-preserve=ownership /.tree/. area/
echo ready
read -r until_we_close_it
"""
"""Few processes: each takes a millisecond of every verdict."""
_JOIN = 'for f in {files}; do echo $$ >"$f" || exit 125; done; exec "$@"'


class BwrapSession:
    """See :class:`smena.Session`."""

    def __init__(self, snapshot: Snapshot, bounds: Bounds, cgroups: bool) -> None:
        self.workdir = snapshot.workdir.rstrip("/")
        if not self.workdir.startswith("/") or self.workdir in ("", "/tmp", "/proc", "/dev", "/etc", "/usr"):
            raise BadInput(f"workdir must be an absolute path of its own, is {snapshot.workdir!r}")
        self._bounds, self._binds = bounds, snapshot.binds
        own = Path(sys.base_prefix) / "bin"
        self._env = {
            "PATH": _PATH if own.is_relative_to("/usr/bin") else f"{own}:{_PATH}",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
        } | snapshot.env
        self._slot = Slot(bounds.memory_mb + bounds.disk_mb)
        self._uid = random.SystemRandom().randrange(*_UIDS) if os.geteuid() == 0 else None
        self._group = Group.make(bounds) if cgroups else None
        self._filter = self._make_filter()
        self._watch = -1
        self._area: Area | None = None
        try:
            self._holder = self._hold(snapshot)
        except BaseException:
            self._let_go()
            raise

    def _make_filter(self) -> int | None:
        rules = program(shared_memory=self._group is not None)
        if rules is None:
            return None
        fd = os.memfd_create("seccomp")
        os.write(fd, rules)
        return fd

    @property
    def _filters(self) -> tuple[int, ...]:
        return () if self._filter is None else (self._filter,)

    def _hold(self, snapshot: Snapshot) -> subprocess.Popen[bytes]:
        size = str(self._bounds.disk_mb << 20)
        told, tell = os.pipe()
        command = ["bwrap", "--die-with-parent", "--info-fd", str(tell)]
        if self._uid is None:
            command += ["--unshare-user"]
        command += [
            *system(snapshot.binds),
            "--bind",
            "/proc",
            "/proc",
            "--dev-bind",
            "/dev",
            "/dev",
            "--dir",
            "/tmp",
        ]
        command += ["--size", size, "--tmpfs", "/.session", "--dir", "/.session/etc"]
        for name, mode in (("area", "0755"), ("tmp", "1777"), ("shm", "1777")):
            command += ["--perms", mode, "--dir", f"/.session/{name}"]
        if snapshot.tree:
            command += ["--ro-bind", os.path.realpath(snapshot.tree), "/.tree"]
        command += ["--", "sh", "-c", _HOLD]
        holder = self._start(command, pass_fds=(tell,))
        os.close(tell)
        assert holder.stdout
        with os.fdopen(told, "rb") as info:
            line = b""
            if select.select([holder.stdout], [], [], _START_SECONDS)[0]:
                line = holder.stdout.readline()
            if line != b"ready\n":
                holder.kill()
                rest = line + holder.stdout.read()
                holder.wait()
                why = rest.decode(errors="replace").strip() or "it does not answer"
                raise NoSandbox(f"bwrap: {why}")
            self._pid = int(json.loads(info.read())["child-pid"])
            self._watch = os.pidfd_open(self._pid)
        try:
            self._area = Area.of(self._pid, self.workdir, self._uid)
            self._area.give_all()
        except OSError as error:
            holder.kill()
            holder.wait()
            raise NoSandbox(f"bwrap: its work area cannot be seen: {error}") from None
        return holder

    def _start(self, command: Sequence[str], pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._joined(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_ENV,
                cwd="/",
                pass_fds=pass_fds,
                start_new_session=True,
            )
        except OSError as error:
            raise NoSandbox(f"bwrap: {error}") from None

    def _joined(self, command: Sequence[str]) -> list[str]:
        """In the session's cgroup from its first instruction on."""
        found = [shutil.which(command[0], path=os.defpath + ":" + _PATH) or command[0], *command[1:]]
        if self._group is None:
            return found
        return ["/bin/sh", "-c", _JOIN.format(files=" ".join(self._group.procs)), "join", *found]

    def exec(
        self,
        command: Sequence[str] | str,
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Result:
        words = ["sh", "-c", command] if isinstance(command, str) else list(command)
        told = self._run(words, timeout or self._bounds.seconds, env or {}, stdin, self._bounds.output_bytes)
        return Result(
            told.code, told.said.decode(errors="replace"), told.seconds, told.timed_out, told.truncated
        )

    def _run(
        self, words: Sequence[str], timeout: float, env: Mapping[str, str], stdin: bytes, cap: int
    ) -> Told:
        if self._gone():
            raise SandboxFailed("the sandbox is gone: its holder was killed")
        if self._filter is not None:
            os.lseek(self._filter, 0, os.SEEK_SET)
        told_by, tell = os.pipe()
        inside = [*self._inside(env), "--json-status-fd", str(tell), "--", *self._limits(), *words]
        process = self._start([*self._enter(), *inside], (tell, *self._filters))
        os.close(tell)
        told = converse(process, stdin, timeout, cap, lambda: self._over(process.pid), process.kill)
        with os.fdopen(told_by, "rb") as status:
            if not told.gone:
                raise SandboxFailed("what ran in the sandbox could not be killed")
            began = b"exit-code" in status.read()  # said by bwrap itself, if it came so far as to run it
        if told.code is not None and told.code >= 0 and not began:
            raise SandboxFailed(f"the sandbox failed: {told.said.decode(errors='replace').strip()}")
        return told

    def _enter(self) -> list[str]:
        enter = ["nsenter", "--target", str(self._pid), "--mount"]
        if self._uid is None:
            return [*enter, "--user", "--preserve-credentials"]
        return [*enter, "--setuid", str(self._uid), "--setgid", str(self._uid)]

    def _inside(self, env: Mapping[str, str]) -> list[str]:
        """bwrap's arguments for one command."""
        args = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]
        args += ["--new-session"]
        args += ["--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self._filter is not None:
            args += ["--seccomp", str(self._filter)]
        args += system((inside, inside) for _, inside in self._binds)
        args += ["--proc", "/proc", "--dev", "/dev", "--bind", "/.session/shm", "/dev/shm"]
        args += ["--remount-ro", "/dev", "--bind", "/.session/tmp", "/tmp"]
        for name in ("passwd", "group", "hosts", "resolv.conf"):
            args += ["--ro-bind", f"/.session/etc/{name}", f"/etc/{name}"]
        args += ["--bind", "/.session/area", self.workdir, "--chdir", self.workdir]
        args += ["--remount-ro", "/", "--clearenv"]
        for name, value in (self._env | dict(env)).items():
            args += ["--setenv", name, value]
        return args

    def _limits(self) -> list[str]:
        memory, disk = self._bounds.memory_mb << 20, self._bounds.disk_mb << 20
        return [
            "/usr/bin/prlimit",
            f"--nproc={self._bounds.pids}",
            f"--data={memory}",
            f"--fsize={disk}",
            "--core=0",
            "--",
        ]

    def _over(self, pid: int) -> bool:
        """Does it take more memory than it may? Only asked where no cgroup holds it."""
        if self._group is not None:
            return False
        limit = self._bounds.memory_mb << 20
        family = descendants(pid)
        return all(sum(map(weigh, family)) > limit for weigh in (_resident, _proportional))

    def put(self, path: str, data: bytes) -> None:
        place = relative(path, self.workdir)
        try:
            self._seen().write(place, data)
        except LeadsOut:
            raise BadInput(f"{path} leads out of the work area") from None
        except OSError as error:
            raise InfraError(f"{path} could not be written: {error}") from None

    def get(self, path: str, limit: int = 16_777_216) -> bytes | None:
        place = relative(path, self.workdir)
        try:
            data = self._seen().read(place, limit)
        except LeadsOut:
            return None
        except OSError as error:
            raise InfraError(f"{path} could not be read: {error}") from None
        if data is not None and len(data) > limit:
            raise TooLarge(f"{path} is larger than {limit} bytes")
        return data

    def _seen(self) -> Area:
        if self._gone() or self._area is None:
            raise SandboxFailed("the sandbox is gone: its holder was killed")
        return self._area

    def _gone(self) -> bool:
        return self._watch < 0 or bool(select.select([self._watch], [], [], 0)[0])

    def close(self) -> None:
        """Idempotent."""
        holder = getattr(self, "_holder", None)
        if holder is not None and self._watch >= 0:
            holder.kill()
            holder.wait()
            select.select([self._watch], [], [], 10.0)
            for pipe in (holder.stdin, holder.stdout):
                if pipe:
                    pipe.close()
        self._let_go()

    def _let_go(self) -> None:
        for fd in (self._watch, self._filter if self._filter is not None else -1):
            if fd >= 0:
                os.close(fd)
        self._watch, self._filter = -1, None
        if self._area is not None:
            self._area.close()
            self._area = None
        if self._group is not None:
            self._group.remove()
            self._group = None
        self._slot.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def descendants(pid: int) -> list[int]:
    """A process and all below it; what a double fork orphans hangs below its namespace's first process."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    family = [pid]
    for member in family:
        family += children.get(member, ())
    return family


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _proportional(pid: int) -> int:
    """Bytes in memory, what is shared divided among those who share it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return _resident(pid)
