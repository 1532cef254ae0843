"""The image of sessions that name none: a minimal Debian with python3 and git. ``python -m smena_docker.base``
makes it on a Debian or Ubuntu from the packages that apt is set up for; no registry of images is asked.

Needs root, debootstrap and a running Docker Engine. Does nothing where the image is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from smena import BadInput, InfraError
from smena.sandbox import quiet

IMAGE = "smena-base:2"
LABEL = "smena.image"
_PACKAGES = "python3,git"


def missing() -> str:
    """Why the image cannot be made here; empty: it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("debootstrap"):
        return "needs debootstrap: apt-get install debootstrap"
    if not shutil.which("apt-get"):
        return "needs apt"
    return ""


def build(client: Any, say: Callable[[str], None] = quiet) -> None:
    """Make the image, in a minute or two. Raises BadInput where this machine cannot, InfraError where it
    fails."""
    if why := missing():
        raise BadInput(f"image {IMAGE} cannot be made here: it {why}")
    mirror, suite = _mirror()
    with tempfile.TemporaryDirectory(prefix="smena-base-") as folder:
        root, log = Path(folder) / "root", Path(folder) / "log"
        say(f"making image {IMAGE}: debootstrap {suite} with {_PACKAGES}")
        command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", suite, str(root), mirror]
        with log.open("wb") as out:
            done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        if done.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise InfraError(f"image {IMAGE} could not be made: debootstrap: {''.join(last)}")
        for waste in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
            shutil.rmtree(root / waste, ignore_errors=True)
        say(f"making image {IMAGE}: handing it to Docker")
        tar = subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
        name, _, tag = IMAGE.partition(":")
        changes = [f"LABEL {LABEL}=base"]
        client.api.import_image_from_data(tar.stdout, repository=name, tag=tag, changes=changes)
        if tar.wait():
            raise InfraError(f"image {IMAGE} could not be made: tar failed")


def _mirror() -> tuple[str, str]:
    """Where apt gets this system's own packages, and its codename."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    listed = subprocess.run(words, capture_output=True, text=True).stdout.split()
    release = Path("/etc/os-release").read_text()
    codename = next(
        (line.partition("=")[2].strip('"') for line in release.splitlines() if "VERSION_CODENAME=" in line),
        "",
    )
    for uri, suite in zip(listed[::2], listed[1::2], strict=False):
        if suite == codename:
            return uri, suite
    raise BadInput(f"image {IMAGE} cannot be made here: apt has no packages of this system; apt-get update")


def main() -> None:
    import docker

    client = docker.from_env(timeout=600)
    if client.images.list(IMAGE):
        print(f"image {IMAGE} is there")
        return
    build(client, lambda words: print(words, flush=True))
    print(f"image {IMAGE} made")


if __name__ == "__main__":
    try:
        main()
    except (BadInput, InfraError) as error:
        sys.exit(f"smena_docker.base: {error}")
