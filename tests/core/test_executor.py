"""The local pool: whatever a job does to its worker, every job gets one outcome, and only it is charged."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smena.errors import BadInput, InfraError, NoModel, NoSandbox, SmenaError
from smena.executor import CHUNK_JOBS, Job, LocalExecutor
from smena.process import MAX_BYTES
from smena.values import Attempt, Fact, Feedback, Finding, Gap, Outcome, Trial


def job(what: str, seed: int = 0) -> Job:
    return Job(Trial("lab@1", what, "learner@1", "exact@1", seed=seed), what, "eval")


def act(job: Job) -> Outcome:
    """A learner that does what its task says."""
    what, _, rest = job.task.partition(" ")
    match what:
        case "raise":
            raise ValueError("no\nsuch luck")
        case "odd":
            error = ValueError("empty separator")
            error.cause = {"none": None, "error": OSError(), "long": "x" * 40, "no": "not a code"}[rest]  # type: ignore[attr-defined]
            raise error
        case "infra":
            raise InfraError("the sandbox is gone")
        case "overflow":
            raise InfraError("overflow: too long")
        case "no":
            raise {"sandbox": NoSandbox("full"), "model": NoModel("down")}[rest]
        case "exit":
            sys.exit(3)
        case "die":
            os._exit(7)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "once":  # dies the first time only
            if not Path(rest).exists():
                Path(rest).touch()
                os._exit(1)
        case "hang":
            time.sleep(60)
        case "stuck":  # deaf to every signal that can be ignored
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while True:
                pass
        case "child":
            child = subprocess.Popen(["sleep", "60"])
            Path(rest).write_text(str(child.pid))
            child.wait()
        case "print":
            print("noise")
            print("noise", file=sys.stderr)
            os.system("echo noise")
        case "nap":
            time.sleep(float(rest))
        case "nan":
            return Outcome(job.trial.key, reward=float("nan"))
        case "set":
            return Outcome(job.trial.key, output={1: object()})
        case "tuple":
            return Outcome(job.trial.key, output=(1, (2, 3)))
        case "huge":
            return Outcome(job.trial.key, output="x" * MAX_BYTES)
        case "big":
            return Outcome(job.trial.key, output="x" * 3_000_000)
        case "mid":
            return Outcome(job.trial.key, output="x" * 300_000)
        case "pid":
            return Outcome(job.trial.key, output=os.getpid())
    return Outcome(job.trial.key, y=1, reward=1.0, output=[what])


def make() -> Callable[[Job], Outcome]:
    return act


def outcomes(jobs: list[Job], workers: int = 2, timeout: float = 30.0) -> list[Outcome]:
    """In the order of the jobs."""
    with LocalExecutor(make, workers, timeout) as executor:
        done = list(executor.run(jobs))
    assert sorted(j.trial.key for j, _ in done) == sorted(j.trial.key for j in jobs)
    assert all(j.trial.key == outcome.trial for j, outcome in done)
    by_key = {outcome.trial: outcome for _, outcome in done}
    return [by_key[j.trial.key] for j in jobs]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int], seconds: float = 3.0) -> bool:
    end = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_every_job_once(workers: int) -> None:
    done = outcomes([job("fine", seed) for seed in range(300)], workers)
    assert {o.status for o in done} == {"ok"}
    assert done[0].output == ["fine"]


def test_nothing_to_do_starts_nothing() -> None:
    def never() -> Callable[[Job], Outcome]:
        raise AssertionError

    with LocalExecutor(never, 2) as executor:
        assert list(executor.run([])) == []


def test_a_worker_gets_the_whole_job() -> None:
    told = Job(
        Trial("e@1", "t", "l@1", "j@1", ("k",), "f", 2**62, "lesson"),
        "task",
        "train",
        (Fact("a", "b", "ü\0"),),
        Feedback(Gap((Finding("x", "y", "reference", 0.1),)), Attempt([[1]], cost=2.0)),
    )
    got = []

    def worker(job: Job) -> Outcome:
        got.append(job)
        return Outcome(job.trial.key, y=int(job == told))

    with LocalExecutor(lambda: worker, 1) as executor:
        [(same, outcome)] = executor.run([told])
    assert same is told and outcome.y == 1 and not got, "it ran in another process"


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("what", "error", "cause"),
    [
        ("raise", "ValueError: no such luck (test_executor.py:", "raised"),
        ("infra", "the sandbox is gone", "infra"),
        ("no sandbox", "sandbox unavailable: full", "sandbox-unavailable"),
        ("no model", "down", "model-unavailable"),
        ("overflow", "overflow: too long", "overflow"),
        *(
            (f"odd {kind}", "ValueError: empty separator", "raised")
            for kind in ("none", "error", "long", "no")
        ),
        ("exit", "SystemExit: 3", "raised"),
        ("nan", "not a finite number", "bad-outcome"),
        ("set", "TypeError", "raised"),
        ("huge", "the limit is 33,554,432", "bad-outcome"),
    ],
)
def test_a_job_that_raises_is_infra_with_one_line(what: str, error: str, cause: str, workers: int) -> None:
    bad, good = outcomes([job(what), job("fine")], workers)
    assert (bad.status, good.status, bad.cause, good.cause) == ("infra", "ok", cause, "")
    assert error in bad.error and "\n" not in bad.error and bad.y is None


@pytest.mark.parametrize("workers", [0, 1])
def test_an_outcome_is_what_the_store_will_give_back(workers: int) -> None:
    assert outcomes([job("tuple")], workers)[0].output == [1, [2, 3]]


@pytest.mark.parametrize("what", ["hang", "stuck"])
def test_a_job_that_hangs_is_stopped_and_it_alone_is_charged(what: str) -> None:
    jobs = [job("fine", i) for i in range(200)] + [job(what)] + [job("fine", i) for i in range(200, 400)]
    started = time.monotonic()
    done = outcomes(jobs, timeout=0.3)
    assert time.monotonic() - started < 5
    assert [o.status for o in done] == ["ok"] * 200 + ["timeout"] + ["ok"] * 200
    assert (done[200].error, done[200].cause) == ("stopped at the limit of 0.3 s", "trial-timeout")
    assert done[200].latency == 0.3


def test_the_limit_is_a_jobs_own_not_its_chunks() -> None:
    assert {o.status for o in outcomes([job("nap 0.12", i) for i in range(6)], 1, timeout=0.4)} == {"ok"}


def test_a_slow_caller_does_not_make_jobs_overdue() -> None:
    with LocalExecutor(make, 1, timeout=0.3) as executor:
        seen = []
        for _, outcome in executor.run([job("fine", i) for i in range(4)]):
            seen.append(outcome.status)
            time.sleep(0.4)
    assert seen == ["ok"] * 4


def test_what_a_stopped_job_started_is_stopped_too(tmp_path: Path) -> None:
    assert outcomes([job(f"child {tmp_path / 'pid'}")], timeout=0.5)[0].status == "timeout"
    assert gone([int((tmp_path / "pid").read_text())])


@pytest.mark.parametrize(("what", "cause"), [("die", "exit code 7"), ("killed", "killed by SIGKILL")])
def test_a_job_that_kills_its_worker_twice_is_infra_and_it_alone(what: str, cause: str) -> None:
    jobs = [job("fine", i) for i in range(200)] + [job(what)] + [job("fine", i) for i in range(200, 400)]
    done = outcomes(jobs)
    assert [o.status for o in done] == ["ok"] * 200 + ["infra"] + ["ok"] * 200
    assert (done[200].error, done[200].cause) == (f"its worker died twice ({cause})", "worker-died")


def test_a_job_whose_worker_dies_once_is_given_another(tmp_path: Path) -> None:
    assert outcomes([job(f"once {tmp_path / 'was'}"), job("fine")])[0].status == "ok"


def test_the_pool_survives_and_serves_again() -> None:
    with LocalExecutor(make, 2, timeout=0.3) as executor:
        for _ in range(3):
            done = [o.status for _, o in executor.run([job("die"), job("fine"), job("hang"), job("fine", 1)])]
            assert sorted(done) == ["infra", "ok", "ok", "timeout"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["fine", "fine", "fine", "raise", "die", "hang"]), max_size=8),
    st.integers(1, 3),
)
def test_any_mixture_gives_each_job_its_own_outcome(whats: list[str], workers: int) -> None:
    expected = {"fine": "ok", "raise": "infra", "die": "infra", "hang": "timeout"}
    done = outcomes([job(what, seed) for seed, what in enumerate(whats)], workers, timeout=1.0)
    assert [o.status for o in done] == [expected[what] for what in whats]


def test_jobs_are_taken_as_needed() -> None:
    taken = 0

    def endless() -> Iterator[Job]:
        nonlocal taken
        while True:
            taken += 1
            yield job("fine", taken)

    with LocalExecutor(make, 2) as executor:
        run = executor.run(endless())
        for seen in range(1, 2000):
            next(run)
            assert taken - seen <= 2 * 2 * CHUNK_JOBS + 2 * CHUNK_JOBS
        run.close()  # type: ignore[attr-defined]
        assert len(list(executor.run([job("fine")]))) == 1, "what was in flight is forgotten"


def test_big_outcomes_and_big_jobs_do_not_block_each_other() -> None:
    fact = Fact("e", "a", "x" * 200_000)
    jobs = [Job(Trial("e@1", "big", "l", "j", seed=i), "big", "eval", (fact,)) for i in range(12)]
    assert {len(o.output) for o in outcomes(jobs)} == {3_000_000}


def test_nor_do_many_that_are_quick() -> None:
    """Many of them are sent ahead, but never so much that both ends wait to be read."""
    quick = [job("fine", i) for i in range(300)]
    fact = Fact("e", "a", "x" * 60_000)
    bulky = [Job(Trial("e@1", "mid", "l", "j", seed=i), "mid", "eval", (fact,)) for i in range(300)]
    assert {o.status for o in outcomes(quick + bulky, timeout=5)} == {"ok"}


def test_how_far_ahead_jobs_are_handed_out_follows_what_they_take() -> None:
    with LocalExecutor(make, 1) as executor:
        assert executor._depth == 1, "not known yet"
        list(executor.run([job("fine", i) for i in range(100)]))
        assert executor._depth > 10
        list(executor.run([job("nap 0.1")]))
        assert executor._depth == 1


def test_a_task_mostly_stays_with_the_worker_that_knows_it() -> None:
    jobs = [
        Job(Trial("e@1", f"{task}", "l", "j", seed=20 * burst + seed), f"pid {task}", "eval")
        for burst in range(3)
        for task in range(8)
        for seed in range(20)
    ]
    served: dict[str, Counter[int]] = {}
    for done, outcome in zip(jobs, outcomes(jobs), strict=True):
        served.setdefault(done.task, Counter())[outcome.output] += 1
    at_home = sum(max(pids.values()) for pids in served.values())
    assert at_home >= 0.7 * len(jobs), served


def test_workers_are_silent_and_can_be_heard_in_a_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    with LocalExecutor(make, 1, log=log) as executor:
        assert [o.status for _, o in executor.run([job("print")])] == ["ok"]
    assert outcomes([job("print")])[0].status == "ok"
    assert capfd.readouterr() == ("", "")
    assert log.read_text() == "noise\nnoise\nnoise\n"


def test_threads_of_the_host_do_not_hang_its_workers(tmp_path: Path) -> None:
    """A lock that another thread holds at the fork would never be released in the worker."""
    stream = (tmp_path / "host.log").open("w")
    handler, stop = logging.StreamHandler(stream), threading.Event()

    def chatter() -> None:
        while not stop.is_set():
            stream.write("chatter " * 20)
            stream.flush()

    def worker(job: Job) -> Outcome:
        logging.getLogger().error("from a worker")
        os._exit(1)

    thread = threading.Thread(target=chatter)
    logging.root.addHandler(handler)
    thread.start()
    try:
        with LocalExecutor(lambda: worker, 2, timeout=5, log=tmp_path / "log") as executor:
            done = [o.error for _, o in executor.run([job("any", i) for i in range(40)])]
    finally:
        stop.set()
        thread.join()
        logging.root.removeHandler(handler)
        stream.close()
    assert done == ["its worker died twice (exit code 1)"] * 40
    assert "from a worker" not in (tmp_path / "host.log").read_text()
    assert (tmp_path / "log").read_text() == "ERROR:root:from a worker\n" * 80


def fails(error: BaseException) -> Callable[[Job], Outcome]:
    raise error


@pytest.mark.parametrize(
    ("error", "raised", "text"),
    [
        (BadInput("unknown learner 'x'"), BadInput, "unknown learner 'x'"),
        (ImportError("no litellm"), SmenaError, "ImportError: no litellm"),
    ],
)
def test_plugins_that_do_not_load_end_the_run(error: Exception, raised: type[SmenaError], text: str) -> None:
    with LocalExecutor(partial(fails, error), 2) as executor, pytest.raises(SmenaError, match=text) as caught:
        list(executor.run([job("fine")]))
    assert type(caught.value) is raised


def test_workers_that_die_while_loading_end_the_run() -> None:
    with LocalExecutor(partial(os._exit, 9), 2) as executor, pytest.raises(SmenaError, match="exit code 9"):
        list(executor.run([job("fine")]))


HOST = """
import os, signal, sys, time
from pathlib import Path
from smena.executor import Job, LocalExecutor
from smena.values import Outcome, Trial

