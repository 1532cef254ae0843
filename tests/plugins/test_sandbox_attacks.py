"""Attacks on the sandboxes, from inside. Whatever is tried to be reached is the suite's own: listeners on the
loopback and on a veth pair that it makes, files and processes of this test. After each, the host is well and
the next trial is judged right."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from smena import BadInput, Bounds, InfraError, Result, Session, Snapshot
from smena.sandbox import Sandbox

pytestmark = pytest.mark.slow

SMALL = Bounds(seconds=60, memory_mb=192, pids=64, disk_mb=48, output_bytes=100_000, cpus=1.0)
SESSIONS = 200
VETH = ("198.51.100.1", "198.51.100.2")  # documentation addresses (RFC 5737), on a pair that leads nowhere


def attack(session: Session, code: str, timeout: float = 30.0, **told: object) -> Result:
    """Run Python inside; ``told`` is what the attacker knows."""
    head = "import ctypes, json, os, signal, socket, subprocess, sys, time\n"
    source = head + f"told = json.loads({json.dumps(json.dumps(told))})\n" + textwrap.dedent(code)
    return session.exec(["python3", "-c", source], timeout=timeout)


@pytest.fixture(autouse=True)
def the_host_is_well_and_the_next_trial_right(cell: Sandbox) -> Iterator[None]:
    canary = subprocess.Popen(["sleep", "600"])
    yield
    assert canary.poll() is None, "the attack killed a process of the host"
    canary.kill()
    canary.wait()
    assert subprocess.run(["true"], timeout=60).returncode == 0
    with cell.open(Snapshot(), SMALL) as session:
        told = session.exec(["python3", "-c", "print(sum(range(100)))"])
    assert (told.code, told.output) == (0, "4950\n")


class Listener:
    """Counts whoever comes."""

    def __init__(self, kind: int, family: int, address: object) -> None:
        self.socket = socket.socket(family, kind)
        self.socket.bind(address)  # type: ignore[arg-type]
        if kind == socket.SOCK_STREAM:
            self.socket.listen()
        self.hits = 0
        threading.Thread(target=self._serve, args=(kind,), daemon=True).start()

    def _serve(self, kind: int) -> None:
        with suppress(OSError):
            while True:
                if kind == socket.SOCK_STREAM:
                    self.socket.accept()[0].close()
                else:
                    self.socket.recvfrom(1000)
                self.hits += 1

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Net(NamedTuple):
    listeners: dict[str, Listener]
    unix: str
    abstract: str

    def hits(self) -> dict[str, int]:
        time.sleep(0.2)
        return {name: listener.hits for name, listener in self.listeners.items() if listener.hits}


def ip(*args: str) -> None:
    subprocess.run(["ip", *args], check=True, capture_output=True)


@pytest.fixture(scope="module")
def veth() -> Iterator[bool]:
    if os.geteuid() != 0 or not shutil.which("ip"):
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)("needs root and iproute2")
    name = f"sm{os.getpid() % 100_000}"
    ip("netns", "add", name)
    try:
        ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        ip("addr", "add", f"{VETH[0]}/30", "dev", f"{name}a")
        ip("link", "set", f"{name}a", "up")
        ip("-n", name, "addr", "add", f"{VETH[1]}/30", "dev", f"{name}b")
        ip("-n", name, "link", "set", f"{name}b", "up")
        yield True
    finally:
        with suppress(subprocess.CalledProcessError):
            ip("link", "del", f"{name}a")
        ip("netns", "del", name)


@pytest.fixture
def net(veth: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    place = tmp_path_factory.mktemp("net")
    for folder in (place, place.parent, place.parent.parent):
        folder.chmod(0o755)
    unix, abstract = str(place / "socket"), f"smena-test-{uuid.uuid4()}"
    tcp, udp, inet = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.AF_INET
    listeners = {
        f"{word} {host}": Listener(kind, inet, (host, 0))
        for word, kind in (("tcp", tcp), ("udp", udp))
        for host in ("127.0.0.1", VETH[0])
    }
    listeners["unix"] = Listener(tcp, socket.AF_UNIX, unix)
    listeners["abstract"] = Listener(tcp, socket.AF_UNIX, "\0" + abstract)
    Path(unix).chmod(0o777)
    yield Net(listeners, unix, abstract)
    for listener in listeners.values():
        listener.close()


def test_the_network(cell: Sandbox, net: Net) -> None:
    for host in ("127.0.0.1", VETH[0]):  # the listeners do listen
        socket.create_connection((host, net.listeners[f"tcp {host}"].socket.getsockname()[1])).close()
    assert net.hits() == {"tcp 127.0.0.1": 1, f"tcp {VETH[0]}": 1}
    ports = {
        name: listener.socket.getsockname()
        for name, listener in net.listeners.items()
        if name[:3] in ("tcp", "udp")
    }
    code = """
        for name, address in told["ports"].items():
            try:
                if name.startswith("tcp"):
                    socket.create_connection(tuple(address), timeout=2)
                    print("ESCAPED", name)
                else:
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", tuple(address))
            except OSError as error:
                print(name, error)
        for path in (told["unix"], "\\0" + told["abstract"]):
            try:
                socket.socket(socket.AF_UNIX).connect(path)
                print("ESCAPED", path)
            except OSError as error:
                print(repr(path), error)
        try:
            print("ESCAPED", socket.getaddrinfo("smena.example", 80))
        except OSError as error:
            print(error)
        try:
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            print("ESCAPED raw")
        except OSError as error:
            print(error)
        print("interfaces", [name for _, name in socket.if_nameindex()])
    """
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code, ports=ports, unix=net.unix, abstract=net.abstract)
    assert told.code == 0 and "ESCAPED" not in told.output, told.output
    assert "interfaces ['lo']" in told.output
    assert net.hits() == {"tcp 127.0.0.1": 1, f"tcp {VETH[0]}": 1}


def test_a_fork_bomb(cell: Sandbox) -> None:
    with cell.open(Snapshot(), SMALL) as session:
        token = f"bomb-{uuid.uuid4()}"
        told = attack(session, "\nwhile True:\n    try: os.fork()\n    except OSError: pass", 4, t=token)
        assert told.timed_out and told.code is None
        assert not _processes(token)
        try:
            assert session.exec("echo well").output == "well\n"
        except InfraError as gone:  # too busy a machine to kill it process by process: the session went whole
            assert "not running" in str(gone)


BOMBS = {
    "one process": "x = bytearray(4 << 30); print('ESCAPED')",
    "many processes": """
        for _ in range(30):
            if not os.fork():
                x = bytearray(100 << 20); time.sleep(3); os._exit(0)
        alive = sum(os.waitstatus_to_exitcode(os.wait()[1]) == 0 for _ in range(30))
        print("alive", alive)
        if alive * 100 > 400: print("ESCAPED")
    """,
    "memory files": """
        held = 0
        for _ in range(100):
            fd = os.memfd_create("x")
            os.write(fd, bytes(20 << 20)); held += 20
        print("held", held)
        if held > 400: print("ESCAPED")
    """,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_memory_bomb(cell: Sandbox, bomb: str) -> None:
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, BOMBS[bomb], 40)
    assert "ESCAPED" not in told.output, told.output


def test_filling_the_disk(cell: Sandbox) -> None:
    code = """
        total = 0
        for place in (".", "/tmp", "/dev/shm", "/var/tmp", "/", "/dev", "/etc", "/run"):
            for number in range(20):
                try:
                    with open(f"{place}/fill{number}", "wb") as file:
                        while total < 1 << 30:
                            file.write(bytes(1 << 20)); file.flush(); total += 1 << 20
                except OSError as error:
                    pass
        print("written", total >> 20)
    """
    before = shutil.disk_usage("/").free
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code, 60)
        if told.code == 0:  # else it was stopped for the memory that its files are
            assert int(told.output.split()[-1]) <= 3 * SMALL.disk_mb
        assert before - shutil.disk_usage("/").free < 2 << 30  # others use this disk too
        assert session.exec("rm -rf /sandbox/* /tmp/* /dev/shm/* 2>/dev/null; echo well").output == "well\n"


def test_a_gigabyte_of_output(cell: Sandbox) -> None:
    with cell.open(Snapshot(), SMALL) as session:
        told = session.exec("head -c 1000000000 /dev/zero", timeout=120)
    assert told.truncated and len(told.output) == SMALL.output_bytes


def test_paths_and_links_that_lead_out(cell: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the host's own")
    code = """
        for at, path in enumerate((told["secret"], "../" * 9 + told["secret"], f"/proc/1/root{told['secret']}",
                     f"/proc/{os.getppid()}/root{told['secret']}", f"/proc/self/cwd/../../..{told['secret']}")):
            os.symlink(path, f"link{at}")
            for way in (path, f"link{at}"):
                for mode in ("r", "w"):
                    try:
                        print("ESCAPED", open(way, mode).read(99) if mode == "r" else open(way, mode).write("x"))
                    except OSError as error:
                        pass
        os.symlink("/", "root")
    """
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code, secret=str(secret))
        assert "ESCAPED" not in told.output, told.output
        for path in ("link0", "link1", f"root{secret}"):
            assert session.get(path) is None
            with pytest.raises(BadInput):
                session.put(path, b"overwritten")
    assert secret.read_text() == "the host's own"


def test_reading_the_host(cell: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = f"secret-{uuid.uuid4()}"
    monkeypatch.setenv("SMENA_TEST_SECRET", token)
    holder = subprocess.Popen(["sleep", "600"], env=os.environ | {"KEY": token})
    (tmp_path / "file").write_text(token)
    (tmp_path / "file").chmod(0o644)
    code = """
        import glob
        paths = [told["file"], "/etc/shadow", "/root/.bashrc", "/var/run/docker.sock", "/run/docker.sock"]
        for pattern in ("/proc/*/environ", "/proc/*/root/etc/shadow", "/home/*/*", "/mnt/*", "/srv/*"):
            paths += glob.glob(pattern)
        for path in paths:
            try:
                print(path, open(path, "rb").read(9999))
            except OSError as error:
                pass
        print("processes", sum(name.isdigit() for name in os.listdir("/proc")))
        print("environment", dict(os.environ))
    """
    try:
        with cell.open(Snapshot(), SMALL) as session:
            told = attack(session, code, file=str(tmp_path / "file"))
    finally:
        holder.kill()
        holder.wait()
    assert told.code == 0
    assert token not in told.output and "docker.sock" not in told.output
    if os.geteuid() == 0:
        for line in Path("/etc/shadow").read_text().splitlines():
            assert ":" not in line[:1] and (len(line.split(":")[1]) < 4 or line not in told.output)
    assert int(told.output.split("processes ")[1].split()[0]) < 8


def test_killing_the_parent(cell: Sandbox) -> None:
    code = """
        for pid in (1, os.getppid(), *range(2, 60_000), -1):
            if pid != os.getpid():
                for number in (signal.SIGTERM, signal.SIGKILL):
                    try: os.kill(pid, number)
                    except OSError: pass
        print("still here")
    """
    with cell.open(Snapshot(), SMALL) as session:
        attack(session, code)
        assert session.exec("echo well").output == "well\n"


def test_surviving_a_timeout(cell: Sandbox) -> None:
    token = f"survivor-{uuid.uuid4()}"
    code = """
        for _ in range(2):
            if os.fork() == 0:
                os.setsid()
                for number in range(1, 60):
                    try: signal.signal(number, signal.SIG_IGN)
                    except (OSError, ValueError): pass
                if os.fork() == 0:
                    sys.stdout.close()
                    while True:
                        open("/sandbox/beat", "a").write("x"); time.sleep(0.05)
                os._exit(0)
        time.sleep(told["wait"])
    """
    with cell.open(Snapshot(), SMALL) as session:
        for wait, timeout in ((100, 2.0), (0.5, 30.0)):  # stopped, and gone home early
            told = attack(session, code, timeout, token=token, wait=wait)
            assert told.timed_out == (wait == 100)
            before = session.get("beat")
            assert before
            time.sleep(0.5)
            assert session.get("beat") == before
            assert not _processes(token)


def _processes(token: str) -> list[str]:
    """Of the host, those whose command line has the token."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if token.encode() in (entry / "cmdline").read_bytes():
                    found.append(entry.name)
    return found


