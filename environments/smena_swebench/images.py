"""A snapshot that a recipe made, as an image: what Docker and swebench's own harness start from.

The folder of the snapshot is what is built from; the sandbox builds it when it is first wanted. Nothing is
pulled: the base is the minimal system of ``--sandbox docker``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from smena import Snapshot
from smena.values import digest

BASE = "smena-base:2"
"""Made by ``python -m smena_docker.base``: it has git, which scripts and patches need."""
_LEFT_OUT = ("site-packages", "test", "tests", "idlelib", "tkinter", "config-3*", "*.a")


def packed(
    place: Path, workdir: str, places: Mapping[str, str], base: str, env: Mapping[str, str]
) -> Snapshot:
    """``places``: where folders of ``place`` go in the image. ``base``: the interpreter's prefix, where it
    has to come along; empty: the system's own is used."""
    lines = [f"FROM {BASE}"]
    if base:
        lines += [f"COPY python {base}", f"RUN chmod a+x {' '.join(map(str, Path(base).parents))}"]
    lines += [f"COPY {folder} {inside}" for folder, inside in places.items()]
    lines += [f"ENV {name}={value}" for name, value in env.items()]
    text = "\n".join([*lines, f"WORKDIR {workdir}", ""])
    if base and not (place / "python").exists():
        coming = place / f"python.{os.getpid()}"
        shutil.copytree(base, coming, symlinks=True, ignore=_ignored)
        coming.rename(place / "python")
    (place / "Dockerfile").write_text(text)
    image = f"smena-swebench:{place.name.lower()}-{digest(text)[:8]}"
    return Snapshot(image=image, build=str(place), workdir=workdir)


def _ignored(folder: str, names: list[str]) -> set[str]:
    """What of an interpreter no test needs; of its programs only itself."""
    if Path(folder).name == "bin":
        return {name for name in names if not name.startswith("python")}
    return shutil.ignore_patterns(*_LEFT_OUT)(folder, names)
