"""`smena report [RUN]`, `smena report fpr RUN…`, `smena compare` and `smena runs`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from smena.cli.options import DEFAULT_DB, Db, RunName

if TYPE_CHECKING:
    from smena.results.document import Document
    from smena.store import Store

DEFAULT = "run"


class FirstWord(TyperGroup):
    """A first word that names no command is a run: `smena report RUN` is `smena report run RUN`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


Form = Annotated[
    str,
    typer.Option(
        "--format", "-f", help="terminal, html, markdown, json, csv, parquet, latex, or a plugin's."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="File to write; csv and parquet: a directory.", show_default="the terminal"
    ),
]
Charts = Annotated[
    Path | None, typer.Option("--charts", help="Directory for every chart as Altair spec, SVG, PNG and PDF.")
]

group = typer.Typer(
    cls=FirstWord,
    help="Show what a run learned, with intervals and evidence; or a report over several runs.",
    epilog="`smena report [RUN]` is `smena report run [RUN]`: its options are told by `smena report run --help`.",
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="report")
    app.command()(compare)
    app.command()(outcomes)
    app.command()(runs)


@group.command(DEFAULT, short_help="What one run learned (the default: `smena report RUN`).")
def report(
    run: RunName = "",
    form: Form = "terminal",
    out: Out = None,
    charts: Charts = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Show what a run learned: accuracy, memory, false saves with intervals, the lessons and their evidence.

    \b
    Examples:
      smena report
      smena report arc-causal-1f2e3d4c --format html --out report.html
      smena report arc-causal-1f2e3d4c --charts pictures/
    """
    write_report(run, db, form, out, charts)


@group.command(short_help="FPR_save over runs and domains, with the drift between them.")
def fpr(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ids or their unique beginnings, of any domains and seeds, or experiments.",
            show_default="all that are finished",
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How far FPR_save may drift, fixed before looking.")
    ] = 0.10,
    anchor: Annotated[
        str, typer.Option(help="Domain to measure drift from.", show_default="that of the first run")
    ] = "",
    form: Form = "terminal",
    out: Out = None,
    charts: Charts = None,
    db: Db = DEFAULT_DB,
) -> None:
    """How often are saves wrong, in both readings, per domain, policy and seed; and does it drift?

    Runs of one domain are pooled over seeds, with their heterogeneity; different gates are refused.

    \b
    Examples:
      smena report fpr arc-causal-1f2e3d4c alfworld-causal-5a6b7c8d --tolerance 0.1
      smena report fpr phase2 --anchor arc
    """
    from smena.results.crossdomain import CrossDomain
    from smena.results.crossdomain_document import document
    from smena.store import Store

    with Store.open(db, create=False) as store:
        named = _of_experiments(store, runs or [])
        named = named or [r.id for r in store.runs()[::-1] if r.status == "finished"]
        found = document(CrossDomain.read(store, named, tolerance, anchor))
    write_document(found, form, out, charts)


def _of_experiments(store: Store, names: list[str]) -> list[str]:
    """Names of runs as they are; a frozen experiment's id or name stands for its runs, arm by arm."""
    frozen = {name: e.id for e in store.experiments()[::-1] for name in (e.id, e.name)}
    found: list[str] = []
    for name in names:
        found += [r.run for r in store.experiment_runs(frozen[name]) if r.run] if name in frozen else [name]
    return list(dict.fromkeys(found))


@group.command("abrupt-change", short_help="Does a learning curve jump, and could one have been seen?")
def abrupt_change(
    runs: Annotated[
        list[str] | None,
        typer.Argument(help="Runs of one configuration (seeds), or of several sizes; the latest."),
    ] = None,
    metric: Annotated[str, typer.Option(help="acc, held-out or trusted.")] = "acc",
    size: Annotated[
        str, typer.Option(help="Field that is the system's size, such as learner.search.budget.")
    ] = "",
    form: Form = "terminal",
    out: Out = None,
    charts: Charts = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Test a curve for a step on top of a smooth rise; the power at this budget is always told.

    \b
    Examples:
      smena report abrupt-change
      smena report abrupt-change arc-causal-1f2e3d4c --metric held-out
    """
    from smena.results.abrupt_document import abrupt_change as test
    from smena.store import Store

    with Store.open(db, create=False) as store:
        found = test(store, runs or [], metric, size)
    write_document(found, form, out, charts)


def write_report(run: str, db: str, form: str, out: Path | None, charts: Path | None = None) -> None:
    """Compute a run's figures from the store and write them in a form."""
    from smena.results import RunResult
    from smena.setup import registry
    from smena.store import Store

    registry().resolve("report", form)  # a misspelt form is told before the figures are computed
    with Store.open(db, create=False) as store:
        result = RunResult.read(store, run)
    _write(result, form, out, charts)


def write_document(document: Document, form: str, out: Path | None, charts: Path | None = None) -> None:
    """Write a finding over several runs in a form."""
    _write(document, form, out, charts)


def _write(result: object, form: str, out: Path | None, charts: Path | None) -> None:
    from smena.errors import BadInput
    from smena.setup import registry

    targets = [(form, out), *([("charts", charts)] if charts else [])]
    for name, target in targets:
        writer = registry().make("report", name)
        try:
            if target:
                target.parent.mkdir(parents=True, exist_ok=True)
            writer.write(result, target)
        except OSError as error:
            raise BadInput(f"{target}: cannot write the report: {error.strerror}") from None


def compare(
    one: Annotated[str, typer.Argument(metavar="RUN", help="A run's id or its unique beginning.")],
    other: Annotated[str, typer.Argument(metavar="RUN", help="The run to compare it with.")],
    form: Form = "terminal",
    out: Out = None,
    charts: Charts = None,
    db: Db = DEFAULT_DB,
) -> None:
    """Compare two runs: what was configured otherwise, and what came out otherwise, paired where tasks match.

    \b
    Examples:
      smena compare lab-causal-1f2e3d4c lab-save-all-5a6b7c8d
    """
    from smena.results.compare import compare_runs
    from smena.store import Store

    with Store.open(db, create=False) as store:
        found = compare_runs(store, one, other)
    write_document(found, form, out, charts)


def runs(db: Db = DEFAULT_DB) -> None:
    """List the runs in a store, the latest first."""
    from smena.store import Store

    with Store.open(db, create=False) as store:
        found = store.runs()
    if not found:
        typer.echo(f"no run in {db}: start one with `smena run --env arc`")
        return
    rows = [("run", "status", "env", "learner", "policy", "seed", "started")]
    rows += [(r.id, r.status, r.env, r.learner, r.policy, str(r.seed), r.created_at) for r in found]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:  # never cut: an id cut short cannot be copied
        typer.echo("  ".join(map(str.ljust, row, widths)).rstrip())


def outcomes(
    run: RunName = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write: .csv, .parquet or .eval.")
    ] = None,
    purpose: Annotated[str, typer.Option(help="Only trials for purposes that begin so, such as eval/.")] = "",
    db: Db = DEFAULT_DB,
) -> None:
    """Write a run's outcomes for other tools: a table (CSV, Parquet) or a log for Inspect AI's viewer (.eval).

    \b
    Examples:
      smena outcomes --out outcomes.csv
      smena outcomes arc-causal-1f2e3d4c --purpose eval/ --out heldout.eval
    """
    from smena.errors import BadInput
    from smena.interchange import columns_of, frame, write_inspect
    from smena.store import Store

    ending = out.suffix if out else ".csv"
    if ending not in (".csv", ".parquet", ".eval"):
        raise BadInput(f"{out}: the ending says what to write: .csv, .parquet or .eval")
    try:
        if out:
            out.parent.mkdir(parents=True, exist_ok=True)
        if ending == ".parquet":
            frame(db, run, purpose=purpose).to_parquet(out)
            return
        with Store.open(db, create=False) as store:
            if ending == ".eval" and out:
                typer.echo(
                    f"{out}: {write_inspect(store, run, out, purpose)} samples (inspect view --log-dir ...)"
                )
                return
            columns = columns_of(store, run, purpose)
        _csv(columns, out)
    except OSError as error:
        raise BadInput(f"{out}: cannot write: {error.strerror}") from None


def _csv(columns: dict[str, list[Any]], out: Path | None) -> None:
    import csv
    import sys
    from contextlib import nullcontext

    target = out.open("w", encoding="utf-8", newline="") if out else nullcontext(sys.stdout)
    with target as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
