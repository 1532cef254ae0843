"""What of the system a session sees."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "mime.types")


def system(binds: Iterable[tuple[str, str]]) -> list[str]:
    """bwrap's arguments for a read-only system: /usr, a few files of /etc, the Python that runs us, and the
    binds."""
    args = ["--ro-bind", "/usr", "/usr"]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            args += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            args += ["--ro-bind", str(path), str(path)]
    args += ["--dir", "/etc"]
    for name in _ETC:
        args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        args += [*parents(sys.base_prefix), "--ro-bind", sys.base_prefix, sys.base_prefix]
    for outside, inside in binds:
        args += [*parents(inside), "--ro-bind", os.path.realpath(outside), inside]
    return args


def parents(path: str) -> list[str]:
    """Make the directories above a path, so that anyone may walk them."""
    above = [str(p) for p in reversed(Path(path).parents)][1:]
    return [word for folder in above if not folder.startswith("/usr") for word in ("--dir", folder)]
