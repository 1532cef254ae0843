"""Are the instances sound here? Base and repair, k times each: base unresolved, repair resolved, always."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from smena import InfraError, Task
from smena.values import SPLITS

from smena_swebench import cache
from smena_swebench.allow import write
from smena_swebench.environment import SweBench, record_of
from smena_swebench.judging import Bench, Judged, Kind


class Health(NamedTuple):
    """``trouble`` empty: sound."""

    name: str
    trouble: str
    seconds: float


def examine(env: SweBench, task: Task, times: int) -> Health:
    """Every run is a fresh one: nothing is remembered."""
    record, seconds = record_of(task), 0.0
    try:
        snapshot = env.snapshot(task)
        sandbox = env.opener(images=bool(snapshot.image))
        sandbox.prepare(snapshot)
        for patch, wanted in (("", Kind.UNRESOLVED), (record["patch"], Kind.RESOLVED)):
            found = []
            for _ in range(times):
                judged: Judged = Bench(env.bench.bounds).tried(sandbox, snapshot, record, patch)
                seconds = max(seconds, judged.seconds)
                found.append(judged)
            if trouble := _trouble("the repair" if patch else "the base", wanted, found):
                return Health(task.id, trouble, seconds)
    except InfraError as error:
        return Health(task.id, str(error), seconds)
    return Health(task.id, "", seconds)


def _trouble(what: str, wanted: Kind, found: Sequence[Judged]) -> str:
    kinds = {judged.kind for judged in found}
    if kinds == {wanted} and len({(j.f2p, j.p2p) for j in found}) == 1:
        return ""
    if len({(j.kind, j.f2p, j.p2p) for j in found}) > 1:
        return f"flaky: {what} is {' and '.join(sorted(kinds))} in {len(found)} runs"
    first = found[0]
    return f"{what} is {first.kind}" + (
        f": {first.why}" if first.why else f", f2p {first.f2p}, p2p {first.p2p}"
    )


def doctor(
    env: SweBench, times: int, path: str, only: Sequence[str], say: Callable[[str], None]
) -> Mapping[str, str]:
    """Examine every instance (or those named), write the list of the sound ones, and give the others with
    what is wrong."""
    tasks = [t for split in SPLITS for t in env.tasks(split) if not only or t.id in only]
    sound, bad = [], {}
    for number, task in enumerate(tasks, start=1):
        health = examine(env, task, times)
        if health.trouble:
            bad[health.name] = health.trouble
        else:
            sound.append(health.name)
        say(f"{number}/{len(tasks)} {health.name}: {health.trouble or f'sound, {health.seconds:.1f} s'}")
    if path:
        write(path, sound, bad, {"times": times, "data": env.config.data})
    say(f"{len(sound)} sound, {len(bad)} quarantined; cache {cache.used() / 1e6:,.1f} MB in {cache.root()}")
    return bad
