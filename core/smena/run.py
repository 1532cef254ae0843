"""A run from its configuration to its last figure: bank → waves of (episodes → gates → memory) → held-out →
audit.

Everything is recomputed from outcomes each time: a run that was killed is simply run again, and what the
store remembers is not executed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from smena.audit import rule
from smena.curate import Curator, matching
from smena.errors import BadInput
from smena.loop import Episode, Jobs, audit, episode, measure
from smena.memory import Memory
from smena.parcel import Parcel, unpack
from smena.record import Record
from smena.setup import Setup
from smena.store import Store
from smena.trials import Trials, Wanted, Watcher, drive
from smena.values import Outcome, Split, Task, digest
from smena.vectors import Vectors, likeness_of


class Summary(NamedTuple):
    """What a run ends with; every figure of it can be found again in the store."""

    run: str
    trusted: int
    proposed: int


class Run:
    """One pass over a run's plan. Order is fixed by task ids, item order and the seed, never by time."""

    def __init__(self, setup: Setup, store: Store, trials: Trials, run: str, watcher: Watcher) -> None:
        self._setup, self._store, self._trials, self._run = setup, store, trials, run
        self._watcher = watcher
        self._config = setup.config
        self._jobs = Jobs(setup)
        self._alike = likeness_of(setup, trials)
        self._memory = Memory(self._alike)
        self._record = Record(store, run, self._memory, watcher)
        self._train = self._tasks("train", self._config.tasks)
        self._holdout = self._tasks("holdout")
        self._eval = self._tasks("eval", self._config.eval_tasks)
        self._audited = self._tasks("audit")

    def go(self) -> Summary:
        self._record.mark("gates", self._setup.gates)
        self._bring()
        self._learn_texts()
        bank = self._fill_bank()
        curator = Curator(
            self._setup,
            self._trials,
            self._jobs,
            self._memory,
            self._record,
            self._watcher,
            self._train,
            self._holdout,
            bank,
        )
        waves = self._waves(bank)
        self._evaluate("trusted", 0)
        total, done = sum(map(len, waves)), 0
        self._watcher.learned(done, total)
        for step, tasks in enumerate(waves, start=1):
            self._watcher.phase(f"wave {step} of {len(waves)}: attempts and lessons", len(tasks))
            curator.wave(self._learn(tasks, step), step)
            self._evaluate("trusted", step)
            done += len(tasks)
            self._watcher.learned(done, total)
        self._evaluate("all", len(waves))
        self._audit(len(waves))
        return Summary(self._run, len(self._memory.within("trusted")), len(self._memory.items))

    def _tasks(self, split: Split, limit: int = 0) -> list[Task]:
        """The tasks of a split that this run uses, in the run's own order, told to the store."""
        order = list(self._setup.tasks(split))
        if not (self._config.stream and split == "train"):
            order.sort(key=lambda t: digest([self._config.seed, t.id]))
        chosen = order[: limit or None]
        self._store.put_tasks(self._setup.env_print, {self._setup.task_digest(t): t for t in chosen})
        self._record.mark(f"tasks/{split}", [t.id for t in chosen])
        return chosen

    def _bring(self) -> None:
        """Begin with the items of another run's memory, if the configuration names one."""
        source = self._config.memory
        if not source:
            return
        record = self._store.run(source)
        if record.status not in ("finished", "imported"):
            raise BadInput(f"memory: run {record.id} is {record.status}: let it finish first (smena resume)")
        found = unpack(Parcel.of(self._store, record), record.id, self._config.policy)
        for one in found:
            self._record.brought(one.item, one.state, one.features, one.decision)
            self._memory.worth[one.item.digest] = one.worth
            if one.partners:
                self._memory.partners[one.item.digest] = one.partners
        self._record.memory(0)

    def _learn_texts(self) -> None:
        """Tasks are known beforehand, so what their texts are like is asked in one batch."""
        if isinstance(self._alike, Vectors):
            tasks = [*self._train, *self._holdout, *self._eval]
            self._watcher.phase("vectors of the tasks' texts", len(tasks))
            self._alike.learn([self._setup.text(task) for task in tasks])

    def _fill_bank(self) -> dict[str, float]:
        """Baseline success p̂₀ of every train task. It chooses pools; no gate sees these trials."""
        n, attempt = self._config.bank, self._jobs.attempt
        self._watcher.phase("bank: baseline trials that choose the pools", n * len(self._train))
        wanted = [
            Wanted(f"bank/{t.id}", attempt("train", t, [], "bank", i)) for t in self._train for i in range(n)
        ]
        outcomes = self._measure(wanted)
        bank = {t.id: _accuracy(outcomes[i * n : (i + 1) * n]) for i, t in enumerate(self._train)}
        self._record.mark("bank", bank)
        return bank

    def _waves(self, bank: Mapping[str, float]) -> list[list[Task]]:
        """The tasks to learn from, in the order and company in which they come."""
        size = self._config.wave
        return [self._train[i : i + size] for i in range(0, len(self._train), size)]

    def _learn(self, tasks: Sequence[Task], step: int) -> list[Episode]:
        episodes = drive(
            self._trials, [episode(self._setup, self._jobs, self._memory, task, step) for task in tasks]
        )
        self._record.mark(f"wave/{step:03}", {e.task.id: None if e.lost else e.solved_at for e in episodes})
        return episodes

    def _evaluate(self, arm: str, step: int) -> None:
        """Held-out accuracy with the arm's memory: ``trusted`` at this step (step 0: none), or ``all`` that
        was ever proposed."""
        items = list(self._memory.items.values()) if arm == "all" else None
        n = self._config.eval_repeats
        self._watcher.phase(f"held-out tasks with {arm} memory", n * len(self._eval))
        wanted = []
        for task in self._eval:
            known = self._memory.retrieve(task.features, self._config.retrieve, items, self._setup.text(task))
            for i in range(n):
                job = self._jobs.attempt("eval", task, known, "eval", i)
                wanted.append(Wanted(f"eval/{arm}/{step:03}", job))
        self._measure(wanted)

    def _audit(self, step: int) -> None:
        """Which saves were false? By planted truth, else by fresh trials on the audit split, for saved items
        first."""
        items = sorted(self._memory.items.values(), key=lambda i: self._memory.states[i.digest] != "trusted")
        items = items[: self._config.audit_items or None]
        n = self._config.audit_repeats
        if not (n and self._audited) and not self._config.null_items:
            return  # the report says that nothing was audited
        self._watcher.phase(f"audit of {len(items)} lessons", len(items))
        activities = []
        for item in items:
            nearest = matching((item,), self._audited, self._memory.origin(item))[: self._config.pool]
            beside = [self._memory.items[d] for d in self._memory.partners.get(item.digest, ())[:1]]
            activities.append(audit(self._setup, self._jobs, item, nearest, n, beside))
        decisions = drive(self._trials, activities)
        for decision in decisions:
            self._record.decision(decision, step)
        self._record.mark("audit/rule", rule({str(d.evidence["source"]) for d in decisions}))

    def _measure(self, wanted: Sequence[Wanted]) -> Sequence[Outcome]:
        return drive(self._trials, [measure(wanted)])[0]


def _accuracy(outcomes: Sequence[Outcome]) -> float:
    judged = [o.y for o in outcomes if o.y is not None]
    return sum(judged) / len(judged) if judged else 0.0
