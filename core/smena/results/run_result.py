"""Reads a run's figures from the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from smena.results.accuracy import held_out, learning
from smena.results.breakdown import groups
from smena.results.figures import (
    EvidencePath,
    Flow,
    Groups,
    HeldOut,
    ItemResult,
    Judging,
    Late,
    Learning,
    Ledger,
    MemoryStep,
    Saves,
    Service,
)
from smena.results.items import AUDIT, evidence_paths, flows, items, memory
from smena.results.judging import judging
from smena.results.ledger import FAMILIES, family, ledger
from smena.results.queries import queries
from smena.results.saves import saves
from smena.results.spending import services
from smena.store import Run, Store
from smena.values import Value


class RunResult(Value, frozen=True):
    """All figures of one run. ``queries`` holds the SQL that gives each figure's rows again, by the
    figure's name; ``splits`` the number of tasks a split; ``not_measured`` what a reader might look for in
    vain."""

    run: Run
    splits: dict[str, int]
    learning: Learning
    held_out: HeldOut
    memory: tuple[MemoryStep, ...]
    saves: Saves
    items: tuple[ItemResult, ...]
    evidence: tuple[EvidencePath, ...]
    ledger: Ledger
    seeds: str
    not_measured: tuple[str, ...]
    queries: dict[str, str]
    groups: Groups = Groups()
    services: tuple[Service, ...] = ()
    late: Late | None = None
    judging: Judging | None = None
    flows: tuple[Flow, ...] = ()

    @classmethod
    def read(cls, store: Store, run: str = "") -> RunResult:
        """The run of this id or unique prefix of one; the latest if empty. Raises BadInput when there is
        none."""
        record = store.run(run)
        config: dict[str, Any] = record.config
        decided = sorted(store.decisions(record.id), key=lambda d: d.seq)
        decisions = [d.decision for d in decided]
        transitions = store.transitions(record.id)
        marks = store.marks(record.id)
        knowledge = [item.knowledge for item in store.items(record.id)]
        gates = [d for d in decisions if d.gate != AUDIT]
        # One family at a time: the largest is all that memory has to hold.
        families = [family(name, *store.spent(record.id, f"{name}/")) for name in FAMILIES]
        steps = [int(name.rpartition("/")[2]) for name in marks if name.startswith("memory/")]
        train, evals = store.uses(record.id, "train/"), store.uses(record.id, "eval/")
        found = held_out(evals, config["eval_repeats"])
        paid = services(store.usages(record.id))
        audited = saves(
            [k.digest for k in knowledge],
            transitions,
            [d for d in decisions if d.gate == AUDIT],
            config["policy"],
            marks.get("audit/rule") or {},
        )
        return cls(
            record,
            {name.partition("/")[2]: len(ids) for name, ids in marks.items() if name.startswith("tasks/")},
            learning(train, config["attempts"]),
            found,
            memory(transitions, steps),
            audited,
            items(knowledge, decisions, transitions),
            evidence_paths(gates),
            ledger(families, gates, store.losses(record.id)),
            _seeds(config),
            _not_measured(record, found, audited, bool(paid)),
            queries(record.id),
            groups(
                store.tasks(record.env),
                train,
                evals,
                found.trusted.purpose,
                config["attempts"],
                config["eval_repeats"],
            ),
            paid,
            _late(marks),
            judging(store, record.id, config, [k.digest for k in knowledge]),
            flows(transitions),
        )

    @property
    def states(self) -> dict[str, int]:
        """Items by state at the end."""
        counts: dict[str, int] = {}
        for item in self.items:
            counts[item.state] = counts.get(item.state, 0) + 1
        return counts


def _late(marks: dict[str, Any]) -> Late | None:
    """What verdicts that came after the run have changed in it."""
    told = marks.get("late")
    return Late(told["verdicts"], tuple(told["differences"])) if told else None


def _seeds(config: dict[str, Any]) -> str:
    return (
        f"One seed ({config['seed']}) for the whole run; every trial's seed is a function of it, of a stream "
        "(bank, train, each gate and item, eval, audit) and of the replicate's number, so that no gate sees "
        "randomness that another has seen. The intervals speak of tasks and trials under this seed, not of "
        "other seeds: repeat with --seed to see those."
    )


def _not_measured(run: Run, found: HeldOut, audited: Saves, paid: bool) -> tuple[str, ...]:
    said: list[str] = []
    if run.status != "finished":
        said.append(
            f"The run is not finished (status: {run.status}): the figures cover what it has done so far."
        )
    for arm in (found.none, found.everything, found.trusted):
        if arm.accuracy.value is None:
            said.append(f"Held-out accuracy with {arm.name}: {arm.accuracy.why}.")
    if not audited.rules:
        said.append(f"FPR_save: {audited.why}.")
    elif audited.audited < audited.proposed:
        said.append(
            f"Audit: {audited.proposed - audited.audited} of {audited.proposed} items were not audited."
        )
    if not paid:
        said.append("Money: no trial says that it used a paid service; cost is in the learner's own unit.")
    return (*said, *_NEVER)


_NEVER: Sequence[str] = (
    "Variation over seeds: this is one run.",
    "Conflict_rate over a run's retrievals; the conflict of each confirmed item with what was trusted before "
    "it is in its evidence.",
    "What other rules would have learned in runs of their own: save-all and transition are judged on the "
    "items of this run.",
)
