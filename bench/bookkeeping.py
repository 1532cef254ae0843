"""What the bookkeeping of a trial costs: N trials of a learner that does nothing, one verifier, all stored.

    python bench/bookkeeping.py                                    # Smena, and its floor
    python bench/bookkeeping.py --inspect-python VENV/bin/python   # also Inspect AI, and the ratio

The second needs an environment of its own with `inspect-ai==0.3.285`. The same work: of each sample the
messages, the usage, the answer and the score are stored. Each figure is the median of ``--repeat`` processes,
interleaved, start-up included. CPU is user + system of the process and all it started; memory is the peak of
the largest process of each kind.

- ``smena``: trials through two worker processes into a SQLite store, each outcome in a commit of its own.
- ``floor``: such rows by plain SQLAlchemy Core, one commit each; no trial, no worker, no verifier.
- ``inspect``: `eval` with its mock model (usage given, so that it fetches nothing) and its exact scorer.
- ``inspect, quiet``: the same with its realtime log off.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

MESSAGES = [
    {"role": "user", "content": "What is the colour of the sky on a clear day? " * 8},
    {"role": "assistant", "content": "Blue, because of Rayleigh scattering. " * 8},
]
TIMES: dict[str, float] = {}
"""Wall seconds of what Smena does with all N once they are stored."""
USAGE = {"input_tokens": 80, "output_tokens": 56, "total_tokens": 136}


def smena(count: int, folder: Path) -> int:
    from smena.executor import Job, LocalExecutor
    from smena.store import Run, Store
    from smena.values import Trial

    trials = [Trial("bench@1", f"{i % 1000:032x}", "noop@1", "exact@1", seed=i // 1000) for i in range(count)]
    owed = (Job(trial, f"task-{trial.task}", "eval") for trial in trials)
    run = Run(
        id="bench",
        env="bench@1",
        learner="noop@1",
        teacher="",
        policy="",
        seed=0,
        config={},
        fingerprint="bench",
    )
    with Store.open(folder / "smena.db") as store, LocalExecutor(noop_worker, workers=2) as executor:
        store.start_run(run)
        keys = [trial.key for trial in trials]
        assert not store.recall(keys)
        for job, outcome in executor.run(owed):
            store.remember(job.trial, outcome)
        store.link(run.id, "bench", keys)
        store.finish_run(run.id)
        started = time.perf_counter()
        assert len(store.recall(keys)) == count
        TIMES["recall by key"] = time.perf_counter() - started
        started = time.perf_counter()
        read = list(store.outcomes(run.id))
        TIMES["read back in full"] = time.perf_counter() - started
        return sum(served.outcome.y or 0 for served in read)


def noop_worker() -> Any:
    """A learner that always says the same, and a verifier that compares."""
    from smena.values import Attempt, Outcome

    def work(job: Any) -> Outcome:
        attempt = Attempt("blue", trace={"messages": MESSAGES, "usage": USAGE})
        score = float(attempt.answer == "blue")
        scores = {"exact": score}
        return Outcome(
            job.trial.key, "ok", int(score), score, scores, 1.0, 0.0, attempt.answer, attempt.trace
        )

    return work


def floor(count: int, folder: Path) -> int:
    import sqlalchemy as sa

    names = [f"c{i}" for i in range(20)]
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("key", sa.Text, primary_key=True),
        *(sa.Column(n, sa.Text) for n in names),
    )
    engine = sa.create_engine(f"sqlite:///{folder / 'floor.db'}")
    row = dict.fromkeys(names, "x" * 16) | {"c0": json.dumps(MESSAGES), "c1": json.dumps(USAGE)}
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        table.create(connection)
        for i in range(count):
            connection.execute(table.insert(), {"key": f"{i:032x}", **row})
            connection.commit()
        return len(connection.execute(sa.select(table)).all())


def inspect(count: int, folder: Path, realtime: bool = True) -> int:
    from inspect_ai import Task, eval  # type: ignore[import-not-found]
    from inspect_ai.dataset import Sample  # type: ignore[import-not-found]
    from inspect_ai.model import ModelOutput, ModelUsage, get_model  # type: ignore[import-not-found]
    from inspect_ai.scorer import exact  # type: ignore[import-not-found]
    from inspect_ai.solver import generate  # type: ignore[import-not-found]

    def answers() -> Any:
        while True:
            output = ModelOutput.from_content("mockllm/model", MESSAGES[1]["content"])
            output.usage = ModelUsage(**USAGE)
            yield output

    samples = [
        Sample(id=i + 1, input=MESSAGES[0]["content"], target=MESSAGES[1]["content"]) for i in range(count)
    ]
    [log] = eval(
        Task(dataset=samples, solver=generate(), scorer=exact()),
        model=get_model("mockllm/model", custom_outputs=answers()),
        log_dir=str(folder),
        display="none",
        log_realtime=realtime,
    )
    assert log.status == "success", log.error
    return int(log.results.completed_samples)


def inspect_quiet(count: int, folder: Path) -> int:
    return inspect(count, folder, realtime=False)


class Cost(NamedTuple):
    wall: float
    cpu: float
    main_mb: float
    worker_mb: float
    times: dict[str, float]


def child(name: str, count: int) -> None:
    """Do the work and say the memory."""
    import resource

    with tempfile.TemporaryDirectory() as folder:
        done = {"smena": smena, "floor": floor, "inspect": inspect, "inspect, quiet": inspect_quiet}[name](
            count, Path(folder)
        )
    assert done == count, done
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(json.dumps([*peaks, TIMES]))


def measure(python: str, name: str, count: int) -> Cost:
    started = time.perf_counter()
    command = [python, __file__, "--child", name, "-n", str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    said, complaint = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{name}: {complaint.decode()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, *json.loads(said.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--inspect-python", metavar="PATH", help="a Python that has inspect-ai")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.n)
        return
    pythons = {"smena": sys.executable, "floor": sys.executable}
    if options.inspect_python:
        pythons |= {"inspect": options.inspect_python, "inspect, quiet": options.inspect_python}
    print(f"N = {options.n}, median of {options.repeat}\n")
    print("| | wall s | CPU s | CPU ms a trial | main MB | worker MB |\n|---|---|---|---|---|---|")
    rounds = [
        {name: measure(python, name, options.n) for name, python in pythons.items()}
        for _ in range(options.repeat)
    ]
    cpu = {}
    for name in pythons:
        costs = [r[name] for r in rounds]
        cost = Cost(
            *(statistics.median(values) for values in zip(*(c[:4] for c in costs), strict=True)),
            costs[0].times,
        )
        cpu[name] = cost.cpu
        worker = f"{cost.worker_mb:.0f}" if name == "smena" else "–"
        each = 1000 * cost.cpu / options.n
        print(
            f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} | {each:.3f} | {cost.main_mb:.0f} | {worker} |",
            flush=True,
        )
    for what in rounds[0]["smena"].times:
        print(f"\nsmena: {what} {statistics.median(r['smena'].times[what] for r in rounds):.2f} s")
    for name in list(cpu)[2:]:
        print(f"\n{name}: {cpu[name] / cpu['smena']:.0f} times the CPU of smena")


if __name__ == "__main__":
    main()
