"""Draws a document's charts from their data: one Altair spec each.

Import this inside ``write()``: Altair takes a second."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from smena.results.document import Chart

from smena_reports.charts import LABELS, WIDTH, C, Rows, _data, marks

MOST = 4
"""Curves in one picture, and points that are named where they lie; more become small pictures, and numbers."""
SERIES = ("accent", "second", "trusted", "eligible", "candidate", "rejected", "deprecated", "muted")
ROW = 26


def draw(chart: Chart) -> Any:
    """The chart, or None where there is nothing to draw."""
    makers = {"forest": forest, "curve": curve, "scatter": scatter, "bars": bars, "flow": flow}
    rows = [dict(row) for row in chart.rows]
    if not rows or (chart.kind != "forest" and all(row.get("value") is None for row in rows)):
        return None
    return makers[chart.kind](rows, chart.options)


def _axis(options: Mapping[str, Any], rows: Rows, last: bool = True) -> Any:
    """The axis of a forest; only the last panel shows it."""
    title = options.get("title", "") if last else None
    shown: dict[str, Any] = {"labels": last, "ticks": last}
    if options.get("x") == "difference":
        reach = [abs(row[k]) for row in rows for k in ("value", "low", "high") if row.get(k) is not None]
        edge = min(1.0, max([float(options.get("band") or 0), 0.05, *reach]) * 1.08)
        scale, axis = alt.Scale(domain=[-edge, edge]), alt.Axis(format="+%", tickCount=7, **shown)
    elif options.get("x") == "number":
        scale, axis = alt.Scale(), alt.Axis(tickCount=6, **shown)
    else:
        scale, axis = alt.Scale(domain=[0, 1]), alt.Axis(format="%", tickCount=5, **shown)
    return alt.X("value:Q", title=title, scale=scale, axis=axis)


def forest(rows: Rows, options: Mapping[str, Any]) -> Any:
    """Point and interval, a row each, in panels; a diamond is a pooled row. ``band``: a tolerance round 0."""
    panels = list(dict.fromkeys(row["panel"] for row in rows))
    charts = [
        _panel(
            name,
            [row for row in rows if row["panel"] == name],
            _axis(options, rows, name == panels[-1]),
            options,
        )
        for name in panels
    ]
    return alt.vconcat(*charts, spacing=10)


def _panel(name: str, rows: Rows, x: Any, options: Mapping[str, Any]) -> Any:
    order = list(dict.fromkeys(row["label"] for row in rows))
    axis = alt.Axis(
        domain=False, ticks=False, labelColor=C["ink"], labelLimit=LABELS, minExtent=LABELS, labelPadding=12
    )
    y = alt.Y("label:N", title=None, sort=order, scale=alt.Scale(domain=order), axis=axis)
    parts: list[Any] = []
    if options.get("x") == "difference":
        if band := options.get("band"):
            edges = _data([{"a": -float(band), "b": float(band)}])
            parts.append(
                alt.Chart(edges).mark_rect(color=C["trusted"], opacity=0.12).encode(x="a:Q", x2="b:Q")
            )
        zero = alt.Chart(_data([{"a": 0}])).mark_rule(strokeDash=[4, 4], color=C["muted"])
        parts.append(zero.encode(x="a:Q"))
    measured = [row for row in rows if row["value"] is not None]
    for pooled, shape, size in ((False, "circle", 80), (True, "diamond", 170)):
        mine = _data([row for row in measured if bool(row.get("pooled")) == pooled])
        colour = C["accent" if pooled else "second"]
        base = alt.Chart(mine).encode(y=y)
        parts.append(base.mark_rule(strokeWidth=2.5, color=colour).encode(x=alt.X("low:Q"), x2="high:Q"))
        parts.append(
            base.mark_point(filled=True, size=size, opacity=1, color=colour, shape=shape).encode(x=x)
        )
    said = [{"label": row["label"], "note": row.get("note", "")} for row in rows if row["value"] is None]
    parts.append(
        alt.Chart(_data(said))
        .mark_text(align="left", fontStyle="italic", color=C["muted"], dx=4)
        .encode(x=alt.value(0), y=y, text="note:N")
    )
    title = alt.TitleParams(name, anchor="start", fontSize=12, fontWeight=600, color=C["ink"], offset=4)
    return alt.layer(*parts).properties(width=WIDTH, height=ROW * len(order) + 6, title=title)


def _colour(rows: Rows, legend: bool = True) -> Any:
    names = list(dict.fromkeys(str(row["series"]) for row in rows))
    colours = [C[SERIES[i % len(SERIES)]] for i in range(len(names))]
    scale = alt.Scale(domain=names, range=colours)
    shown = alt.Legend(columns=3) if legend and len(names) > 1 else None
    return alt.Color("series:N", scale=scale, legend=shown)


def _y(options: Mapping[str, Any], rows: Rows) -> Any:
    title = options.get("y_title", "")
    if options.get("y") == "share":
        tops = [row.get("high") or row["value"] for row in rows if row["value"] is not None]
        top = next(t for t in (0.1, 0.15, 0.25, 0.5, 1.0) if max(tops, default=1) <= t or t == 1.0)
        return alt.Y(
            "value:Q", title=title, scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=5)
        )
    return alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=5), scale=alt.Scale(zero=False))


def _ticks(rows: Rows) -> dict[str, Any]:
    """A tick at each point where there are few, and whole: a rounded label would lie."""
    xs = sorted({row["x"] for row in rows})
    if not all(float(x).is_integer() for x in xs):
        return {"tickCount": 6}
    return {"values": xs} if len(xs) <= 12 else {"tickMinStep": 1}


def curve(rows: Rows, options: Mapping[str, Any]) -> Any:
    """Lines with bands; ``marks``: vertical lines with a word each (phases, jumps). Many series are small
    pictures, each beside the first series in grey."""
    shown = [row for row in rows if row["value"] is not None]
    names = list(dict.fromkeys(str(row["series"]) for row in shown))
    x = alt.X(
        "x:Q",
        title=options.get("x_title", ""),
        axis=alt.Axis(grid=False, format="~g", **_ticks(shown)),
        scale=alt.Scale(zero=False, nice=False),
    )
    y = _y(options, shown)
    if len(names) > MOST:
        panels = [_small(name, shown, names[0], x.copy(), y.copy()) for name in names]
        return alt.concat(*panels, columns=3, spacing={"row": 14, "column": 22})
    chart = _lines(shown, x, y, _colour(shown))
    if options.get("marks"):
        chart += marks(list(options["marks"]))
    return chart.properties(width=WIDTH, height=240)


def _lines(rows: Rows, x: Any, y: Any, colour: Any) -> Any:
    base = alt.Chart(_data(rows)).encode(x=x, color=colour)
    return (
        base.mark_area(opacity=0.13).encode(y=alt.Y("low:Q"), y2="high:Q")
        + base.mark_line(strokeWidth=2.2).encode(y=y)
        + base.mark_point(filled=True, size=40, opacity=1).encode(y=y)
    )


def _small(name: str, rows: Rows, first: str, x: Any, y: Any) -> Any:
    x["title"] = y["title"] = None
    beside = [row for row in rows if row["series"] == first and name != first]
    grey = alt.Chart(_data(beside)).mark_line(strokeWidth=1.6, color=C["muted"], opacity=0.7)
    mine = [row for row in rows if row["series"] == name]
    colour = alt.value(C["accent" if name == first else "second"])
    chart = grey.encode(x=x, y=y) + _lines(mine, x, y, colour)
    said = name if name == first else f"{name} (grey: {first})"
    title = alt.TitleParams(said, anchor="start", fontSize=12, fontWeight=600, color=C["ink"], offset=4)
    return chart.properties(width=(WIDTH + LABELS) // 3 - 50, height=120, title=title)


def scatter(rows: Rows, options: Mapping[str, Any]) -> Any:
    """A point a series with its interval; the frontier joins the points that none beats on both axes."""
    shown = [row for row in rows if row["value"] is not None]
    scale = alt.Scale(type="log", nice=True) if options.get("log") else alt.Scale(zero=False, padding=20)
    x = alt.X("x:Q", title=options.get("x_title", ""), scale=scale, axis=alt.Axis(tickCount=5, format="~s"))
    if many := len(shown) > MOST:  # then names would lie on each other: points have numbers, the legend names
        shown = [
            row | {"mark": str(i), "series": f"{i} {row['series']}"} for i, row in enumerate(shown, start=1)
        ]
    else:
        shown = [row | {"mark": row["series"]} for row in shown]
    y, colour = _y(options, shown), _colour(shown, many)
    base = alt.Chart(_data(shown)).encode(x=x, color=colour)
    chart = (
        base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=alt.Y("low:Q"), y2="high:Q")
        + base.mark_point(filled=True, size=110, opacity=1).encode(y=y)
        + base.mark_text(align="left", dx=9, dy=-7).encode(y=y, text="mark:N")
    )
    if front := _frontier(shown):
        line = alt.Chart(_data(front)).mark_line(
            strokeDash=[5, 4], color=C["muted"], interpolate="step-after"
        )
        chart = line.encode(x=x, y=y) + chart
    return chart.properties(width=WIDTH, height=260)


def _frontier(rows: Rows) -> Rows:
    best, front = float("-inf"), []
    for row in sorted(rows, key=lambda r: (r["x"], -r["value"])):
        if row["value"] > best:
            best = row["value"]
            front.append({"x": row["x"], "value": row["value"]})
    return front if len(front) > 1 else []


def bars(rows: Rows, options: Mapping[str, Any]) -> Any:
    """Stacked counts over steps, or of named things (then they lie, and each has its name), in the order of the
    series."""
    names: Sequence[str] = list(dict.fromkeys(str(row["series"]) for row in rows))
    data = [row | {"order": names.index(str(row["series"]))} for row in rows]
    known = {name: C[name] for name in names if name in C}
    free = iter(SERIES * 3)
    scale = alt.Scale(domain=names, range=[known.get(n) or C[next(free)] for n in names])
    counts = alt.Axis(tickMinStep=1, tickCount=5)
    chart = alt.Chart(_data(data)).mark_bar(stroke=None)
    coloured = {
        "color": alt.Color("series:N", scale=scale, legend=alt.Legend(columns=4)),
        "order": alt.Order("order:Q"),
    }
    if all(isinstance(row["x"], str) for row in rows):
        things = list(dict.fromkeys(row["x"] for row in rows))
        axis = alt.Axis(domain=False, ticks=False, labelColor=C["ink"], labelLimit=LABELS, minExtent=LABELS)
        return chart.encode(
            x=alt.X("value:Q", title=options.get("y_title", ""), axis=counts),
            y=alt.Y("x:N", title=None, sort=things, axis=axis),
            **coloured,
        ).properties(width=WIDTH, height=ROW * len(things) + 6)
    return chart.encode(
        x=alt.X("x:O", title=options.get("x_title", ""), axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("value:Q", title=options.get("y_title", ""), axis=counts),
        **coloured,
    ).properties(width=WIDTH, height=230)


def flow(rows: Rows, options: Mapping[str, Any]) -> Any:
    """Items between the states of a lifecycle, a lane a state, a column a step; thickness is the number."""
    lanes = list(reversed(options["states"]))
    moves = [
        row | {"y": lanes.index(row["from"]), "y2": lanes.index(row["to"]), "to": row["to"]}
        for row in rows
        if "from" in row and row["from"] in lanes and row["to"] in lanes
    ]
    dots = [
        row | {"y": lanes.index(row["state"]), "to": row["state"]}
        for row in rows
        if row.get("state") in lanes
    ]
    most = max(row["value"] for row in (*moves, *dots))
    scale = alt.Scale(domain=lanes, range=[C.get(name, C["muted"]) for name in lanes])
    colour = alt.Color("to:N", scale=scale, legend=None)
    steps = sorted({row["x"] for row in (*moves, *dots)} | {row["x2"] for row in moves})
    shown = steps[:: max(1, -(-len(steps) // 12))]
    x = alt.X(
        "x:Q",
        title=options.get("x_title", ""),
        axis=alt.Axis(values=shown, format="d", grid=False),
        scale=alt.Scale(domain=[steps[0] - 0.15, steps[-1] + 0.15], nice=False),
    )
    names = json.dumps(lanes)
    axis = alt.Axis(
        values=list(range(len(lanes))),
        labelExpr=f"{names}[datum.value]",
        labelColor=C["ink"],
        domain=False,
        ticks=False,
        labelPadding=12,
        labelLimit=LABELS,
        minExtent=LABELS,
    )
    y = alt.Y("y:Q", title=None, axis=axis, scale=alt.Scale(domain=[-0.4, len(lanes) - 0.6], nice=False))
    width = alt.Size("value:Q", legend=None, scale=alt.Scale(domain=[0, most], range=[0.5, 16]))
    area = alt.Size("value:Q", legend=None, scale=alt.Scale(domain=[0, most], range=[12, 420]))
    lines = (
        alt.Chart(_data(moves))
        .mark_rule(opacity=0.45, strokeCap="round")
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=colour, size=width)
    )
    points = (
        alt.Chart(_data(dots)).mark_point(filled=True, opacity=1).encode(x=x, y=y, color=colour, size=area)
    )
    chart = alt.layer(lines, points).resolve_scale(size="independent")
    return chart.properties(width=WIDTH, height=34 * len(lanes) + 10)
