"""`smena verifier calibrate | list | show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smena.cli.options import DEFAULT_DB, Db

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smena.store import Calibration


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="How much verifiers are worth, and how they agree.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("calibrate", short_help="Fit the composite's weights to ground truth.")(calibrate)
    group.command("list", short_help="List stored calibrations.")(list_calibrations)
    group.command("show", short_help="Show a calibration.")(show)
    group.command("agreement", short_help="How far a run's verifiers agree.")(agreement)
    group.command("gaps", short_help="Which lessons please the verifiers more than the truth?")(gaps)
    app.add_typer(group, name="verifier")


def calibrate(
    from_: Annotated[
        list[str], typer.Option("--from", help="Runs whose judged attempts are used; several: repeat it.")
    ],
    gold: Annotated[
        str, typer.Option(help="Labels: verdicts, exact, or auto (a verdict where there is one).")
    ] = "auto",
    plot: Annotated[Path | None, typer.Option(help="Write the reliability plot (.svg or .html).")] = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Fit weights and threshold of the composite verifier to ground truth, and store them under a number.

    A non-negative logistic model of the verifiers' scores: near-duplicates share a weight, a verifier that
    adds nothing gets none. Only attempts on train and holdout tasks are used. A run is judged with it by
    --verifier composite --set verifier.composite.calibration=latest.

    \b
    Examples:
      smena verifier calibrate --from lab-causal-1f2e
    """
    from smena.errors import BadInput
    from smena.setup import registry
    from smena.store import Store
    from smena.weighing import collect, fit

    if gold not in ("auto", "exact", "verdicts"):
        raise BadInput(f"--gold is auto, exact or verdicts, not {gold!r}")
    with Store.open(db, create=False) as store:
        labelled = collect(store, from_, gold)
        stored = store.put_calibration(fit(registry(), labelled))
    _tell(stored)
    if plot:
        _plot(stored, plot)
        typer.echo(f"reliability plot: {plot}")


def list_calibrations(db: Db = DEFAULT_DB) -> None:
    """List stored calibrations, the latest last.

    \b
    Examples:
      smena verifier list
    """
    from smena.store import Store

    with Store.open(db, create=False) as store:
        known = store.calibrations()
    if not known:
        typer.echo("no calibration: make one with `smena verifier calibrate --from RUN`")
    for c in known:
        weights = ", ".join(f"{name} {weight:.2f}" for name, weight in c.model["weights"].items())
        accuracy = c.figures["accuracy"]
        typer.echo(f"{c.number}  {c.env}  {c.labels} labels, accuracy {accuracy:.3f}  {weights}")


def show(
    number: Annotated[str, typer.Argument(help="The calibration's number, or latest.")] = "latest",
    db: Db = DEFAULT_DB,
) -> None:
    """Show a calibration: weights, threshold, accuracy, reliability, what each verifier adds.

    \b
    Examples:
      smena verifier show latest
    """
    from smena.store import Store

    with Store.open(db, create=False) as store:
        _tell(store.calibration(number))


def agreement(
    run: Annotated[
        str, typer.Argument(help="A run's id or its unique beginning; the latest run if left out.")
    ] = "",
    db: Db = DEFAULT_DB,
) -> None:
    """How far a run's verifiers agree, over all its judged attempts: Fleiss' kappa, Gwet's AC1, mean entropy,
    D_var; and how many attempts the composite refused to judge.

    \b
    Examples:
      smena verifier agreement
    """
    import math

    from smena.agreement import d_var, entropy, fleiss_kappa, gwet_ac1, vote
    from smena.store import Store

    with Store.open(db, create=False) as store:
        record = store.run(run)
        outcomes = {
            s.outcome.trial: s.outcome for s in store.outcomes(record.id) if s.trial.kind == "attempt"
        }
    judged = [o for o in outcomes.values() if o.status in ("ok", "abstain")]
    names = sorted({name for o in judged for name in o.scores if "." not in name and name != "gold"})
    votes = [[vote(o.scores[n]) if n in o.scores else None for n in names] for o in judged]
    spread = [d_var([o.scores[n] for n in names if n in o.scores]) for o in judged]
    typer.echo(f"{record.id}: {len(judged)} judged attempts, verifiers {', '.join(names) or 'none'}")
    for label, value in (
        ("Fleiss' kappa", fleiss_kappa(votes)),
        ("Gwet's AC1", gwet_ac1(votes)),
        ("mean entropy", _mean([entropy(v) for v in votes])),
        ("mean D_var", _mean(spread)),
    ):
        typer.echo(f"{label:<14} {'says nothing here' if math.isnan(value) else f'{value:.3f}'}")
    abstained = sum(o.status == "abstain" for o in judged)
    typer.echo(f"{'abstained':<14} {abstained} of {len(judged)}")