def test_writing_to_a_snapshot_that_the_other_arm_shares(cell: Sandbox, tmp_path: Path) -> None:
    tree, bound = tmp_path / "tree", tmp_path / "bound"
    for folder in (tree, bound, tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    (tree / "a.py").write_text("original")
    (bound / "b.py").write_text("original")
    (bound / "b.py").chmod(0o666)
    snapshot = Snapshot(tree=str(tree), binds=((str(bound), "/opt/bound"),))
    code = """
        places = "/sandbox/a.py /opt/bound/b.py /opt/bound/new".split()
        places += "/.tree/a.py /.seed/a.py /.session/area/a.py".split()
        for path in (*places, told["tree"] + "/a.py"):
            try: open(path, "w").write("poisoned"); print("wrote", path)
            except OSError: pass
    """
    with cell.open(snapshot, SMALL) as one, cell.open(snapshot, SMALL) as other:
        told = attack(one, code, tree=str(tree))
        assert told.output.split() == ["wrote", "/sandbox/a.py"]
        assert other.exec("cat a.py /opt/bound/b.py").output == "originaloriginal"
    assert (tree / "a.py").read_text() == (bound / "b.py").read_text() == "original"
    assert {p.name for p in bound.iterdir()} == {"b.py"}


def test_raw_devices(cell: Sandbox) -> None:
    code = """
        import glob, stat
        names = "mem kmem port kmsg vda sda nvme0n1 fuse kvm loop0 mapper/control"
        for path in (f"/dev/{name}" for name in names.split()):
            for mode in (os.O_RDONLY, os.O_WRONLY):
                try: os.open(path, mode); print("ESCAPED", path)
                except OSError: pass
        for major, minor in ((8, 0), (254, 0), (253, 0), (1, 1)):
            for kind in (stat.S_IFBLK, stat.S_IFCHR):
                for place in (".", "/tmp", "/dev/shm"):
                    try:
                        os.mknod(f"{place}/dev", 0o666 | kind, os.makedev(major, minor))
                        print("ESCAPED", place)
                    except OSError: pass
        paths = ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches"]
        for pattern in ("release_agent", "*.max", "cgroup.procs", "*limit*"):
            paths += glob.glob(f"/sys/fs/cgroup/**/{pattern}", recursive=True)
        for path in (*paths, "/sys/kernel/uevent_helper"):
            try: os.open(path, os.O_WRONLY); print("ESCAPED", path)
            except OSError: pass
    """
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code)
    assert (told.code, told.output) == (0, "")


