"""The environment `swebench`: tasks and splits, judging, gap, and what players need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec
from smena import Attempt, BadInput, Body, Example, Gap, SearchSpace, Snapshot, Task, Verdict
from smena.prompts import read_prompts
from smena.protocols import Episode
from smena.sandbox import Bounds, Opener
from smena.values import JSON, SPLITS, Split, digest

from smena_swebench import mini
from smena_swebench.diffs import look
from smena_swebench.judging import Bench, Judged, Kind, weighed

MINI = "mini"


class SweBenchConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[env.swebench]``."""

    data: str = MINI
    """``mini``: the bundled set. Else a .json, .jsonl or .parquet file of records, or a data set of the hub."""
    hub_split: str = "test"
    by: Literal["package", "pattern"] = "package"
    """How the bundled set is split: no package, or no repair pattern, is in two splits."""
    shares: tuple[float, float, float, float] = (0.4, 0.3, 0.1, 0.2)
    """Of other data, by repository and then instance: for train, eval, holdout and audit."""
    allow: str = ""
    """A file that `smena env doctor swebench` wrote: only instances that it found sound are tasks."""
    sources: str = "image"
    """Where trees come from: ``image`` (the record's own), or a file of recipes (see docs/swebench.md)."""
    build: bool = False
    """Make images of what recipes give: for ``--sandbox docker`` and `smena env doctor --official`."""
    seconds: float = 1800.0
    """Wall limit of an evaluation script; of the bundled set's never more than 60."""
    memory_mb: int = 4096
    steps: int = 40
    """Commands that a language model may run in an episode."""

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-9:
            raise ValueError(f"shares must be four shares ≥ 0 that add up to 1, are {list(self.shares)}")
        if self.seconds <= 0 or self.memory_mb < 64 or self.steps < 1:
            raise ValueError("seconds and steps must be positive, memory_mb at least 64")


