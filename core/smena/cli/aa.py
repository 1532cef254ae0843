"""`smena aa-test`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smena.cli import models
from smena.cli.options import DEFAULT_DB, Db, Sandbox, UnsafeLocal, sandbox_name
from smena.cli.run import MaxTime, MaxTrials, Quiet, Timeout, Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smena.results import RunResult


def add_to(app: typer.Typer) -> None:
    app.command("aa-test", short_help="How often does a save policy keep items that say nothing?")(aa_test)


def aa_test(
    env: Annotated[str | None, typer.Option(help="The environment: `smena plugins` lists them.")] = None,
    policy: Annotated[str | None, typer.Option(help="The rule under test.", show_default="causal")] = None,
    items: Annotated[int, typer.Option(min=1, help="Null items that come to the gates.")] = 200,
    tasks: Annotated[
        int | None, typer.Option(min=0, help="Train tasks they come from.", show_default="all")
    ] = None,
    learner: Annotated[
        str | None,
        typer.Option(help="What attempts the tasks.", show_default="the environment's own, or search"),
    ] = None,
    model: models.Model = None,
    placebo: models.Placebo = None,
    verifier: Annotated[
        str | None, typer.Option(help="What judges answers.", show_default="the environment's own")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="All the randomness of the test.", show_default="0")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file; flags win over it.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, e.g. policy.causal.alpha=0.05.")
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
    quiet: Quiet = False,
) -> None:
    """Give a save policy nothing but null items and count what it saves: every save is false.

    A null item is a text that says nothing, retrieved and injected like a lesson. It comes to the gates as
    if it had preceded a success, from tasks where luck alone makes one. Gates, pools and trials are those of
    `smena run`, with any environment, learner and verifier. The same command again goes on where it was
    stopped; `smena report` shows the test like any run.

    \b
    Examples:
      smena aa-test --env lab
      smena aa-test --env lab --policy strict-gain --items 50
      smena aa-test --env arc --items 100 --tasks 60
    """
    from smena.cli.progress import display
    from smena.config import load_config
    from smena.results import RunResult
    from smena.session import Machine, execute
    from smena.store import Store
    from smena.trials import Limits

    flags = {
        "env": env,
        "learner": learner,
        "policy": policy,
        "verifier": verifier,
        "seed": seed,
        "tasks": tasks,
        "null_items": items,
    }
    flags, sets = models.choose(flags, set_, model, placebo)
    settings = load_config(config, flags, sets)
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
    with display(quiet) as watcher:
        run = execute(settings, machine, watcher).run
    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
    for label, words in _lines(result):
        typer.echo(f"{label:<15} {words}")


def _lines(result: RunResult) -> Iterator[tuple[str, str]]:
    rule = result.saves.rules[0]
    saved, runs = rule.save_given_null, {f.name: f.trials for f in result.ledger.families}
    items, gates = len(result.items), runs["screen"] + runs["confirm"]
    passed = sum(any(d.gate == "screen" and d.verdict == "pass" for d in i.decisions) for i in result.items)
    yield "A/A test", f"{result.run.id}: {items} null items, policy {result.run.policy.partition('@')[0]}"
    yield (
        "P(save | null)",
        (
            f"{rule.saves} of {items} = {saved.value:.2%} [{saved.low:.2%}, {saved.high:.2%}] "
            f"({saved.method}, 95%)"
        ),
    )
    yield "after gate 1", f"{passed} of {items} = {passed / items:.2%}"
    yield "runs", f"{gates:,} by the gates = {gates / items:.1f} a candidate; {runs['bank']:,} by the bank"
