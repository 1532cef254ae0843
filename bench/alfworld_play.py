"""What the ALFWorld environment costs and what knowledge is worth in it: `bench/alfworld.md` has the figures.

python bench/alfworld_play.py speed [GAME.tw-pddl]   reset and step against the stock engine, in CPU seconds
python bench/alfworld_play.py first [GAME.tw-pddl]   the first reset of a game, which translates it
python bench/alfworld_play.py workers                one worker against two
python bench/alfworld_play.py memory [GAME.tw-pddl]  resident memory over 1,000 episodes
python bench/alfworld_play.py difficulty             success by room size, with and without procedures
python bench/alfworld_play.py conflict [LESSON …]    success by task type under each type's procedure
python bench/alfworld_play.py learned STORE RUN      held-out success by task type, before and after a run
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from smena import Pattern, Situation
from smena_alfworld import synthetic
from smena_alfworld.environment import AlfWorld, AlfWorldConfig
from smena_alfworld.process import EngineProcess, Game
from smena_alfworld.world import CONDITIONS, KINDS, MEANS
from smena_search.learner import SearchLearner

STOCK = """
import json, random, sys, time
import textworld
from textworld.envs.pddl import PddlEnv
from alfworld.agents.environment.alfred_tw_env import AlfredDemangler
env = AlfredDemangler(PddlEnv(textworld.EnvInfos(won=True, admissible_commands=True)))
env.load(sys.argv[1])
rng, resets, steps = random.Random(0), [], []
for _ in range(5):
    start = time.process_time()
    state = env.reset()
    resets.append(time.process_time() - start)
    start = time.process_time()
    for _ in range(20):
        state, _, _ = env.step(rng.choice(state.admissible_commands))
    steps.append((time.process_time() - start) / 20)