class SweBench:
    """Repairs of real trees, judged by the tests that came with the repair."""

    Config = SweBenchConfig
    version = 1
    verifiers: ClassVar[dict[str, float]] = {"swebench-tests": 4.0, "swebench-static": 1.0}
    settings: ClassVar[dict[str, dict[str, Any]]] = {"learner.search": {"budget": 30, "depth": 2}}
    """What suits the embedded learner here: a program has two steps, and there are tens of them, not
    thousands."""

    def __init__(self, config: SweBenchConfig | None = None) -> None:
        self.config = config or SweBenchConfig()
        self._tasks: dict[Split, tuple[Task, ...]] | None = None
        self._opener: Opener | None = None
        bounds = Bounds(
            seconds=self.config.seconds,
            memory_mb=self.config.memory_mb,
            disk_mb=4096,
            pids=512,
            output_bytes=32 << 20,
        )
        if self.mini:
            bounds = Bounds(seconds=min(60.0, self.config.seconds), memory_mb=1024, disk_mb=64)
        self.bench = Bench(bounds, keep=self.mini)

    @property
    def mini(self) -> bool:
        return self.config.data == MINI

    def use_sandbox(self, opener: Opener) -> None:
        self._opener = opener

    @property
    def opener(self) -> Opener:
        if self._opener is None:
            raise BadInput("environment 'swebench' runs untrusted code and was given no sandbox")
        return self._opener

    # Tasks

    def tasks(self, split: Split) -> Sequence[Task]:
        if self._tasks is None:
            self._tasks = mini_tasks(self.config.by) if self.mini else self._loaded()
        return self._tasks[split]

    def _loaded(self) -> dict[Split, tuple[Task, ...]]:
        from smena_swebench.allow import allowed
        from smena_swebench.records import load

        records = load(self.config.data, self.config.hub_split)
        if self.config.allow:
            sound = allowed(self.config.allow)
            records = [r for r in records if r["instance_id"] in sound]
        if not records:
            raise BadInput(
                f"{self.config.data}: no instance is left to play ({self.config.allow} allows none)"
            )
        parts: dict[Split, list[Task]] = {split: [] for split in SPLITS}
        for record, split in zip(records, _allot(records, self.config.shares), strict=True):
            parts[split].append(real_task(record, split))
        return {split: tuple(tasks) for split, tasks in parts.items()}

    # Judging

    def snapshot(self, task: Task) -> Snapshot:
        """What sessions of a task start from."""
        if self.mini:
            return mini_snapshot(task.view["files"])
        from smena_swebench.snapshots import snapshot

        return snapshot(record_of(task), self.config.sources, build=self.config.build)

    def snapshots(self) -> Iterable[Snapshot]:
        if not self.mini:
            for split in SPLITS:
                yield from (self.snapshot(task) for task in self.tasks(split))

    def judge(self, task: Task, answer: JSON) -> Judged:
        """Raises InfraError for what is nobody's failure."""
        *_, early = weighed(task.reference, answer)
        if early:
            return early
        snapshot = self.snapshot(task)
        sandbox = self.opener(images=bool(snapshot.image))
        return self.bench.judge(sandbox, snapshot, record_of(task), answer)

    def exact(self, task: Task, answer: JSON) -> Verdict:
        """The official verdict: resolved or not; the share of repaired and kept tests under ``partial``."""
        judged = self.judge(task, answer)
        return Verdict(float(judged.kind is Kind.RESOLVED), detail(judged))

    def code(self, task: Task, answer: JSON) -> Any:
        """The tree and the change, for verifiers of code."""
        from smena_swebench.change import code_case

        return code_case(self.snapshot(task), self.opener, task, answer)

    def texts(self, task: Task, answer: JSON) -> tuple[dict[str, str], dict[str, str]]:
        """The Python files that an answer changes, before and after it."""
        from smena_swebench.change import texts

        return texts(task, answer, lambda: self.snapshot(task), lambda: self.opener)

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        """What the attempt lacks by the issue's own example; never a hidden test, never the fix."""
        from smena_swebench.gap import gap

        return Gap(tuple(gap(task, attempt)))

    # Care

    def doctor(
        self, times: int = 2, path: str = "", only: Sequence[str] = (), say: Callable[[str], None] = print
    ) -> Mapping[str, str]:
        """Which instances are not sound here, and why; writes the list of the sound ones to ``path``."""
        from smena_swebench.doctor import doctor

        return doctor(self, times, path, only, say)

    def clean(self) -> int:
        """Remove what was made for speed (trees, snapshots, searches); bytes that were freed."""
        from smena_swebench import cache

        return cache.clean()

    def official(self, task: Task, answer: JSON) -> bool:
        """What swebench's own harness says, with Docker: a cross-check of :meth:`exact`."""
        from smena_swebench.judging import strip
        from smena_swebench.official import verdict

        snapshot = self.snapshot(task)
        if not snapshot.image:
            raise BadInput(
                "swebench's own harness starts from images, and these are trees: --set env.swebench.build=true"
            )
        self.opener(images=True).prepare(snapshot)
        patch, _ = strip(look(answer).patch)
        return verdict(record_of(task), patch, snapshot.image, int(self.config.seconds))

    # Players

    def space(self, view: JSON) -> SearchSpace | None:
        if "check" not in view:
            return None  # a real issue says in words what should be: see `play`
        from smena_swebench.space import RepairSpace

        return RepairSpace(view, self.opener)

    def play(self, task: Task) -> Episode:
        from smena_swebench.episode import RepairEpisode

        snapshot = self.snapshot(task)
        sandbox = self.opener(images=bool(snapshot.image))
        return RepairEpisode(
            sandbox, snapshot, task.view["problem_statement"], self.bench.bounds, self.config.steps
        )

    @property
    def prompts(self) -> Mapping[str, str]:
        """How a language model is told the issue and how to work, and its teacher what was changed."""
        return read_prompts(Path(__file__).parent / "prompts")

    def example(self, task: Task, attempt: Attempt) -> Example:
        return Example(task.view["problem_statement"], None, attempt.answer)

    def leaks(self, task: Task, body: Body) -> bool:
        """Does the lesson say a line that the fix adds?"""
        words = " ".join(_strings(body)).replace("\\", "")
        patch = task.reference["patch"].replace("\\", "")
        added = [line[1:].strip() for line in patch.split("\n") if line.startswith("+")]
        return any(len(line) >= 12 and line in words for line in added if not line.startswith("++"))

    def draw(self, value: JSON) -> str:
        from smena_swebench.draw import svg

        return svg(value)


