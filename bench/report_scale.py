"""Reports and pages over large stores: seconds, memory, size.

Fills a store with one run of about N outcomes as a real run would leave them (same purposes, decisions and
evidence; the texts are short), beside ten small runs, and measures the commands in processes of their own.

    python bench/report_scale.py --outcomes 1000000 --db /tmp/big.db
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from smena.store import Run, Store
from smena.values import Decision, Knowledge, Pattern, Provenance, Transition

RUN = "arc-causal-big00000"
CONFIG = {
    "env": "arc", "learner": "search", "policy": "causal", "seed": 0, "attempts": 5, "eval_repeats": 2,
    "gamma": 0.9, "pool": 10, "bank": 4, "tasks": 0,
}  # fmt: skip


def purposes(total: int, items: list[str]) -> Iterator[tuple[str, int, str, str, int]]:
    """(purpose, position, task, kind, informed) of about ``total`` trials: two thirds at the gates."""
    tasks = max(40, total // 500)
    waves = 30
    for t in range(tasks):
        for i in range(4):
            yield f"bank/train-{t:05}", i, f"train-{t:05}", "attempt", 0
        for i in range(3):
            yield (
                f"train/{1 + t * waves // tasks:03}/train-{t:05}",
                i,
                f"train-{t:05}",
                "lesson" if i == 1 else "attempt",
                i,
            )
    held = max(20, total // 1000)
    for step in range(waves + 1):
        for t in range(held):
            for i in range(2):
                yield f"eval/trusted/{step:03}", 2 * t + i, f"eval-{t:05}", "attempt", step
    for t in range(2 * held):
        yield f"eval/all/{waves:03}", t, f"eval-{t // 2:05}", "attempt", 1
    each = max(20, int(0.82 * total / len(items)))
    for n, item in enumerate(items):
        for i in range(each // 12):
            yield f"screen/{item}", i, f"train-{n % tasks:05}", "attempt", i % 2
        for i in range(each * 6 // 12):
            yield f"confirm/{item}", i, f"train-{(n + i // 2) % tasks:05}", "attempt", i % 2
        for arm in (0, 1):
            for i in range(each * 5 // 24):
                yield f"audit/{item}/{arm}", i, f"audit-{(n + i) % held:05}", "attempt", arm


def fill(db: Path, total: int) -> int:
    rng = random.Random(1)
    count = max(30, total // 500)
    bodies = [Pattern(f"rule {n}", (f"size={n % 7}",), ("flip", "crop")) for n in range(count)]
    found = [
        Knowledge(b, (), Provenance(f"train-{n:05}", "family", "search@1")) for n, b in enumerate(bodies)
    ]
    digests = [k.digest for k in found]
    with Store.open(db) as store:
        for n in range(10):
            small = Run(
                id=f"arc-causal-small{n:03}", env="arc@1", learner="search@1", teacher="search@1",
                policy="causal@1",
                seed=n, config=CONFIG | {"seed": n}, fingerprint=f"s{n}",
            )  # fmt: skip
            store.start_run(small)
            store.finish_run(small.id)
        run = Run(
            id=RUN, env="arc@1", learner="search@1", teacher="search@1", policy="causal@1", seed=0, config=CONFIG,
            fingerprint="big",
        )  # fmt: skip
        store.start_run(run)
        with store.together():
            store.put_items(RUN, found)
            decide(store, digests, rng)
            for split, size in (("train", count), ("eval", count // 2), ("audit", count // 2)):
                store.put_mark(RUN, f"tasks/{split}", [f"{split}-{t:05}" for t in range(size)])
            for step in range(1, 31):
                store.put_mark(RUN, f"memory/{step:03}", {})
            store.put_mark(RUN, "audit/rule", {"source": "audit split", "text": "by trials"})
        store.finish_run(RUN)
    return link(db, total, digests, rng)


def decide(store: Store, digests: list[str], rng: random.Random) -> None:
    seq = moves = 0
    for n, item in enumerate(digests):
        kind, step = n % 10, 1 + n * 30 // len(digests)
        states = ["proposed"] + (["eligible"] if kind < 6 else []) + (["candidate"] if kind < 4 else [])
        states += ["trusted"] if kind < 2 else []
        for before, after in zip(["", *states], states, strict=False):
            store.put_transition(RUN, Transition(item, before, after, "", None, moves, step))
            moves += 1
        if kind < 6:
            passed = "pass" if kind < 4 else "drop"
            store.put_decision(
                RUN, seq, Decision(item, "screen", "causal", passed, {"reason": "E", "runs": 16}), step
            )
            seq += 1
        if kind < 4:
            differences = [rng.choice((0, 0, 1, 1, -1)) for _ in range(120)]
            told = {
                "differences": differences, "theta": 0.01, "threshold": 80.0, "delta_u": 0.2,
                "delta_u_lower": 0.01, "e_value": 81.0, "runs": 240, "reason": "E = 81 ≥ 80",
            }  # fmt: skip
            verdict = "pass" if kind < 2 else "drop"
            store.put_decision(RUN, seq, Decision(item, "confirm", "causal", verdict, told), step)  # type: ignore[arg-type]
            seq += 1
        verdict = ("pass", "drop", "undecided")[n % 3]
        told = {"reason": "effect", "ate": 0.1, "source": "audit split"}
        store.put_decision(RUN, seq, Decision(item, "audit", "causal", verdict, told), 30)  # type: ignore[arg-type]
        seq += 1


def link(db: Path, total: int, digests: list[str], rng: random.Random) -> int:
    connection = sqlite3.connect(db)
    connection.execute("PRAGMA synchronous=OFF")
    columns = [row[1] for row in connection.execute("PRAGMA table_info(outcomes)")]
    outcome = dict.fromkeys(columns) | {
        "env": "arc@1", "learner": "search@1", "judge": "exact@1", "scores": '{"exact":1.0}', "cost": 60.0,
        "output": "[[[1,2],[3,4]]]", "trace": "null", "error": "", "attempts": 1, "status": "ok",
        "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    places = ", ".join("?" * len(columns))
    batch: list[tuple[object, ...]] = []
    links: list[tuple[object, ...]] = []
    made = 0

    def write() -> None:
        connection.executemany(f"INSERT INTO outcomes VALUES ({places})", batch)
        connection.executemany(
            "INSERT INTO run_trials (run, purpose, position, key) VALUES (?, ?, ?, ?)", links
        )
        batch.clear()
        links.clear()

    for purpose, position, task, kind, informed in purposes(total, digests):
        y = int(rng.random() < 0.3) if kind == "attempt" else None
        key = f"{made:032x}"
        row = outcome | {
            "key": key, "kind": kind, "task": task, "seed": made, "y": y, "reward": y,
            "latency": rng.random() / 10, "knowledge": '["x"]' if informed else "[]",
        }  # fmt: skip
        batch.append(tuple(row[c] for c in columns))
        links.append((RUN, purpose, position, key))
        made += 1
        if len(batch) >= 20_000:
            write()
    write()
    connection.commit()
    connection.close()
    return made


def measured(*args: str) -> tuple[float, float, float]:
    """Wall s, CPU s and peak MB of a smena command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    code = (
        "import resource, sys; from smena.cli import app; "
        "app(sys.argv[1:], standalone_mode=False); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu, int(told.stderr.strip().splitlines()[-1]) / 1024


def pages(db: Path) -> None:
    from threading import Thread

    from smena.view.server import make_server

    server = make_server(str(db))
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    item = (
        sqlite3.connect(db).execute("SELECT item FROM decisions WHERE gate = 'confirm' LIMIT 1").fetchone()[0]
    )
    for path in (
        "/", f"/run/{RUN}", f"/run/{RUN}?tab=items", f"/run/{RUN}?tab=trials", f"/run/{RUN}?tab=trials&page=20",
        f"/run/{RUN}/purpose/confirm%2F{item}", f"/run/{RUN}/item/{item}", f"/run/{RUN}/decision/1",
        f"/trial/{7:032x}", f"/pulse/{RUN}",
    ):  # fmt: skip
        times = []
        for _ in range(5):
            started, cpu = time.monotonic(), time.process_time()
            urllib.request.urlopen(base + path).read()
            times.append((time.monotonic() - started, time.process_time() - cpu))
        wall, cpu = (sorted(t[i] for t in times)[2] for i in (0, 1))
        print(f"view {path[:60]}: median {1000 * wall:.0f} ms wall, {1000 * cpu:.0f} ms CPU", flush=True)
    server.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--outcomes", type=int, default=1_000_000)
    parser.add_argument("--pages", action="store_true", help="only the pages of `smena view`")
    parser.add_argument("--db", type=Path, default=Path("/tmp/smena-scale.db"))
    given = parser.parse_args()
    if not given.db.exists():
        started = time.monotonic()
        made = fill(given.db, given.outcomes)
        print(
            f"{made:,} outcomes in {time.monotonic() - started:.0f} s, {given.db.stat().st_size / 1e6:.0f} MB"
        )
    out = given.db.with_suffix(".html")
    commands = [
        ["runs"],
        ["report", RUN],
        ["report", RUN, "-f", "html", "-o", str(out)],
        ["report", "fpr", RUN],
    ]
    for words in [] if given.pages else commands:
        wall, cpu, peak = measured(*words, "--db", str(given.db))
        print(f"smena {' '.join(words[:3])}: {wall:.1f} s wall, {cpu:.1f} s CPU, {peak:.0f} MB", flush=True)
    if out.exists():
        print(f"HTML: {out.stat().st_size / 1e6:.2f} MB")
    pages(given.db)
    print(json.dumps({"python": sys.version.split()[0]}))
