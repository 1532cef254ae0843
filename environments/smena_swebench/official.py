"""The cross-check: swebench's own `run_instance` on the record's image, with Docker.

Its cache of runs is keyed by a fresh name, so that it cannot give an old verdict; the container is stopped by us
beforehand in a way that does not wait for the fifteen seconds of its own stop. As in our own sessions there is
no network."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from smena import BadInput, InfraError

from smena_swebench.grading import INSTALL, bare_harness, official, spec


def verdict(record: Mapping[str, Any], patch: str, image: str = "", seconds: int = 1800) -> bool:
    """Did swebench itself call it resolved? ``image``: another one than the record's.

    Raises BadInput without swebench or Docker, InfraError where its run ends without a report."""
    if official() is None:
        raise BadInput(f"the official verdict needs the package swebench: {INSTALL}")
    bare_harness()
    with _elsewhere():  # it writes logs into the working directory, and reads a .env file there
        import docker
        from docker.errors import DockerException
        from swebench.harness import run_evaluation

        try:
            client = docker.from_env(timeout=seconds + 120)
            client.ping()
        except DockerException as error:
            raise BadInput(f"the official verdict needs a Docker Engine: {error}") from None
        run_evaluation.cleanup_container = (
            _removed  # its own waits 15 s for a process that ignores the signal
        )
        name = record["instance_id"]
        prediction = {"instance_id": name, "model_name_or_path": "smena", "model_patch": patch}
        run = f"smena-{secrets.token_hex(6)}"
        with contextlib.redirect_stdout(io.StringIO()):
            told = run_evaluation.run_instance(
                spec({**record, "image": image or record["image"]}),
                prediction,
                _Client(client),
                run,
                timeout=seconds,
                skip_patch=not patch.strip(),
            )
        if told is None:
            return _failed(name, next(Path().rglob(f"{run}/**/{run_evaluation.LOG_INSTANCE}"), None))
    report = told[1].get(name)
    if report is None:
        raise InfraError(f"{name}: swebench's run ended without a report")
    return bool(report["resolved"])


class _Client:
    """A client whose containers have no network: a patch is somebody's code, and runs as root there."""

    def __init__(self, client: Any) -> None:
        self._client, self.containers = client, _Containers(client.containers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _Containers:
    def __init__(self, containers: Any) -> None:
        self._containers = containers

    def create(self, **settings: Any) -> Any:
        return self._containers.create(**{**settings, "network_mode": "none"})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._containers, name)


def _failed(name: str, log: Path | None) -> bool:
    """It says nothing for patches that do not apply and for runs out of time, which is no; and nothing where it
    broke."""
    text = log.read_text(encoding="utf-8", errors="replace") if log else ""
    if ">>>>> Patch Apply Failed" in text or "Test timed out after" in text:
        return False
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("Check (")]
    raise InfraError(f"{name}: swebench's run broke: {''.join(lines[-1:])[:400] or 'it kept no log'}")


def _removed(client: Any, container: Any, logger: Any) -> None:
    if container is not None:
        with contextlib.suppress(Exception):
            container.remove(force=True)


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    before = os.getcwd()  # noqa: PTH109
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            yield
        finally:
            os.chdir(before)
