"""The ARC environment: tasks and splits, exact judging, gap, and what the embedded learner needs to play."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from smena import Attempt, Body, Example, Gap, SearchSpace, Task, Verdict
from smena.prompts import read_prompts
from smena.values import JSON, Split

from smena_arc import data, scoring

Origins = tuple[tuple[str, str, str], ...]

_ORIGINS: dict[str, Origins] = {
    "arc1": (("arc2-evaluation", "arc2", "evaluation"), ("arc2-training", "arc2", "training")),
    "arc2": (("arc1-evaluation", "arc1", "evaluation"), ("arc1-training", "arc1", "training")),
}


class ArcConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[env.arc]``."""

    data: Literal["arc1", "arc2"] = "arc1"
    """Which public sets: ARC-AGI-1 (aa922be) or ARC-AGI-2 (f3283f7)."""
    path: str = ""
    """A folder of task files to use in their place."""
    shares: tuple[float, float, float] = (0.7, 0.1, 0.2)
    """Of the training set, for train, holdout and audit."""
    disclose: bool = False
    """Whether the gap may tell size, palette and object count of the test outputs, with the bits this
    discloses."""

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"shares must be three shares ≥ 0 that add up to 1, are {list(self.shares)}")


class Arc:
    """Single-shot grids with an exact oracle. ``eval`` is the public evaluation set, for measuring only;
    ``train``, ``holdout`` and ``audit`` are parts of the public training set, by content."""

    version = 1
    verifiers = {"exact": 1.0}  # noqa: RUF012
    attempts = scoring.ATTEMPTS
    """Distinct grids for each test input that the final answer may hold."""
    Config = ArcConfig

    def __init__(self, config: ArcConfig | None = None) -> None:
        self.config = config or ArcConfig()
        self._splits: dict[Split, list[data.Item]] | None = None
        self._tasks: dict[Split, tuple[Task, ...]] = {}

    def tasks(self, split: Split) -> Sequence[Task]:
        if split not in self._tasks:
            part = "evaluation" if split == "eval" else "training"
            self._tasks[split] = tuple(self._task(item, split, part) for item in self._items()[split])
        return self._tasks[split]

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        from smena_arc import gap

        found = gap.gap(task.view, attempt)
        return (
            Gap(found.findings + gap.disclosed(task.view, task.reference)) if self.config.disclose else found
        )

    def exact(self, task: Task, answer: JSON) -> Verdict:
        """Official scoring: one of the two attempts right for every test input; see
        :mod:`smena_arc.scoring`."""
        return scoring.score(task.reference, answer)

    def assemble(self, answers: Sequence[JSON]) -> JSON:
        """``[[attempt 1, attempt 2], …]`` from the hypotheses' answers, best first, each one grid a test
        input."""
        return scoring.assemble(answers)

    def space(self, view: JSON) -> SearchSpace:
        from smena_arc.space import GridSpace

        space: SearchSpace = GridSpace(view)
        return space

    def example(self, task: Task, attempt: Attempt) -> Example:
        """The first train pair, with the grid that the student handed in for the first test input."""
        from smena_arc.gap import prediction

        pair = task.view["train"][0]
        return Example(pair["input"], pair["output"], prediction(attempt))

    def leaks(self, task: Task, body: Body) -> bool:
        """Does the body hold a test output, or a part of one that the view does not show? See
        :mod:`smena_arc.leaks`."""
        from smena_arc.leaks import leaks

        return leaks(task.view, task.reference, body)

    @property
    def prompts(self) -> Mapping[str, str]:
        """How a language model is shown the grids, and told what an answer is."""
        return read_prompts(Path(__file__).parent / "prompts")

    def draw(self, value: JSON) -> str:
        """SVG of a grid, a pair, an answer, or lists of these."""
        from smena_arc.draw import svg

        return svg(value)

    def _items(self) -> dict[Split, list[data.Item]]:
        if self._splits is None:
            found = (
                data.read_folder(Path(self.config.path))
                if self.config.path
                else data.read_public(self.config.data)
            )
            sets = data.independent(found)
            parts: dict[Split, list[data.Item]] = {
                "train": [],
                "holdout": [],
                "audit": [],
                "eval": list(sets.evaluation),
            }
            names: tuple[Split, ...] = ("train", "holdout", "audit")
            for item, share in zip(sets.training, data.allot(sets.training, self.config.shares), strict=True):
                parts[names[share]].append(item)
            self._splits = parts
        return self._splits

    def _task(self, item: data.Item, split: Split, part: str) -> Task:
        from smena_arc.features import cluster, features

        view = {"train": item.train(), "test": [{"input": grid} for grid in item.test_inputs()]}
        told = features(view)
        return Task(
            id=f"{'own' if self.config.path else self.config.data}/{item.name}",
            split=split,
            view=view,
            reference=item.test_outputs(),
            cluster=cluster(told),
            features=told,
            tags={"set": part, **self._lineage(item)},
        )

    def _lineage(self, item: data.Item) -> dict[str, str]:
        if self.config.path:
            return {"origin": data.lineage(item, _kin((*_ORIGINS["arc2"], *_ORIGINS["arc1"])), "own")}
        if self.config.data == "arc2":
            return {"origin": data.lineage(item, _kin(_ORIGINS["arc2"]), "new")}
        return {"later": data.lineage(item, _kin(_ORIGINS["arc1"]), "none")}


def _kin(origins: Origins) -> Iterable[tuple[str, frozenset[str]]]:
    return ((name, data.all_kin(edition, part)) for name, edition, part in origins)
