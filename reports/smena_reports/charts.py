"""The charts of a report: one Altair spec each, drawn as SVG without a browser or network.

Altair would check every row against the schema of Vega-Lite, which takes seconds of a large run: that is
switched off in :func:`unvalidated`, and done by the tests. Colours are written as stand-ins and replaced by
CSS variables, so that one picture serves light, dark and print. Altair and the renderer take a second to
import: import this module inside ``write()``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from smena.results import Estimate, EvidencePath, HeldOut, Learning, MemoryStep, Saves

from smena_reports import words

WIDTH, LABELS = 430, 150
FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"

"""Room for text is fixed, not measured: the reader's fonts are wider or narrower than the renderer's."""

STAND_INS = {
    "ink": "#0a0b01",
    "muted": "#0a0b02",
    "line": "#0a0b03",
    "accent": "#0a0b11",
    "second": "#0a0b12",
    "trusted": "#0a0b21",
    "candidate": "#0a0b22",
    "eligible": "#0a0b23",
    "rejected": "#0a0b24",
    "proposed": "#0a0b25",
    "deprecated": "#0a0b26",
    "collected": "#0a0b27",
    "foundational": "#0a0b28",
}
VERDICT = {"pass": "trusted", "drop": "rejected", "undecided": "candidate"}
STATES = (
    "trusted",
    "deprecated",
    "foundational",
    "candidate",
    "eligible",
    "rejected",
    "collected",
    "proposed",
)
C = STAND_INS

Rows = list[dict[str, Any]]


def _data(rows: Rows) -> Any:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def unvalidated() -> AbstractContextManager[None]:
    """Charts made inside are not checked."""
    return debug_mode(False)


def svg(chart: Any) -> str:
    """The SVG, sized by its page, with the page's colours."""
    spec = json.dumps(configured(chart).to_dict(validate=False))
    text: str = vl_convert.vegalite_to_svg(spec)
    for name, colour in STAND_INS.items():
        text = text.replace(colour, f"var(--{name})")
    return text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)


def configured(chart: Any) -> Any:
    text = {
        "labelFont": FONT,
        "titleFont": FONT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": 500,
    }
    return (
        chart.configure(background="transparent", aria=False, font=FONT, padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            **text,
            labelColor=C["muted"],
            titleColor=C["muted"],
            domainColor=C["line"],
            tickColor=C["line"],
            gridColor=C["line"],
            gridOpacity=0.6,
        )
        .configure_legend(
            **text,
            labelColor=C["ink"],
            orient="top",
            title=None,
            symbolType="circle",
            symbolOpacity=1,
            columnPadding=34,
            labelLimit=300,
        )
        .configure_header(**text, labelColor=C["ink"], titleColor=C["muted"])
        .configure_text(font=FONT, fontSize=12)
    )


def _estimate(e: Estimate, **more: Any) -> dict[str, Any]:
    return {"value": e.value, "low": e.low, "high": e.high, **more}


def _shares(title: str) -> Any:
    return alt.Y(
        "value:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)
    )


