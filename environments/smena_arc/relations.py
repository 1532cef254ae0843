"""What holds between the input and the output of one pair. Each relation is a short word or None where it
has nothing to say.

Both the features that triggers match and the gap are made of these, so that a lesson and a feedback speak
one language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

from smena_arc.look import TURNS, Array, Look, cuts, symmetries


def size(p: Look) -> str | None:
    (h, w), (oh, ow) = p.input.shape, p.output.shape
    if (h, w) == (oh, ow):
        return "same"
    if oh <= h and ow <= w:
        return "smaller"
    return "larger" if oh >= h and ow >= w else "other"


def turned(p: Look) -> str | None:
    """The output is the input, turned or mirrored."""
    for name, turn in TURNS:
        other = turn(p.input)
        if (
            other.shape == p.output.shape
            and np.array_equal(other, p.output)
            and not np.array_equal(p.input, p.output)
        ):
            return name
    return None


def palette(p: Look) -> str | None:
    before, after = p.palettes
    if before == after:
        return "same"
    if after < before:
        return "subset"
    if before < after:
        return "superset"
    return "exchange" if before & after else "disjoint"


def change(p: Look) -> str | None:
    """Which cells of a same-size output are new: on the background only (drawn), to the background only
    (erased), between other colours, to and from the background (moved), or of two of these kinds."""
    if not p.same_size:
        return None
    before, after = p.input[p.changed] == p.ground, p.output[p.changed] == p.ground
    if before.size == 0:
        return "none"
    if before.all():
        return "drawn"
    if after.all():
        return "erased"
    if not before.any() and not after.any():
        return "recoloured"
    return "moved" if before.any() and after.any() else "mixed"


def changed_share(p: Look) -> str | None:
    if not p.same_size:
        return None
    share = float(p.changed.mean())
    return "few" if share < 0.1 else "some" if share < 0.4 else "most"


def changed_colours(p: Look) -> str | None:
    """How many colours give cells away, and how many receive them."""
    if not p.same_size or not p.changed.any():
        return None
    sources, targets = (len(set(g[p.changed].tolist())) for g in (p.input, p.output))
    return f"{'one' if sources == 1 else 'many'}-to-{'one' if targets == 1 else 'many'}"


def colour_map(p: Look) -> str | None:
    """Each input colour becomes one output colour, everywhere."""
    if not p.same_size or not p.changed.any():
        return None
    pairs = set((p.input * 10 + p.output).ravel().tolist())
    return "yes" if len(pairs) == len(p.palettes[0]) else "no"


def histogram(p: Look) -> str | None:
    before, after = p.counts
    if np.array_equal(before, after):
        return "preserved"
    if np.array_equal(np.sort(before), np.sort(after)):
        return "permuted"
    return "changed" if p.same_size else None


def line_histograms(p: Look) -> str | None:
    """Colours keep their numbers within each column, or each row: things fall or slide."""
    if not p.same_size or histogram(p) != "preserved" or not p.changed.any():
        return None
    columns = np.array_equal(np.sort(p.input, axis=0), np.sort(p.output, axis=0))
    rows = np.array_equal(np.sort(p.input, axis=1), np.sort(p.output, axis=1))
    return "both" if columns and rows else "columns" if columns else "rows" if rows else "neither"


def containment(p: Look) -> str | None:
    """One grid is found inside the other: cut out, cut out and turned, set in, or set in turned."""
    if p.same_size:
        return None
    a, b = p.input, p.output
    if _inside(b, a):
        return "output-in-input"
    if _inside(a, b):
        return "input-in-output"
    if any(_inside(turn(b), a) for _, turn in TURNS):
        return "output-in-input-turned"
    return "none"


def bands(p: Look) -> str | None:
    """The input is cut by full lines into equal cells, and the output has the size of a cell, or one cell
    for each of them."""
    rows, columns = cuts(p.input), cuts(p.input.T)
    if not rows and not columns:
        return None
    across, down = len(columns) + 1, len(rows) + 1
    cell = (p.input.shape[0] - len(rows)) // down, (p.input.shape[1] - len(columns)) // across
    return (
        "output-is-cell"
        if p.output.shape == cell
        else "output-is-lattice"
        if p.output.shape == (down, across)
        else "other"
    )


def tiling(p: Look) -> str | None:
    """A larger output in blocks: copies of the input, some turned or blank, or each cell blown up."""
    (h, w), (oh, ow) = p.input.shape, p.output.shape
    if p.same_size or oh % h or ow % w:
        return None
    blocks = p.output.reshape(oh // h, h, ow // w, w).swapaxes(1, 2).reshape(-1, h, w)
    if (blocks == p.input).all():
        return "copies"
    if np.array_equal(np.kron(p.input, np.ones((oh // h, ow // w), dtype=np.int8)), p.output):
        return "blown-up"
    turns = [p.input, *(t(p.input) for _, t in TURNS if t(p.input).shape == (h, w))]
    if all(any(np.array_equal(block, turn) for turn in turns) for block in blocks):
        return "turned-copies"
    blank = [block for block in blocks if not np.array_equal(block, p.input)]
    return "copies-and-blanks" if all((block == block[0, 0]).all() for block in blank) else "other"


def object_count(p: Look) -> str | None:
    before, after = map(len, p.objects)
    if after == before:
        return "same"
    if after <= 1:
        return "to-one" if after else "to-none"
    return "fewer" if after < before else "more"


def object_shapes(p: Look) -> str | None:
    """What becomes of the things on the background: all kept (moved if not in place), some kept, the output
    is one of them."""
    before, after = (Counter(things) for things in p.objects)
    if not before or not after:
        return None
    if before == after:
        return "kept"
    if not after - before:
        return "some-kept"
    if not before - after:
        return "kept-and-more"
    return "part-kept" if before & after else "new"


def symmetry(p: Look) -> str | None:
    """A symmetry that the output has and the input has not (``gained``), or both have (``kept``)."""
    before, after = symmetries(p.input), symmetries(p.output)
    if after - before:
        return "gained"
    return "kept" if before & after else "lost" if before else "none"


def enclosed(p: Look) -> str | None:
    """The new cells lie in holes: background that a path along the background cannot leave."""
    if change(p) != "drawn":
        return None
    ground = p.input == p.ground
    holes = ndimage.binary_fill_holes(~ground) & ground
    if not holes.any():
        return "no-holes"
    inside = holes[p.changed]
    return (
        "exactly"
        if inside.all() and inside.size == holes.sum()
        else "inside"
        if inside.all()
        else "some"
        if inside.any()
        else "outside"
    )


def drawn_lines(p: Look) -> str | None:
    """Whether every new cell belongs to a straight run of three or more new or equal-coloured cells."""
    if change(p) != "drawn":
        return None
    runs = np.zeros(p.output.shape, dtype=bool)
    for colour in set(p.output[p.changed].tolist()):
        mask = p.output == colour
        runs |= _in_run(mask) | _in_run(mask.T).T
    return "straight" if runs[p.changed].all() else "other"


def _in_run(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells in horizontal runs of three or more."""
    out = np.zeros_like(mask)
    if mask.shape[1] >= 3:
        three = mask[:, :-2] & mask[:, 1:-1] & mask[:, 2:]
        for shift in range(3):
            out[:, shift : shift + three.shape[1]] |= three
    return out


