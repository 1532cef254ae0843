"""How figures are written in words, the same in every form."""

from __future__ import annotations

from smena.results.estimates import Estimate

NBSP = "\u00a0"


def percent(value: float) -> str:
    """Whole per cent; one decimal where a whole one would hide that it is neither 0 nor 1."""
    text = f"{value:.0%}"
    return f"{value:.1%}" if text in ("0%", "100%") and value not in (0.0, 1.0) else text


def points(value: float) -> str:
    """A difference of shares, in percentage points."""
    return f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0: no "−0.0"


def share(e: Estimate, n: bool = True) -> str:
    """``31% [24, 39], n = 60 tasks``, or in words why there is no number."""
    if e.value is None:
        return e.why
    text = percent(e.value)
    if e.low is not None and e.high is not None:
        text += f" [{100 * e.low:.0f},{NBSP}{100 * e.high:.0f}]"
    counted = f"{e.hits} of {e.n} {e.unit}" if e.hits is not None else f"n = {e.n} {e.unit}"
    return f"{text}, {counted}" if n else text


def difference(e: Estimate, n: bool = True) -> str:
    """``+9.2 points [+3.1, +15.4], n = 60 tasks``."""
    if e.value is None:
        return e.why
    text = f"{points(e.value)} points"
    if e.low is not None and e.high is not None:
        text += f" [{points(e.low)},{NBSP}{points(e.high)}]"
    return f"{text}, n = {e.n} {e.unit}" if n else text


def number(e: Estimate, digits: int = 2) -> str:
    """A plain mean with its interval."""
    if e.value is None:
        return e.why
    text = f"{e.value:,.{digits}f}"
    if e.low is not None and e.high is not None:
        text += f" [{e.low:,.{digits}f},{NBSP}{e.high:,.{digits}f}]"
    return f"{text}, n = {e.n} {e.unit}"


def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{1000 * value:.3g} ms" if value < 1 else f"{value:,.3g} s"


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
