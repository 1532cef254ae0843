"""The bubblewrap sandbox: what is particular to it."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from smena import BadInput, Bounds, InfraError, Snapshot
from smena.sandbox import Sandbox
from smena.slots import owner
from smena_bwrap.cgroup import Group, sweep
from smena_bwrap.sandbox import Bwrap, BwrapConfig
from smena_bwrap.seccomp import calls, program

SMALL = Bounds(seconds=60, memory_mb=128, pids=32, disk_mb=16)


def decide(rules: bytes, arch: int, number: int, argument: int = 0) -> str:
    """What the filter says to a call, by running it as the kernel would."""
    lines = [struct.unpack_from("=HBBI", rules, at) for at in range(0, len(rules), 8)]
    data = {0: number, 4: arch, 16: argument}
    at, register = 0, 0
    while True:
        code, yes, no, k = lines[at]
        at += 1
        if code == 0x20:
            register = data[k]
        elif code == 0x06:
            return {0x7FFF0000: "allow", 0x80000000: "kill", 0x50001: "EPERM", 0x50026: "ENOSYS"}[k]
        else:
            held = {0x15: register == k, 0x35: register >= k, 0x45: bool(register & k)}[code]
            at += yes if held else no


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", 0xC000003E), ("aarch64", 0xC00000B7)])
def test_the_filter_refuses_what_it_names_and_passes_the_rest(machine: str, arch: int) -> None:
    rules, strict = program(machine=machine), program(machine=machine, shared_memory=False)
    assert rules and strict and len(rules) // 8 < 256  # a jump reaches 255 lines
    numbers = calls(machine)
    for name, number in numbers.items():
        expected = {"clone": "allow", "clone3": "ENOSYS", "shmget": "allow", "memfd_create": "allow"}
        assert decide(rules, arch, number) == expected.get(name, "EPERM"), name
    assert decide(strict, arch, numbers["memfd_create"]) == "EPERM"
    assert decide(rules, arch, numbers["clone"], 0x10000000) == "EPERM"  # CLONE_NEWUSER
    assert decide(rules, arch, numbers["clone"], 0x01200011) == "allow"  # what fork() says
    assert decide(rules, arch ^ 1, 0) == "kill"
    for number in set(range(400)) - set(numbers.values()):
        assert decide(rules, arch, number) == "allow"
    if machine == "x86_64":
        assert decide(rules, arch, 0x40000000 | numbers["ptrace"]) == "EPERM"


def test_no_filter_for_an_unknown_machine() -> None:
    assert program(machine="pdp11") is None


def test_images_are_docker_s(bwrap: Sandbox) -> None:
    for use in (bwrap.prepare, bwrap.open):
        with pytest.raises(BadInput, match="--sandbox docker"):
            use(Snapshot(image="python:3"))


def test_a_missing_bubblewrap_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Bwrap().unavailable() == "no bwrap here: apt-get install bubblewrap"


@pytest.mark.skipif(
    not Path("/sys/fs/cgroup/cgroup.controllers").exists() and os.geteuid() != 0, reason="root"
)
def test_groups_of_dead_processes_are_swept(bwrap: Sandbox) -> None:
    code = (
        "import os, smena; from smena_bwrap.cgroup import Group;"
        "print(*[p for p in Group.make(smena.Bounds()).folders]); os._exit(9)"
    )
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    ours = Group.make(SMALL)
    if ours is None:
        pytest.skip("cgroups cannot be written here")
    assert left and all(Path(folder).exists() for folder in left)
    assert sweep() >= 1
    assert not any(Path(folder).exists() for folder in left)
    assert all(folder.exists() for folder in ours.folders)
    ours.remove()
    assert not any(folder.exists() for folder in ours.folders)


def test_the_newer_hierarchy_is_written_as_the_kernel_documents_it(tmp_path: Path) -> None:
    """A directory stands in for it: this does not show that a kernel obeys."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (tmp_path / "cgroup.procs").touch()
    (tmp_path / "cgroup.subtree_control").touch()
    group = Group.make(Bounds(memory_mb=100, disk_mb=28, pids=7, cpus=0.5), tmp_path)
    assert group is not None
    (folder,) = group.folders
    told = {path.name: path.read_text() for path in folder.iterdir()}
    assert told["memory.max"] == str(128 << 20)
    assert (told["pids.max"], told["cpu.max"]) == ("7", "50000 100000")
    assert folder.name.startswith(f"smena-{owner()}-")


def test_memory_is_watched_where_no_group_holds_it(bwrap: Sandbox) -> None:
    many = "import os, time\nfor _ in range(6): os.fork() or None\nx = bytearray(20 << 20); time.sleep(20)"
    with Bwrap(BwrapConfig(cgroups=False)).open(Snapshot(), SMALL) as session:
        told = session.exec(["python3", "-c", many], timeout=60)
        assert told.code not in (0, None) and told.seconds < 20
        assert session.exec("echo well").output == "well\n"


def test_a_holder_that_is_killed_is_an_infrastructure_failure(bwrap: Sandbox) -> None:
    with bwrap.open(Snapshot(), SMALL) as session:
        session._holder.kill()  # type: ignore[attr-defined]
        end = time.monotonic() + 10
        with pytest.raises(InfraError, match="the sandbox"):
            while time.monotonic() < end:
                session.exec(["true"])


def test_a_command_cannot_pass_its_failure_off_as_the_sandbox_s(bwrap: Sandbox) -> None:
    """Or a learner could have its failures left out of the comparison."""
    with bwrap.open(Snapshot(), SMALL) as session:
        assert session.exec("echo 'bwrap: no sandbox'; exit 1").code == 1
        told = session.exec("kill -9 1; kill -9 -1; kill -9 $$")
        assert told.code not in (None, 0)
