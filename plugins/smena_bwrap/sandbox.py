"""The plugin: what of the system a session sees, and whether this machine can hold one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import msgspec
from smena import BadInput, Bounds, Session, Snapshot
from smena.sandbox import BOUNDS, quiet

from smena_bwrap.cgroup import sweep as sweep_groups
from smena_bwrap.session import BwrapSession

_TOOLS = {"bwrap": "bubblewrap", "nsenter": "util-linux", "prlimit": "util-linux", "setpriv": "util-linux"}


class BwrapConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[sandbox.bwrap]``."""

    cgroups: bool = True
    """Use cgroups where they can be written. Without them a session is held by limits of processes and a
    watch every tenth of a second."""


class Bwrap:
    """Sessions held by namespaces, a seccomp filter and limits. The work area is in memory and goes with
    the session."""

    Config = BwrapConfig
    version = 1
    rank = 10
    images = False

    def __init__(self, config: BwrapConfig | None = None) -> None:
        self.config = config or BwrapConfig()

    def unavailable(self) -> str:
        return self._problem

    @cached_property
    def _problem(self) -> str:
        if sys.platform != "linux":
            return f"needs Linux, this is {sys.platform}"
        for tool, package in _TOOLS.items():
            if not shutil.which(tool):
                return f"no {tool} here: apt-get install {package}"
        try:
            with self.open(Snapshot(), Bounds(seconds=20, disk_mb=8)) as session:
                told = session.exec(["true"])
        except Exception as error:
            return f"does not work here: {error}"
        return "" if told.code == 0 else f"does not work here: {told.output.strip() or told}"

    def prepare(self, snapshot: Snapshot, say: Callable[[str], None] = quiet) -> None:
        """Nothing takes time here. Raises BadInput for a snapshot that wants an image."""
        _check(snapshot)

    def open(self, snapshot: Snapshot, bounds: Bounds = BOUNDS) -> Session:
        """Raises BadInput for a snapshot that wants an image or names what is not there."""
        _check(snapshot)
        return BwrapSession(snapshot, bounds, self.config.cgroups)

    def sweep(self) -> int:
        return sweep_groups()


def _check(snapshot: Snapshot) -> None:
    if snapshot.image:
        raise BadInput(f"sandbox bwrap has no images, and {snapshot.image!r} is wanted: use --sandbox docker")
    for path in (*([snapshot.tree] if snapshot.tree else []), *(outside for outside, _ in snapshot.binds)):
        if not Path(path).exists():
            raise BadInput(f"sandbox bwrap: {path} is to be in the session and is not there")
