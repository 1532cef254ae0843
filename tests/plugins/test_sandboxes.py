"""What every sandbox does the same: commands, files, limits, an end that leaves nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from smena import BadInput, Bounds, InfraError, Session, Snapshot
from smena.sandbox import Sandbox
from smena.unsafe import UnsafeLocal

SMALL = Bounds(seconds=60, memory_mb=256, pids=64, disk_mb=32, output_bytes=10_000)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with sandbox.open(Snapshot(), SMALL) as opened:
        yield opened


def test_a_command_tells_its_code_and_its_output(session: Session) -> None:
    told = session.exec(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (told.code, told.output, told.timed_out, told.truncated) == (3, "out\nerr\n", False, False)
    assert session.exec("exit 0").code == 0
    assert session.exec("printf 'a\\377b'").output == "a\ufffdb"


def test_a_command_that_is_not_there_is_its_own_failure(session: Session) -> None:
    assert session.exec(["no-such-program"]).code not in (0, None)


def test_standard_input_and_environment_reach_the_command(session: Session) -> None:
    assert session.exec(["cat"], stdin=b"x" * 9000).output == "x" * 9000
    assert session.exec("echo $GREETING", env={"GREETING": "hello"}).output == "hello\n"


def test_nothing_of_our_environment_is_passed_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    with sandbox.open(Snapshot(env={"OWN": "1"}), SMALL) as session:
        told = session.exec(["env"]).output
    assert "hunter2" not in told and "OWN=1" in told


def test_python_runs(session: Session) -> None:
    assert session.exec(["python3", "-c", "print(6 * 7)"]).output == "42\n"


def test_files_go_in_and_come_out_and_last(session: Session) -> None:
    data = bytes(range(256)) * 10
    session.put("deep/er/data.bin", data)
    assert session.get("deep/er/data.bin") == data
    assert session.exec("wc -c <deep/er/data.bin").output.strip() == str(len(data))
    session.exec("echo changed >deep/er/data.bin")
    assert session.get("deep/er/data.bin") == b"changed\n"
    assert session.get("not/there") is None
    with pytest.raises(InfraError, match="larger than 3"):
        session.get("deep/er/data.bin", limit=3)


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../up", "", ".", "nul\0"])
def test_a_path_that_leads_out_is_refused(session: Session, path: str) -> None:
    with pytest.raises(BadInput):
        session.put(path, b"x")
    with pytest.raises(BadInput):
        session.get(path)


def test_a_link_that_leads_out_is_not_followed(session: Session) -> None:
    session.exec("ln -s /etc/passwd file; ln -s /tmp folder")
    assert session.get("file") is None
    for path in ("file", "folder/x"):
        with pytest.raises(BadInput, match="leads out"):
            session.put(path, b"x")


def test_the_tree_is_copied_and_never_written(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "a.py").write_text("before\n")
    (tmp_path / "run.sh").write_text("echo ran\n")
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("pkg/a.py")
    for _ in range(2):
        with sandbox.open(Snapshot(tree=str(tmp_path)), SMALL) as session:
            assert session.exec("cat link && ./run.sh").output == "before\nran\n"
            write = "echo after >pkg/a.py && echo new >pkg/b.py && cat pkg/a.py"
            assert session.exec(write).output == "after\n"
    assert (tmp_path / "pkg" / "a.py").read_text() == "before\n"
    assert not (tmp_path / "pkg" / "b.py").exists()


def test_time_limits_stop_a_command_and_what_it_started(session: Session) -> None:
    began = time.monotonic()
    told = session.exec("(sleep 1000 &) ; sleep 1000 & sleep 1000", timeout=0.5)
    assert told.timed_out and told.code is None
    assert time.monotonic() - began < 30
    assert session.exec("echo well").output == "well\n"


def test_output_is_cut_at_the_bound(session: Session) -> None:
    told = session.exec("yes | head -c 5000000")
    assert told.truncated and len(told.output) == SMALL.output_bytes and told.code == 0


def test_what_is_not_there_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises((BadInput, InfraError, OSError), match="nowhere"):
        sandbox.open(Snapshot(tree=str(tmp_path / "nowhere")), SMALL)


def test_a_closed_session_is_gone(sandbox: Sandbox) -> None:
    session = sandbox.open(Snapshot(), SMALL)
    session.close()
    session.close()
    with pytest.raises(InfraError):
        session.exec(["true"])


def test_directories_of_dead_processes_are_swept() -> None:
    code = (
        "import os; from smena import Snapshot; from smena.unsafe import UnsafeLocal;"
        "print(UnsafeLocal().open(Snapshot()).workdir, flush=True); os._exit(9)"
    )
    left = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
    ours = UnsafeLocal().open(Snapshot())
    assert Path(left).is_dir()
    assert UnsafeLocal().sweep() >= 1
    assert not Path(left).exists() and Path(ours.workdir).is_dir()
    ours.close()