print("\\n" + json.dumps([sum(resets) / 5, sum(steps) / 5]))
"""


def cpu(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss(pid: int | None) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def first(path: str = "") -> None:
    """CPU of the first reset of a game, in five fresh engines that have played another game before."""
    other = next(synthetic.games("pick", "train", "tiny"))
    problems = {
        size: next(synthetic.games("heat", "train", size)).problem for size in ("tiny", "small", "large")
    }
    if path:
        problems["the file"] = json.loads(Path(path).read_text())["pddl_problem"]
    for name, problem in problems.items():
        new, seen = [], []
        for _ in range(5):
            engine = EngineProcess(seconds=300)
            engine.load(Game(other.problem, other.goal))
            for costs in (new, seen):
                start = cpu(engine.pid)
                engine.load(Game(problem, "goal"))
                costs.append(cpu(engine.pid) - start)
            engine.close()
        print(
            f"{name:9} first reset {sum(new) / 5 * 1000:.0f} ms, next {sum(seen) / 5 * 1000:.0f} ms CPU",
            flush=True,
        )


def speed(path: str = "") -> None:
    data = json.loads(Path(path).read_text()) if path else None
    made = next(synthetic.games("heat", "train", "large"))
    problem = data["pddl_problem"] if data else made.problem
    engine = EngineProcess(seconds=300)
    engine.load(Game(problem, "goal"))
    rng, resets, steps = random.Random(0), 0.0, 0.0
    for _ in range(20):
        start = cpu(engine.pid)
        told = engine.load(Game(problem, "goal"))
        resets += cpu(engine.pid) - start
        start = cpu(engine.pid)
        for _ in range(50):
            told = engine.call("step", rng.choice(told["commands"]))
        steps += cpu(engine.pid) - start
    engine.close()
    place = Path("stock.tw-pddl")
    from importlib.util import find_spec

    spec = find_spec("alfworld")
    assert spec and spec.submodule_search_locations
    wheel = Path(spec.submodule_search_locations[0]) / "data"
    rules = {
        "pddl_domain": (wheel / "alfred.pddl").read_text(),
        "grammar": (wheel / "alfred.twl2").read_text(),
    }
    place.write_text(json.dumps(data or rules | {"pddl_problem": problem}))
    out = subprocess.run(
        [sys.executable, "-c", STOCK, str(place)], capture_output=True, text=True, check=True
    )
    place.unlink()
    stock = json.loads(out.stdout.splitlines()[-1])
    print(f"stock: reset {stock[0] * 1000:.0f} ms, step {stock[1] * 1000:.1f} ms CPU")
    print(f"here:  reset {resets / 20 * 1000:.0f} ms, step {steps / 1000 * 1000:.1f} ms CPU (seen games)")
    print(f"ratio: reset {stock[0] / (resets / 20):.0f}x, step {stock[1] / (steps / 1000):.0f}x")


def race(barrier: Any, out: Any, seed: int) -> None:
    """Forty episodes of games that the engine knows already; the start of the engine does not count."""
    engine = EngineProcess(seconds=300)
    games = [Game(m.problem, m.goal) for m in islice(synthetic.games("heat", "train", "small"), 8)]
    for game in games:
        engine.load(game)
    rng, actions = random.Random(seed), 0
    barrier.wait()
    start, used = time.monotonic(), cpu(engine.pid)
    for number in range(40):
        told = engine.load(games[number % len(games)])
        for _ in range(40):
            told = engine.call("step", rng.choice(told["commands"]))
            actions += 1
    out.put((start, time.monotonic(), cpu(engine.pid) - used, actions))
    engine.close()


def workers() -> None:
    """Both measured in turns, three times, so that what else the machine does falls on both."""
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    best: dict[int, float] = {1: 0.0, 2: 0.0}
    dearest: dict[int, list[float]] = {1: [], 2: []}
    context = multiprocessing.get_context("spawn")
    for _ in range(3):
        for count in (1, 2):
            barrier, out = context.Barrier(count), context.Queue()
            racers = [context.Process(target=race, args=(barrier, out, n)) for n in range(count)]
            for racer in racers:
                racer.start()
            starts, ends, used, actions = zip(*(out.get() for _ in racers), strict=True)
            for racer in racers:
                racer.join()
            best[count] = max(best[count], sum(actions) / (max(ends) - min(starts)))
            dearest[count].append(1000 * sum(used) / sum(actions))
            print(f"  {count}: {sum(actions) / (max(ends) - min(starts)):.0f} actions/s", flush=True)
    print(f"2 workers against 1, best of 3: {best[2] / best[1]:.2f}x by the clock")
    print(
        f"engine CPU an action, least of 3: 1 worker {min(dearest[1]):.2f} ms, 2 workers {min(dearest[2]):.2f} ms"
    )


def memory(path: str = "") -> None:
    """Small games in turn, more than the engine keeps translations of; or one game file again and again."""
    engine, seen = EngineProcess(seconds=300), []
    if path:
        games = [Game(json.loads(Path(path).read_text())["pddl_problem"], "goal")]
    else:
        streams = [synthetic.games(kind, "train", "small") for kind in KINDS]
        games = [Game(made.problem, made.goal) for its in streams for made in islice(its, 6)]
    rng = random.Random(0)
    for number in range(1000):
        told = engine.load(rng.choice(games))
        for _ in range(10):
            told = engine.call("step", rng.choice(told["commands"]))
        if number % 20 == 19:
            seen.append(round(rss(engine.pid)))
    engine.close()
    print(
        f"{len(games)} games, 1,000 episodes, a fresh engine every 200; resident MiB, read every 20 episodes"
    )
    for fifth in range(5):
        its = seen[fifth * 10 : fifth * 10 + 10]
        print(f"  episodes {fifth * 200 + 1}-{fifth * 200 + 200}: {its[0]} at first, {max(its)} at most")


def attempts(env: AlfWorld, known: Sequence[Pattern], repeats: int) -> dict[str, list[bool]]:
    won = defaultdict(list)
    for task in env.tasks("eval"):
        place = Situation(task.view, task.features, None, partial(env.play, task))
        for seed in range(repeats):
            answer = SearchLearner().attempt(place, known, None, seed).answer
            won[task.reference["kind"]].append(answer["won"])
    return won


def procedure(kind: str, everywhere: bool = False) -> Pattern:
    return Pattern(f"how to {kind}", () if everywhere else (f"task={kind}",), MEANS[CONDITIONS[kind][-1]])


def share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)


def difficulty(tasks: str = "60", *sizes: synthetic.Difficulty) -> None:
    for size in sizes or synthetic.SIZES:
        env = AlfWorld(
            AlfWorldConfig(data="synthetic", difficulty=size, sizes={"eval": int(tasks)}, timeout=300)
        )
        print(f"{size:8}", end="")
        for label, known in (("alone", []), ("with procedures", [procedure(k) for k in KINDS])):
            won = attempts(env, known, 2)
            each = " ".join(f"{k} {share(won[k]):.2f}" for k in KINDS)
            print(f"  {label}: {share([w for ws in won.values() for w in ws]):.2f} ({each})", end="")
        print(flush=True)
        env.close()


def conflict(*lessons: str) -> None:
    env = AlfWorld(AlfWorldConfig(data="synthetic", difficulty="tiny", sizes={"eval": 60}, timeout=300))
    print("lesson on \\ task ", *KINDS, sep="\t")
    arms = [("none", [])]
    arms += [(f"{k}, everywhere", [procedure(k, True)]) for k in KINDS]
    arms += [("all, each on its type", [procedure(k) for k in KINDS])]
    for label, known in arms:
        if lessons and label.split(",")[0] not in lessons:
            continue
        won = attempts(env, known, 2)
        print(f"{label:22}", *(f"{share(won[k]):.2f}" for k in KINDS), sep="\t", flush=True)
    env.close()


def learned(store: str, run: str, tasks: str = "120") -> None:
    """Fresh trials on held-out tasks, alone and with what the run trusted at its end: mean over tasks, paired by
    task, 95% by resampling tasks."""
    import sqlite3

    import msgspec
    from smena.values import Body

    rows = sqlite3.connect(store).execute(
        "select k.body, t.to_status from transitions t join knowledge k on k.digest = t.item"
        " where t.run = ? order by t.seq",
        (run,),
    )
    state = dict(rows)
    trusted = [msgspec.json.decode(body, type=Body) for body, status in state.items() if status == "trusted"]
    env = AlfWorld(AlfWorldConfig(data="synthetic", sizes={"eval": int(tasks)}, timeout=300))
    pairs = defaultdict(list)
    for task in env.tasks("eval"):
        place = Situation(task.view, task.features, None, partial(env.play, task))
        arms = []
        for known in ([], trusted):
            answers = [SearchLearner().attempt(place, known, None, seed).answer for seed in (1, 2)]
            arms.append(share([answer["won"] for answer in answers]))
        pairs[task.reference["kind"]].append(arms)
    env.close()
    rng = random.Random(0)
    print(f"{len(trusted)} trusted lessons")
    for kind in (*KINDS, "all"):
        its = pairs[kind] if kind != "all" else [pair for kind in KINDS for pair in pairs[kind]]
        gains = [after - before for before, after in its]
        means = sorted(sum(rng.choices(gains, k=len(gains))) / len(gains) for _ in range(4000))
        before, after = (sum(pair[i] for pair in its) / len(its) for i in (0, 1))
        print(
            f"{kind:6} {len(its):3} tasks  {before:.2f} -> {after:.2f}"
            f"  gain {sum(gains) / len(gains):+.2f} [{means[100]:+.2f}, {means[3899]:+.2f}]"
        )


if __name__ == "__main__":
    name, *arguments = sys.argv[1:] or ["speed"]
    commands = {f.__name__: f for f in (speed, first, workers, memory, difficulty, conflict, learned)}
    commands[name](*arguments)
