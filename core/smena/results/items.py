"""Knowledge items with their decisions, memory over the steps, and how the evidence went. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from smena.results.figures import EvidencePath, Flow, ItemResult, MemoryStep
from smena.values import Decision, Knowledge, Transition

AUDIT = "audit"
NEW = "new"
"""Where an item comes from that was not there before."""
ORDER = (
    "trusted",
    "deprecated",
    "foundational",
    "candidate",
    "eligible",
    "rejected",
    "collected",
    "proposed",
)


def items(
    knowledge: Sequence[Knowledge], decisions: Iterable[Decision], transitions: Iterable[Transition]
) -> tuple[ItemResult, ...]:
    """Items by state (trusted first), within a state by ΔU, then in the order they came."""
    decided: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        for item in decision.evidence.get("items") or [decision.item]:  # a combination is about two
            decided[item].append(decision)
    moves: dict[str, list[Transition]] = defaultdict(list)
    for move in sorted(transitions, key=lambda t: t.seq):
        moves[move.item].append(move)
    found = [_item(item, decided[item.digest], moves[item.digest]) for item in knowledge]
    return tuple(
        sorted(found, key=lambda i: (_rank(i.state), -(i.delta_u if i.delta_u is not None else -2.0)))
    )


def _rank(state: str) -> int:
    return ORDER.index(state) if state in ORDER else len(ORDER)


def _item(item: Knowledge, decisions: Sequence[Decision], moves: Sequence[Transition]) -> ItemResult:
    state = moves[-1].to_status if moves else "proposed"
    gates = [d for d in decisions if d.gate != AUDIT]
    return ItemResult(
        item.digest,
        state,
        item,
        tuple(decisions),
        tuple(moves),
        _last(gates, "delta_u"),
        _last(gates, "delta_u_lower"),
        next((d for d in reversed(decisions) if d.gate == AUDIT), None),
        _reason(state, gates),
    )


def _last(decisions: Sequence[Decision], name: str) -> float | None:
    found = [float(v) for d in decisions if isinstance(v := d.evidence.get(name), int | float)]
    return found[-1] if found else None


def _reason(state: str, gates: Sequence[Decision]) -> str:
    """Why the item is where it is, in the words of the last gate."""
    if gates:
        return f"{gates[-1].gate}: {gates[-1].evidence.get('reason', gates[-1].verdict)}"
    return "no success followed it: never tested" if state == "proposed" else "no gate has decided"


def memory(transitions: Iterable[Transition], steps: Iterable[int]) -> tuple[MemoryStep, ...]:
    """The fold of the transitions after each step, from step 0 (empty)."""
    moves = sorted(transitions, key=lambda t: t.seq)
    found, states, done = [], {}, 0
    for step in sorted({0, *steps}):
        while done < len(moves) and moves[done].step <= step:
            states[moves[done].item] = moves[done].to_status
            done += 1
        counts = Counter(states.values())
        trusted = counts["trusted"] / len(states) if states else None
        found.append(MemoryStep(step, {s: counts[s] for s in ORDER if counts[s]}, trusted))
    return tuple(found)


def flows(transitions: Iterable[Transition]) -> tuple[Flow, ...]:
    """How items moved between states, step by step; those that rest are left out."""
    states: dict[str, str] = {}
    found: list[Flow] = []
    for step, moves in groupby(sorted(transitions, key=lambda t: t.seq), key=lambda t: t.step):
        after = {move.item: move.to_status for move in moves}
        counts = Counter((states.get(item, NEW), state) for item, state in after.items())
        found += [Flow(step, *ends, n) for ends, n in sorted(counts.items())]
        states |= after
    return tuple(found)


def evidence_paths(decisions: Iterable[Decision]) -> tuple[EvidencePath, ...]:
    """E_θ after each pair, recomputed from the stored differences of gates that bet on pairs."""
    paths = []
    for decision in decisions:
        told = decision.evidence
        if {"differences", "theta", "threshold"} <= told.keys() and told["differences"]:
            e_values = _betting(told["differences"], float(told["theta"]))
            paths.append(
                EvidencePath(
                    decision.item, decision.gate, decision.verdict, float(told["threshold"]), e_values
                )
            )
    return tuple(paths)


def _betting(differences: Sequence[float], theta: float) -> tuple[float, ...]:
    import numpy as np

    from smena.causal.eprocess import BETS

    growth = (1 + np.asarray(differences, dtype=float)) / (1 + theta) - 1
    wealth = np.cumsum(np.log1p(growth[:, None] * BETS), axis=0)
    return tuple(float(e) for e in np.exp(wealth).mean(axis=1))
