"""The ALFWorld environment: where its games come from, how they are played, judged and explained."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import msgspec
from smena import Attempt, BadInput, Body, Example, Finding, Gap, InfraError, Task, Verdict
from smena.prompts import read_prompts
from smena.protocols import Episode
from smena.values import JSON, SPLITS, Split, canonical, digest

from smena_alfworld import official, synthetic
from smena_alfworld.episode import Play
from smena_alfworld.process import EngineProcess, Game
from smena_alfworld.world import CONDITIONS, KINDS, MEANS, STOCK, Goal, Kind, World

INSTALL = (
    "the household engine is not installed; it compiles, so cmake and g++ have to be there, and it brings Fast "
    "Downward, which is GPL-3. Install it with: pip install 'smena[alfworld]'"
)


class AlfWorldConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings ``[env.alfworld]``."""

    data: Literal["auto", "official", "synthetic"] = "auto"
    """Whose games: the benchmark's, or generated ones. ``auto``: the benchmark's where they are found."""
    path: str = ""
    """Where the benchmark's data lies; empty: $ALFWORLD_DATA, else ~/.cache/alfworld."""
    eval: Literal["unseen", "seen"] = "unseen"
    """Which of the benchmark's two evaluation sets is split ``eval``."""
    dialect: Literal["move", "put"] = "move"
    """Official games of older releases say "put X in/on Y"; only games of one dialect are taken."""
    difficulty: synthetic.Difficulty = "small"
    """Size of generated rooms, and at ``tight`` how few actions there are."""
    sizes: dict[str, int] = msgspec.field(
        default_factory=lambda: {"train": 48, "eval": 36, "holdout": 24, "audit": 24}
    )
    """Generated games a split."""
    seed: int = 0
    """Of the generated games."""
    types: tuple[Kind, ...] = KINDS
    """Which of the six task types."""
    max_steps: int = 50
    """Actions in an episode."""
    admissible: bool = True
    """Whether the learner is told the commands that the game knows now."""
    timeout: float = 30.0
    """Wall seconds that the engine may take for one call."""
    recycle: int = 200
    """Episodes after which a worker takes a fresh engine."""
    unsafe_game_grammar: bool = False
    """Use the grammar inside a game file, which the engine *evaluates as code*, in place of the installed
    one."""

    def __post_init__(self) -> None:
        if not self.types or len(set(self.types)) != len(self.types):
            raise ValueError("types: name one or more of the six task types, each once")
        for name in ("max_steps", "recycle"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, is {getattr(self, name)}")
        if self.timeout <= 0:
            raise ValueError(f"timeout must be above 0, is {self.timeout}")
        for split, size in self.sizes.items():
            if split not in SPLITS or size < 0:
                raise ValueError(
                    f"sizes: {split!r} = {size}; splits are {', '.join(SPLITS)}, sizes 0 or more"
                )


class AlfWorld:
    """Interactive household tasks. ``label`` says whose games they are: a figure that does not carry it is
    worthless."""

    version = 1
    verifiers: Mapping[str, float] = {"state": 0.8, "plan": 0.2}
    tau = 0.75
    """Fixed before any run, so that y says won: a game that is won has at least .8, one that is not at most
    .8 · 2/3 + .2 = .734, of three conditions two met on a faultless way."""
    Config = AlfWorldConfig

    def __init__(self, config: AlfWorldConfig | None = None) -> None:
        if not all(find_spec(name) for name in ("alfworld", "textworld", "fast_downward")):
            raise BadInput(f"environment 'alfworld': {INSTALL}")
        config = config or AlfWorldConfig()
        self._found = None if config.data == "synthetic" else official.find(config.path)
        if config.data == "official" and self._found is None:
            raise BadInput(official.missing(config.path))
        # Part of every fingerprint, so that `auto` is not the same run with and without the data.
        self.config = msgspec.structs.replace(config, data="official" if self._found else "synthetic")
        self._index: official.Index | None = None
        self._tasks: dict[Split, tuple[Task, ...]] = {}
        self._engine = EngineProcess(config.timeout, config.recycle)
        self._game_of = lru_cache(maxsize=64)(self._game)

    @property
    def label(self) -> str:
        """``alfworld-official``, ``alfworld-official-partial`` (not all of the benchmark's games are there) or
        ``alfworld-synthetic-DIFFICULTY``: ours, whose scores are not ALFWorld scores."""
        if self._found is None:
            return f"alfworld-synthetic-{self.config.difficulty}"
        return "alfworld-official" if self._official().complete else "alfworld-official-partial"

    @property
    def _steps(self) -> int:
        """Actions in an episode; where games are generated, their difficulty may allow fewer."""
        most = self.config.max_steps
        return most if self._found else min(most, synthetic.SIZES[self.config.difficulty].steps)

    def tasks(self, split: Split) -> Sequence[Task]:
        if split not in self._tasks:
            self._tasks[split] = tuple(self._official_tasks(split) if self._found else self._generated(split))
        return self._tasks[split]

    def play(self, task: Task) -> Episode:
        game, world = self._game_of(task.id, task.reference["game"])
        config = self.config
        play: Episode = Play(
            self._engine, game, world, self._steps, config.admissible, task.reference["length"]
        )
        return play

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        """The goal's unmet conditions, a bit each; never where anything is."""
        conditions = CONDITIONS[task.reference["kind"]]
        goals = _said(attempt.answer, "goals")
        if len(goals) != len(conditions):
            return Gap((Finding("episode", "none"),))
        unmet = [condition for condition, met in zip(conditions, goals, strict=True) if not met]
        return Gap(tuple(Finding("unmet", condition, "reference", 1.0) for condition in unmet))

    def means(self) -> Mapping[str, Sequence[str]]:
        return MEANS

    @property
    def prompts(self) -> Mapping[str, str]:
        """How a language model is told the goal and the commands, and its teacher what was done."""
        return read_prompts(Path(__file__).parent / "prompts")

    def exact(self, task: Task, answer: JSON) -> Verdict:
        """The engine's own word: won or not. ``partial`` is the share of goal conditions met at the end.

        Raises InfraError where the two disagree: then the engine or this package is wrong, not the learner."""
        met = list(self.goals(task, answer).values())
        return Verdict(float(all(met)), {"partial": sum(met) / len(met)})

    def goals(self, task: Task, answer: JSON) -> dict[str, bool]:
        """For the verifier ``state``: each condition of the goal, and whether it was met at the end; of what
        is no episode's answer, none. Raises InfraError as :meth:`exact` does."""
        conditions, met = CONDITIONS[task.reference["kind"]], _said(answer, "goals")
        if len(met) != len(conditions) or not isinstance(answer.get("won"), bool):
            return dict.fromkeys(conditions, False)
        if answer["won"] != all(met):
            raise InfraError(f"{task.id}: won is {answer['won']}, and the goal's conditions are {met}")
        return dict(zip(conditions, map(bool, met), strict=True))

    def steps(self, task: Task, answer: JSON) -> list[JSON]:
        """For the verifier ``plan``: what was done, whether the game knew it, where that led."""
        done = [a for a in _said(answer, "actions") if isinstance(a, dict)]
        return [
            {"action": str(a.get("sent")), "valid": bool(a.get("valid")), "state": str(a.get("state", ""))}
            for a in done
        ]

    def reference_length(self, task: Task) -> int | None:
        """Commands in a shortest plan; None: not known."""
        length: int | None = task.reference["length"]
        return length

    def example(self, task: Task, attempt: Attempt) -> Example:
        """The goal, and what the student did."""
        done = _said(attempt.answer, "actions")
        return Example(task.view["goal"], None, [a.get("sent") for a in done if isinstance(a, dict)])

    def close(self) -> None:
        """End the engine; the next episode has a new one."""
        self._engine.close()

    def leaks(self, task: Task, body: Body) -> bool:
        """Does the body hold a command of the reference plan, with the numbers that tell which thing where?"""
        text = canonical(body).decode()
        return any(re.search(rf"{re.escape(command)}\b", text) for command in task.reference["plan"] or ())

    def _game(self, task_id: str, content: str) -> tuple[Game, World]:
        """A game from its task's name; its content must be what the task was made of."""
        if self._found:
            return self._official().game(task_id, content, self.config.unsafe_game_grammar)
        _, difficulty, kind, number = task_id.split("/")
        made = synthetic.make(kind, difficulty, int(number), self.config.seed)  # type: ignore[arg-type]
        if made is None or digest(made.problem) != content:
            raise InfraError(f"{task_id}: this version of the generator makes another game")
        return Game(made.problem, made.goal), made.world

    def _generated(self, split: Split) -> list[Task]:
        config = self.config
        total, kinds = config.sizes.get(split, 0), config.types
        streams = {kind: synthetic.games(kind, split, config.difficulty, config.seed) for kind in kinds}
        tasks = []
        for place in range(total):
            kind = kinds[place % len(kinds)]
            made = next(streams[kind])
            reference = _reference(digest(made.problem), made.world.goal.kind, made.plan)
            name = f"synthetic/{config.difficulty}/{kind}/{made.number:07}"
            tags = {"source": "synthetic", "difficulty": config.difficulty}
            tasks.append(self._task(name, split, made.goal, reference, tags))
        return tasks

    def _official_tasks(self, split: Split) -> list[Task]:
        entries = self._official().split(split, self.config.eval)
        return [
            self._task(
                entry.name,
                split,
                entry.goal,
                _reference(entry.sha256, entry.kind, entry.plan),
                {"source": "official", "set": entry.set, "dialect": entry.dialect},
            )
            for entry in entries
            if entry.kind in self.config.types
        ]

    def _official(self) -> official.Index:
        if self._index is None:
            assert self._found is not None
            self._index = official.index(self._found, self.config.dialect)
        return self._index

    def _task(self, name: str, split: Split, goal: str, reference: JSON, tags: dict[str, str]) -> Task:
        kind: Kind = reference["kind"]
        return Task(
            id=name,
            split=split,
            # Two rooms may have the same goal: `room` tells them apart and says nothing else.
            view={
                "goal": goal,
                "max_steps": self._steps,
                "room": digest(["room", reference["game"]])[:12],
            },
            reference=reference,
            cluster=kind,
            features=features(goal),
            tags={"type": STOCK[kind], **tags},
        )


def _said(answer: JSON, name: str) -> list[JSON]:
    """A list out of an episode's answer; empty where the answer is something else."""
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, list) else []


