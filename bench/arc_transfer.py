"""Does a memory learned on ARC-AGI-1 training help on ARC-AGI-1 evaluation, and what does false knowledge
in it cost?

python bench/arc_transfer.py --lessons lessons.json # training → evaluation python bench/arc_transfer.py
--lessons lessons.json --halves # to choose rules: half of training → other half

Lessons are whole programs that the embedded teacher found on train pairs (rung ``program``). One is *right*
when its program was right on its origin's test, else *overfit*. Arms differ in nothing but the memory.
Accuracy is over the searchable part: target tasks on which the teacher's program is right. Attempts are
independent between arms. Intervals: 95%, bootstrap over tasks, paired with the arm without memory.
``--lessons`` keeps what the teacher found.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import msgspec
import numpy as np
from smena import Pattern, Situation, Task
from smena.values import Split
from smena_arc.environment import Arc, ArcConfig
from smena_search.enumeration import enumerate_fits
from smena_search.learner import LearnerConfig, SearchLearner
from smena_search.teacher import TeacherConfig

RESAMPLES = 4000
Rank = Callable[["Item", Sequence[str]], float]


class Lesson(msgspec.Struct, frozen=True):
    """What the teacher found on a task, whether its answer is right, and as many random steps that apply
    there."""

    task: str
    features: tuple[str, ...]
    steps: tuple[str, ...]
    right: bool
    junk: tuple[str, ...]


class Item(NamedTuple):
    """A pattern in a memory, and the features of the tasks that it came from."""

    pattern: Pattern
    origins: list[tuple[str, ...]]


class Arm(NamedTuple):
    """A memory and how it is asked: triggers are the first ``k`` features, ``cap`` items are injected at
    most."""

    name: str
    lessons: Sequence[Lesson]
    k: int = 2
    cap: int = 8
    rank: str = "similar"
    merge: bool = False


# What runs in worker processes


@cache
def tasks(split: Split) -> dict[str, Task]:
    return {task.id: task for task in Arc(ArcConfig(shares=(1.0, 0.0, 0.0))).tasks(split)}


def teach(nodes: int, split: Split, task_id: str) -> tuple[Lesson | None, float]:
    """The cheapest program that fits, and the CPU seconds of the search."""
    task, environment = tasks(split)[task_id], Arc()
    space = environment.space(task.view)
    started = process_time()
    fit = next(enumerate_fits(space, nodes, TeacherConfig().depth), None)
    seconds = process_time() - started
    if fit is None:
        return None, seconds
    steps = tuple(move.name for move in fit.moves)
    right = environment.exact(task, environment.assemble([json.loads(fit.answer)])).score == 1.0
    return Lesson(task.id, task.features, steps, right, walk(space, len(steps), task.id)), seconds


def walk(space: Any, length: int, salt: str) -> tuple[str, ...]:
    """Random steps that apply one after the other and explain nothing: a pattern that nobody has learned."""
    rng, node, steps = random.Random(salt), space.root(), list[str]()
    for _ in range(2000):
        name = rng.choice(space.moves(node)).name
        below = space.apply(node, name)
        if below is not None and not space.fits(below):
            steps, node = [*steps, name], below
        if len(steps) == length:
            break
    return tuple(steps)


def play(
    config: LearnerConfig, runs: int, split: Split, task_id: str, memories: Sequence[Sequence[Pattern]]
) -> tuple[list[list[int]], float]:
    """Successes by memory and run, and CPU milliseconds an attempt."""
    task, environment, learner = tasks(split)[task_id], Arc(), SearchLearner(config)
    situation = Situation(task.view, task.features, environment.space(task.view))

    def solved(memory: Sequence[Pattern], seed: int) -> int:
        answer = environment.assemble(learner.attempt(situation, memory, None, seed).answer)
        return int(environment.exact(task, answer).score == 1.0)

    started = process_time()
    ys = [[solved(memory, seed) for seed in range(runs)] for memory in memories]
    return ys, 1000 * (process_time() - started) / (len(memories) * runs)


# Memories


def gather(lessons: Iterable[Lesson], k: int, merge: bool) -> list[Item]:
    """Patterns from lessons; equal ones are one item. ``merge``: also those that differ in triggers only,
    tied to what all their origins have in common."""
    origins: dict[Any, list[tuple[str, ...]]] = {}
    for lesson in lessons:
        tie = () if merge else lesson.features[:k]
        origins.setdefault((lesson.steps, tie), []).append(lesson.features)
    items = []
    for (steps, tie), features in origins.items():
        common = tuple(f for f in features[0] if all(f in other for other in features))[:k]
        items.append(Item(Pattern(" → ".join(steps), common if merge else tie, steps), features))
    return items


def ranks(known: Iterable[Task]) -> dict[str, Rank]:
    """Ways to rank items that apply. ``similar``: features shared with the origin over features of either,
    rare ones counting more, summed over origins."""
    counts = Counter(feature for task in known for feature in task.features)
    most = max(counts.values())

    def weight(features: Iterable[str]) -> float:
        return sum(math.log(2 * most / counts.get(f, 1)) for f in features)

    def similar(item: Item, features: Sequence[str]) -> float:
        here = set(features)
        return sum(weight(here & set(o)) / weight(here | set(o)) for o in item.origins)

    return {
        "similar": similar,
        "specific": lambda item, features: len(item.pattern.triggers) + len(item.origins) / 1000,
        "popular": lambda item, features: len(item.origins),
    }


def retrieve(items: Sequence[Item], features: Sequence[str], cap: int, rank: Rank) -> list[Pattern]:
    """The items that apply, best first, each program once."""
    matching = [item for item in items if set(item.pattern.triggers) <= set(features)]
    matching.sort(key=lambda item: -rank(item, features))
    return list({item.pattern.steps: item.pattern for item in reversed(matching)}.values())[::-1][:cap]


def arms(lessons: Sequence[Lesson]) -> Iterator[Arm]:
    """Training → evaluation."""
    right, overfit = [x for x in lessons if x.right], [x for x in lessons if not x.right]
    counts = Counter(lesson.steps for lesson in right)
    junk = [msgspec.structs.replace(lesson, steps=lesson.junk) for lesson in lessons if lesson.junk]
    yield Arm("all", lessons)
    yield Arm("all, first feature", lessons, k=1)
    yield Arm("all, own triggers (all features)", lessons, k=99)
    yield Arm("all, generalised (intersection)", lessons, k=99, merge=True)
    yield Arm("right only", right)
    yield Arm("right on two tasks or more", [x for x in right if counts[x.steps] > 1])
    yield Arm("overfit only", overfit)
    yield Arm("junk", junk)
    yield Arm("all and junk", [*lessons, *junk])


def rules(lessons: Sequence[Lesson]) -> Iterator[Arm]:
    """Half of training → the other half: triggers, ranking, cap."""
    for k in (1, 2, 3):
        for rank in ("similar", "specific", "popular"):
            yield Arm(f"first {k}, {rank}, 8", lessons, k, 8, rank)
        yield Arm(f"first {k}, similar, 4", lessons, k, 4)
        yield Arm(f"first {k}, similar, 16", lessons, k, 16)


# The experiment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--halves", action="store_true")
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--nodes", type=int, default=TeacherConfig().nodes)
    parser.add_argument("--lessons", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    for name in ("budget", "rho", "prior"):
        default = getattr(LearnerConfig(), name)
        parser.add_argument(f"--{name}", type=type(default), default=default)
    args = parser.parse_args()
    config = LearnerConfig(budget=args.budget, rho=args.rho, prior=args.prior)
    with ProcessPoolExecutor(args.jobs) as pool:
        known = taught(pool, "train", args)
        player = partial(play, config, args.runs)
        if args.halves:
            order = sorted(known, key=lambda lesson: random.Random(lesson.task).random())
            folds = [(order[::2], order[1::2]), (order[1::2], order[::2])]
            results = [compare(pool, partial(player, "train"), list(rules(a)), b) for a, b in folds]
        else:
            asked = taught(pool, "eval", args)
            results = [compare(pool, partial(player, "eval"), list(arms(known)), asked)]
    print(f"B={config.budget} rho={config.rho} prior={config.prior}, {args.runs} runs a task")
    report([name for name, _ in results[0]], np.vstack([np.array([y for _, y in r]).T for r in results]))


def taught(pool: ProcessPoolExecutor, split: Split, args: argparse.Namespace) -> list[Lesson]:
    """All that the teacher finds in a split; remembered in the file of ``--lessons``."""
    path = args.lessons and args.lessons.with_suffix(f".{split}-{args.nodes}.json")
    if path and path.exists():
        return msgspec.json.decode(path.read_bytes(), type=list[Lesson])
    found = list(pool.map(partial(teach, args.nodes, split), tasks(split), chunksize=4))
    lessons = [lesson for lesson, _ in found if lesson]
    seconds = [s for _, s in found]
    print(
        f"{split}: {len(found)} tasks, {len(lessons)} fitted, {sum(x.right for x in lessons)} right; "
        f"{args.nodes} nodes, CPU seconds a task: mean {np.mean(seconds):.2f}, max {max(seconds):.2f}",
        flush=True,
    )
    if path:
        path.write_bytes(msgspec.json.encode(lessons))
    return lessons


def compare(
    pool: ProcessPoolExecutor, player: Any, chosen: Sequence[Arm], asked: Sequence[Lesson]
) -> list[tuple[str, list[float]]]:
    """Mean success by arm and target task, the arm without memory first."""
    by_name = ranks(tasks("train").values())
    memories = [gather(arm.lessons, arm.k, arm.merge) for arm in chosen]
    targets = [lesson for lesson in asked if lesson.right]
    asks = [
        [
            [],
            *(
                retrieve(m, t.features, arm.cap, by_name[arm.rank])
                for arm, m in zip(chosen, memories, strict=True)
            ),
        ]
        for t in targets
    ]
    played = list(pool.map(player, [t.task for t in targets], asks, chunksize=2))
    print(
        f"{len(targets)} searchable tasks, {np.mean([ms for _, ms in played]):.1f} CPU ms an attempt",
        flush=True,
    )
    names = ["none", *(arm.name for arm in chosen)]
    return [(name, [float(np.mean(ys[i])) for ys, _ in played]) for i, name in enumerate(names)]


def report(names: Sequence[str], rates: np.ndarray[Any, Any]) -> None:
    """``rates``: tasks × arms."""
    draw = np.random.default_rng(0).integers(len(rates), size=(RESAMPLES, len(rates)))
    means = rates[draw].mean(axis=1)
    print(f"{'memory':36} accuracy  95%            gain   95%              ratio")
    for i, name in enumerate(names):
        mean, gain = rates[:, i].mean(), rates[:, i].mean() - rates[:, 0].mean()
        of_mean = "[{:.3f}, {:.3f}]".format(*np.quantile(means[:, i], [0.025, 0.975]))
        of_gain = "[{:+.3f}, {:+.3f}]".format(*np.quantile(means[:, i] - means[:, 0], [0.025, 0.975]))
        print(f"{name:36} {mean:.3f}     {of_mean} {gain:+.3f} {of_gain} {mean / rates[:, 0].mean():.2f}")


if __name__ == "__main__":
    main()
