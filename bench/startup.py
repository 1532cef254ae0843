"""`smena --help` against the bare imports of what it is made of, in one run: python bench/startup.py
[REPEATS]."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "import typer, pluggy, rich": [sys.executable, "-c", "import typer, pluggy, rich"],
    "smena --help": [sys.executable, "-m", "smena", "--help"],
    "smena plugins": [sys.executable, "-m", "smena", "plugins"],
}


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for command in COMMANDS.values():
        timed(command)  # caches warm
    rounds = [{name: timed(command) for name, command in COMMANDS.items()} for _ in range(repeats)]
    base = statistics.median(r["import typer, pluggy, rich"][0] for r in rounds)
    print(f"{'command':30} {'wall s':>8} {'CPU s':>8} {'ratio':>6}   median of {repeats}, interleaved")
    for name in COMMANDS:
        wall, cpu = (statistics.median(r[name][i] for r in rounds) for i in (0, 1))
        print(f"{name:30} {wall:8.3f} {cpu:8.3f} {wall / base:6.2f}")


if __name__ == "__main__":
    main()
