"""What a run's report tells where the run has it: kinds of task, paid services, late verdicts, verifiers, how
items moved. Sections of a document, so that every form shows them alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from smena.results.document import Cell, Chart, Column, Section
from smena.results.figures import Flow
from smena.results.items import NEW, ORDER
from smena.results.run_result import RunResult
from smena.results.spending import in_words
from smena.values import JSON

MARKS = 6
"""More changes of memory than this are not marked one by one: their words would lie on each other."""


def more(result: RunResult) -> tuple[Section, ...]:
    """The sections that have something to say."""
    makers = (groups, services, late, verifiers, reliability, gaps, flow)
    return tuple(section for make in makers if (section := make(result)).rows)


def phases(flows: Sequence[Flow], waves: Sequence[int]) -> list[JSON]:
    """Marks of a learning curve: memory changes between waves, so that the tasks of wave n + 1 are the first to
    meet what was trusted (or taken back) after wave n."""
    changes = []
    for step in sorted({f.step for f in flows}):
        mine = [f for f in flows if f.step == step]
        kept = sum(f.items for f in mine if f.after == "trusted" != f.before)
        lost = sum(f.items for f in mine if f.before == "trusted" != f.after)
        if (kept or lost) and waves and step < max(waves):
            text = " ".join([*([f"+{kept}"] if kept else []), *([f"−{lost}"] if lost else [])])
            changes.append((step, text))
    shown = changes if len(changes) <= MARKS else changes[:1]
    return [
        {"x": step + 0.5, "text": f"{text} trusted" if n == 0 else text}
        for n, (step, text) in enumerate(shown)
    ]


def _section(
    result: RunResult,
    id_: str,
    title: str,
    says: str,
    query: str,
    columns: tuple[Column, ...],
    rows: Sequence[tuple[Cell, ...]],
    chart: Chart | None = None,
) -> Section:
    sql = result.queries[query] if query else ""
    return Section(id_, title, says, columns, tuple(rows), chart, sql, (result.run.id,))


def groups(result: RunResult) -> Section:
    found = result.groups
    says = (
        "Train tasks while learning, held-out tasks without and with trusted memory, for each value of each "
        "attribute. Each interval is at 95% by itself: among many rows some miss by chance, and a row that was "
        "picked for being extreme proves nothing."
    )
    if found.constant:
        same = ", ".join(f"{name} = {value}" for name, value in found.constant.items())
        says += f" The same for all tasks: {same}."
    if found.many:
        says += f" Not broken down, too many values: {', '.join(found.many)}."
    columns = (
        Column("attribute", key="attribute"),
        Column("value", key="kind"),
        Column("train", "count", "train_tasks"),
        Column("Acc@1", "share", "acc_1"),
        Column(f"Acc@{result.learning.attempts}", "share", "acc_n"),
        Column("held out", "count", "held_out_tasks"),
        Column("no memory", "share", "none"),
        Column("trusted", "share", "trusted"),
        Column("points gained", "difference", "gain"),
    )
    rows = [
        (g.by, g.value, g.acc1.n, g.acc1, g.acc_n, g.none.n, g.none, g.trusted, g.gain) for g in found.rows
    ]
    drawn = tuple(
        {
            "panel": g.by,
            "label": g.value,
            "value": g.gain.value,
            "low": g.gain.low,
            "high": g.gain.high,
            "note": "no held-out task" if not g.none.n else g.gain.why.partition(":")[0],
        }
        for g in found.rows
    )
    options: dict[str, JSON] = {"x": "difference", "title": "held-out accuracy, trusted − none"}
    chart = Chart("forest", drawn, options, "What trusted memory adds, by kind of task, with intervals.")
    return _section(result, "groups", "By kind of task", says, "groups", columns, rows, chart)


def services(result: RunResult) -> Section:
    columns = (
        Column("model"),
        Column("version"),
        Column("executions", "count"),
        Column("calls", "count"),
        Column("made again", "count"),
        Column("tokens in", "count"),
        Column("tokens out", "count"),
        Column("cached", "count"),
        Column("US dollars", "money", "dollars"),
        Column("price unknown", "count", "unpriced"),
    )
    rows = [
        (
            s.model,
            s.version,
            s.executions,
            s.calls,
            s.retried,
            s.tokens_in,
            s.tokens_out,
            s.tokens_cached,
            s.price if s.unpriced < s.executions else None,
            s.unpriced,
        )
        for s in result.services
    ]
    says = (
        f"Paid services took {in_words(result.services)}. Each execution counts once, failed ones and those that "
        "other runs have paid for too: this is what the run's trials cost to make, not what this run added."
    )
    return _section(result, "services", "Money and tokens", says, "services", columns, rows)


def late(result: RunResult) -> Section:
    told = result.late
    changes = (told.differences or ("nothing else changed",)) if told else ()
    says = (
        f"{told.verdicts} attempts were judged anew after the run (smena verdict add), and it was decided anew. "
        "The figures of this report are those with the late verdicts; what changed:"
        if told
        else ""
    )
    rows = [(change,) for change in changes]
    return _section(result, "late", "What late verdicts changed", says, "", (Column("change"),), rows)


def verifiers(result: RunResult) -> Section:
    found = result.judging
    columns = (
        Column("verifier"),
        Column("judged", "count"),
        Column("mean", "number"),
        Column("weight", "number"),
        Column("β", "number", "slope"),
        Column("β 95%", "text", "slope_interval"),
        Column("alone", "number"),
        Column("sens.", "number", "sensitivity"),
        Column("spec.", "number", "specificity"),
        Column("adds", "number"),
    )
    rows = [
        (
            v.name,
            v.judged,
            v.mean,
            v.weight,
            v.slope,
            None if v.slope_low is None else f"[{v.slope_low:.2f}, {v.slope_high:.2f}]",
            v.alone,
            v.sensitivity,
            v.specificity,
            v.adds,
        )
        for v in (found.verifiers if found else ())
    ]
    says = ""
    if found:
        agree = [
            f"{name} {value:.3f}"
            for name, value in (
                ("Fleiss' kappa", found.kappa),
                ("Gwet's AC1", found.ac1),
                ("mean entropy", found.entropy),
                ("mean D_var", found.d_var),
            )
            if value is not None
        ]
        says = (
            f"Judged by {found.verifier}; {found.note}. {found.abstained:,} of {found.attempts:,} judged "
            f"attempts were refused (abstain). Agreement: {', '.join(agree) or 'says nothing here'}."
        )
        if any(v.slope is not None for v in found.verifiers):
            says += (
                " Weight, β and what follows are of the calibration: accuracy alone, sensitivity, specificity, "
                "and by how much the Brier score falls for having the verifier beside the others."
            )
    drawn = tuple(
        {
            "panel": "slope β of the calibration",
            "label": v.name,
            "value": v.slope,
            "low": v.slope_low,
            "high": v.slope_high,
            "note": "",
        }
        for v in (found.verifiers if found else ())
        if v.slope is not None
    )
    options: dict[str, JSON] = {
        "x": "number",
        "title": "how much the verifier counts (log odds a point of score)",
    }
    chart = Chart("forest", drawn, options, "Slope of each verifier with its interval.") if drawn else None
    return _section(result, "verifiers", "Who judged, and how well", says, "judging", columns, rows, chart)


def reliability(result: RunResult) -> Section:
    bins = result.judging.reliability if result.judging else ()
    columns = (
        Column("said", "number"),
        Column("came true", "number"),
        Column("outcomes", "count"),
    )
    drawn = [
        {"x": b.said, "series": "this calibration", "value": b.true, "low": None, "high": None} for b in bins
    ]
    drawn += [{"x": x, "series": "perfect", "value": x, "low": None, "high": None} for x in (0.0, 1.0)]
    options: dict[str, JSON] = {
        "x_title": "probability of being right that the composite says",
        "y_title": "share that was right",
        "y": "share",
    }
    says = (
        "Of the labelled outcomes of the calibration, the share that was right, by what the composite said."
    )
    chart = Chart("curve", tuple(drawn), options, "Said against came true.") if bins else None
    rows = [(b.said, b.true, b.n) for b in bins]
    return _section(
        result, "reliability", "Does its probability come true?", says, "calibrations", columns, rows, chart
    )


def gaps(result: RunResult) -> Section:
    found = result.judging.gaps if result.judging else ()
    columns = (
        Column("item"),
        Column("tasks", "count"),
        Column("on the reward", "number", "visible"),
        Column("on ground truth", "number", "hidden"),
        Column("gap", "number"),
        Column("± SE", "number", "error"),
    )
    rows = [(g.item[:12], g.tasks, g.visible, g.hidden, g.gap, g.error) for g in found]
    says = (
        "Effect of each item on the verifiers' reward and on ground truth, over tasks judged with it and "
        "without; a large gap is a lesson that plays to the judge. The largest gaps first: the top of a "
        "long list is partly chance."
    )
    return _section(result, "gaps", "Which lessons please the verifiers more than the truth?", says, "judging",
                    columns, rows)  # fmt: skip


def flow(result: RunResult) -> Section:
    """How items moved; the chart also shows how many were in each state."""
    columns = (Column("after wave", "count", "step"), Column("from"), Column("to"), Column("items", "count"))
    rows = [(f.step, f.before, f.after, f.items) for f in result.flows]
    drawn: list[dict[str, JSON]] = []
    counts: Counter[str] = Counter()
    for step in sorted({f.step for f in result.flows} | {m.step for m in result.memory if m.step}):
        mine = [f for f in result.flows if f.step == step]
        stay = Counter(counts)
        for f in mine:
            drawn.append({"x": step - 1, "x2": step, "from": f.before, "to": f.after, "value": f.items})
            stay[f.before] -= f.items
            counts[f.before] -= f.items
            counts[f.after] += f.items
        drawn += [
            {"x": step - 1, "x2": step, "from": state, "to": state, "value": n}
            for state, n in stay.items()
            if n > 0 and state != NEW
        ]
        drawn += [{"x": step, "state": s, "value": n} for s, n in counts.items() if n > 0 and s != NEW]
    states = [s for s in (*ORDER, NEW) if any(s in (f.before, f.after) for f in result.flows)]
    says = (
        "Each line is a group of items that went from one state to another in a wave, or stayed; a line or a dot "
        "is the thicker, the more items. Trusted items alone are retrieved."
    )
    chart = Chart("flow", tuple(drawn), {"states": list(states), "x_title": "after wave"}, "Moves by wave.")
    return _section(result, "memory-flow", "How items moved", says, "flows", columns, rows, chart)
