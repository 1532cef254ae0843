"""What the whole loop learns on ARC-AGI-1 training, measured on ARC-AGI-1 evaluation: no memory, everything
saved, trusted memory.

python bench/arc_learning.py --db learning.db --lessons lessons.json --seeds 0 1 2

Runs `smena run` (configuration: examples/demo.toml with all train tasks, all evaluation tasks, no audit)
once a seed; runs in the store are not run again. Accuracy is over all evaluation tasks and over the
searchable ones, which the teacher's search solves. Rates are averaged over repeats and seeds within a task;
95% intervals: bootstrap over tasks, paired."""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from arc_transfer import RESAMPLES, taught
from smena.cli.progress import NoDisplay
from smena.config import load_config
from smena.session import Machine, execute
from smena.store import Store
from smena_search.teacher import TeacherConfig

DEMO = Path(__file__).parent.parent / "examples" / "demo.toml"
WHOLE = ["tasks=0", "eval_tasks=0", "audit_repeats=0"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", default="learning.db")
    parser.add_argument("--lessons", type=Path)
    parser.add_argument("--nodes", type=int, default=TeacherConfig().nodes)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    with ProcessPoolExecutor(2) as pool:
        searchable = {lesson.task for lesson in taught(pool, "eval", args) if lesson.right}
    rates: dict[str, list[list[float]]] = {}
    for seed in args.seeds:
        summary = execute(load_config(DEMO, {"seed": seed}, WHOLE), Machine(db=args.db), NoDisplay())
        print(f"seed {seed}: {summary.proposed} lessons proposed, {summary.trusted} trusted", flush=True)
        for task, arms in by_task(args.db, summary.run).items():
            rates.setdefault(task, []).append(arms)
    for name, chosen in (("all evaluation tasks", set(rates)), ("searchable", searchable)):
        table(name, np.array([np.mean(rates[task], axis=0) for task in sorted(chosen)]))


def by_task(db: str, run: str) -> dict[str, list[float]]:
    """Success rate by task in the three arms."""
    with Store.open(db, create=False) as store:
        asked = store.marks(run)["tasks/eval"]
        steps = sorted(name for name in store.marks(run) if name.startswith("memory/"))
        last = steps[-1].rpartition("/")[2]
        arms = [store.uses(run, f"eval/{arm}") for arm in ("trusted/000", f"all/{last}", f"trusted/{last}")]
        solved = [
            np.array([use.y for use in arm], dtype=float).reshape(len(asked), -1).mean(1) for arm in arms
        ]
    return {task: [float(s[i]) for s in solved] for i, task in enumerate(asked)}


def table(name: str, rates: np.ndarray) -> None:  # type: ignore[type-arg]
    """``rates``: tasks × (none, all, trusted)."""
    draw = np.random.default_rng(0).integers(len(rates), size=(RESAMPLES, len(rates)))
    means = rates[draw].mean(axis=1)

    def line(label: str, value: float, sample: np.ndarray, form: str = ".3f") -> None:  # type: ignore[type-arg]
        low, high = np.quantile(sample, [0.025, 0.975])
        print(f"  {label:22} {value:{form}} [{low:{form}}, {high:{form}}]")

    print(f"{name}: {len(rates)} tasks")
    mean = rates.mean(axis=0)
    for i, arm in enumerate(("no memory", "everything saved", "trusted memory")):
        line(arm, mean[i], means[:, i])
    line("trusted / none", mean[2] / mean[0], means[:, 2] / means[:, 0], ".2f")
    line("trusted − everything", mean[2] - mean[1], means[:, 2] - means[:, 1], "+.3f")


if __name__ == "__main__":
    main()
