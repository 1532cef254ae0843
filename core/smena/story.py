"""The history of an item in words: every transition with the decision behind it and its figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from smena.store.records import Decided
from smena.values import JSON, Decision, Transition

MOVES = {
    ("", "proposed"): "was proposed by the teacher",
    ("proposed", "eligible"): "preceded a 0→1 transition: eligible",
    ("eligible", "candidate"): "became a candidate",
    ("eligible", "rejected"): "was rejected",
    ("eligible", "foundational"): "went to the foundational channel",
    ("candidate", "trusted"): "became trusted",
    ("candidate", "rejected"): "was rejected",
    ("candidate", "foundational"): "went to the foundational channel",
    ("foundational", "trusted"): "became trusted",
    ("foundational", "collected"): "was collected: not saved within the horizon",
    ("trusted", "deprecated"): "was deprecated: refuted",
    ("deprecated", "trusted"): "was revived",
    ("deprecated", "collected"): "was collected: no reactivation within the window",
}


def story(item: str, decided: Iterable[Decided], transitions: Iterable[Transition]) -> Iterator[str]:
    """Lines for people, in the order in which things happened. Decisions that moved nothing have their
    line too."""
    about = [
        d for d in decided if item == d.decision.item or item in (d.decision.evidence.get("items") or ())
    ]
    moves = [t for t in transitions if t.item == item]
    moving: dict[int, Transition] = {t.decision_seq: t for t in moves if t.decision_seq is not None}
    told: list[tuple[int, int, int, str]] = []
    for move in moves:
        at = next((d.seq for d in about if d.seq == move.decision_seq), None)
        if at is None:
            told.append(
                (move.step, 0 if move.to_status in ("proposed", "eligible") else 2, move.seq, words(move))
            )
    for one in about:
        found = moving.get(one.seq)
        line = f"{one.decision.gate}: {one.decision.verdict}{figures(one.decision.evidence)}"
        told.append((one.step, 1, one.seq, f"{line} → {words(found)}" if found else line))
    for step, _, _, line in sorted(told, key=lambda row: row[:3]):
        yield f"wave {step}: {line}"


def words(move: Transition) -> str:
    """A transition as people say it."""
    if not move.from_status and move.to_status != "proposed":
        return f"came from another run's memory as {move.to_status}"
    if move.to_status in ("proposed", "eligible") and move.decision_seq is not None:
        return f"{move.to_status}, as the antipattern of a refuted lesson"
    known = MOVES.get((move.from_status, move.to_status))
    return known or f"{move.from_status} → {move.to_status}"


def figures(evidence: Mapping[str, JSON]) -> str:
    """The figures that a verdict rests on, as far as its evidence has them."""
    said: list[str] = []
    if evidence.get("n"):
        tasks = evidence.get("tasks_seen")
        said.append(f"{evidence['n']} pairs" + (f" on {tasks} tasks" if tasks else ""))
    for name, label in (("uplift", "uplift"), ("ate", "ATE")):
        if isinstance(value := evidence.get(name), int | float):
            said.append(f"{label} {value:+.2f}{_interval(evidence)}")
    if isinstance(lower := evidence.get("delta_u_lower"), int | float):
        said.append(f"ΔU at least {lower:+.3f}")
    if isinstance(e := evidence.get("e_value"), int | float):
        said.append(f"E {e:.3g} of {evidence.get('threshold', 0):.3g}")
    if isinstance(together := evidence.get("interaction"), int | float):
        said.append(f"interaction {together:+.2f}")
    if evidence.get("failure_mode"):
        said.append("reproduces a failure mode")
    told = f" ({', '.join(said)})" if said else ""
    return f"{told}; {evidence['reason']}" if evidence.get("reason") else told


def _interval(evidence: Mapping[str, JSON]) -> str:
    found = evidence.get("interval")
    if not isinstance(found, Sequence) or len(found) != 2:
        return ""
    return f" [{found[0]:+.2f}, {found[1]:+.2f}]"


def about(decision: Decision) -> list[str]:
    """The items that a decision is about."""
    return list(decision.evidence.get("items") or [decision.item])
