"""Many jobs at once in a worker: the same promises as of one at a time."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smena.concurrent import ConcurrentExecutor
from smena.errors import BadInput, Hopeless
from smena.executor import Job
from smena.values import Outcome, Trial


def job(what: str, seed: int = 0) -> Job:
    return Job(Trial("lab@1", what, "learner@1", "exact@1", seed=seed), what, "eval")


together, most, lock = 0, 0, threading.Lock()


def act(job: Job) -> Outcome:
    global together, most
    what, _, rest = job.task.partition(" ")
    match what:
        case "raise":
            raise ValueError("no such luck")
        case "die":
            time.sleep(0.05)
            os._exit(7)
        case "once":
            if not Path(rest).exists():
                Path(rest).touch()
                os._exit(1)
        case "hang":
            time.sleep(60)
        case "hopeless":
            raise Hopeless("no key: set OPENAI_API_KEY")
        case "count":
            with lock:
                together += 1
                most = max(most, together)
            time.sleep(0.05)
            with lock:
                together -= 1
            return Outcome(job.trial.key, output=[os.getpid(), most])
        case "nap":
            time.sleep(float(rest))
    return Outcome(job.trial.key, y=1, reward=1.0, output=[what])


def make() -> Callable[[Job], Outcome]:
    return act


def outcomes(
    jobs: list[Job], workers: int = 2, timeout: float = 30.0, concurrency: int = 16
) -> list[Outcome]:
    with ConcurrentExecutor(make, workers, timeout, concurrency=concurrency) as executor:
        done = list(executor.run(jobs))
    assert sorted(j.trial.key for j, _ in done) == sorted(j.trial.key for j in jobs)
    by_key = {outcome.trial: outcome for _, outcome in done}
    return [by_key[j.trial.key] for j in jobs]


def test_every_job_once() -> None:
    assert {o.status for o in outcomes([job("fine", i) for i in range(500)])} == {"ok"}


@pytest.mark.parametrize(("workers", "concurrency"), [(1, 8), (2, 8), (2, 7), (4, 2)])
def test_never_more_at_once_than_said(workers: int, concurrency: int) -> None:
    peaks: dict[int, int] = {}
    for outcome in outcomes([job("count", i) for i in range(80)], workers, concurrency=concurrency):
        pid, peak = outcome.output
        peaks[pid] = max(peak, peaks.get(pid, 0))
    assert len(peaks) <= workers and sum(peaks.values()) <= concurrency + workers - 1
    assert max(peaks.values()) > 1 or concurrency // workers <= 1


def test_a_job_that_hangs_is_charged_and_those_beside_it_are_not_lost() -> None:
    jobs = [job("hang"), *(job("nap 0.3", i) for i in range(40))]
    started = time.monotonic()
    done = outcomes(jobs, timeout=2.0, workers=1)
    assert time.monotonic() - started < 30
    assert [o.status for o in done] == ["timeout"] + ["ok"] * 40
    assert done[0].error == "stopped at the limit of 2 s"


def test_a_slow_caller_does_not_make_jobs_overdue() -> None:
    with ConcurrentExecutor(make, 1, timeout=1.0, concurrency=4) as executor:
        seen = []
        for _, outcome in executor.run([job("fine", i) for i in range(6)]):
            seen.append(outcome.status)
            time.sleep(0.4)
    assert seen == ["ok"] * 6


def test_a_job_that_kills_its_workers_is_found_among_those_beside_it() -> None:
    jobs = (
        [job("nap 0.02", i) for i in range(30)] + [job("die")] + [job("nap 0.02", i) for i in range(30, 60)]
    )
    done = outcomes(jobs)
    assert [o.status for o in done] == ["ok"] * 30 + ["infra"] + ["ok"] * 30
    assert done[30].error == "its worker died twice (exit code 7)"


def test_a_job_whose_worker_dies_once_is_given_another(tmp_path: Path) -> None:
    assert {o.status for o in outcomes([job(f"once {tmp_path / 'was'}"), job("fine")])} == {"ok"}


def test_a_job_that_shows_that_none_can_be_done_ends_the_run() -> None:
    with (
        ConcurrentExecutor(make, 2, concurrency=8) as executor,
        pytest.raises(BadInput, match="set OPENAI_API_KEY"),
    ):
        list(executor.run([job("hopeless", i) for i in range(20)]))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["fine", "fine", "nap 0.01", "raise", "die", "hang"]), max_size=10),
    st.integers(1, 2),
    st.integers(2, 6),
)
def test_any_mixture_gives_each_job_its_own_outcome(whats: list[str], workers: int, concurrency: int) -> None:
    expected = {"raise": "infra", "die": "infra", "hang": "timeout"}
    done = outcomes([job(what, seed) for seed, what in enumerate(whats)], workers, 1.5, concurrency)
    assert [o.status for o in done] == [expected.get(what, "ok") for what in whats]
