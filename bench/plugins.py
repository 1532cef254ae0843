"""How long `smena plugins` takes with 50 installed plugins whose classes need heavy libraries.

    python bench/plugins.py

Each plugin is a distribution in a temporary folder: a light module of hooks, and a module of classes that imports
numpy, scipy and sqlalchemy. Medians of 7 runs, wall and CPU seconds: `smena plugins` with and without them, and
Python alone, so that the machine's pace can be told from ours."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COUNT, RUNS = 50, 7
HOOKS = """from smena import hookimpl

@hookimpl
def smena_environments():
    return {"NAME": "MODULE_classes:Env"}

@hookimpl
def smena_verifiers():
    return {"NAME": "MODULE_classes:Verifier"}
"""


def install(site: Path, number: int) -> None:
    name, module = f"heavy-{number:02}", f"heavy_{number:02}"
    (site / f"{module}.py").write_text(HOOKS.replace("NAME", name).replace("MODULE", module))
    (site / f"{module}_classes.py").write_text("import numpy, scipy.stats, sqlalchemy\nclass Env: ...\n")
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[smena]\n{name} = {module}\n")


def seconds(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """(wall, CPU) of a command."""

    def once() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), sum(os.times()[2:4])
        subprocess.run(command, env=env, check=True, capture_output=True)
        return time.perf_counter() - wall, sum(os.times()[2:4]) - cpu

    once()  # writes byte code
    walls, cpus = zip(*(once() for _ in range(RUNS)), strict=True)
    return round(statistics.median(walls), 3), round(statistics.median(cpus), 3)


def main() -> None:
    listing = [sys.executable, "-m", "smena", "plugins"]
    plain = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(COUNT):
            install(Path(folder), number)
        loaded = plain | {"PYTHONPATH": folder}
        told = subprocess.run(listing, env=loaded, check=True, capture_output=True, text=True).stdout
        figures = {
            "plugins listed": sum(line.split()[:1] == ["environment"] for line in told.splitlines()),
            "python alone": seconds([sys.executable, "-c", "pass"], plain),
            "import typer, pluggy": seconds([sys.executable, "-c", "import typer, pluggy"], plain),
            "smena plugins, built-ins only": seconds(listing, plain),
            f"smena plugins, {COUNT} more": seconds(listing, loaded),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
