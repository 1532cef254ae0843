"""What an attempt answered, for eyes: its environment's picture, a patch as a diff, an episode as a transcript.

All of it is text of strangers. Diffs and transcripts go through the page's escaping; a picture goes into an
``<img>``, where an SVG runs no script and loads nothing, whatever it holds."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from smena.registry import base_name, section
from smena.values import JSON

LONGEST = 400
"""Lines of a diff or transcript on a page."""
LARGEST = 400_000
"""Bytes of a picture."""


class Line(NamedTuple):
    kind: str
    text: str


class Shown(NamedTuple):
    """``picture``: a data address of an SVG; ``lines``: of a diff (add, del, hunk, same) or of a transcript (act,
    bad, see, end). ``more`` lines are left out."""

    picture: str = ""
    title: str = ""
    lines: tuple[Line, ...] = ()
    more: int = 0


def shown(output: JSON, trace: JSON, config: Mapping[str, Any] | None) -> Shown:
    """``config``: of a run that the trial serves. Nothing to draw: an empty value."""
    if isinstance(output, str) and is_diff(output):
        return _cut("Patch", [_diff_line(line) for line in output.splitlines()])
    if lines := transcript(output, trace):
        return _cut("Episode", lines)
    svg = _drawn(output, config) if config and output is not None else ""
    return Shown(picture=f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}") if svg else Shown()


def _cut(title: str, lines: list[Line]) -> Shown:
    return Shown("", title, tuple(lines[:LONGEST]), max(0, len(lines) - LONGEST))


def is_diff(text: str) -> bool:
    return text.startswith(("diff --git ", "--- ")) and "\n+++ " in text


def _diff_line(line: str) -> Line:
    if line.startswith(("diff --git ", "--- ", "+++ ", "@@", "index ")):
        return Line("hunk", line)
    return Line({"+": "add", "-": "del"}.get(line[:1], "same"), line)


def transcript(output: JSON, trace: JSON) -> list[Line]:
    """From what a model said and saw, else from the actions of the answer; empty where it was no episode."""
    told = trace.get("learner") if isinstance(trace, dict) else None
    said, seen = (_texts(told, name) for name in ("replies", "observations"))
    lines: list[Line] = []
    if seen:
        for n in range(max(len(said), len(seen))):
            lines += [Line("see", text) for text in seen[n : n + 1]]
            lines += [Line("act", f"> {text}") for text in said[n : n + 1]]
        return lines
    actions = output.get("actions") if isinstance(output, dict) else None
    if not isinstance(actions, list) or not actions:
        return []
    for n, action in enumerate(actions, start=1):
        sent = action.get("sent") or action.get("raw") if isinstance(action, dict) else action
        valid = not isinstance(action, dict) or action.get("valid", True)
        lines.append(Line("act" if valid else "bad", f"{n:>3}  {sent}{'' if valid else '   (not possible)'}"))
    if isinstance(output, dict) and "won" in output:
        lines.append(Line("end", "the goal was reached" if output["won"] else "the goal was not reached"))
    return lines


def _texts(told: JSON, name: str) -> list[str]:
    found = told.get(name) if isinstance(told, dict) else None
    return [str(text) for text in found] if isinstance(found, list) else []


def _drawn(output: JSON, config: Mapping[str, Any]) -> str:
    """By the environment's own hand; empty where it has none, cannot be made here or fails."""
    try:
        draw = drawer(config)
        svg = draw(output) if draw else ""
    except Exception:  # a stranger's picture must not cost the page
        return ""
    return svg if isinstance(svg, str) and svg.lstrip().startswith("<svg") and len(svg) < LARGEST else ""


def drawer(config: Mapping[str, Any]) -> Callable[[JSON], str] | None:
    """What draws the answers of a run of this configuration; the first call for an environment loads it."""
    name = config.get("env")
    if not isinstance(name, str):
        return None
    settings = (config.get("settings") or {}).get(f"{section('environment')}.{base_name(name)}")
    return _drawer(name, msgspec.json.encode(settings))


@lru_cache(maxsize=8)
def _drawer(name: str, settings: bytes) -> Callable[[JSON], str] | None:
    from smena.setup import registry

    return getattr(registry().make("environment", name, msgspec.json.decode(settings)), "draw", None)
