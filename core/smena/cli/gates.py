"""`smena gates` and `smena calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db, Sandbox, UnsafeLocal, sandbox_name
from smena.cli.run import MaxTime, MaxTrials, Quiet, Timeout, Workers


def add_to(app: typer.Typer) -> None:
    app.command(short_help="Did these runs decide by the same rule?")(gates)
    app.command(short_help="Find the gates' settings on a held-out split.")(calibrate)


def gates(
    runs: Annotated[list[str] | None, typer.Argument(help="Ids of runs, or their beginnings.")] = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Show the fingerprint of each run's gates, and whether all are the same.

    The fingerprint is a digest of the save policy, its version and settings, γ, and the sizes of pools and
    bank: of no environment, learner or seed. Exit code 1 where it differs, with the settings that do.

    \b
    Examples:
      smena gates
      smena gates lab-causal-1f2e lab-causal-3d4c
    """
    from smena.errors import BadInput
    from smena.store import Store

    told: dict[str, dict[str, object]] = {}
    with Store.open(db, create=False) as store:
        for run in runs or [""]:
            record = store.run(run)
            found = store.marks(record.id).get("gates")
            if not isinstance(found, dict):
                raise BadInput(f"run {record.id} has no mark of its gates: it was made by an older version")
            told[record.id] = found
    for name, found in told.items():
        source = f"  calibrated by {found['calibration']}" if found.get("calibration") else ""
        typer.echo(f"{found['fingerprint']}  {name}{source}")
    if len({found["fingerprint"] for found in told.values()}) > 1:
        for field, values in _differences(list(told.values())):
            typer.echo(f"  {field}: {values}")
        raise typer.Exit(1)


def _differences(told: list[dict[str, object]]) -> list[tuple[str, str]]:
    flat = []
    for found in told:
        settings = found.get("settings")
        flat.append({**found, **(settings if isinstance(settings, dict) else {})})
    fields = dict.fromkeys(name for one in flat for name in one)
    found_ = []
    for name in fields:
        values = [str(one.get(name, "–")) for one in flat]
        if name not in ("settings", "fingerprint", "calibration") and len(set(values)) > 1:
            found_.append((name, " | ".join(values)))
    return found_


def calibrate(
    env: Annotated[str | None, typer.Option(help="The environment: `smena plugins` lists them.")] = None,
    learner: Annotated[
        str | None,
        typer.Option(help="What attempts the tasks.", show_default="the environment's own, or search"),
    ] = None,
    verifier: Annotated[
        str | None, typer.Option(help="What judges answers.", show_default="the environment's own")
    ] = None,
    policy: Annotated[str | None, typer.Option(help="causal, or paper.", show_default="causal")] = None,
    seed: Annotated[int | None, typer.Option(help="All the randomness.", show_default="0")] = None,
    tasks: Annotated[
        int | None, typer.Option(min=0, help="Train tasks to take lessons from.", show_default="all")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file; flags win over it.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE.")] = None,
    out: Annotated[Path, typer.Option(help="The configuration to write.")] = Path("calibrated.toml"),
    db: Db = DEFAULT_DB,
    workers: Workers = 0,
    timeout: Timeout = 600.0,
    sandbox: Sandbox = "auto",
    unsafe_local: UnsafeLocal = False,
    max_trials: MaxTrials = 0,
    max_time: MaxTime = 0.0,
    quiet: Quiet = False,
) -> None:
    """Find λ, μ, δ, θ, γ and τ on split holdout, by a stated objective; write a configuration.

    Half of the split is fitted on, the other half judges: the mean reward there with the memory that a
    setting saves. One coordinate after the other, from the defaults; a setting is left only for one that is
    better by more than a standard error, or as good with fewer trials of the gates. No task of eval or audit
    is touched. It is a run: stored, and resumed by the same command.

    \b
    Examples:
      smena calibrate --env lab --out calibrated.toml
      smena run --config calibrated.toml
    """
    from smena.calibrate import calibration_toml
    from smena.cli.progress import display
    from smena.config import load_config
    from smena.session import Machine, execute
    from smena.store import Store
    from smena.trials import Limits

    flags = {
        "env": env,
        "learner": learner,
        "verifier": verifier,
        "policy": policy,
        "seed": seed,
        "tasks": tasks,
        "calibrate": True,
    }
    machine = Machine(
        db=db,
        workers=workers,
        timeout=timeout,
        limits=Limits(max_trials, max_time),
        sandbox=sandbox_name(sandbox, unsafe_local),
    )
    made = load_config(config, flags, set_ or ())
    with display(quiet) as watcher:
        run = execute(made, machine, watcher).run
    with Store.open(db, create=False) as store:
        found = store.marks(run)["calibration"]
    out.write_text(calibration_toml(made, run, found), encoding="utf-8")
    for row in found["tried"]:
        mark = "→" if row["chosen"] else " "
        typer.echo(
            f"{mark} {row['setting']:<28} reward {row['reward']:.3f} ± {row['se']:.3f}"
            f"  {row['saved']} saved, {row['runs']:,} trials of the gates"
        )
    if found.get("tau"):
        typer.echo(f"  τ: {found['tau']['text']}")
    typer.echo(f"{out}: gates {found['gates']['fingerprint']}, calibrated by {run}")
