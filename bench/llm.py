"""What language-model trials cost beside bare loops of calls, and what failures and kills do to a run.

    python bench/llm.py speed      # 2,000 trials at 200 ms, concurrency 64, beside bare litellm and bare openai
    python bench/llm.py storm      # 30% of calls fail in five ways
    python bench/llm.py kill       # SIGKILL at 20 random moments

The server is that of the tests, a process of its own on the loopback."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "plugins"))
from llm_server import KEY, Running, running  # noqa: E402

PARTS = "litellm/1,litellm/2,openai/1,openai/2,smena-auto/1,smena-auto/2,smena-litellm/1,smena-litellm/2"
TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def cpu(pids: list[int]) -> float:
    """CPU seconds of these processes so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def memory(pids: list[int]) -> tuple[float, float]:
    """MB: RSS summed (pages that processes share count in each), and PSS summed (shared out)."""
    rss = pss = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            rss += int(line.split()[1]) if line.startswith("Rss:") else 0
            pss += int(line.split()[1]) if line.startswith("Pss:") else 0
    return rss / 1024, pss / 1024


def caller(library: str, url: str, messages: list[Any]) -> Callable[[int], object]:
    """One call through a library, as its users make it; the argument is the seed."""
    asked: dict[str, Any] = {
        "messages": messages, "max_tokens": 200, "temperature": 0.7, "response_format": {"type": "json_object"},
    }  # fmt: skip
    if library == "openai":
        import openai

        create = openai.OpenAI(api_key=KEY, base_url=url, max_retries=0).chat.completions.create
        return lambda seed: create(model="lab", seed=seed, **asked)
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    litellm.drop_params = True
    asked |= {"model": "openai/lab", "api_base": url, "api_key": KEY, "max_retries": 0, "num_retries": 0}
    return lambda seed: litellm.completion(seed=seed, **asked)