CALLS = """
        libc = ctypes.CDLL(None, use_errno=True)
        def call(name, *args):
            if libc[name](*args) != -1:
                print("ESCAPED", name, args)
"""


def test_mount(cell: Sandbox) -> None:
    code = f"""
        {CALLS.strip()}
        for source, target, kind, flags in ((b"t", b"/tmp", b"tmpfs", 0), (b"/", b"/tmp", None, 4096),
                                            (None, b"/", None, 32 | 4096), (b"p", b"/tmp", b"proc", 0)):
            call("mount", source, target, kind, flags, None)
        call("umount2", b"/tmp", 2)
        call("chroot", b"/tmp")
        for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x10020000):
            call("unshare", flag)
        for number in (155, 428, 430):  # pivot_root, open_tree, fsopen on x86-64
            if os.uname().machine == "x86_64": call("syscall", number, b"/tmp", b"/tmp", 0)
        for name in ("mnt", "net", "user"):
            try: call("setns", os.open(f"/proc/1/ns/{{name}}", os.O_RDONLY), 0)
            except OSError: pass
    """
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code)
    assert (told.code, told.output) == (0, "")


def test_ptrace(cell: Sandbox) -> None:
    code = f"""
        {CALLS.strip()}
        libc.ptrace.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 2
        for pid in (1, os.getppid() if os.getppid() > 1 else 1):
            if pid == 1 or told["strict"]:
                call("ptrace", 16, pid, None, None)
                call("ptrace", 0x4206, pid, None, None)
        try: open("/proc/1/mem", "r+b"); print("ESCAPED memory") if not told["strict"] else None
        except OSError: pass
        if os.uname().machine == "x86_64":
            call("syscall", 250, 0, 0)  # keyctl
            call("syscall", 321, 0, None, 0)  # bpf
            call("syscall", 304, 0, None, 0)  # open_by_handle_at
    """
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code, strict=type(cell).__name__ == "Bwrap")
    assert (told.code, told.output) == (0, "")


