"""`smena experiment`: plan, freeze, run, resume, status, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db, Sandbox, UnsafeLocal, sandbox_name
from smena.cli.report import Charts, Form, Out
from smena.cli.run import MaxTime, MaxTrials, Quiet, Timeout, Workers

group = typer.Typer(
    help="Run pre-registered experiments: frozen before the first trial, judged by the tests that were fixed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

What = Annotated[str, typer.Argument(help="phase1, phase2, lab (a tour in seconds), or a TOML file.")]
Which = Annotated[
    str, typer.Argument(help="An experiment's id, its beginning or its name; the latest if left out.")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="experiment")


@group.command()
def plan(what: What, form: Form = "terminal", out: Out = None, db: Db = DEFAULT_DB) -> None:
    """Tell trials, time and the power of each hypothesis before starting."""
    from smena.cli.report import write_document
    from smena.experiments import load
    from smena.experiments.plan import plan as make
    from smena.store import Store

    if "://" in db or Path(db).exists():
        with Store.open(db, create=False) as store:
            found = make(load(what), store)
    else:
        found = make(load(what))
    write_document(found, form, out)


@group.command()
def freeze(
    what: Annotated[list[str], typer.Argument(help="phase1, phase2, lab, or TOML files.")],
    db: Db = DEFAULT_DB,
) -> None:
    """Pre-register experiments without running them: what is frozen first may share runs, and both stand.

    \b
    Examples:
      smena experiment freeze phase1 phase2 --db results.db
    """
    from smena.experiments import load
    from smena.experiments.execute import freeze as fix
    from smena.experiments.execute import told_of
    from smena.store import Store

    experiments = [load(name) for name in what]
    with Store.open(db) as store:
        for experiment in experiments:
            frozen = fix(store, experiment)
            for line in told_of(frozen) or [f"{frozen.id} was frozen at {frozen.at} and stays as it is"]:
                typer.echo(line)


@group.command()
def run(
    what: What,
    db: Db = DEFAULT_DB,
    workers: Workers = 0,
    timeout: Timeout = 600.0,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
    max_trials: MaxTrials = 0,
    max_time: MaxTime = 0.0,
    quiet: Quiet = False,
) -> None:
    """Freeze an experiment and run its arms, seed by seed; finished runs are not repeated.

    A file that was changed since is another experiment: it is told, and the old one stays.

    \b
    Examples:
      smena experiment run lab
      smena experiment run my-experiment.toml --db my.db
    """
    from smena.experiments import load

    name = sandbox_name(sandbox, unsafe_local)
    _run(load(what), db, workers, timeout, name, max_trials, max_time, quiet)


@group.command()
def resume(
    which: Which = "",
    db: Db = DEFAULT_DB,
    workers: Workers = 0,
    timeout: Timeout = 600.0,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
    max_trials: MaxTrials = 0,
    max_time: MaxTime = 0.0,
    quiet: Quiet = False,
) -> None:
    """Go on with an experiment as it was frozen, whatever its file says now."""
    from smena.experiments.execute import thaw
    from smena.store import Store

    with Store.open(db, create=False) as store:
        experiment, _ = thaw(store, which)
    name = sandbox_name(sandbox, unsafe_local)
    _run(experiment, db, workers, timeout, name, max_trials, max_time, quiet)


@group.command()
def status(which: Which = "", db: Db = DEFAULT_DB) -> None:
    """Tell how far an experiment is, and what could not be measured."""
    from rich.console import Console
    from rich.table import Table

    from smena.experiments.execute import read_arms, thaw
    from smena.store import Store

    with Store.open(db, create=False) as store:
        experiment, frozen = thaw(store, which)
        arms = read_arms(store, experiment)
    typer.echo(f"{experiment.id}, frozen {frozen.created_at}, digest {frozen.digest}")
    table = Table(box=None, pad_edge=False)
    for heading in ("arm", "finished", "missing"):
        table.add_column(heading)
    for name, arm in arms.items():
        why = "; ".join(f"seed {s}: {w}" for s, w in arm.missing.items())
        table.add_row(name, f"{len(arm.runs)} of {len(experiment.seeds)}", why)
    Console().print(table)


@group.command()
def report(
    which: Which = "", form: Form = "terminal", out: Out = None, charts: Charts = None, db: Db = DEFAULT_DB
) -> None:
    """Tell the verdicts, effects and curves of an experiment, finished or not.

    \b
    Examples:
      smena experiment report
      smena experiment report phase1 --format html --out phase1.html --charts pictures/
    """
    from smena.cli.report import write_document
    from smena.experiments.document import document
    from smena.experiments.execute import thaw
    from smena.store import Store

    with Store.open(db, create=False) as store:
        experiment, _ = thaw(store, which)
        found = document(store, experiment)
    write_document(found, form, out, charts)


def _run(
    experiment: object,
    db: str,
    workers: int,
    timeout: float,
    sandbox: str,
    max_trials: int,
    max_time: float,
    quiet: bool,
) -> None:
    from smena.cli.progress import display
    from smena.cli.report import write_document
    from smena.experiments.document import document
    from smena.experiments.execute import run_experiment
    from smena.experiments.spec import Experiment
    from smena.session import Machine
    from smena.store import Store
    from smena.trials import Limits

    assert isinstance(experiment, Experiment)
    machine = Machine(
        db=db, workers=workers, timeout=timeout, limits=Limits(max_trials, max_time), sandbox=sandbox
    )
    with display(quiet) as watcher:
        run_experiment(experiment, machine, watcher, lambda line: typer.echo(f"smena: {line}", err=True))
    with Store.open(db, create=False) as store:
        found = document(store, experiment)
    write_document(found, "terminal", None)