def bare(
    library: str, url: str, messages: list[Any], workers: int, concurrency: int, runs: int
) -> dict[str, Any]:
    """The same prompts on threads in as many processes, and nothing else."""
    context = multiprocessing.get_context("fork")
    # With a limit: a library that fails a call ends its process, and the others would wait for it for ever.
    ready, go, done, leave = (context.Barrier(workers + 1, timeout=120) for _ in range(4))
    threads = concurrency // workers

    def work(number: int) -> None:
        call = caller(library, url, messages)
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(call, range(10**6 + number * threads, 10**6 + (number + 1) * threads)))
            ready.wait()
            go.wait()
            list(pool.map(call, range(number * runs, number * runs + runs // workers)))
            done.wait()
            leave.wait()

    processes = [context.Process(target=work, args=(n,)) for n in range(workers)]
    for process in processes:
        process.start()
    pids = [p.pid for p in processes if p.pid]
    ready.wait()
    before, started = cpu(pids), time.perf_counter()
    go.wait()
    done.wait()
    wall, spent = time.perf_counter() - started, cpu(pids) - before
    rss, pss = memory(pids)
    leave.wait()
    for process in processes:
        process.join()
    return {"wall": wall, "cpu_ms": 1000 * spent / runs, "rss": rss, "pss": pss}


def ours(client: str, url: str, folder: Path, workers: int, concurrency: int, runs: int) -> dict[str, Any]:
    """The same through the house: jobs, workers, learner, judge, store."""
    from smena.cli.progress import NoDisplay
    from smena.concurrent import ConcurrentExecutor
    from smena.config import RunConfig
    from smena.loop import Jobs
    from smena.setup import Setup
    from smena.store import Store
    from smena.trials import Trials, Wanted
    from smena.worker import Worker

    player = {"model": "openai/lab", "api_base": url, "price_in": 1.0, "price_out": 4.0, "max_tokens": 200}
    player["client"] = client
    settings = {"learner.llm": {**player, "concurrent": concurrency}, "teacher.llm": player}
    config = RunConfig(env="lab", learner="llm", teacher="llm", settings=settings)
    setup = Setup(config)
    jobs, task = Jobs(setup), setup.tasks("train")[0]
    executor = ConcurrentExecutor(partial(Worker, config), workers, 600.0, concurrency=concurrency)
    with Store.open(folder / "bench.db") as store, executor:
        trials = Trials(store, executor, "bench", NoDisplay())

        def wanted(stream: str, count: int) -> list[Wanted]:
            return [Wanted(f"{stream}", jobs.attempt("train", task, [], stream, i)) for i in range(count)]

        trials._link = lambda *_: None  # type: ignore[method-assign]  # there is no run to link to
        trials.run(wanted("warm", 2 * concurrency))
        pids = tree(os.getpid())
        before, started = cpu(pids), time.perf_counter()
        outcomes = trials.run(wanted("bench", runs))
        wall, spent = time.perf_counter() - started, cpu(pids) - before
        rss, pss = memory(pids)
    assert all(o.status == "ok" and o.usage for o in outcomes)
    return {"wall": wall, "cpu_ms": 1000 * spent / runs, "rss": rss, "pss": pss}


def alone(task: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """In a fresh process: none is charged for what another has imported."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(task, *args).result()


def speed(options: argparse.Namespace) -> None:
    runs, delay, concurrency = options.trials, options.delay, options.concurrency
    os.environ["OPENAI_API_KEY"] = KEY
    ideal = runs * delay / concurrency
    print(f"{runs} trials, {delay * 1000:.0f} ms a reply, {concurrency} at once; ideal {ideal:.2f} s")
    with running(delay=delay) as server, tempfile.TemporaryDirectory() as folder:
        from smena.protocols import Situation
        from smena_llm.learner import LearnerConfig, LlmLearner

        view = {"name": "t", "cluster": "c", "p0": 0.5, "effects": {"useful": 0.1}}
        prompt = list(LlmLearner(LearnerConfig(model="openai/lab")).messages(Situation(view, ("c",)), []))
        for name in options.parts.split(","):
            who, _, workers = name.partition("/")
            size = int(workers or 1), concurrency, runs
            if who.startswith("smena-"):
                place = Path(folder) / name.replace("/", "-")
                place.mkdir()
                found = alone(ours, who.removeprefix("smena-"), server.url, place, *size)
            else:
                found = alone(bare, who, server.url, prompt, *size)
            share = ideal / found["wall"]
            print(
                f"{who:<14} {size[0]} worker(s)  {found['wall']:6.2f} s = {share:4.0%} of ideal  "
                f"{found['cpu_ms']:5.2f} ms CPU a call  RSS {found['rss']:.0f} MB, PSS {found['pss']:.0f}",
                flush=True,
            )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def command(server: Running, *more: str) -> list[str]:
    words = [
        sys.executable,
        "-m",
        "smena",
        "run",
        "--env",
        "lab",
        "--model",
        "openai/lab",
        "-q",
        "--tasks",
        "12",
    ]
    words += ["--set", "env.lab.sizes={train=24,eval=6,holdout=8,audit=8}"]
    for kind in ("learner", "teacher"):
        settings = {"api_base": server.url, "price_in": 1, "price_out": 4, "timeout": 2, "max_tokens": 200}
        for name, value in settings.items():
            words += ["--set", f"{kind}.llm.{name}={value}"]
    return [*words, *more]


def run(words: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"OPENAI_API_KEY": KEY}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True)


def rows(folder: str, sql: str) -> list[Any]:
    with sqlite3.connect(f"{folder}/smena.db") as connection:
        return connection.execute(sql).fetchall()


def storm(options: argparse.Namespace) -> None:
    with running(storm=0.3, delay=0.02) as server, tempfile.TemporaryDirectory() as folder:
        done = run(command(server), folder)
        assert done.returncode == 0, done.stderr
        counts, price = server.counts(), server.price()
        spent = rows(folder, "SELECT SUM(price) FROM outcomes WHERE status = 'ok'")[0][0]
        failed = rows(folder, "SELECT COUNT(*), COALESCE(SUM(price), 0) FROM failures")[0]
        states = dict(rows(folder, "SELECT status, COUNT(*) FROM outcomes GROUP BY 1"))
    bad = {kind: counts[kind] for kind in ("429", "500", "reset", "hang", "truncated")}
    print(f"{counts['requests']} calls, {sum(bad.values())} failed: {json.dumps(bad)}")
    print(f"trials           {states}, failed executions {failed[0]}")
    print(f"spent            ${spent + failed[1]:.6f} in the store, ${price:.6f} by the server's count")


def kill(options: argparse.Namespace) -> None:
    rng, concurrency = random.Random(0), 16
    with running(delay=0.1) as server, tempfile.TemporaryDirectory() as folder:
        words = command(server, "--concurrency", str(concurrency))
        env = os.environ | {"OPENAI_API_KEY": KEY}
        lost, kills = [], 0
        while kills < options.kills:
            process = subprocess.Popen(
                words, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            begun = server.counts()["requests"]
            while server.counts()["requests"] == begun and process.poll() is None:
                time.sleep(0.02)
            time.sleep(rng.uniform(0, 0.4))
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            time.sleep(0.3)  # the server ends what it had in hand
            stored = rows(folder, "SELECT COUNT(*) FROM outcomes WHERE status = 'ok'")[0][0]
            lost.append(server.counts()["replies"] - stored - sum(lost))
        done = run(words, folder)
        assert done.returncode == 0, done.stderr
        counts = server.counts()
        stored = rows(folder, "SELECT COUNT(*) FROM outcomes WHERE status = 'ok'")[0][0]
    print(f"{kills} kills; calls lost at each (concurrency {concurrency}): {lost}, most {max(lost)}")
    print(f"{stored} outcomes, {counts['replies']} replies = outcomes + {counts['replies'] - stored} lost")
    print(f"calls made again to the letter: {counts['repeated']}, all of them lost ones")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "storm", "kill"])
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--parts", default=PARTS, help="what is measured, each with its number of processes")
    parser.add_argument("--kills", type=int, default=20)
    chosen = parser.parse_args()
    benches: dict[str, Callable[[argparse.Namespace], None]] = {"speed": speed, "storm": storm, "kill": kill}
    benches[chosen.what](chosen)
