"""The A/A test: a run in which every candidate is a null item, so that every save is false.

Everything but the lessons is as in any run: the bank, the pools, the gates, the policy, the store. What would
have come from the teacher are items that say nothing, each as if it had preceded a 0→1 transition, on tasks
where luck alone makes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count, cycle, islice

from smena.loop import Episode
from smena.run import Run
from smena.values import Example, Knowledge, Pattern, Provenance, Task

TEACHER = "none: an A/A test"


class AATest(Run):
    """``null_items`` items go to the gates, a wave of them at a time; nothing is learned or measured
    besides."""

    def _waves(self, bank: Mapping[str, float]) -> list[list[Task]]:
        """Origins of the items: train tasks that the bank saw solved sometimes and not always; all of them
        where there is no such task."""
        self._numbers = count(1)
        lucky = [task for task in self._train if 0 < bank[task.id] < 1] or self._train
        origins = list(islice(cycle(lucky), self._config.null_items))
        size = self._config.wave
        return [origins[i : i + size] for i in range(0, len(origins), size)]

    def _learn(self, tasks: Sequence[Task], step: int) -> list[Episode]:
        items = [null_item(next(self._numbers), task) for task in tasks]
        return [Episode(t, 2, (item,), item, False) for t, item in zip(tasks, items, strict=True)]

    def _evaluate(self, arm: str, step: int) -> None:
        """Accuracy is not the question here."""


def null_item(number: int, origin: Task) -> Knowledge:
    """An inert text, in the form of a pattern without a step: it is retrieved where lessons of its origin
    would be, it is injected, it makes a trial of its own, and it says nothing about any task."""
    name = f"note {number}: nothing here bears on the task"
    body = Pattern(name, origin.features[:1], ())
    example = Example(origin.view, None)
    return Knowledge(body, (example,), Provenance(origin.id, "null", TEACHER))
