"""What a sandbox costs a verdict over the bare command, and what many sessions leave behind.

    python bench/sandboxes.py [bwrap|docker] [--sessions 200]

A verdict is: open a session with a small tree, put a file, run a command, close. The bare command runs in turn
with it, so that a busy machine slows both."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from smena import Bounds, Snapshot
from smena.sandbox import Sandbox
from smena.setup import registry
from smena.slots import owner

COMMAND = ["sh", "-c", "echo verdict"]
BOUNDS = Bounds(memory_mb=128, disk_mb=16)


def verdict(sandbox: Sandbox, tree: str) -> float:
    began = time.perf_counter()
    with sandbox.open(Snapshot(tree=tree), BOUNDS) as session:
        session.put("answer.py", b"x = 1\n")
        assert session.exec(COMMAND).output == "verdict\n"
    return time.perf_counter() - began


def bare() -> float:
    began = time.perf_counter()
    subprocess.run(COMMAND, check=True, capture_output=True)
    return time.perf_counter() - began


def left() -> set[str]:
    """Mounts of sessions, what the Engine keeps of containers, and cgroups, containers and files of this
    process; others may be at work beside it."""
    mounts = Path("/proc/mounts").read_text().splitlines()
    found = {line for line in mounts if ".session" in line or "/docker/" in line}
    for kind in ("containers/*", "volumes/*/", "overlay2/*-init"):
        found |= {str(p) for p in Path("/var/lib/docker").glob(kind)}
    found |= {str(p) for p in Path("/sys/fs/cgroup").glob(f"**/smena-{os.getpid()}-*")}
    found |= {str(p) for p in Path(tempfile.gettempdir()).glob("smena-*")}
    ours = ["docker", "ps", "-aq", "--filter", f"label=smena.session={owner()}"]
    return found | set(subprocess.run(ours, capture_output=True, text=True).stdout.split())


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "bwrap"
    count = int(sys.argv[sys.argv.index("--sessions") + 1]) if "--sessions" in sys.argv else 200
    sandbox: Sandbox = registry().make("sandbox", name)
    sandbox.prepare(Snapshot())
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for number in range(20):
            Path(folder, f"module{number}.py").write_text("x = 1\n" * 100)
        verdict(sandbox, folder)
        before = left()
        over, plain = [], []
        for _ in range(count):
            plain.append(bare())
            over.append(verdict(sandbox, folder) - plain[-1])
        threads = [threading.Thread(target=verdict, args=(sandbox, folder)) for _ in range(8)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        together = time.perf_counter() - began
        time.sleep(1)
        remains = left() - before
    cuts = statistics.quantiles(over, n=20)
    print(f"{name}: overhead of a verdict over {count}: median {statistics.median(over):.4f} s, ", end="")
    print(f"5% {cuts[0]:.4f}, 95% {cuts[-1]:.4f}; bare command {statistics.median(plain):.4f} s")
    print(f"8 at once: {together:.2f} s; left behind after {count} + 8: {len(remains)} {sorted(remains)[:3]}")


if __name__ == "__main__":
    main()
