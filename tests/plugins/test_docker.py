"""The Docker sandbox: what is particular to it. An Engine of the suite's own can be stopped in the middle."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from smena import BadInput, Bounds, InfraError, Snapshot
from smena.sandbox import Sandbox
from smena_docker.base import IMAGE
from smena_docker.sandbox import Docker, DockerConfig
from smena_docker.streams import Frames

SMALL = Bounds(seconds=60, memory_mb=128, disk_mb=16)


def test_frames_are_taken_apart_wherever_they_are_cut() -> None:
    stream = b"".join(
        bytes([k, 0, 0, 0]) + len(d).to_bytes(4, "big") + d for k, d in [(1, b"one"), (2, b"two"), (1, b"")]
    )
    for step in (1, 2, 5, len(stream)):
        frames = Frames(cap=5)
        for at in range(0, len(stream), step):
            frames.feed(stream[at : at + step])
        assert (frames.said, frames.truncated) == (b"onetw", True)


def test_an_engine_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert "the Docker Engine does not answer" in Docker().unavailable()


@pytest.mark.slow
def test_an_image_that_does_not_exist(docker: Sandbox) -> None:
    missing = Snapshot(image="localhost:1/smena-no-such-image:0")
    with pytest.raises(BadInput, match=r"smena-no-such-image.*could not be pulled"):
        docker.prepare(missing)
    with pytest.raises(InfraError, match="prepare it first"):
        docker.open(missing, SMALL)


@pytest.mark.slow
def test_an_image_is_built_and_its_work_tree_is_each_session_s_own(docker: Sandbox, tmp_path: Path) -> None:
    name = f"smena-test-build:{os.getpid()}"
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY file /testbed/file\n")
    (tmp_path / "file").write_text("from the image\n")
    snapshot = Snapshot(image=name, build=str(tmp_path), workdir="/testbed")
    said: list[str] = []
    try:
        docker.prepare(snapshot, said.append)
        assert any("building image" in words for words in said)
        for _ in range(2):
            with docker.open(snapshot, SMALL) as session:
                assert session.exec("cat file; echo mine >file; cat file").output == "from the image\nmine\n"
        with pytest.raises(BadInput, match="no Dockerfile"):
            docker.prepare(Snapshot(image="smena-test-none:0", build=str(tmp_path / "nowhere")))
    finally:
        client: Any = docker._client()  # type: ignore[attr-defined]
        docker._discard(client, client.api.inspect_image(name)["Id"])  # type: ignore[attr-defined]


@pytest.fixture
def engine(docker: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A Docker Engine of our own, with the base image in it."""
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)("needs root and dockerd")
    client: Any = docker._client()  # type: ignore[attr-defined]
    place = Path(tempfile.mkdtemp(prefix="smena-engine-"))
    paths = [f"--data-root={place}/data", f"--exec-root={place}/exec", f"--pidfile={place}/pid"]
    alone = ["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"]
    with (place / "log").open("wb") as log:
        # In a network of its own: an Engine without a bridge removes docker0, which another one may be using.
        command = ["unshare", "--net", "dockerd", f"--host=unix://{place}/sock", *paths, *alone]
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        import docker as library

        base = b"".join(client.api.get_image(IMAGE))
        monkeypatch.setenv("DOCKER_HOST", f"unix://{place}/sock")
        end = time.monotonic() + 60
        while Docker().unavailable():
            assert daemon.poll() is None and time.monotonic() < end, (place / "log").read_text()[-2000:]
            time.sleep(0.2)
        library.from_env(timeout=300).images.load(base)
        yield daemon
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        for mount in sorted(Path("/proc/mounts").read_text().split(), key=len, reverse=True):
            if mount.startswith(str(place)):
                subprocess.run(["umount", "-l", mount], capture_output=True)
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.slow
def test_docker_down_in_the_middle_is_an_infrastructure_failure(engine: subprocess.Popen[bytes]) -> None:
    sandbox = Docker(DockerConfig())
    with sandbox.open(Snapshot(), SMALL) as session:
        assert session.exec("echo up").output == "up\n"
        engine.send_signal(signal.SIGTERM)
        engine.wait(60)
        with pytest.raises(InfraError, match="Docker failed to run a command"):
            session.exec("echo down")
    with pytest.raises(InfraError):
        sandbox.open(Snapshot(), SMALL)
