"""The cross-domain report on FPR_save as a document: sentences, tables, charts, queries."""

from __future__ import annotations

from collections.abc import Iterable

from smena.results.crossdomain import READINGS, CrossDomain, DomainRun, Drift, Pooled, Reading, label
from smena.results.document import Card, Cell, Chart, Column, Document, Section, listed
from smena.results.estimates import Estimate, missing
from smena.results.wording import percent, plural, points, share

MEANING: dict[Reading, str] = {
    "false_share": "of the items that were saved, how many were false",
    "save_given_null": "of the items that are null or harmful, how many were saved",
}

_SAVES = """
SELECT run, saved, audit, COUNT(*) AS items
FROM (SELECT d.run, d.verdict AS audit,
             CASE WHEN EXISTS (SELECT 1 FROM transitions t WHERE t.run = d.run AND t.item = d.item
                               AND t.to_status = 'trusted') THEN 1 ELSE 0 END AS saved
      FROM decisions d WHERE d.gate = 'audit' AND d.run IN {runs}) AS audited
GROUP BY run, saved, audit ORDER BY run, saved DESC, audit"""

_ITEMS = """
SELECT d.run, d.item, d.verdict AS audit,
       CASE WHEN EXISTS (SELECT 1 FROM transitions t WHERE t.run = d.run AND t.item = d.item
                         AND t.to_status = 'trusted') THEN 1 ELSE 0 END AS saved
FROM decisions d WHERE d.gate = 'audit' AND d.run IN {runs} ORDER BY d.item, d.run"""

_LOSSES = """
SELECT t.run, o.status, COUNT(DISTINCT t.key) AS trials
FROM run_trials t JOIN outcomes o ON o.key = t.key
WHERE t.run IN {runs} GROUP BY t.run, o.status ORDER BY t.run, o.status"""


def document(found: CrossDomain) -> Document:
    runs = tuple(c.run for c in found.cells)
    return Document(
        "fpr",
        "FPR_save across domains",
        tuple(_said(found)),
        (
            _forest(found, "false_share", runs),
            _forest(found, "save_given_null", runs),
            *([_drift(found, runs)] if found.drifts else []),
            _runs(found, runs),
            _losses(found, runs),
        ),
        found.warnings,
        tuple(_cards(found)),
        runs,
        f"smena report fpr {' '.join(runs)} --tolerance {found.tolerance:g}",
    )


def _said(found: CrossDomain) -> Iterable[str]:
    for group in (p for p in found.pooled if p.reading == "false_share"):
        cells = [c for c in found.cells if c.run in group.runs]
        saves = sum(c.rule.saves for c in cells if c.rule)
        yield (
            f"{group.domain}, policy {group.policy}: {READINGS['false_share']} {share(group.estimate)}; "
            f"{plural(saves, 'save')} in {plural(len(cells), 'run')} with {plural(group.seeds, 'seed')}."
        )
    for drift in (d for d in found.drifts if d.reading == "false_share"):
        yield drift_sentence(drift, found.tolerance)
    if not found.drifts:
        yield "Drift between domains was not measured: all runs are of one domain."


def drift_sentence(drift: Drift, tolerance: float) -> str:
    what = f"{drift.domain} against {drift.anchor}, policy {drift.policy}, {READINGS[drift.reading]}"  # type: ignore[index]
    if drift.value is None or drift.low is None or drift.high is None:
        word = "drift is refused" if drift.verdict == "refused" else "drift is undecided"
        return f"{what}: {word}: {drift.why}."
    words = {
        "within": f"stays within the tolerance of ±{100 * tolerance:g} points",
        "beyond": f"drifts by more than the tolerance of ±{100 * tolerance:g} points",
        "undecided": f"undecided at a tolerance of ±{100 * tolerance:g} points",
    }
    change = f"{points(drift.value)} points [{points(drift.low)}, {points(drift.high)}] (90%)"
    seen = (
        "no degradation, however great, would have been shown with power .8"
        if drift.visible is None
        else f"a degradation of {100 * drift.visible:.0f} points or more would have been shown with power .8"
    )
    return f"{what}: {change}: {words[drift.verdict]}; with this data {seen}."


