"""Grids as pictures: SVG for reports, coloured half-blocks for terminals. Nothing is fetched, no font is
needed."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from smena.values import JSON

from smena_arc.scoring import Grid, is_grid

if TYPE_CHECKING:
    from rich.text import Text

PALETTE = (
    "#000000", "#0074d9", "#ff4136", "#2ecc40", "#ffdc00",
    "#aaaaaa", "#f012be", "#ff851b", "#7fdbff", "#870c25",
)  # fmt: skip
NAMES = ("black", "blue", "red", "green", "yellow", "grey", "magenta", "orange", "cyan", "maroon")

CELL, GAP = 10, 14
_WANTED = ("expected", "expected_output", "output")
_GIVEN = ("answer", "student_output_before_fix")


class Tile(NamedTuple):
    """A picture with its size in units."""

    width: int
    height: int
    body: str


def svg(value: JSON) -> str:
    """SVG of a grid, of named grids (``{"input": …, "output": …}``: side by side), or of lists of these.
    Where both an ``answer`` and what was ``expected`` (or ``output``) are named, the cells in which they
    differ are outlined. What is no grid is drawn as an empty box that says so."""
    tile = _tile(value)
    width, height = tile.width + 2, tile.height + 2
    title = escape(describe(value))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" '
        f'viewBox="-1 -1 {width} {height}"><title>{title}</title>{tile.body}</svg>'
    )


def text(grid: Grid) -> Text:
    """The grid for a terminal, two rows a line, in true colour."""
    from rich.text import Text

    out = Text()
    for r in range(0, len(grid), 2):
        below: list[int | None] = [*grid[r + 1]] if r + 1 < len(grid) else [None] * len(grid[r])
        for (top, bottom), run in groupby(zip(grid[r], below, strict=True)):
            style = PALETTE[top] + (f" on {PALETTE[bottom]}" if bottom is not None else "")
            out.append("▀" * len(list(run)), style)
        out.append("\n")
    out.right_crop(1)
    return out


def describe(value: JSON) -> str:
    """The title of a picture, in words for those who do not see it."""
    if is_grid(value):
        colours = ", ".join(NAMES[c] for c in sorted({cell for row in value for cell in row}))
        return f"grid of {len(value)} rows and {len(value[0])} columns: {colours}"
    if isinstance(value, dict) and value:
        return "; ".join(f"{name.replace('_', ' ')}: {describe(grid)}" for name, grid in value.items())
    if isinstance(value, list | tuple) and value and not _flat(value):
        return "; ".join(map(describe, value))
    return "not a grid" if value else "no answer"


def _tile(value: JSON) -> Tile:
    if is_grid(value):
        return _grid(value)
    if isinstance(value, dict) and value:
        return _named(value)
    if isinstance(value, list | tuple) and value and not _flat(value):
        tiles = [_tile(part) for part in value]
        return _beside(tiles) if all(map(is_grid, value)) else _below(tiles)
    return _empty(describe(value))


def _flat(value: JSON) -> bool:
    """A list of plain values, or of rows, that is no grid all the same: not a list of pictures."""
    return not all(isinstance(v, dict | list | tuple) or v is None for v in value) or all(
        isinstance(v, list | tuple) and v and not any(isinstance(c, dict | list | tuple) for c in v)
        for v in value
    )


def _named(grids: dict[str, JSON]) -> Tile:
    answer = next((grids[k] for k in _GIVEN if is_grid(grids.get(k))), None)
    wanted = next((grids[k] for k in _WANTED if is_grid(grids.get(k))), None)
    tiles = []
    for name, grid in grids.items():
        tile = _tile(grid)
        if name in _GIVEN and answer is grid and wanted is not None:
            tile = tile._replace(body=tile.body + _outline(answer, wanted))
        tiles.append(
            tile._replace(body=f"<g><title>{escape(f'{name}: {describe(grid)}')}</title>{tile.body}</g>")
        )
    return _beside(tiles)


def _grid(grid: Grid) -> Tile:
    """One path a colour, each run of equal cells in a row one rectangle; then the lines between cells."""
    h, w = len(grid), len(grid[0])
    runs: dict[int, list[str]] = {}
    for y, row in enumerate(grid):
        x = 0
        for colour, cells in groupby(row):
            n = len(list(cells))
            runs.setdefault(colour, []).append(f"M{x * CELL} {y * CELL}h{n * CELL}v{CELL}h-{n * CELL}z")
            x += n
    body = "".join(f'<path fill="{PALETTE[c]}" d="{"".join(runs[c])}"/>' for c in sorted(runs))
    lines = "".join(f"M{x * CELL} 0v{h * CELL}" for x in range(w + 1))
    lines += "".join(f"M0 {y * CELL}h{w * CELL}" for y in range(h + 1))
    return Tile(w * CELL, h * CELL, f'{body}<path fill="none" stroke="#666" stroke-width=".6" d="{lines}"/>')


def _outline(answer: Grid, wanted: Grid) -> str:
    """The border of the region in which the two differ; the whole frame when the sizes do."""
    h, w = len(answer), len(answer[0])
    if (h, w) != (len(wanted), len(wanted[0])):
        d = f"M0 0h{w * CELL}v{h * CELL}h-{w * CELL}z"
    else:
        wrong = {(y, x) for y in range(h) for x in range(w) if answer[y][x] != wanted[y][x]}
        d = "".join(_edges(wrong, y, x) for y, x in sorted(wrong))
    if not d:
        return ""
    halo, line = (
        f'<path fill="none" stroke="{c}" stroke-width="{s}" d="{d}"/>'
        for c, s in (("#fff", 3.4), ("#e6007a", 1.8))
    )
    return halo + line


def _edges(region: set[tuple[int, int]], y: int, x: int) -> str:
    left, top, right, bottom = x * CELL, y * CELL, (x + 1) * CELL, (y + 1) * CELL
    sides = (
        ((y - 1, x), f"M{left} {top}H{right}"),
        ((y + 1, x), f"M{left} {bottom}H{right}"),
        ((y, x - 1), f"M{left} {top}V{bottom}"),
        ((y, x + 1), f"M{right} {top}V{bottom}"),
    )
    return "".join(d for neighbour, d in sides if neighbour not in region)


def _empty(words: str) -> Tile:
    side = 3 * CELL
    box = f'<path fill="#fff" stroke="#666" stroke-dasharray="3 2" d="M0 0h{side}v{side}h-{side}z"/>'
    cross = f'<path stroke="#666" d="M{CELL} {CELL}l{CELL} {CELL}m0 -{CELL}l-{CELL} {CELL}"/>'
    return Tile(side, side, f"<g><title>{words}</title>{box}{cross}</g>")


def _beside(tiles: list[Tile]) -> Tile:
    x, parts = 0, []
    for tile in tiles:
        parts.append(_shift(tile, x, 0))
        x += tile.width + GAP
    return Tile(x - GAP, max(t.height for t in tiles), "".join(parts))


def _below(tiles: list[Tile]) -> Tile:
    y, parts = 0, []
    for tile in tiles:
        parts.append(_shift(tile, 0, y))
        y += tile.height + GAP
    return Tile(max(t.width for t in tiles), y - GAP, "".join(parts))


def _shift(tile: Tile, x: int, y: int) -> str:
    return f'<g transform="translate({x} {y})">{tile.body}</g>' if x or y else tile.body
