"""The parts of a run, made from its configuration: the same in the main process and in every worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache, partial
from typing import Any

import msgspec

from smena.config import RunConfig
from smena.errors import BadInput, SmenaError, UnknownName
from smena.judge import Judge
from smena.protocols import Environment, Learner, SavePolicy, Similarity, Situation, Teacher
from smena.registry import Registry, base_name, fingerprint, section
from smena.sandbox import Sandbox, choose
from smena.secrets import told_by
from smena.similarity import words_of
from smena.values import JSON, SPLITS, Body, Split, Task, digest

EMBEDDED = "search"
"""The learner and teacher of environments that name none: no network, no key."""
OWN_SIMILARITIES = ("features", "text")
"""What needs no plugin."""


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The plugins of this process, loaded once; a forked worker inherits them."""
    return Registry.load()


class Setup:
    """Environment, learner, teacher, policy and judge of a run, with the fingerprints that go into trial
    keys."""

    def __init__(self, config: RunConfig, sandbox: str = "auto") -> None:
        self.config = config
        self._sandbox_name = sandbox
        self._sandboxes: dict[bool, Sandbox] = {}
        self.plugins = registry()
        self.env: Environment = self._make("environment", config.env)
        learner = config.learner or getattr(self.env, "learner", EMBEDDED)
        teacher = config.teacher or getattr(self.env, "teacher", EMBEDDED)
        self._check_sections(
            *(
                f"{kind}.{base_name(name)}"
                for kind, name in zip(
                    ("env", "learner", "teacher", "policy", "similarity"),
                    (config.env, learner, teacher, config.policy, config.similarity),
                    strict=True,
                )
            )
        )
        self.learner: Learner = self._make("learner", learner)
        self.teacher: Teacher = self._make("teacher", teacher)
        for player in (self.learner, self.teacher):
            if wants := getattr(player, "use_prompts", None):
                wants(config.env, getattr(self.env, "prompts", {}))
        self.similarity: Similarity | None = None
        if config.similarity not in OWN_SIMILARITIES:
            offered = [offer.name for offer in self.plugins.offers("similarity")]
            if base_name(config.similarity) not in offered:
                raise UnknownName("similarity", config.similarity, [*OWN_SIMILARITIES, *offered])
            self.similarity = self._make("similarity", config.similarity)
        self.judge = Judge.make(self.plugins, config.verifier, self.env, config.settings)
        for part in (self.env, *self.judge.verifiers.values()):
            if wants := getattr(part, "use_sandbox", None):
                wants(self.sandbox)
        self.env_print = fingerprint(config.env, self.env)
        self.learner_print = fingerprint(learner, self.learner)
        self.teacher_print = fingerprint(teacher, self.teacher)
        self._tasks: dict[Split, dict[str, Task]] = {}
        self._digests: dict[str, str] = {}

    def _make(self, kind: str, name: str) -> Any:
        where = f"{section(kind)}.{base_name(name)}"
        suited = getattr(getattr(self, "env", None), "settings", {}).get(where, {})
        return self.plugins.make(kind, name, {**suited, **self.config.settings.get(where, {})})

    def _check_sections(self, *used: str) -> None:
        """A section for a plugin that this run does not use is a mistake that would pass unseen."""
        stray = [
            s
            for s in self.config.settings
            if s not in used and not s.startswith(("verifier.", "report.", "sandbox."))
        ]
        if stray:
            raise BadInput(f"[{stray[0]}] is not used by this run; it uses {', '.join(sorted(used))}")

    @cached_property
    def policy(self) -> SavePolicy:
        policy: SavePolicy = self._make("policy", self.config.policy)
        return policy

    @cached_property
    def policy_print(self) -> str:
        return fingerprint(self.config.policy, self.policy)

    @cached_property
    def gates(self) -> dict[str, JSON]:
        """The hyperparameters of the gates, whatever the environment: the policy with its version and
        settings, γ, the size of pools and of the bank. Two runs with the same ``fingerprint`` here decided by
        the same rule."""
        c = self.config
        settings: dict[str, JSON] = {
            "policy": c.policy,
            "version": self.policy.version,
            "settings": msgspec.to_builtins(self.policy.config),  # type: ignore[attr-defined]
            "gamma": c.gamma,
            "pool": c.pool,
            "bank": c.bank,
        }
        label = {"calibration": c.calibration} if c.calibration else {}
        return {"fingerprint": f"{c.policy}@{digest(settings)[:12]}", **settings, **label}

    @cached_property
    def run_print(self) -> str:
        """Digest of everything that may change this run's result; its beginning is the run's id."""
        prints = [
            self.env_print,
            self.learner_print,
            self.teacher_print,
            self.policy_print,
            self.judge.fingerprint,
        ]
        prints += [self.similarity_print] if self.similarity is not None else []
        return digest([self.config, prints])

    @cached_property
    def similarity_print(self) -> str:
        return fingerprint(self.config.similarity, self.similarity)

    def tasks(self, split: Split) -> Sequence[Task]:
        return list(self._book(split).values())

    def task(self, split: Split, task_id: str) -> Task:
        return self._book(split)[task_id]

    def _book(self, split: Split) -> dict[str, Task]:
        if split not in SPLITS:
            raise BadInput(f"unknown split {split!r}; known: {', '.join(SPLITS)}")
        if split not in self._tasks:
            with self.blamed(f"tasks({split!r})"):
                self._tasks[split] = {task.id: task for task in self.env.tasks(split)}
        return self._tasks[split]

    @contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """An error of the environment's own, in the main process, ends the run in a line that names it."""
        try:
            yield
        except SmenaError:
            raise
        except (Exception, SystemExit) as error:
            said = f"{type(error).__name__}: {error}"
            raise SmenaError(f"environment {self.config.env!r} failed in {what}: {said}") from error

    def task_digest(self, task: Task) -> str:
        """What of a task may change an outcome: its view, reference and features."""
        if task.id not in self._digests:
            self._digests[task.id] = digest([task.view, task.reference, task.features])
        return self._digests[task.id]

    def situation(self, task: Task) -> Situation:
        """What a learner may see. The reference stays behind."""
        space, play = getattr(self.env, "space", None), getattr(self.env, "play", None)
        return Situation(
            task.view,
            task.features,
            space(task.view) if space else None,
            partial(play, task) if play else None,
        )

    def text(self, task: Task) -> str:
        """What of a task lessons are likened to; empty where features alone count."""
        return words_of(task.view) if self.config.similarity != "features" else ""

    @property
    def concurrent(self) -> int:
        """How many trials may go on at once within a process: as many as the learner says, unless the
        environment is played (its episodes are one at a time there) and does not say otherwise."""
        alone = hasattr(self.env, "play") and not getattr(self.env, "concurrent", False)
        return 1 if alone else int(getattr(self.learner, "concurrent", 1))

    def sandbox(self, images: bool = False) -> Sandbox:
        """The sandbox of this process, chosen when it is first needed; ``images``: one that can open
        snapshots with an image.

        Raises BadInput where there is none, saying how to get one."""
        if images not in self._sandboxes:
            settings = self.config.settings
            self._sandboxes[images] = choose(self.plugins, self._sandbox_name, settings, images)
        return self._sandboxes[images]

    def prepare(self, say: Callable[[str], None]) -> None:
        """Have everything at hand that sessions of this run start from, before the first trial."""
        for part in (self.env, *self.judge.verifiers.values()):
            own = getattr(part, "snapshots", None)
            for snapshot in own() if own else ():
                self.sandbox(bool(snapshot.image)).prepare(snapshot, say)

    def assemble(self, answers: Sequence[JSON]) -> JSON:
        own = getattr(self.env, "assemble", None)
        if own:
            return own(answers)
        return answers[0] if answers else None

    @cached_property
    def has_gold(self) -> bool:
        """Can ground truth judge a trial that the run's verifiers judge otherwise?"""
        return hasattr(self.env, "exact") and set(self.judge.verifiers) != {"exact"}

    def truth(self, body: Body, tasks: Sequence[Task], beside: Sequence[Body] = ()) -> float | None:
        """The planted effect of an item on these tasks (beside others, if it was saved so), where it is
        known: by construction in an A/A test, else from the environment, for its own learner."""
        if self.config.null_items:
            return 0.0
        planted = getattr(self.env, "truth", None)
        own = self.config.learner in ("", getattr(self.env, "learner", EMBEDDED))
        if not (planted and own):
            return None
        found: float | None = planted(body, tasks, beside) if beside else planted(body, tasks)
        return found

    def leaks(self, task: Task, body: Body) -> bool:
        """Would this lesson hand over the answer? Asked before any lesson reaches the learner."""
        own = getattr(self.env, "leaks", None)
        if own:
            return bool(own(task, body))
        return told_by(msgspec.to_builtins(body), task)