def _cards(found: CrossDomain) -> Iterable[Card]:
    for group in [p for p in found.pooled if p.reading == "false_share"][:6]:
        e = group.estimate
        value = "undefined" if e.value is None else percent(e.value)
        interval = (
            e.why
            if e.value is None
            else f"[{100 * (e.low or 0):.0f}, {100 * (e.high or 0):.0f}], {e.n} items"
        )
        yield Card(f"{group.domain} · {group.policy}: false share of saves", value, interval)


def _forest(found: CrossDomain, reading: Reading, runs: tuple[str, ...]) -> Section:
    name = READINGS[reading]
    columns = (
        Column("domain"),
        Column("policy"),
        Column("seed", key="seed"),
        Column(f"{name} [95%]", "share", reading),
        Column("units", "count"),
        Column("Q", "number", "q"),
        Column("p of Q", "p", "p_heterogeneity"),
        Column("I²", "number", "i_squared"),
        Column("runs", key="runs"),
    )
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, object]] = []
    for group in (*found.pooled, *found.between):
        if group.reading != reading:
            continue
        cells = [c for c in found.cells if c.run in group.runs]
        if group.domain != "all domains":
            for cell in sorted(cells, key=lambda c: c.seed):
                e = cell_estimate(cell, reading)
                rows.append((group.domain, group.policy, f"{cell.seed}", e, e.n, None, None, None, cell.run))
                drawn.append(_point(e, f"seed {cell.seed}", group))
        if len(cells) == 1:
            continue
        text = f"all {len(cells)} runs"
        rows.append(
            (
                group.domain,
                group.policy,
                text,
                group.estimate,
                group.estimate.n,
                group.q,
                group.p,
                group.i_squared,
                " ".join(group.runs),
            )
        )
        drawn.append(_point(group.estimate, text, group, True))
    says = (
        f"{name}: {MEANING[reading]}. Rows of one seed: exact (Clopper–Pearson) intervals, items as units. "
        "Rows of several runs: the same with each distinct item as one unit, however many runs it came in; Q and "
        "I² say whether the runs differ more than chance would make them (p given the margins). All domains "
        "together is an average over unlike things: quote it only with its Q."
    )
    chart = Chart(
        "forest",
        tuple(drawn),
        {"title": name, "x": "share"},
        f"Forest plot of {name}, a row a domain, policy and seed. The numbers are in the table.",
    )
    return Section(
        f"fpr-{reading.replace('_', '-')}",
        name[0].upper() + name[1:],
        says,
        columns,
        tuple(rows),
        chart,
        _ITEMS.strip().format(runs=listed(runs)),
        runs,
    )


def _point(e: Estimate, text: str, group: Pooled, whole: bool = False) -> dict[str, object]:
    return {
        "panel": f"{group.domain} · {group.policy}",
        "label": text,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "pooled": whole,
        "note": "" if e.value is not None else e.why.partition(":")[0],
    }


def cell_estimate(cell: DomainRun, reading: Reading) -> Estimate:
    if cell.rule is None or (cell.why and not cell.items[reading]):
        return missing(f"not measured: {cell.why}")
    found: Estimate = getattr(cell.rule, reading)
    return found