def test_setuid(cell: Sandbox) -> None:
    code = """
        import glob
        for change in (os.setuid, os.setgid, os.seteuid):
            try: change(0); print("ESCAPED", change)
            except OSError: pass
        try: os.setgroups([0]); print("ESCAPED groups")
        except OSError: pass
        try:
            subprocess.run("cp /usr/bin/id /sandbox/id && chmod 6755 /sandbox/id", shell=True)
        except OSError: pass
        for program in ("/sandbox/id", *glob.glob("/usr/bin/*")):
            try:
                if os.stat(program).st_mode & 0o6000 or program == "/sandbox/id":
                    subprocess.run([program], stdin=subprocess.DEVNULL, timeout=5, capture_output=True)
            except (OSError, subprocess.TimeoutExpired): pass
        su = subprocess.run(["su", "-c", "id -u"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        print(su.stdout)
        status = open("/proc/self/status").read()
        none = "0" * 16
        for line in ("NoNewPrivs:\\t1", f"CapEff:\\t{none}", f"CapBnd:\\t{none}", "Seccomp:\\t2"):
            if line not in status: print("ESCAPED", line)
        print("uid", os.getuid(), os.geteuid())
    """
    with cell.open(Snapshot(), SMALL) as session:
        told = attack(session, code)
    assert told.output.split() == ["uid", "65534", "65534"], told.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_when_the_host_is_killed(cell: Sandbox, number: signal.Signals) -> None:
    token = f"left-{uuid.uuid4()}"
    code = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
