"""What ARC's features are worth as triggers: how many tasks share a value, what a value tells of the
operator, and whether a lesson tied to the first N features meets tasks that the same operator solves.

    python bench/arc_search.py --set arc1-train --nodes 1500 --fits 1 --out found.jsonl
    python bench/arc_features.py found.jsonl
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from smena import Task
from smena_arc.environment import Arc


def first_steps(path: Path) -> dict[str, str]:
    """Task id → first step of the right program that the search found."""
    rows = map(json.loads, path.read_text().splitlines())
    right = ((row["task"], [p["steps"] for p in row["programs"] if p["right"]]) for row in rows)
    return {f"arc1/{name}": programs[0][0] for name, programs in right if programs}


def information(xs: Sequence[str], ys: Sequence[str]) -> float:
    """Mutual information in bits, with the Miller-Madow correction for the number of cells."""
    n, cx, cy, both = len(xs), Counter(xs), Counter(ys), Counter(zip(xs, ys, strict=True))
    plain = sum(c / n * math.log2(c * n / (cx[x] * cy[y])) for (x, y), c in both.items())
    return plain - (len(cx) - 1) * (len(cy) - 1) / (2 * n * math.log(2))


def pools(tasks: Sequence[Task], steps: dict[str, str], first: int) -> str:
    sizes, recalls, shares = [], [], []
    for task in tasks:
        kin = {t.id for t in tasks if t.id != task.id and steps.get(t.id, t.id) == steps.get(task.id)}
        if kin:
            triggers = set(task.features[:first])
            pool = {t.id for t in tasks if t.id != task.id and triggers.issubset(t.features)}
            sizes.append(len(pool))
            recalls.append(len(pool & kin) / len(kin))
            shares.append(len(pool & kin) / max(1, len(pool)))
    return (
        f"first {first}: {len(sizes)} tasks, pool median {median(sizes):.0f}, empty {sizes.count(0)}, "
        f"relatives met {mean(recalls):.2f}, relatives among the pool {mean(shares):.2f}"
    )


def main() -> None:
    arc = Arc()
    tasks = [task for split in ("train", "holdout", "audit") for task in arc.tasks(split)]
    counts = Counter(feature for task in tasks for feature in task.features)
    shared = {k: sum(n >= k for n in counts.values()) for k in (2, 5, 10, 30)}
    print(f"{len(tasks)} tasks, {len(counts)} values; shared by at least k tasks: {shared}")
    steps = first_steps(Path(sys.argv[1]))
    solved = [task for task in tasks if task.id in steps]
    families = [steps[task.id].split(":")[0] for task in solved]
    told = [dict(feature.split("=", 1) for feature in task.features) for task in solved]
    names = dict.fromkeys(name for one in told for name in one)
    ranked = sorted(((information([t.get(n, "") for t in told], families), n) for n in names), reverse=True)
    print(f"bits about the first step's kind, {len(solved)} solved tasks:")
    print("  " + ", ".join(f"{name} {bits:.2f}" for bits, name in ranked if bits >= 0.05))
    for first in (1, 2, 3, 4):
        print(pools(tasks, steps, first))


if __name__ == "__main__":
    main()
