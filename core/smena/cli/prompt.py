"""`smena prompt`, `smena estimate`: what a language model will be told, and what that will cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smena.cli import models
from smena.cli.options import DEFAULT_DB, Db

if TYPE_CHECKING:
    from smena.setup import Setup
    from smena.values import Usage

Env = Annotated[str | None, typer.Option(help="The environment: `smena plugins` lists them.")]
Config = Annotated[Path | None, typer.Option(help="A TOML file; flags win over it.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE, e.g. learner.llm.block=900.")]


def add_to(app: typer.Typer) -> None:
    prompt = typer.Typer(help="Prompt templates of language models.", no_args_is_help=True)
    prompt.command(short_help="Show the templates in force, or a whole prompt.")(show)
    app.add_typer(prompt, name="prompt")
    app.command(short_help="Say what a run will take, before it begins.")(estimate)


def show(
    name: Annotated[str, typer.Argument(help="A template's name; all of them if left out.")] = "",
    env: Env = None,
    task: Annotated[str, typer.Option(help="Show the whole prompt for this task, or `first`.")] = "",
    lesson: Annotated[
        list[str] | None, typer.Option(help="With --task: inject a note of this text; may be repeated.")
    ] = None,
    placebo: models.Placebo = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show the prompt templates in force for an environment and where each comes from; with --task, the
    prompt that a learner is given for it.

    \b
    Examples:
      smena prompt show --env arc
      smena prompt show task --env arc
      smena prompt show --env arc --task first --lesson "mirror the grid"
    """
    from smena.errors import BadInput, UnknownName
    from smena.values import Pattern

    setup = _setup(env, config, set_, "any/model", placebo)
    templates = getattr(setup.learner, "templates", None)
    if templates is None:
        raise BadInput("this learner has no prompts: leave --set learner out, or give --env alone")
    if task:
        tasks = setup.tasks("train")
        chosen = next((t for t in tasks if task in (t.id, "first")), None)
        if chosen is None:
            raise UnknownName("task", task, [t.id for t in tasks[:5]], " in split train")
        bodies = [Pattern(text, (), ()) for text in lesson or ()]
        for message in setup.learner.messages(setup.situation(chosen), bodies):  # type: ignore[attr-defined]
            content = message["content"]
            typer.echo(f"─── {message['role']} ───\n{content}\n")
        return
    if name and name not in templates.found:
        raise UnknownName("prompt template", name, templates.found)
    for each, template in templates.found.items():
        if name in ("", each):
            typer.echo(f"─── {each} ({template.origin}) ───\n{template.text}")


def estimate(
    env: Env = None,
    model: models.Model = None,
    tasks: Annotated[int | None, typer.Option(min=0, help="Train tasks.", show_default="all")] = None,
    config: Config = None,
    set_: Set = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Say how many trials a run will make, and what tokens, money and time they will take: from the least that
    it can be, through what is typical, to the most.

    A prompt's length is known; the length of replies is measured where the store holds trials of the same
    learner, else guessed. No model is called.

    \b
    Examples:
      smena estimate --env arc --model openai/gpt-4.1-mini --tasks 40
    """
    from smena.estimate import Range, measured, trials

    setup = _setup(env, config, set_, model, None, tasks)
    parts = trials(setup)
    total = sum(parts.values(), Range(0, 0, 0))
    typer.echo(f"{'':<10} {'least':>14} {'typical':>14} {'most':>14}")
    for part, range_ in [*parts.items(), ("all trials", total)]:
        typer.echo(_row(part, range_, "{:,.0f}"))
    beside = ""
    if setup.similarity is not None:
        beside = " beside the vectors"
        texts = sum(len(setup.tasks(split)) for split in ("train", "holdout", "eval"))
        typer.echo(f"vectors    at most {texts:,} of tasks and one for each lesson, in none of these figures")
    forecast = getattr(setup.learner, "forecast", None)
    if forecast is None:
        typer.echo(f"money      none{beside}: this learner calls no service (--model names one)")
        return
    each = measured(_remembered(db, setup)) or forecast(
        [setup.situation(t) for t in setup.tasks("train")[:20]]
    )
    typer.echo(_row("tokens in", total.times(each.tokens_in), "{:,.0f}"))
    typer.echo(_row("tokens out", total.times(each.tokens_out), "{:,.0f}"))
    if each.price is None:
        typer.echo(
            "dollars    not known: give learner.llm.price_in and price_out (US dollars a million tokens)"
        )
    else:
        typer.echo(_row("dollars", total.times(each.price), "{:,.2f}"))
    if each.seconds is not None:
        hours = Range(*(n * each.seconds / setup.concurrent / 3600 for n in total))
        typer.echo(_row("hours", hours, "{:,.2f}"))
    typer.echo(f"a trial:   {each.basis}")
    typer.echo("trials:    least = everything solved at once, typical = as in three runs of the lab")


def _row(name: str, range_: tuple[float, ...], form: str) -> str:
    return f"{name:<10} " + " ".join(f"{form.format(value):>14}" for value in range_)


def _remembered(db: str, setup: Setup) -> list[Usage]:
    from smena.errors import SmenaError
    from smena.store import Store

    try:
        with Store.open(db, create=False) as store:
            return list(store.usages_of(setup.learner_print))
    except SmenaError:
        return []


def _setup(
    env: str | None,
    config: Path | None,
    sets: list[str] | None,
    model: str | None,
    placebo: str | None,
    tasks: int | None = None,
) -> Setup:
    from smena.config import load_config
    from smena.setup import Setup

    flags, more = models.choose(
        {"env": env, "tasks": tasks, "learner": None, "teacher": None}, sets, model, placebo
    )
    return Setup(load_config(config, flags, more))