def _reference(content: str, kind: Kind, plan: Sequence[str] | None) -> JSON:
    return {
        "game": content,
        "kind": kind,
        "plan": None if plan is None else list(plan),
        "length": None if plan is None else len(plan),
    }


_SAID: tuple[tuple[Kind, str], ...] = (
    ("two", r"(?:put|find) two (?P<object>\w+) (?:in|and put them in) (?P<target>\w+)"),
    ("look", r"(?:look at|examine the) (?P<object>\w+) (?:under|with) the (?P<target>\w+)"),
    ("clean", r"(?:put a clean|clean some) (?P<object>\w+) (?:in|and put it in) (?P<target>\w+)"),
    ("heat", r"(?:put a hot|heat some) (?P<object>\w+) (?:in|and put it in) (?P<target>\w+)"),
    ("cool", r"(?:put a cool|cool some) (?P<object>\w+) (?:in|and put it in) (?P<target>\w+)"),
    ("pick", r"put (?:a|some) (?P<object>\w+) (?:in|on) (?P<target>\w+)"),
)


def understood(goal: str) -> Goal | None:
    """A goal in the benchmark's own phrases; None for other words (people's descriptions)."""
    for kind, pattern in _SAID:
        if said := re.fullmatch(pattern, goal.strip().rstrip(".").lower()):
            return Goal(kind, said["object"], said["target"])
    return None


def features(goal: str) -> tuple[str, ...]:
    """From what the learner is told, the most telling first."""
    said = understood(goal)
    return () if said is None else (f"task={said.kind}", f"object={said.object}", f"target={said.target}")