def _drift(found: CrossDomain, runs: tuple[str, ...]) -> Section:
    columns = (
        Column("domain"),
        Column("policy"),
        Column("reading"),
        Column("verdict"),
        Column("difference, points [90%]", "difference", "difference"),
        Column("p within", "p"),
        Column("p beyond", "p"),
        Column("smallest visible rise", "number", "smallest_visible"),
        Column("smallest tolerance it could confirm", "number", "confirmable"),
        Column("why", key="why"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            d.domain,
            d.policy,
            READINGS[d.reading],  # type: ignore[index]
            d.verdict,
            Estimate(d.value, d.low, d.high, unit="") if d.value is not None else missing(d.why),
            d.p_within,
            d.p_beyond,
            d.visible,
            d.confirmable,
            d.why,
        )
        for d in found.drifts
    ]
    says = (
        f"FPR_save of each domain minus that of {found.anchor}, with the same rule untouched. The tolerance of "
        f"±{100 * found.tolerance:g} points was fixed beforehand. Within: the 90% interval lies inside it (two "
        "one-sided tests at 5%). Beyond: it lies wholly outside. Undecided is an answer. The smallest visible "
        "rise is the least degradation that this data would have shown above 0 with power .8."
    )
    drawn = tuple(
        {
            "panel": READINGS[d.reading],  # type: ignore[index]
            "label": f"{d.domain} · {d.policy}",
            "value": d.value,
            "low": d.low,
            "high": d.high,
            "pooled": False,
            "note": "" if d.value is not None else d.verdict,
        }
        for d in found.drifts
    )
    chart = Chart(
        "forest",
        drawn,
        {"title": f"difference from {found.anchor}", "x": "difference", "band": found.tolerance},
        f"Differences from {found.anchor} with 90% intervals and the tolerance as a band.",
    )
    sql = _SAVES.strip().format(runs=listed(runs))
    return Section(
        "drift", f"Drift from {found.anchor}", says, columns, tuple(rows), chart if rows else None, sql, runs
    )


def _runs(found: CrossDomain, runs: tuple[str, ...]) -> Section:
    columns = (
        Column("run"),
        Column("domain"),
        Column("policy"),
        Column("seed", "count"),
        Column("saves", "count"),
        Column("false", "count"),
        Column("useful", "count"),
        Column("undecided", "count"),
        Column("not audited", "count"),
        Column("false share, bounds"),
        Column("P(save | null), bounds"),
        Column("P(save | useful)", "share", "kept"),
        Column("truth"),
    )
    rows = tuple(_run(cell) for cell in found.cells)
    says = (
        "What the audit said of each run's saves. Bounds: where the point would be if all that the audit left "
        "undecided were useful, or all null."
    )
    return Section(
        "saves",
        "Saves of each run",
        says,
        columns,
        rows,
        None,
        _SAVES.strip().format(runs=listed(runs)),
        runs,
    )


def _run(cell: DomainRun) -> tuple[Cell, ...]:
    where = label(cell.domain, cell.source)
    if cell.rule is None:
        return (cell.run, where, cell.policy, cell.seed, *[None] * 7, missing(cell.why), cell.truth)
    r = cell.rule
    return (
        cell.run,
        where,
        cell.policy,
        cell.seed,
        r.saves,
        r.false,
        r.useful,
        r.undecided,
        r.unaudited,
        _bounds(r.false_share_bounds),
        _bounds(r.save_given_null_bounds),
        r.kept,
        cell.truth,
    )


def _bounds(found: tuple[float, float] | None) -> str:
    return "–" if found is None else f"{percent(found[0])}–{percent(found[1])}"


def _losses(found: CrossDomain, runs: tuple[str, ...]) -> Section:
    columns = (
        Column("run"),
        Column("domain"),
        Column("trials", "count"),
        Column("infra", "count"),
        Column("timeout", "count"),
        Column("abstain", "count"),
        Column("audit undecided", "count"),
    )
    rows = tuple(
        (
            c.run,
            label(c.domain, c.source),
            c.trials,
            c.losses["infra"],
            c.losses["timeout"],
            c.losses["abstain"],
            c.rule.undecided if c.rule else None,
        )
        for c in found.cells
    )
    says = (
        "Trials that the machinery lost, and those on which the composite verifier refused to say. They are "
        "nobody's failure: they leave both arms of every comparison."
    )
    return Section(
        "losses",
        "Losses and abstentions",
        says,
        columns,
        rows,
        None,
        _LOSSES.strip().format(runs=listed(runs)),
        runs,
    )