from smena import Bounds, Snapshot
from smena.setup import registry
sandbox = registry().make("sandbox", {type(cell).__name__.lower()!r})
with sandbox.open(Snapshot(), Bounds(memory_mb=128, disk_mb=16)) as session:
    print("open", flush=True)
    session.exec(["sh", "-c", "sleep 900; : {token}"])
"""
    host = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert host.stdout and host.stdout.readline() == b"open\n"
    end = time.monotonic() + 60
    while not _processes(token) and time.monotonic() < end:
        time.sleep(0.05)
    assert _processes(token)
    host.send_signal(number)
    host.wait(60)
    cell.sweep()
    while (left := [*_processes(token), *leftovers(cell, host.pid)]) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left


def leftovers(cell: Sandbox, pid: int) -> list[str]:
    """Containers, cgroups and mounts of a process's sessions."""
    if type(cell).__name__ == "Docker":
        import docker

        listed = docker.from_env().api.containers(all=True, filters={"label": "smena.session"})
        return [c["Id"] for c in listed if c["Labels"]["smena.session"].startswith(f"{pid}-")]
    groups = [str(p) for p in Path("/sys/fs/cgroup").glob(f"**/smena-{pid}-*")]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if "/.session" in line]
    return groups + mounts


def belongings() -> tuple[int, set[str]]:
    """How many files are open here, and the processes that this one started."""
    children = {
        pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
    }
    return len(list(Path("/proc/self/fd").iterdir())), children


def test_many_sessions_leave_nothing(cell: Sandbox, tmp_path: Path) -> None:
    def one(number: int, results: list[str]) -> None:
        with cell.open(Snapshot(), Bounds(memory_mb=128, disk_mb=8)) as session:
            session.put("n", str(number).encode())
            results.append(session.exec(["cat", "n"]).output)

    one(0, [])  # whatever is made once
    before, ours = {p.name for p in Path("/tmp").iterdir()}, belongings()
    results: list[str] = []
    for number in range(SESSIONS):
        one(number, results)
    threads = [threading.Thread(target=one, args=(SESSIONS + number, results)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(map(int, results)) == list(range(SESSIONS + 8))
    assert not leftovers(cell, os.getpid())
    if type(cell).__name__ == "Bwrap":  # a client of the Engine keeps its connections
        assert belongings() == ours
    left = {p.name for p in Path("/tmp").iterdir()} - before
    assert not [name for name in left if name.startswith("smena")]
