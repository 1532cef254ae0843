"""A language model plays the real environments, through real litellm, to a judged outcome: by a script where a
note is in its prompt, at random without."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from smena.config import RunConfig
from smena.executor import Job
from smena.protocols import Observation, Situation
from smena.values import Attempt, Feedback, Finding, Gap, Outcome, Pattern, Task, Trial, digest
from smena.worker import Worker

sys.path.insert(0, str(Path(__file__).parent))
from llm_server import KEY, running

pytestmark = pytest.mark.slow
if find_spec("litellm") is None and not os.environ.get("SMENA_REQUIRE_REAL"):
    pytest.skip("the extra llm is not installed", allow_module_level=True)
NOTE = Pattern("useful:here", (), ("planted",))
Play = Callable[..., Outcome]


def needs_engine() -> None:
    if find_spec("textworld") is None and not os.environ.get("SMENA_REQUIRE_REAL"):
        pytest.skip("the extra alfworld is not installed")


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """``play(env, settings)`` → the first train task, and a function that plays it."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    closing: list[Any] = []

    def make(
        env: str, settings: dict[str, Any], script: Callable[[Task], list[str]]
    ) -> tuple[Worker, Task, Play]:
        first = Worker(RunConfig(env=env, settings={f"env.{env}": settings}))
        task = first.setup.tasks("train")[0]
        words = task.view.get("goal") or task.view["problem_statement"].splitlines()[0]
        context = running(scripts=json.dumps({words: script(task)}), keep_prompts=1)
        server = context.__enter__()
        closing.append(lambda: context.__exit__(None, None, None))
        mine = {"model": "openai/lab", "api_base": server.url, "timeout": 20.0}
        config = RunConfig(
            env=env,
            learner="llm",
            teacher="llm",
            settings={f"env.{env}": settings, "learner.llm": mine, "teacher.llm": {"model": "openai/lab"}},
        )
        worker = Worker(config)
        for setup in (first.setup, worker.setup):
            closing.append(getattr(setup.env, "close", lambda: None))

        def once(*knowledge: Pattern, seed: int = 0) -> Outcome:
            setup = worker.setup
            trial = Trial(
                setup.env_print,
                setup.task_digest(task),
                setup.learner_print,
                setup.judge.fingerprint,
                tuple(map(digest, knowledge)),
                seed=seed,
            )
            return worker(Job(trial, task.id, "train", knowledge))

        return worker, task, once

    yield make
    for close in closing:
        close()


def test_a_household_is_played(play: Callable[..., Any]) -> None:
    needs_engine()
    settings = {
        "data": "synthetic",
        "difficulty": "tiny",
        "sizes": {"train": 1},
        "types": ("pick",),
        "max_steps": 12,
    }
    _, task, once = play("alfworld", settings, lambda task: task.reference["plan"])
    won = once(NOTE)
    assert (won.status, won.y, won.error) == ("ok", 1, "") and won.usage is not None
    sent = [a["sent"] for a in won.output["actions"]]
    assert sent == task.reference["plan"] and won.usage.calls == len(sent)
    lost = once(seed=1)
    assert (lost.status, lost.y) == ("ok", 0) and len(lost.output["actions"]) == 12
    assert lost.output["actions"] and all(a["valid"] for a in lost.output["actions"]), (
        "it chose what was offered"
    )
    prompt = won.trace["learner"]["prompt"]
    assert (
        task.view["goal"] in prompt and "which commands the game knows" in prompt and "useful:here" in prompt
    )


def test_a_program_is_repaired(play: Callable[..., Any]) -> None:
    def script(task: Task) -> list[str]:
        return ["ls", f"git apply -p1 <<'EOF'\n{task.reference['patch']}EOF", "submit"]

    _, task, once = play("swebench", {}, script)
    repaired = once(NOTE)
    assert (repaired.status, repaired.y, repaired.error) == ("ok", 1, ""), repaired
    assert repaired.output.startswith("--- a/") or repaired.output.startswith("diff")
    assert repaired.usage is not None and repaired.usage.calls == 3
    seen = repaired.trace["learner"]["observations"]
    assert "tests" in seen[1] and seen[-1] == "submitted"
    left = once(seed=2)
    assert (left.status, left.y) == ("ok", 0) and left.output == ""
    prompt = left.trace["learner"]["prompt"]
    assert (
        task.view["problem_statement"].strip() in prompt and "tests/" in prompt and "Action: submit" in prompt
    )


@pytest.mark.parametrize("env", ["alfworld", "swebench"])
def test_what_a_teacher_and_a_learner_are_shown(env: str) -> None:
    """Every task of the environment, an attempt of its form, and none: no template fails, no reference shows."""
    if env == "alfworld":
        needs_engine()
    settings = {"data": "synthetic", "difficulty": "tiny", "sizes": {"train": 6}} if env == "alfworld" else {}
    setup = Worker(RunConfig(env=env, learner="llm", teacher="llm", settings={f"env.{env}": settings})).setup
    answers = (
        [None, {"actions": [{"sent": "look", "valid": False}]}] if env == "alfworld" else [None, "--- a/x\n"]
    )
    for task in setup.tasks("train"):
        situation = Situation(task.view, task.features, None, lambda: Observation("x"))  # type: ignore[arg-type,return-value]
        told = str(setup.learner.messages(situation, []))  # type: ignore[attr-defined]
        for answer in answers:
            feedback = Feedback(Gap((Finding("unmet", "thing"),)), Attempt(answer))
            told += str(setup.teacher.messages(situation, feedback))  # type: ignore[attr-defined]
        assert "unmet: thing" in told
        secret = task.reference["plan"] if env == "alfworld" else [task.reference["patch"]]
        assert not any(command in told for command in secret if command != "look")
