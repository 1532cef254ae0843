"""Limits on a whole session, where we may write cgroups (as root, or in a delegated subtree): memory,
processes, processor time. Both hierarchies are known; elsewhere limits of processes and a watch have to do.

A group is named after the process that made it, so that what a killed one left can be told and removed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from smena import Bounds
from smena.slots import dead, owner

ROOT = Path("/sys/fs/cgroup")
_PREFIX = "smena-"
_PERIOD = 100_000  # µs
_number = count()


class Group:
    """One session's group, as directories of one (v2) or three (v1) hierarchies."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders

    @classmethod
    def make(cls, bounds: Bounds, root: Path = ROOT) -> Group | None:
        """A new group with these bounds; None where cgroups cannot be written. What the work area holds is
        memory too, so the memory bound of the group is ``memory_mb + disk_mb``."""
        name = f"{_PREFIX}{owner()}-{next(_number)}"
        memory, quota = (bounds.memory_mb + bounds.disk_mb) << 20, int(bounds.cpus * _PERIOD)
        made: list[Path] = []
        try:
            if (root / "cgroup.controllers").exists():
                (root / "cgroup.subtree_control").write_text("+memory +pids +cpu")
                settings = {
                    root: {
                        "memory.max": memory,
                        "memory.swap.max": 0,
                        "pids.max": bounds.pids,
                        "cpu.max": f"{quota} {_PERIOD}",
                    }
                }
            else:
                settings = {
                    root / "memory": {"memory.limit_in_bytes": memory, "memory.swappiness": 0},
                    root / "pids": {"pids.max": bounds.pids},
                    root / "cpu": {"cpu.cfs_period_us": _PERIOD, "cpu.cfs_quota_us": quota},
                }
            for parent, values in settings.items():
                folder = parent / name
                if not (parent / "cgroup.procs").exists():
                    raise FileNotFoundError(parent)
                folder.mkdir()
                made.append(folder)
                for file, value in values.items():
                    with contextlib.suppress(FileNotFoundError):  # no swap accounting
                        (folder / file).write_text(str(value))
        except OSError:
            Group(made).remove()
            return None
        return cls(made)

    @property
    def procs(self) -> list[str]:
        """Files that a process writes its pid to, to join."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def remove(self) -> None:
        """End what is in it, and the group."""
        for folder in self.folders:
            for _ in range(100):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    _kill(folder)
                    time.sleep(0.02)


def _kill(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for pid in (folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)


def sweep(root: Path = ROOT) -> int:
    """Remove the groups of processes that are dead; how many sessions these were."""
    names = set()
    for parent in (root, root / "memory", root / "pids", root / "cpu"):
        for folder in parent.glob(f"{_PREFIX}*-*-*"):
            if dead(folder.name.removeprefix(_PREFIX).rpartition("-")[0]):
                Group([folder]).remove()
                names.add(folder.name)
    return len(names)
