"""What the ALFWorld environment costs and what knowledge is worth in it: `bench/alfworld.md` has the figures.

python bench/alfworld_play.py speed [GAME.tw-pddl]   reset and step against the stock engine, in CPU seconds
python bench/alfworld_play.py workers                one worker against two
python bench/alfworld_play.py memory                 resident memory over 1,000 episodes
python bench/alfworld_play.py difficulty             success by room size, with and without procedures
python bench/alfworld_play.py conflict               success by task type under each type's procedure
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


def episodes(count: int, seed: int) -> int:
    engine, actions = EngineProcess(seconds=300), 0
    games = list(islice(synthetic.games("heat", "train", "small"), 8))
    rng = random.Random(seed)
    for number in range(count):
        game = games[number % len(games)]
        told = engine.load(Game(game.problem, game.goal))
        for _ in range(40):
            told = engine.call("step", rng.choice(told["commands"]))
            actions += 1
    engine.close()
    return actions


def workers() -> None:
    """Both measured in turns, three times, so that what else the machine does falls on both."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for count in (1, 2):
            start = time.perf_counter()
            with multiprocessing.Pool(count) as pool:
                done = sum(pool.starmap(episodes, [(60, n) for n in range(count)]))
            rates[count].append(done / (time.perf_counter() - start))
    one, two = (max(rates[n]) for n in (1, 2))
    print(f"1 worker {one:.0f} actions/s, 2 workers {two:.0f} actions/s: {two / one:.2f}x (best of 3)")


def memory() -> None:
    engine, seen = EngineProcess(seconds=300), []
    games = [next(synthetic.games(kind, "train", "small")) for kind in KINDS]
    games += list(islice(synthetic.games("heat", "train", "small"), 40))
    rng = random.Random(0)
    for number in range(1000):
        game = games[number % len(games)]
        told = engine.load(Game(game.problem, game.goal))
        for _ in range(10):
            told = engine.call("step", rng.choice(told["commands"]))
        if number % 50 == 49:
            seen.append(round(rss(engine.pid)))
            print(f"episode {number + 1}: {seen[-1]} MiB", flush=True)
    engine.close()
    for fifth in range(5):
        most = max(seen[fifth * 4 : fifth * 4 + 4])
        print(f"  episodes {fifth * 200 + 1}-{fifth * 200 + 200}: at most {most} MiB")


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


def conflict() -> None:
    env = AlfWorld(AlfWorldConfig(data="synthetic", difficulty="tiny", sizes={"eval": 60}, timeout=300))
    print("lesson on \\ task ", *KINDS, sep="\t")
    arms = [("none", [])]
    arms += [(f"{k}, everywhere", [procedure(k, True)]) for k in KINDS]
    arms += [("all, each on its type", [procedure(k) for k in KINDS])]
    for label, known in arms:
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
    commands = {f.__name__: f for f in (speed, workers, memory, difficulty, conflict, learned)}
    commands[name](*arguments)
