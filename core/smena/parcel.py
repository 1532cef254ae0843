"""A run's memory as a value that travels: out to a file, into another store, into another run."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from smena.config import convert
from smena.errors import BadInput
from smena.memory import BROUGHT, State
from smena.store import Run, Store
from smena.store.records import Decided
from smena.values import JSON, Decision, Knowledge, Transition, Value, digest

FORMAT = 1


class Packed(Value, frozen=True):
    """An item, with the features of the task it was learned on."""

    knowledge: Knowledge
    features: tuple[str, ...]


class Parcel(Value, frozen=True, kw_only=True):
    """Items of a run with every decision and transition of theirs. ``gates``: what the run's mark of that
    name says; ``config``: of the run, for the record."""

    smena_memory: int = FORMAT
    run: str
    env: str
    learner: str
    teacher: str
    policy: str
    seed: int
    config: JSON
    gates: JSON = None
    items: tuple[Packed, ...]
    decisions: tuple[Decided, ...]
    transitions: tuple[Transition, ...]

    @classmethod
    def of(cls, store: Store, run: Run, states: Collection[str] = ()) -> Parcel:
        """The items of a run that end in one of ``states`` (all of them if empty)."""
        marks = store.marks(run.id)
        known: dict[str, list[str]] = marks.get("features") or {}
        by_task = {row.id: row.features for row in store.tasks(run.env).values()}
        moves = store.transitions(run.id)
        final = {move.item: move.to_status for move in moves}
        chosen = [
            i.knowledge
            for i in store.items(run.id)
            if not states or final.get(i.knowledge.digest, "proposed") in states
        ]
        inside = {item.digest for item in chosen}
        items = tuple(
            Packed(item, tuple(known.get(item.digest) or by_task.get(item.provenance.task, ())))
            for item in chosen
        )
        return cls(
            run=run.id,
            env=run.env,
            learner=run.learner,
            teacher=run.teacher,
            policy=run.policy,
            seed=run.seed,
            config=run.config,
            gates=marks.get("gates"),
            items=items,
            decisions=tuple(d for d in store.decisions(run.id) if inside & _about(d.decision)),
            transitions=tuple(move for move in moves if move.item in inside),
        )

    def encode(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    @classmethod
    def decode(cls, data: bytes, where: str) -> Parcel:
        """Raises BadInput for what is no parcel, or one of a later format."""
        try:
            told = msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            raise BadInput(f"{where}: not JSON: {error}") from None
        if not isinstance(told, dict) or told.get("smena_memory") != FORMAT:
            raise BadInput(f"{where}: not a memory that `smena memory export` wrote (format {FORMAT})")
        return convert(told, cls, where)

    def put(self, store: Store) -> str:
        """Store it as a memory of its own, known by its content; its id."""
        name = f"memory-{digest(self)[:8]}"
        record = Run(
            id=name,
            env=self.env,
            learner=self.learner,
            teacher=self.teacher,
            policy=self.policy,
            seed=self.seed,
            config=self.config,
            fingerprint=digest(self),
        )
        store.start_run(record)
        with store.together():
            store.put_items(name, [packed.knowledge for packed in self.items])
            for one in self.decisions:
                store.put_decision(name, one.seq, one.decision, one.step)
            for move in self.transitions:
                store.put_transition(name, move)
            store.put_mark(name, "features", {p.knowledge.digest: list(p.features) for p in self.items})
            store.put_mark(name, "imported", {"run": self.run, "items": len(self.items)})
            if self.gates is not None:
                store.put_mark(name, "gates", self.gates)
        store.finish_run(name, "imported")
        return name


class Brought(NamedTuple):
    """An item as a run takes it in from another's memory."""

    item: Knowledge
    state: State
    features: tuple[str, ...]
    worth: float
    partners: tuple[str, ...]
    decision: Decision


def unpack(parcel: Parcel, source: str, policy: str) -> list[Brought]:
    """What another run begins with: trusted, foundational and deprecated items as they are, collected ones
    as deprecated, so that they may come back."""
    told = {one.seq: one.decision for one in parcel.decisions}
    final: dict[str, Transition] = {move.item: move for move in parcel.transitions}
    here = {p.knowledge.digest for p in parcel.items if _state(final, p.knowledge.digest) in BROUGHT}
    found = []
    for packed in parcel.items:
        item = packed.knowledge
        state = _state(final, item.digest)
        if state not in BROUGHT:
            continue
        saved = [m for m in parcel.transitions if m.item == item.digest and m.to_status == "trusted"]
        why = told.get(saved[-1].decision_seq) if saved and saved[-1].decision_seq is not None else None
        evidence = why.evidence if why else {}
        partners = tuple(
            d for d in evidence.get("items") or evidence.get("partners") or () if d != item.digest
        )
        worth = next(
            (
                float(d.evidence["delta_u"])
                for d in reversed(list(told.values()))
                if item.digest in _about(d) and isinstance(d.evidence.get("delta_u"), int | float)
            ),
            0.0,
        )
        facts: dict[str, JSON] = {
            "from": source,
            "was": final[item.digest].to_status if item.digest in final else "proposed",
            "delta_u": worth,
            "partners": list(partners),
            "saved_by": why.gate if why else None,
            "reason": f"brought from the memory of {source}, as {state}",
        }
        decision = Decision(item.digest, "import", policy, "pass", facts)
        together = tuple(d for d in partners if d in here)
        found.append(Brought(item, state, packed.features, worth, together, decision))
    return found


def _state(final: dict[str, Transition], item: str) -> State:
    state = final[item].to_status if item in final else "proposed"
    return "deprecated" if state == "collected" else state  # type: ignore[return-value]


def _about(decision: Decision) -> set[str]:
    return {decision.item, *(decision.evidence.get("items") or ())}