def _steps(title: str, rows: Rows) -> Any:
    steps = sorted({row["step"] for row in rows})
    shown = steps[:: max(1, -(-len(steps) // 9))]
    return alt.X(
        "step:Q",
        title=title,
        axis=alt.Axis(values=shown, format="d", grid=False),
        scale=alt.Scale(zero=False),
    )


def _curve(rows: Rows, x: Any, y: Any, colour: Any) -> Any:
    base = alt.Chart(_data(rows)).encode(x=x, color=colour)
    band = base.mark_area(opacity=0.14).encode(y=alt.Y("low:Q"), y2="high:Q")
    bars = base.mark_rule(opacity=0.5).encode(y=alt.Y("low:Q"), y2="high:Q")
    line = base.mark_line(strokeWidth=2.5).encode(y=y)
    return band + bars + line + base.mark_point(filled=True, size=55, opacity=1).encode(y=y)


def marks(rows: Rows) -> Any:
    """Vertical lines at ``x`` with a word each: phases, jumps."""
    lines = alt.Chart(_data(rows)).encode(x="x:Q")
    words_ = lines.mark_text(align="left", dx=4, baseline="top", color=C["muted"])
    return lines.mark_rule(strokeDash=[3, 3], color=C["muted"]) + words_.encode(y=alt.value(2), text="text:N")


def learning(found: Learning, phases: Sequence[dict[str, Any]] = ()) -> Any:
    """Acc@1 and Acc@N by wave, with bands; ``phases``: where memory changed."""
    first, last = "Acc@1, first attempt", f"Acc@{found.attempts}, with lessons"
    rows = [
        _estimate(e, step=w.step, series=name)
        for w in found.waves
        for name, e in ((first, w.acc1), (last, w.acc_n))
        if e.value is not None
    ]
    scale = alt.Scale(domain=[first, last], range=[C["accent"], C["second"]])
    colour = alt.Color("series:N", scale=scale)
    chart = _curve(rows, _steps("wave of train tasks", rows), _shares("solved"), colour)
    if phases:
        chart += marks(list(phases))
    return chart.properties(width=WIDTH, height=230)


def held_out_steps(found: HeldOut) -> Any:
    """Held-out accuracy with what was trusted after each step; dashed: with everything saved."""
    rows = [
        _estimate(s.accuracy, step=s.step, series="trusted memory")
        for s in found.by_step
        if s.accuracy.value is not None
    ]
    scale = alt.Scale(domain=["trusted memory", "everything saved"], range=[C["trusted"], C["muted"]])
    colour = alt.Color("series:N", scale=scale)
    chart = _curve(rows, _steps("after wave (0: no memory)", rows), _shares("held-out accuracy"), colour)
    everything = found.everything.accuracy.value
    if everything is not None:
        data = _data([{"value": everything, "series": "everything saved"}])
        chart += alt.Chart(data).mark_rule(strokeDash=[5, 4], strokeWidth=2).encode(y="value:Q", color=colour)
    return chart.properties(width=WIDTH, height=230)


def arms(found: HeldOut) -> Any:
    """Three arms with intervals."""
    named = ((found.none, "muted"), (found.everything, "second"), (found.trusted, "trusted"))
    rows = [
        _estimate(a.accuracy, row=a.name, colour=a.name) for a, _ in named if a.accuracy.value is not None
    ]
    order = [a.name for a, _ in named]
    scale = alt.Scale(domain=order, range=[C[colour] for _, colour in named])
    return _forest(
        rows, order, alt.Color("colour:N", scale=scale, legend=None), "accuracy on held-out tasks", 128
    )


def saves(found: Saves) -> Any:
    """FPR_save in both readings for each rule: point, exact interval, and as a pale bar the bounds over
    what is undecided."""
    order = [rule.name for rule in found.rules]
    colour = alt.Color(
        "row:N",
        scale=alt.Scale(domain=order, range=[C["trusted"], *[C["second"]] * (len(order) - 1)]),
        legend=None,
    )
    charts = []
    for reading in ("false_share", "save_given_null"):
        rows, words_ = [], []
        for rule in found.rules:
            e, bounds = getattr(rule, reading), getattr(rule, f"{reading}_bounds") or (None, None)
            rows.append(_estimate(e, row=rule.name, least=bounds[0], most=bounds[1]))
            if e.value is None:
                words_.append({"row": rule.name, "text": e.why.partition(":")[0], "value": 0.02})
        title = words.READINGS[reading][0]
        charts.append(_forest(rows, order, colour, title, 34 * len(order) + 8, words_))
    return alt.vconcat(*charts, spacing=18)


def _forest(
    rows: Rows,
    order: Sequence[str],
    colour: Any,
    title: str,
    height: int,
    said: Iterable[dict[str, Any]] = (),
) -> Any:
    x = alt.X("value:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    axis = alt.Axis(
        domain=False, ticks=False, labelColor=C["ink"], labelLimit=LABELS, minExtent=LABELS, labelPadding=12
    )
    y = alt.Y("row:N", title=None, sort=list(order), scale=alt.Scale(domain=list(order)), axis=axis)
    measured = [row for row in rows if row["value"] is not None]
    base = alt.Chart(_data(measured)).encode(y=y, color=colour)
    bounded = [row for row in rows if row.get("least") is not None]
    chart = alt.layer(
        alt.Chart(_data(bounded))
        .mark_bar(height=14, opacity=0.16)
        .encode(x="least:Q", x2="most:Q", y=y, color=colour),
        base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=110, opacity=1).encode(x=x),
        alt.Chart(_data(list(said)))
        .mark_text(align="left", fontStyle="italic", color=C["muted"])
        .encode(x="value:Q", y=y, text="text:N"),
    )
    return chart.properties(width=WIDTH, height=height)


def memory(steps: Sequence[MemoryStep]) -> Any:
    """Items by state after each step, stacked."""
    present = [s for s in STATES if any(s in step.states for step in steps)]
    rows = [
        {"step": step.step, "items": step.states.get(s, 0), "state": s, "order": i}
        for step in steps
        for i, s in enumerate(present)
    ]
    scale = alt.Scale(domain=present, range=[C[s] for s in present])
    return (
        alt.Chart(_data(rows))
        .mark_bar(width={"band": 0.82}, stroke=None)
        .encode(
            x=alt.X("step:O", title="after wave", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("items:Q", title="knowledge items", axis=alt.Axis(tickMinStep=1, tickCount=5)),
            color=alt.Color("state:N", scale=scale, legend=alt.Legend(columns=4)),
            order=alt.Order("order:Q"),
        )
        .properties(width=WIDTH, height=230)
    )


def evidence(paths: Sequence[EvidencePath]) -> Any:
    """E over its threshold against pairs spent; an item is saved where its line reaches 1."""
    rows = [_at(path, n) for path in paths for n in _drawn(len(path.e_values))]
    ends = [_at(path, len(path.e_values)) for path in paths]
    verdicts = [v for v in VERDICT if any(p.verdict == v for p in paths)]
    colour = alt.Color("verdict:N", scale=alt.Scale(domain=verdicts, range=[C[VERDICT[v]] for v in verdicts]))
    y = alt.Y(
        "value:Q",
        title="evidence ÷ threshold",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(tickCount=5, format="~g"),
    )
    x = alt.X(
        "pair:Q",
        title="pairs of trials (without and with the item)",
        axis=alt.Axis(grid=False, tickMinStep=1),
    )
    lines = alt.Chart(_data(rows)).mark_line(opacity=0.75, strokeWidth=1.6)
    dots = alt.Chart(_data(ends)).mark_point(filled=True, size=45, opacity=1).encode(x=x, y=y, color=colour)
    bar = alt.Chart(_data([{"value": 1}])).mark_rule(strokeDash=[5, 4], color=C["ink"]).encode(y="value:Q")
    return (lines.encode(x=x, y=y, color=colour, detail="item:N") + dots + bar).properties(
        width=WIDTH, height=250
    )


def _at(path: EvidencePath, pair: int) -> dict[str, Any]:
    e = path.e_values[pair - 1] if pair else 1.0
    value = max(1e-4, min(e / path.threshold, 30.0))
    return {"pair": pair, "value": value, "item": path.item, "verdict": path.verdict}


def _drawn(pairs: int) -> list[int]:
    """Which pairs of a path are drawn: first, last, and no more between than can be told apart."""
    return [*range(0, pairs, 1 + pairs // 100), pairs]
