"""Calibration of the gates' settings [6.3]: λ, μ, δ, θ, γ on split holdout, by a stated objective.

A calibration is a run of its own, with randomness that no other run shares. Lessons are learned once, with an
empty memory; every setting then curates them by the real gates, and trials that two settings have in common
are run once. Half of holdout serves as control tasks, the other half judges. α is not calibrated: it is what
is promised."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any, NamedTuple

import msgspec

from smena.config import RunConfig
from smena.curate import Curator
from smena.errors import BadInput
from smena.loop import Episode, episode
from smena.memory import Memory, State
from smena.record import Record
from smena.run import Run, Summary
from smena.setup import Setup
from smena.trials import Trials, Wanted, drive
from smena.values import JSON, Decision, Knowledge, Outcome, Task

GRID: dict[str, dict[str, tuple[float, ...]]] = {
    "causal": {
        "effect": (0.1, 0.15, 0.25),
        "lam": (0.0, 0.1, 0.5),
        "mu": (0.0, 0.5, 1.0),
        "theta": (0.0, 0.1),
        "run.gamma": (0.5, 0.9, 1.0),
    },
    "paper": {
        "delta": (0.0, 0.1, 0.5),
        "lam": (0.0, 0.1, 0.5),
        "mu": (0.0, 0.5, 1.0),
        "theta": (0.1, 0.2, 0.3),
        "gamma": (0.3, 0.5, 0.8),
    },
}
"""Values tried, by policy. ``effect`` is δ of `causal`; ``run.gamma`` is γ of the pools."""

OBJECTIVE = (
    "mean reward on the judging half of split holdout with the memory that the setting saves (ground truth's "
    "reward where it can be asked). One coordinate after the other, from the defaults; a value replaces the one "
    "before it if its reward is higher by more than one standard error of the paired difference (the task is the "
    "unit), or within one standard error and its gates ask for at least a tenth fewer trials"
)
CHEAPER = 0.9


class Tried(NamedTuple):
    """A setting and what came of it. ``rewards``: by judging task."""

    setting: dict[str, float]
    rewards: list[float]
    saved: int
    runs: int


class GateCalibration(Run):
    """Finds the settings; its mark ``calibration`` says everything."""

    def go(self) -> Summary:
        policy = self._config.policy
        if policy not in GRID:
            raise BadInput(f"policy {policy!r} has nothing to calibrate; known: {', '.join(GRID)}")
        if len(self._holdout) < 4:
            raise BadInput(
                f"calibration needs 4 tasks or more of split holdout, there are {len(self._holdout)}"
            )
        self._fit, self._judging = self._holdout[::2], self._holdout[1::2]
        self._learn_texts()
        bank = self._fill_bank()
        waves = [self._alone(tasks, step) for step, tasks in enumerate(self._waves(bank), start=1)]
        best = self._try({}, waves, bank)
        tried = [best]
        for name, values in GRID[policy].items():
            for value in values:
                if value == self._value(best.setting, name):
                    continue
                other = self._try({**best.setting, name: value}, waves, bank)
                tried.append(other)
                if better(other, best):
                    best = other
        chosen = self._setup_for(best.setting)
        self._record.mark(
            "calibration",
            {
                "objective": OBJECTIVE,
                "chosen": {name: self._value(best.setting, name) for name in GRID[policy]},
                "gates": chosen.gates,
                "tried": [_row(one, one is best) for one in tried],
                "judging": [t.id for t in self._judging],
                "control": [t.id for t in self._fit],
                "tau": self._tau(),
            },
        )
        self._record.mark("gates", chosen.gates)
        return Summary(self._run, best.saved, len({i.digest for w in waves for e in w for i in e.proposed}))

    def _alone(self, tasks: Sequence[Task], step: int) -> list[Episode]:
        """Lessons of a wave, learned with nothing in memory."""
        self._watcher.phase(f"lessons {step}", len(tasks))
        return drive(
            self._trials, [episode(self._setup, self._jobs, Memory(self._alike), t, step) for t in tasks]
        )

    def _value(self, setting: Mapping[str, float], name: str) -> float:
        if name in setting:
            return setting[name]
        source = self._config if name.startswith("run.") else self._setup.policy.config  # type: ignore[attr-defined]
        return float(getattr(source, name.removeprefix("run.")))

    def _setup_for(self, setting: Mapping[str, float]) -> Setup:
        """The run's setup with other settings of the gates."""
        config = self._config
        section = f"policy.{config.policy}"
        own = {k: v for k, v in setting.items() if not k.startswith("run.")}
        shared = {k.removeprefix("run."): v for k, v in setting.items() if k.startswith("run.")}
        settings = {**config.settings, section: {**config.settings.get(section, {}), **own}}
        made = copy.copy(self._setup)
        made.config = msgspec.structs.replace(config, settings=settings, **shared)
        for name in ("policy", "policy_print", "gates"):
            made.__dict__.pop(name, None)
        return made

    def _try(
        self, setting: dict[str, float], waves: Sequence[Sequence[Episode]], bank: Mapping[str, float]
    ) -> Tried:
        """Curate the lessons by this setting, and judge the memory that comes of it."""
        self._watcher.phase(f"trying {_words(setting)}", len(self._judging))
        setup, memory = self._setup_for(setting), Memory(self._alike)
        counting = _Counting(self._trials)
        record = _Unwritten(memory)
        curator = Curator(
            setup,
            counting,
            self._jobs,
            memory,
            record,
            _Quiet(self._watcher),
            self._train,
            self._fit,
            bank,
        )
        for step, done in enumerate(waves, start=1):
            curator.wave(done, step)
        return Tried(setting, self._judge(memory), len(memory.within("trusted")), len(counting.keys))

    def _judge(self, memory: Memory) -> list[float]:
        n, gold = self._config.eval_repeats, self._setup.has_gold
        wanted = []
        for task in self._judging:
            known = memory.retrieve(task.features, self._config.retrieve, text=self._setup.text(task))
            for i in range(n):
                job = self._jobs.attempt("holdout", task, known, "calibrate", i, gold)
                wanted.append(Wanted("calibrate/judging", job))
        outcomes = self._measure(wanted)
        found = [[_reward(o, gold) for o in outcomes[i * n : (i + 1) * n]] for i in range(len(self._judging))]
        return [fmean(told) if (told := [r for r in one if r is not None]) else 0.0 for one in found]

    def _tau(self) -> JSON:
        """Where the verifier's threshold separates right from wrong best, on the control half, by balanced
        accuracy. Written into the configuration where the verifier is `composite`, which has a τ."""
        setup = self._setup
        if not setup.has_gold:
            return None
        wanted = [
            Wanted("calibrate/tau", self._jobs.attempt("holdout", t, [], "tau", i, True))
            for t in self._fit
            for i in range(max(2, self._config.eval_repeats))
        ]
        told = [
            (o.reward, o.scores["gold"] >= 0.5)
            for o in self._measure(wanted)
            if o.reward is not None and "gold" in o.scores
        ]
        levels = sorted({reward for reward, _ in told})
        right = sum(gold for _, gold in told)
        if not 0 < right < len(told):
            return {"text": f"cannot be told: {right} of {len(told)} control trials are right"}
        grid = {setup.judge.tau, *((a + b) / 2 for a, b in pairwise(levels))}
        scored = {tau: _balanced(told, tau) for tau in grid}
        best = max(scored, key=lambda tau: (scored[tau], tau == setup.judge.tau))
        return {
            "tau": setup.judge.tau,
            "balanced_accuracy": scored[setup.judge.tau],
            "best": best,
            "best_balanced_accuracy": scored[best],
            "n": len(told),
            "text": (
                f"balanced accuracy {scored[setup.judge.tau]:.2f} at τ = {setup.judge.tau:g}, best "
                f"{scored[best]:.2f} at {best:g}, {len(told)} trials; "
                + ("written" if _composite(self._config) else "not changed: set by --verifier composite only")
            ),
        }


