"""Runs an experiment: frozen first, then seed by seed all arms, so that a stopped one is balanced. Trials are
shared through the store; an arm whose parts are not installed is named and not measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from smena.errors import BadInput
from smena.experiments.evidence import Arm, read_arm
from smena.experiments.spec import Experiment
from smena.session import Machine, execute, run_id
from smena.setup import Setup
from smena.store import Store
from smena.store.records import Frozen
from smena.trials import Watcher

BEFORE = "begun before the experiment was frozen"


class Freeze(NamedTuple):
    """``at``: when it was frozen; ``others``: experiments of the same name that were frozen before with other
    contents."""

    id: str
    fresh: bool
    at: str
    others: tuple[str, ...]


def freeze(store: Store, experiment: Experiment) -> Freeze:
    """Fix an experiment; what was frozen already stays as it is."""
    fresh = store.freeze(experiment.id, experiment.name, experiment.digest, msgspec.to_builtins(experiment))
    named = {e.id: e for e in store.experiments() if e.name == experiment.name}
    at = named.pop(experiment.id).created_at
    return Freeze(experiment.id, fresh, at, tuple(named))


def told_of(frozen: Freeze) -> list[str]:
    """What people should hear of it."""
    if not frozen.fresh:
        return []
    return [
        f"frozen as {frozen.id} before its first trial",
        *(
            f"{other} has the same name and other contents: this is a new experiment, that one stays"
            for other in frozen.others
        ),
    ]


def thaw(store: Store, name: str = "") -> tuple[Experiment, Frozen]:
    """A frozen experiment by id, unique beginning of one, or name (then the youngest); the youngest if empty.

    Raises BadInput where there is none, or where the stored one does not have the digest that it was frozen
    with."""
    found = store.experiments()
    hits = [e for e in found if e.id == name] or [e for e in found if e.name == name or not name]
    hits = hits[:1] or [e for e in found if e.id.startswith(name)]
    if len(hits) != 1:
        known = ", ".join(e.id for e in found) or "none: start one with `smena experiment run phase1`"
        raise BadInput(f"no experiment {name!r} in {store.where}, or several begin so; it holds {known}")
    experiment = msgspec.convert(hits[0].spec, Experiment)
    if experiment.digest != hits[0].digest:
        raise BadInput(f"{hits[0].id} was changed after it was frozen: its digest is now {experiment.digest}")
    return experiment, hits[0]


def run_experiment(
    experiment: Experiment, machine: Machine, watcher: Watcher, tell: Callable[[str], None]
) -> str:
    """All arms and seeds; what is finished is not run again. ``tell`` hears a line a run. Returns the id."""
    with Store.open(machine.db) as store:
        frozen = freeze(store, experiment)
        known = {r.id: r for r in store.runs()}
        serving = {(r.arm, r.seed): r for r in store.experiment_runs(frozen.id)}
    for line in told_of(frozen):
        tell(line)
    for seed in experiment.seeds:
        for arm in experiment.arms:
            told = serving.get((arm, seed))
            if told and told.run in known and known[told.run].status == "finished":
                continue
            try:
                name = run_id(Setup(experiment.config(arm, seed), machine.sandbox))
            except BadInput as error:
                _note(machine, frozen.id, arm, seed, "", str(error))
                tell(f"{arm}, seed {seed}: not measured: {error}")
                continue
            late = name in known and known[name].created_at < frozen.at
            note = told.note if told and told.run == name else BEFORE if late else ""
            _note(machine, frozen.id, arm, seed, name, note)
            if name in known and known[name].status == "finished":
                tell(f"{arm}, seed {seed}: {name} is in the store already{f' ({note})' if note else ''}")
                continue
            tell(f"{arm}, seed {seed}: {name}")
            try:
                execute(experiment.config(arm, seed), machine, watcher)
            except BadInput as error:  # an extra that only shows when it is used
                _note(machine, frozen.id, arm, seed, "", str(error))
                tell(f"{arm}, seed {seed}: not measured: {error}")
    return frozen.id


def _note(machine: Machine, experiment: str, arm: str, seed: int, run: str, note: str) -> None:
    with Store.open(machine.db) as store:
        store.put_experiment_run(experiment, arm, seed, run, note)


def read_arms(store: Store, experiment: Experiment) -> dict[str, Arm]:
    """Every arm with the runs that there are and, by seed, why the others are not."""
    serving = {(r.arm, r.seed): r for r in store.experiment_runs(experiment.id)}
    known = {r.id for r in store.runs()}
    arms = {}
    for arm in experiment.arms:
        runs, missing = {}, {}
        for seed in experiment.seeds:
            told = serving.get((arm, seed))
            if told and told.run in known:
                runs[seed] = told.run
            else:
                missing[seed] = told.note if told and told.note else "not run yet"
        arms[arm] = read_arm(store, arm, runs, missing)
    return arms
