"""`smena report abrupt-change`: curves of a run, or of runs of several sizes, tested for a jump."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from smena.errors import BadInput
from smena.results.abrupt import ALPHA, JUMP, MIN_POINTS, Abrupt, Curve, analyse, verdict
from smena.results.document import Card, Cell, Chart, Column, Document, Section, listed
from smena.store import Run, Store
from smena.values import JSON

METRICS = {
    "acc": "Acc@N on train tasks, task by task in the order learned",
    "held-out": "held-out accuracy after each wave",
    "trusted": "trusted share of items, item by item in the order met",
}
POINTS = 60
"""A curve of single tasks is gathered into at most so many points."""


def abrupt_change(
    store: Store, runs: Sequence[str], metric: str = "acc", size: str = "", draws: int = 300
) -> Document:
    """``size``: the configuration field that is the system's size, where the runs differ in it (such as
    ``learner.search.budget``). Runs that differ in nothing but the seed are one curve."""
    if metric not in METRICS:
        raise BadInput(f"unknown metric {metric!r}; known: {', '.join(METRICS)}")
    records = list({r.id: r for r in map(store.run, runs or [""])}.values())
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in records:
        groups[_size(run, size)].append(run)
    prints = {(r.env, r.learner if not size else "", r.policy) for r in records}
    if len(prints) > 1 and not size:
        raise BadInput(
            "the runs differ in environment, learner or policy: a curve is of one configuration; say which "
            "field is the system's size with --size learner.NAME.FIELD"
        )
    curves = [_curve(store, name, mine, metric) for name, mine in sorted(groups.items(), key=_order)]
    found = [analyse(curve, draws) for curve in curves if curve.n]
    # all metrics of a run are shares of outcomes that a threshold has made 0 or 1
    word, why = verdict(found, len(groups) if size else 1, continuous=False)
    ids = tuple(r.id for r in records)
    unfinished = [r.id for r in records if r.status != "finished"]
    return Document(
        "abrupt-change",
        "Does the curve jump?",
        (
            f"{word[0].upper()}{word[1:]}: {METRICS[metric]} ({why}).",
            *(_power_sentence(a) for a in found),
        ),
        (_curves(curves, found, metric, ids), _tests(found, ids)),
        (
            *(f"{r} is not finished: its curve goes as far as it has come." for r in unfinished),
            *(f"{c.name}: nothing to draw." for c in curves if not c.n),
            "A false alarm is as rare as the level only where the smooth null can follow the curve; "
            "bench/experiments/README.md has what was measured.",
        ),
        tuple(
            Card(a.name, "p –" if a.p is None else f"p = {a.p:.3f}", a.why or f"z = {a.z:.1f}") for a in found
        ),
        ids,
        f"smena report abrupt-change {' '.join(ids)} --metric {metric}",
    )


def _power_sentence(a: Abrupt) -> str:
    if a.p is None or a.power is None:
        return f"{a.name}: not tested: {a.why}."
    return (
        f"{a.name}: the best step is at {a.at:g}, {100 * (a.jump or 0):+.0f} points over its neighbours, "
        f"z = {a.z:.1f}, p = {a.p:.3f}; a jump of {100 * JUMP:.0f} points there would have been found with power "
        f"{a.power:.2f}."
    )


def _order(pair: tuple[str, list[Run]]) -> tuple[int, float, str]:
    try:
        return 0, float(pair[0].rpartition("=")[2]), ""
    except ValueError:
        return 1, 0.0, pair[0]


def _size(run: Run, field: str) -> str:
    if not field:
        return f"{run.config['env']}, policy {run.config['policy']}"
    section, _, name = field.rpartition(".")
    table: JSON = run.config["settings"].get(section, {}) if section else run.config
    if name not in table:
        raise BadInput(
            f"run {run.id} does not set {field}: name a field that every run's configuration holds"
        )
    return f"{field}={table[name]}"


def _curve(store: Store, name: str, runs: Sequence[Run], metric: str) -> Curve:
    hits: dict[int, float] = defaultdict(float)
    n: dict[int, float] = defaultdict(float)
    for run in runs:
        for x, y in _points(store, run, metric):
            hits[x] += y
            n[x] += 1
    xs = sorted(n)
    if metric != "held-out" and len(xs) > POINTS:
        width = -(-len(xs) // POINTS)
        bins = [xs[i : i + width] for i in range(0, len(xs), width)]
        return Curve(
            name,
            tuple(float(b[0]) for b in bins),
            tuple(sum(hits[x] for x in b) for b in bins),
            tuple(sum(n[x] for x in b) for b in bins),
        )
    return Curve(name, tuple(map(float, xs)), tuple(hits[x] for x in xs), tuple(n[x] for x in xs))


def _points(store: Store, run: Run, metric: str) -> list[tuple[int, float]]:
    if metric == "held-out":
        held = store.uses(run.id, "eval/trusted/")
        return [
            (int(u.purpose.rpartition("/")[2]), float(u.y))
            for u in held
            if u.status == "ok" and u.y is not None
        ]
    if metric == "trusted":
        trusted = {t.item for t in store.transitions(run.id) if t.to_status == "trusted"}
        return [(i, float(d in trusted)) for i, d in enumerate(store.item_digests(run.id))]
    order = store.marks(run.id).get("tasks/train") or []
    solved: dict[str, int] = {}
    for use in store.uses(run.id, "train/"):
        if use.kind == "attempt" and use.status == "ok":
            task = use.purpose.split("/", 2)[2]
            solved[task] = max(solved.get(task, 0), use.y or 0)
    return [(i, float(solved[task])) for i, task in enumerate(order) if task in solved]


def _curves(curves: Sequence[Curve], found: Sequence[Abrupt], metric: str, runs: tuple[str, ...]) -> Section:
    from smena.causal.intervals import wilson

    columns = (
        Column("curve"),
        Column("at", "number"),
        Column("hits", "number"),
        Column("n", "number"),
        Column("share", "number"),
        Column("smooth null", "number", "fitted"),
    )
    fits = {a.name: a.fitted for a in found}
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, JSON]] = []
    for curve in curves:
        for i, (x, h, n) in enumerate(zip(curve.x, curve.hits, curve.n, strict=True)):
            fitted = fits.get(curve.name) or ()
            low, high = wilson(h, n)
            rows.append((curve.name, x, h, n, h / n, fitted[i] if fitted else None))
            drawn.append({"x": x, "series": curve.name, "value": h / n, "low": low, "high": high})
            if fitted:
                drawn.append(
                    {
                        "x": x,
                        "series": f"{curve.name}, smooth null",
                        "value": fitted[i],
                        "low": None,
                        "high": None,
                    }
                )
    marks = [{"x": a.at, "text": "best step"} for a in found if a.at is not None]
    options = {"x_title": METRICS[metric], "y_title": "share", "y": "share", "marks": marks}
    chart = Chart(
        "curve", tuple(drawn), options, "The curve, the smooth null fitted to it, and the best step."
    )
    says = (
        "Points with 95% intervals (Wilson), the smooth curve that is the null, and where a step fits best."
    )
    sql = f"""SELECT run, purpose, position, kind, y, status FROM run_trials
JOIN outcomes ON outcomes.key = run_trials.key
WHERE run IN {listed(runs)} AND (purpose LIKE 'train/%' OR purpose LIKE 'eval/trusted/%')
ORDER BY run, purpose, position"""
    return Section("curve", "The curve", says, columns, tuple(rows), chart if rows else None, sql, runs)


def _tests(found: Sequence[Abrupt], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("curve"),
        Column("points", "count"),
        Column("best step at", "number", "at"),
        Column("jump", "number"),
        Column("score z", "number", "z"),
        Column("p", "p"),
        Column(f"power for {100 * JUMP:.0f} points", "number", "power"),
        Column("why not", key="why"),
    )
    rows = tuple((a.name, a.points, a.at, a.jump, a.z, a.p, a.power, a.why) for a in found)
    says = (
        f"Score z of the best step over a logistic null on 1, x, log(1 + t/10), x²; p by a parametric "
        f"bootstrap that repeats the fit; level {ALPHA:g} shared among the curves. At least {MIN_POINTS} points. "
        "Power is that of a jump at the best step, at this budget."
    )
    sql = f"SELECT id, config FROM runs WHERE id IN {listed(runs)}"
    return Section("tests", "Is there a step?", says, columns, rows, None, sql, runs)