def worker(job):
    Path(sys.argv[1], str(os.getpid())).touch()
    print("noise", flush=True)
    if job.task == "busy":
        while True: pass
    time.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
jobs = [Job(Trial("e", t, "l", "j"), t, "eval") for t in ("busy", "asleep")]
with LocalExecutor(lambda: worker, 2, 60) as executor:
    list(executor.run(jobs))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_do_not_outlive_their_host(how: signal.Signals, tmp_path: Path) -> None:
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 2:
        assert time.monotonic() < end and host.poll() is None, host.communicate()
        time.sleep(0.02)
    os.killpg(host.pid, how)  # what a terminal does on Ctrl-C
    out, err = host.communicate(timeout=10)
    assert gone([int(p.name) for p in tmp_path.iterdir()], 2.0)
    assert out == ""
    if how == signal.SIGINT:
        assert err.count("Traceback") == 1 and err.rstrip().endswith("KeyboardInterrupt"), (
            "the host's own, only"
        )
    else:
        assert err == ""


def test_idle_workers_end_with_the_executor() -> None:
    with LocalExecutor(make, 2) as executor:
        pids = {o.output for _, o in executor.run([job("pid", i) for i in range(50)])}
        assert all(map(alive, pids))
    assert gone(list(pids))


def test_an_executor_left_open_does_not_hang_the_interpreter() -> None:
    script = HOST.replace(
        "with LocalExecutor(lambda: worker, 2, 60) as executor:\n    list(executor.run(jobs))", ""
    )
    script += "e = LocalExecutor(lambda: lambda j: Outcome(j.trial.key), 2)\nprint(len(list(e.run(jobs))))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr) == ("2\n", "")