def _inside(small: Array, large: Array) -> bool:
    if small.shape[0] > large.shape[0] or small.shape[1] > large.shape[1]:
        return False
    windows = sliding_window_view(large, small.shape)
    return bool((windows == small).all(axis=(2, 3)).any())


RELATIONS: tuple[tuple[str, Callable[[Look], str | None]], ...] = (
    ("size", size),
    ("containment", containment),
    ("symmetry", symmetry),
    ("palette", palette),
    ("turned", turned),
    ("tiling", tiling),
    ("bands", bands),
    ("change", change),
    ("changed-colours", changed_colours),
    ("histogram", histogram),
    ("slides", line_histograms),
    ("colour-map", colour_map),
    ("holes", enclosed),
    ("lines", drawn_lines),
    ("objects", object_shapes),
    ("object-count", object_count),
    ("changed-share", changed_share),
)
"""Name and function. A taught lesson is tied to the first few that hold: the order is chosen so that they
bring together tasks that the same operator solves (docs/environments/arc.md)."""

QUIET = frozenset(
    [
        "colour-map=no",
        "histogram=changed",
        "containment=none",
        "tiling=other",
        "symmetry=none",
        "slides=neither",
        "bands=other",
        "objects=new",
        "holes=no-holes",
        "lines=other",
    ]
)
"""Values that hold for most tasks by default and tell nothing."""