def detail(judged: Judged) -> dict[str, JSON]:
    """What a report may want to know of a judgement."""
    return {
        "outcome": judged.kind.value,
        "partial": judged.share,
        "f2p": list(judged.f2p),
        "p2p": list(judged.p2p),
        "stripped": list(judged.stripped),
        "why": judged.why,
    }


@lru_cache(maxsize=2)
def mini_tasks(by: str) -> dict[Split, tuple[Task, ...]]:
    parts: dict[Split, list[Task]] = {split: [] for split in SPLITS}
    for bug in mini.every():
        split = mini.SPLIT_OF[bug.package] if by == "package" else mini.split_of_pattern(bug.cluster)
        parts[split].append(mini_task(bug, split))
    return {split: tuple(tasks) for split, tasks in parts.items()}


def mini_task(bug: mini.Bug, split: Split) -> Task:
    from smena_swebench.features import features

    record = mini.record(bug)
    files = mini.tree(bug)
    view = {"problem_statement": record["problem_statement"], "files": files, "check": mini.check(bug)}
    told = features(record["problem_statement"], files)
    tags = {"source": "mini", "pattern": bug.cluster, "repo": record["repo"]}
    return Task(bug.name, split, view, _reference(record), told[0].removeprefix("symptom="), told, tags)


def real_task(record: Mapping[str, Any], split: Split) -> Task:
    """The view is the issue and where it belongs; the tree is in the sandbox."""
    from smena_swebench.features import features

    view = {"problem_statement": record["problem_statement"], "repo": record["repo"]}
    told = (*features(record["problem_statement"], {}), f"repo={record['repo']}")
    tags = {"source": "records", "repo": record["repo"], "version": str(record["version"])}
    return Task(record["instance_id"], split, view, _reference(record), record["repo"], told, tags)


def _reference(record: Mapping[str, Any]) -> dict[str, Any]:
    """What judging needs: the record without what the view shows."""
    return {
        k: v for k, v in record.items() if k not in ("problem_statement", "repo", "hints_text", "instance_id")
    }


def record_of(task: Task) -> dict[str, Any]:
    """A task's record as judging wants it."""
    return {"instance_id": task.id, **task.reference}


def mini_snapshot(files: Mapping[str, str]) -> Snapshot:
    from smena_swebench import cache

    def lay(root: Any) -> None:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")

    place = cache.made(cache.root() / "trees" / digest(files), lay)
    return Snapshot(tree=str(place), workdir="/testbed", env={"PYTHONDONTWRITEBYTECODE": "1"})


def _allot(records: Sequence[Mapping[str, Any]], shares: Sequence[float]) -> list[Split]:
    """A split for each record: by digest of its id, so that more records move none of the others."""
    names: tuple[Split, ...] = ("train", "eval", "holdout", "audit")
    bounds = list(accumulate(shares))
    found: list[Split] = []
    for record in records:
        at = int(digest(["swebench", record["instance_id"]])[:8], 16) / 16**8
        found.append(next((n for n, bound in zip(names, bounds, strict=True) if at < bound), "audit"))
    return found


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
    else:
        yield from _strings([getattr(value, name) for name in value.__struct_fields__])
