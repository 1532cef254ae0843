"""Files put into and taken from a work area that a stranger has filled with links and worse."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import BadInput, Bounds, InfraError, Snapshot
from smena.sandbox import Sandbox
from smena_bwrap.area import Area, LeadsOut

SMALL = Bounds(seconds=60, memory_mb=128, pids=32, disk_mb=16)
NAMES = ("a", "b", "c")
targets = st.lists(st.sampled_from((*NAMES, "..", ".", "/sandbox", "/secret")), min_size=1, max_size=4).map(
    lambda parts: "/".join(parts).replace("//", "/")
)


@contextmanager
def opened(folder: Path) -> Iterator[Area]:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    area = Area(fd, "/sandbox", None)
    yield area
    area.close()


@given(
    links=st.dictionaries(st.sampled_from(("a", "b", "c", "d/a", "d/b", "d/e/c")), targets, max_size=6),
    path=st.lists(st.sampled_from((*NAMES, "d", "e")), min_size=1, max_size=4).map("/".join),
)
def test_nothing_outside_is_read_or_written_whatever_links_there_are(
    links: dict[str, str], path: str
) -> None:
    with tempfile.TemporaryDirectory() as made:
        top = Path(made)
        inside = top / "area"
        (inside / "d" / "e").mkdir(parents=True)
        for name in NAMES:
            (top / name).write_text("secret")
        for place, target in links.items():
            (inside / place).symlink_to(target)
        before = sorted(top.iterdir())
        with opened(inside) as area:
            with suppress(LeadsOut, OSError):
                area.write(f"/sandbox/{path}", b"put")
                assert area.read(f"/sandbox/{path}", 100) == b"put"
            with suppress(LeadsOut, OSError):
                assert area.read(f"/sandbox/{path}", 100) in (None, b"put")
        assert [(top / name).read_text() for name in NAMES] == ["secret"] * 3
        assert sorted(top.iterdir()) == before


def test_links_that_stay_inside_are_followed(bwrap: Sandbox) -> None:
    with bwrap.open(Snapshot(), SMALL) as session:
        session.exec("mkdir -p d/e; ln -s /sandbox/d abs; ln -s ../.. d/e/up; ln -s e/new d/dangling")
        session.put("abs/e/up/x", b"1")
        session.put("d/dangling", b"2")
        assert session.exec("cat x d/e/new").output == "12"
        assert session.get("d/e/up/abs/dangling") == b"2"


@pytest.mark.parametrize(
    ("trap", "path"),
    [
        ("mkdir folder", "folder"),
        ("ln -s loop loop", "loop"),
        ("echo x >file", "file/below"),
        ("ln -s $(printf %0300d 0) name", "name"),
        ("mkdir d; ln -s $(for i in $(seq 800); do printf 'd/../'; done)d/x way", "way"),
    ],
)
def test_what_is_no_file_is_no_file(bwrap: Sandbox, trap: str, path: str) -> None:
    with bwrap.open(Snapshot(), SMALL) as session:
        session.exec(trap)
        with pytest.raises(InfraError, match="could not be written"):
            session.put(path, b"x")
        assert session.get(path) is None


def test_a_pipe_or_socket_that_came_with_a_tree_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener, opened(tmp_path) as area:
        listener.bind(str(tmp_path / "socket"))
        for name in ("pipe", "socket"):
            assert area.read(f"/sandbox/{name}", 10) is None
            with pytest.raises(OSError, match=r"\w"):
                area.write(f"/sandbox/{name}", b"x")


def test_a_link_to_the_host_s_files_leads_nowhere(bwrap: Sandbox) -> None:
    with bwrap.open(Snapshot(), SMALL) as session:
        session.exec(
            "ln -s / root; ln -s /proc/self/root proc; ln -s ../../.. up; ln -s /sandbox/../etc dots"
        )
        for path in ("root/etc/hostname", "proc/etc/hostname", "up/etc/hostname", "dots/hostname"):
            assert session.get(path) is None
            with pytest.raises(BadInput, match="leads out"):
                session.put(path, b"x")


def test_what_is_put_is_the_command_s_own_and_counts_as_its_disk(bwrap: Sandbox) -> None:
    with bwrap.open(Snapshot(), SMALL) as session:
        session.put("deep/er/file", b"x" * 10)
        assert session.exec("echo more >>deep/er/file; rm deep/er/file; touch deep/new").output == ""
        with pytest.raises(InfraError, match="No space"):
            session.put("big", b"x" * (17 << 20))
