"""What the `run` and `resume` commands do: open the store, start workers, let the run go, say how it
ended."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import msgspec

from smena.aa import AATest
from smena.calibrate import GateCalibration
from smena.config import RunConfig
from smena.executor import Executor
from smena.money import Budget
from smena.registry import Problem
from smena.run import Run, Summary
from smena.setup import Setup
from smena.store import Run as RunRecord
from smena.store import Store
from smena.trials import Limits, Stopped, Trials, Watcher
from smena.values import Decision, Outcome, Trial
from smena.weighing import calibrated
from smena.worker import Worker

THREADS = 64
"""Trials that wait side by side in a worker process. One that calls through litellm holds some 200 MB and makes
about a hundred calls a second, one that calls directly about three hundred; a thread takes next to nothing
(bench/llm.md)."""


class Machine(NamedTuple):
    """Where a run happens. Nothing here may change its result."""

    db: str = "smena.db"
    executor: str = ""
    """Empty: ``concurrent`` where the learner mostly waits and the environment allows it, else ``local``."""
    workers: int = 0
    """0: one a core; where the executor is ``concurrent``, one for every :data:`THREADS` trials at once."""
    concurrency: int = 0
    """Trials at once in all, where the executor is ``concurrent``; 0: as many as the learner says."""
    timeout: float = 600.0
    """Wall seconds after which a trial is stopped."""
    limits: Limits = Limits()
    sandbox: str = "auto"
    """Where untrusted code runs; ``auto``: the best that works here."""
    offline: bool = False
    """Make no trial: replay the run from the store, or say what is missing."""
    keep_trace: bool = True
    """False: what learners tell of their work (prompts, replies) is not stored."""


def run_id(setup: Setup) -> str:
    kind = "-aa" if setup.config.null_items else "-calibration" if setup.config.calibrate else ""
    label = getattr(setup.env, "label", setup.config.env)
    return f"{label}{kind}-{setup.config.policy}-{setup.run_print[:8]}"


def execute(config: RunConfig, machine: Machine, watcher: Watcher) -> Summary:
    """Run, or go on with, the run that this configuration is.

    Raises Stopped at a limit; BadInput for what the user can mend; everything stored stays stored."""
    if config.memory:  # an id, not a beginning of one: what a run begins with is part of its identity
        with Store.open(machine.db, create=False) as known:
            config = msgspec.structs.replace(config, memory=known.run(config.memory).id)
    config = calibrated(config, machine.db)
    setup = Setup(config, machine.sandbox)
    setup.prepare(lambda words: watcher.phase(words, 0))
    run = run_id(setup)
    store = Store.open(machine.db)
    hooks = Hooks(setup, run, watcher)
    with store, _executor(setup, machine) as executor:
        store.start_run(_record(run, setup))
        hooks.call("smena_run_start", run=run)
        status = "failed"
        try:
            trials = Trials(store, executor, run, hooks, machine.limits, machine.offline)
            kind = AATest if config.null_items else GateCalibration if config.calibrate else Run
            summary = kind(setup, store, trials, run, hooks).go()
            status = "finished"
        except (Stopped, KeyboardInterrupt):
            status = "stopped"
            raise
        finally:
            store.finish_run(run, status)
            hooks.call("smena_run_end", run=run, status=status)
    return summary


def _executor(setup: Setup, machine: Machine) -> Executor:
    limits = machine.limits
    budget = Budget(limits.price, limits.tokens) if limits.price or limits.tokens else None
    worker = partial(Worker, setup.config, machine.sandbox, budget, machine.keep_trace)
    cores = os.cpu_count() or 1
    several = 1 if setup.concurrent == 1 else machine.concurrency or setup.concurrent
    name = machine.executor or ("concurrent" if several > 1 else "local")
    options: dict[str, int] = {"concurrency": several} if name == "concurrent" else {}
    needed = math.ceil(several / THREADS) if name == "concurrent" else cores
    workers = machine.workers or min(cores, needed)
    cls = setup.plugins.resolve("executor", name)
    executor: Executor = cls(worker, workers=workers, timeout=machine.timeout, **options)
    return executor


def _record(run: str, setup: Setup) -> RunRecord:
    return RunRecord(
        id=run,
        env=setup.env_print,
        learner=setup.learner_print,
        teacher=setup.teacher_print,
        policy=setup.policy_print,
        seed=setup.config.seed,
        config=msgspec.to_builtins(setup.config),
        fingerprint=setup.run_print,
    )


class Hooks:
    """Tells the display and the plugins' observers. A hook that raises is named once and not called again."""

    def __init__(self, setup: Setup, run: str, watcher: Watcher) -> None:
        self._plugins, self._run, self._watcher = setup.plugins, run, watcher
        self._silenced: set[tuple[str, str]] = set()

    def call(self, hook: str, **told: object) -> None:
        for impl in getattr(self._plugins.manager.hook, hook).get_hookimpls():
            if (impl.plugin_name, hook) in self._silenced:
                continue
            try:
                impl.function(*(told[name] for name in impl.argnames))
            except (Exception, SystemExit) as error:
                self._silenced.add((impl.plugin_name, hook))
                why = f"{type(error).__name__}: {error}; it is not called again in this run"
                self._plugins.problems.append(Problem(impl.plugin_name, hook, why))

    def phase(self, name: str, total: int) -> None:
        self._watcher.phase(name, total)

    def learned(self, done: int, total: int) -> None:
        self._watcher.learned(done, total)

    def outcome(self, trial: Trial, outcome: Outcome, fresh: bool) -> None:
        self._watcher.outcome(trial, outcome, fresh)
        if fresh:
            self.call("smena_outcome", run=self._run, trial=trial, outcome=outcome)

    def decision(self, decision: Decision) -> None:
        self._watcher.decision(decision)
        self.call("smena_decision", run=self._run, decision=decision)

    def memory(self, counts: Mapping[str, int]) -> None:
        self._watcher.memory(counts)