def better(other: Tried, best: Tried) -> bool:
    """By the stated objective."""
    gain, se = difference(other.rewards, best.rewards)
    return gain > se or (gain >= -se and other.runs <= CHEAPER * best.runs)


def difference(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """Mean of a − b over tasks, and its standard error."""
    d = [x - y for x, y in zip(a, b, strict=True)]
    return fmean(d), stdev(d) / math.sqrt(len(d)) if len(d) > 1 else 0.0


def calibration_toml(config: RunConfig, run: str, found: Mapping[str, Any]) -> str:
    """A configuration file of an ordinary run with the settings found."""
    policy = config.policy
    fields = {
        name: value
        for name, value in msgspec.to_builtins(config).items()
        if name not in ("settings", "calibrate", "calibration")
        and value != getattr(RunConfig(env=config.env), name)
    }
    own = dict(config.settings.get(f"policy.{policy}", {}))
    for name, value in found["chosen"].items():
        if name.startswith("run."):
            fields[name.removeprefix("run.")] = value
        else:
            own[name] = value
    tau = found.get("tau") or {}
    if _composite(config) and "best" in tau:
        rules = {**config.settings.get("verifier.composite", {}), "tau": tau["best"]}
        config = msgspec.structs.replace(config, settings={**config.settings, "verifier.composite": rules})
    run_table = {"env": config.env, **fields, "calibration": run}
    tables = {"run": run_table, **config.settings, f"policy.{policy}": own}
    return "\n".join(_toml_lines(found, tables))


def _composite(config: RunConfig) -> bool:
    """Has this run's verifier a τ of its own to set? One with calibrated weights has its own threshold."""
    told = config.settings.get("verifier.composite", {})
    return "composite" in config.verifier.split("+") and not told.get("slopes")


def _toml_lines(found: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"# gates {found['gates']['fingerprint']}, found by `smena calibrate`. Objective:"
    yield f"# {found['objective']}."
    for name, table in tables.items():
        yield f"\n[{name}]"
        for key, value in table.items():
            yield f"{key} = {_toml(value)}"
    yield ""


def _toml(value: JSON) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return msgspec.json.encode(value).decode()
        case Mapping():
            return "{ " + ", ".join(f"{_toml(str(k))} = {_toml(v)}" for k, v in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:
            return repr(value)


def _balanced(told: Sequence[tuple[float, bool]], tau: float) -> float:
    good = [reward > tau for reward, gold in told if gold]
    bad = [reward <= tau for reward, gold in told if not gold]
    return (fmean(good) + fmean(bad)) / 2


def _reward(outcome: Outcome, gold: bool) -> float | None:
    return outcome.scores.get("gold") if gold else outcome.reward


def _words(setting: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in setting.items()) or "the defaults"


def _row(one: Tried, chosen: bool) -> JSON:
    se = stdev(one.rewards) / math.sqrt(len(one.rewards)) if len(one.rewards) > 1 else 0.0
    return {
        "setting": _words(one.setting),
        "reward": fmean(one.rewards),
        "se": se,
        "saved": one.saved,
        "runs": one.runs,
        "chosen": chosen,
    }


class _Counting(Trials):
    """Counts the distinct trials that a setting's gates ask for; others run them."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials
        self.keys: set[str] = set()

    def run(self, batch: Sequence[Wanted]) -> list[Outcome]:
        self.keys |= {wanted.job.trial.key for wanted in batch}
        return self._trials.run(batch)


class _Unwritten(Record):
    """Memory moves, and nothing is written: a setting that is only tried makes no history."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._decisions = 0

    def proposed(self, item: Knowledge, step: int, decision: int | None = None) -> None:
        pass

    def move(self, item: Knowledge, after: State, step: int, decision: int | None = None) -> None:
        self._memory.move(item.digest, after, step, decision)

    def decision(self, decision: Decision, step: int) -> int:
        self._decisions += 1
        return self._decisions - 1

    def mark(self, name: str, value: JSON) -> None:
        pass

    def memory(self, step: int) -> None:
        pass


class _Quiet:
    """Says nothing of the phases of a setting that is tried."""

    def __init__(self, watcher: Any) -> None:
        self._watcher = watcher

    def phase(self, name: str, total: int) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._watcher, name)
