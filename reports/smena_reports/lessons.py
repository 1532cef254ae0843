"""Knowledge items as the page shows them: what the lesson says, its pictures, its decisions in a reader's
terms."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from smena.memory import title, triggers
from smena.registry import base_name, section
from smena.results import ItemResult, RunResult
from smena.values import JSON, Antipattern, Decision, Fact, Pattern

LABELS = {
    "n": "pairs",
    "runs": "trials",
    "tasks_seen": "tasks",
    "pool_size": "pool",
    "p0": "p̂₀ without",
    "p1": "p̂₁ with",
    "uplift": "uplift",
    "ate": "ATE",
    "interval": "95% interval",
    "e_value": "e-value",
    "threshold": "threshold",
    "theta": "θ",
    "delta_u": "ΔU",
    "delta_u_lower": "ΔU at least",
    "cost": "cost(K)",
    "conflict": "conflict(K)",
    "lost_pairs": "lost pairs",
    "n_tasks": "audit tasks",
    "repeats": "trials a task and arm",
    "low": "low",
    "high": "high",
}
VERDICTS = {"pass": "passed", "drop": "dropped", "undecided": "undecided"}
AUDITED = {"pass": "useful", "drop": "null", "undecided": "undecided"}
"""``null``: null or harmful; to have saved such an item is a false save."""
SHOWN_JSON = 1200


class Picture(NamedTuple):
    """``svg`` from the environment, or ``text``: JSON."""

    label: str
    svg: str
    text: str


class Decided(NamedTuple):
    gate: str
    verdict: str
    words: str
    reason: str
    numbers: list[tuple[str, str]]
    evidence: str


class Lesson(NamedTuple):
    digest: str
    title: str
    state: str
    where: tuple[str, ...]
    steps: tuple[str, ...]
    text: str
    origin: str
    worth: str
    least: str
    audit: str
    decisions: list[Decided]
    pictures: list[Picture]


Draw = Callable[[JSON], str]


def drawer(result: RunResult) -> Draw | None:
    """The environment's own pictures, if it has them and can be made here; a report does without."""
    from smena.errors import SmenaError
    from smena.setup import registry

    name = result.run.config["env"]
    settings = result.run.config.get("settings", {}).get(f"{section('environment')}.{base_name(name)}")
    try:
        found = getattr(registry().make("environment", name, settings), "draw", None)
    except SmenaError:
        return None
    return found if callable(found) else None


def lesson(item: ItemResult, draw: Draw | None) -> Lesson:
    body, origin = item.knowledge.body, item.knowledge.provenance
    return Lesson(
        item.digest,
        title(body),
        item.state,
        triggers(body),
        body.steps if isinstance(body, Pattern | Antipattern) else (),
        _text(body),
        f"learned on {origin.task}, rung {origin.rung}, by teacher {origin.teacher}",
        "" if item.delta_u is None else f"{item.delta_u:+.3f}",
        "" if item.delta_u_lower is None else f"{item.delta_u_lower:+.3f}",
        AUDITED.get(item.audit.verdict, item.audit.verdict) if item.audit else "not audited",
        [_decided(d) for d in item.decisions],
        list(_pictures(item, draw)),
    )


def _text(body: object) -> str:
    match body:
        case Fact(entity, attribute, value):
            return f"{entity}: {attribute} = {value}"
        case Antipattern(failure_mode=mode):
            return f"fails: {mode}"
        case _:
            return ""


def _decided(decision: Decision) -> Decided:
    told = decision.evidence
    names = [name for name in LABELS if told.get(name) is not None]
    verdicts = AUDITED if decision.gate == "audit" else VERDICTS
    return Decided(
        decision.gate,
        decision.verdict,
        verdicts.get(decision.verdict, decision.verdict),
        str(told.get("reason", "")),
        [(LABELS[name], _number(told[name])) for name in names],
        json.dumps(told, ensure_ascii=False, indent=None),
    )


def _number(value: JSON) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_number(v) for v in value)}]"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _pictures(item: ItemResult, draw: Draw | None) -> Iterable[Picture]:
    for example in item.knowledge.examples[:3]:
        told = (
            ("input", example.input),
            ("expected", example.expected_output),
            ("the student's answer before the lesson", example.student_output_before_fix),
        )
        yield from (_picture(label, value, draw) for label, value in told if value is not None)


def _picture(label: str, value: JSON, draw: Draw | None) -> Picture:
    if draw:
        try:
            svg = draw(value)
        except Exception:  # a stranger's drawing must not cost the report
            svg = ""
        if isinstance(svg, str) and svg.lstrip().startswith("<svg"):
            return Picture(label, svg, "")
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return Picture(label, "", text if len(text) <= SHOWN_JSON else f"{text[:SHOWN_JSON]} …")


class Reason(NamedTuple):
    """Items that ended alike: ``why`` has … for the numbers that differ."""

    state: str
    why: str
    items: int
    audit: str
    examples: str


def reasons(items: Sequence[ItemResult]) -> list[Reason]:
    """Why items are not trusted, the commonest reason first."""
    groups: dict[tuple[str, str], list[ItemResult]] = defaultdict(list)
    for item in items:
        groups[item.state, re.sub(r"[-−+]?\d+(\.\d+)?(e[-+]?\d+)?", "…", item.reason)].append(item)
    found = []
    for (state, why), members in groups.items():
        audits = Counter(AUDITED[m.audit.verdict] if m.audit else "not audited" for m in members)
        audit = ", ".join(f"{n} {verdict}" for verdict, n in audits.most_common())
        names = ", ".join(dict.fromkeys(title(m.knowledge.body) for m in members[:3]))
        found.append(Reason(state, why, len(members), audit, names))
    return sorted(found, key=lambda r: -r.items)


def rows(items: Sequence[ItemResult]) -> list[dict[str, Any]]:
    return [
        {
            "digest": i.digest[:12],
            "title": title(i.knowledge.body),
            "where": " ".join(triggers(i.knowledge.body)),
            "state": i.state,
            "reason": i.reason,
            "audit": AUDITED.get(i.audit.verdict, "") if i.audit else "not audited",
        }
        for i in items
    ]