def gaps(
    run: Annotated[
        str, typer.Argument(help="A run's id or its unique beginning; the latest run if left out.")
    ] = "",
    hidden: Annotated[
        str, typer.Option(help="The score that the learner cannot play to, such as unit-tests.share.hidden.")
    ] = "gold",
    db: Db = DEFAULT_DB,
) -> None:
    """Per lesson: its effect on the verifiers' reward, its effect on a hidden score, and the gap between, over
    tasks that were judged by both with the lesson and without. A large gap is a lesson that plays to the judge.

    \b
    Examples:
      smena verifier gaps
      smena verifier gaps --hidden unit-tests.share.hidden
    """
    from smena.gaps import gaps as of
    from smena.memory import title
    from smena.store import Store

    with Store.open(db, create=False) as store:
        record = store.run(run)
        names = {i.knowledge.digest: title(i.knowledge.body) for i in store.items(record.id)}
        found = of(store.outcomes(record.id), names, hidden)
    if not found:
        typer.echo(f"run {record.id}: no lesson has trials with score {hidden!r} in both arms")
        return
    typer.echo(f"{'lesson':<12} {'tasks':>5} {'visible':>8} {'hidden':>8} {'gap':>8} {'± SE':>7}")
    for g in found:
        error = f"{g.error:.3f}" if g.error == g.error else "?"
        shown = f"{g.visible:>+8.3f} {g.hidden:>+8.3f} {g.gap:>+8.3f} {error:>7}"
        typer.echo(f"{g.item[:12]:<12} {g.tasks:>5} {shown}  {names[g.item]}")


def _mean(values: list[float]) -> float:
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else float("nan")


def _tell(stored: Calibration) -> None:
    for line in _lines(stored):
        typer.echo(line)


def _lines(c: Calibration) -> Iterator[str]:
    model, figures = c.model, c.figures
    yield f"calibration {c.number} of {c.env}: {c.labels} labels ({c.gold}) from {', '.join(c.runs)}"
    yield f"accuracy {figures['accuracy']:.3f}, Brier score {figures['brier']:.4f}  ({figures['how']})"
    alone = figures["equal_weights"]
    yield f"equal weights, τ ½: accuracy {alone:.3f}; the commoner label: {figures['base_rate']:.3f}"
    if not model["weights"]:
        yield "no verifier tells right from wrong: the composite would abstain from everything"
    else:
        yield f"τ = {model['tau']:.3f}"
    heads = f"{'weight':>7} {'β':>8} {'95%':>18} {'alone':>7} {'sens.':>6} {'spec.':>6} {'adds':>8}"
    yield f"{'verifier':<20} {heads}"
    for name, told in figures["verifiers"].items():
        low, high = told["interval"]
        yield (
            f"{name:<20} {model['weights'].get(name, 0.0):>7.3f} {told['slope']:>8.3f} "
            f"{f'[{low:.2f}, {high:.2f}]':>18} {told['alone']:>7.3f} {told['sensitivity']:>6.3f} "
            f"{told['specificity']:>6.3f} {told['adds']:>+8.4f}"
        )
    yield "adds: how much the Brier score falls for having it beside the others"
    yield "reliability: said → came true"
    for bin in figures["reliability"]:
        bar = "█" * round(20 * bin["true"])
        yield f"  {bin['said']:.2f} → {bin['true']:.2f} {bar}  ({bin['n']})"


def _plot(c: Calibration, path: Path) -> None:
    import altair as alt

    from smena.errors import BadInput

    if path.suffix not in (".svg", ".html"):
        raise BadInput(f"--plot {path}: the name must end in .svg or .html")
    rows = [{"said": b["said"], "came true": b["true"], "outcomes": b["n"]} for b in c.figures["reliability"]]
    data = {"values": rows}
    unit = alt.Scale(domain=[0, 1])
    points = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X("said:Q", scale=unit, title="probability that the composite says"),
            y=alt.Y("came true:Q", scale=unit, title="share that was right"),
            tooltip=["said:Q", "came true:Q", "outcomes:Q"],
        )
    )
    even = alt.Chart({"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]}).mark_line(
        strokeDash=[4, 4], color="gray"
    )
    chart = (even.encode(x="x:Q", y="y:Q") + points).properties(title=f"Calibration {c.number}: reliability")
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path))
