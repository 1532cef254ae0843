"""A patch or an issue as a picture, for reports."""

from __future__ import annotations

from html import escape

from smena.values import JSON

_COLOUR = {"+": "#1a7f37", "-": "#b42318", "@": "#6e7781"}
LINES, WIDTH = 60, 110


def svg(value: JSON) -> str:
    """SVG of a text, the lines of a patch in their colours; long ones are cut and say so."""
    lines = str(value if value is not None else "no patch").split("\n")
    cut = len(lines) - LINES
    shown = lines[:LINES] + ([f"… {cut} more lines"] if cut > 0 else [])
    rows = "".join(
        f'<text x="6" y="{14 * n + 14}" fill="{_COLOUR.get(line[:1], "#24292f")}">{escape(line[:WIDTH])}</text>'
        for n, line in enumerate(shown)
    )
    height = 14 * len(shown) + 10
    width = 7 * min(WIDTH, max(map(len, shown), default=1)) + 12
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="monospace" font-size="11" xml:space="preserve">{rows}</svg>'
    )
