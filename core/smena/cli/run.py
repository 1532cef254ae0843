"""`smena run` and `smena resume`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smena.cli import models
from smena.cli.options import DEFAULT_DB, Db, RunName, Sandbox, UnsafeLocal, sandbox_name

if TYPE_CHECKING:
    from smena.config import RunConfig
    from smena.session import Machine

Workers = Annotated[
    int,
    typer.Option(
        min=0, help="Worker processes.", show_default="one a core; with a model one for 64 trials at once"
    ),
]
Timeout = Annotated[float, typer.Option(min=0.1, help="Wall seconds after which a trial is stopped.")]
MaxTrials = Annotated[
    int, typer.Option(min=0, help="Stop, resumably, after so many new trials.", show_default="no limit")
]
MaxTime = Annotated[
    float, typer.Option(min=0, help="Stop, resumably, after so many seconds.", show_default="no limit")
]
Html = Annotated[
    Path | None, typer.Option(help="Where to write the HTML report.", show_default="smena-out/RUN.html")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")]


def add_to(app: typer.Typer) -> None:
    app.command(short_help="Learn on an environment's tasks and report what was kept.")(run)
    app.command(short_help="Go on with a run that was stopped or killed.")(resume)


def run(
    env: Annotated[str | None, typer.Option(help="The environment: `smena plugins` lists them.")] = None,
    learner: Annotated[
        str | None,
        typer.Option(help="What attempts the tasks.", show_default="the environment's own, or search"),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(help="What turns failures into lessons.", show_default="the same")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="Which lessons are kept.", show_default="causal")] = None,
    model: models.Model = None,
    placebo: models.Placebo = None,
    verifier: Annotated[
        str | None,
        typer.Option(help="What judges answers; several: A+B.", show_default="the environment's own"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="All the randomness of the run.", show_default="0")] = None,
    tasks: Annotated[
        int | None, typer.Option(min=0, help="Train tasks to learn from.", show_default="all")
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(help="Begin with the memory of this run, or import.", show_default="nothing"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file; flags win over it.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, e.g. learner.search.budget=200.")
    ] = None,
    db: Db = DEFAULT_DB,
    workers: Workers = 0,
    timeout: Timeout = 600.0,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
    max_trials: MaxTrials = 0,
    max_time: MaxTime = 0.0,
    max_cost: models.MaxCost = 0.0,
    max_tokens: models.MaxTokens = 0,
    concurrency: models.Concurrency = 0,
    offline: models.Offline = False,
    no_trace: models.NoTrace = False,
    html: Html = None,
    quiet: Quiet = False,
) -> None:
    """Learn on an environment's tasks and report what was kept, and why.

    The same command again goes on where it was stopped or killed: finished trials are never repeated.

    \b
    Examples:
      smena run --env arc
      smena run --env arc --tasks 60 --policy paper --seed 1
      smena run --config experiment.toml --set env.arc.data=arc2
      smena run --env arc --model openai/gpt-4.1-mini --tasks 40 --max-cost 5
    """
    from smena.config import load_config
    from smena.session import Machine
    from smena.trials import Limits

    flags = {
        "env": env,
        "learner": learner,
        "teacher": teacher,
        "policy": policy,
        "verifier": verifier,
        "seed": seed,
        "tasks": tasks,
        "memory": memory,
    }
    flags, sets = models.choose(flags, set_, model, placebo)
    machine = Machine(
        db=db,
        workers=workers,
        concurrency=concurrency,
        timeout=timeout,
        limits=Limits(max_trials, max_time, max_cost, max_tokens),
        sandbox=sandbox_name(sandbox, unsafe_local),
        offline=offline,
        keep_trace=not no_trace,
    )
    _execute(load_config(config, flags, sets), machine, html, quiet)


def resume(
    run: RunName = "",
    db: Db = DEFAULT_DB,
    workers: Workers = 0,
    timeout: Timeout = 600.0,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
    max_trials: MaxTrials = 0,
    max_time: MaxTime = 0.0,
    max_cost: models.MaxCost = 0.0,
    max_tokens: models.MaxTokens = 0,
    concurrency: models.Concurrency = 0,
    offline: models.Offline = False,
    no_trace: models.NoTrace = False,
    html: Html = None,
    quiet: Quiet = False,
) -> None:
    """Go on with a run that was stopped or killed, with the configuration that the store remembers.

    \b
    Examples:
      smena resume arc-causal-1f2e3d4c
    """
    from smena.config import RunConfig, convert
    from smena.session import Machine
    from smena.store import Store
    from smena.trials import Limits

    with Store.open(db, create=False) as store:
        record = store.run(run)
    config = convert(record.config, RunConfig, f"the stored configuration of run {record.id}")
    machine = Machine(
        db=db,
        workers=workers,
        concurrency=concurrency,
        timeout=timeout,
        limits=Limits(max_trials, max_time, max_cost, max_tokens),
        sandbox=sandbox_name(sandbox, unsafe_local),
        offline=offline,
        keep_trace=not no_trace,
    )
    _execute(config, machine, html, quiet)


def _execute(config: RunConfig, machine: Machine, html: Path | None, quiet: bool) -> None:
    from smena.cli.progress import display
    from smena.cli.report import write_report
    from smena.session import execute
    from smena.setup import registry

    with display(quiet) as watcher:
        summary = execute(config, machine, watcher)
    for problem in registry().problems:
        typer.echo(f"smena: {problem}", err=True)
    write_report(summary.run, machine.db, "terminal", None)
    target = html or Path("smena-out") / f"{summary.run}.html"
    write_report(summary.run, machine.db, "html", target)
    models.tell_money(machine.db, summary.run)
    typer.echo(f"\nReport: {target}\nStore:  {machine.db}   (smena memory list · smena report {summary.run})")
