"""A language model plays the real environments, through real litellm, to a judged outcome: by a script where a
note is in its prompt, at random without."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from smena.config import RunConfig
from smena.executor import Job
from smena.protocols import Observation, Situation
from smena.values import SPLITS, Attempt, Feedback, Finding, Gap, Outcome, Pattern, Task, Trial, digest
from smena.worker import Worker

sys.path.insert(0, str(Path(__file__).parent))
from llm_server import KEY, running

pytestmark = pytest.mark.slow
if find_spec("litellm") is None and not os.environ.get("SMENA_REQUIRE_REAL"):
    pytest.skip("the extra llm is not installed", allow_module_level=True)
NOTE = Pattern("useful:here", (), ("planted",))
Play = Callable[..., Outcome]
Query = Callable[[str], list[tuple[Any, ...]]]


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


def gated(folder: Path, env: str, settings: dict[str, Any], tasks: int, tell: Callable[[Task], str]) -> Query:
    """A whole run from the command line, with a model that plays by its scripts once it is taught; the store."""
    solved = Worker(RunConfig(env=env, settings={f"env.{env}": settings})).setup
    scripts = {}
    for split in SPLITS:
        for task in solved.tasks(split):
            patch = task.reference.get("patch")
            plan = task.reference.get("plan") or ["ls", f"git apply -p1 <<'EOF'\n{patch}EOF", "submit"]
            scripts.setdefault(tell(task), plan)
    words = ["run", "--env", env, "--model", "openai/lab", "-q", "--tasks", str(tasks), "--workers", "2"]
    words += ["--set", "run.eval_tasks=3", "--set", "policy.causal.gold=0"]
    for name in ("bank", "eval_repeats", "audit_repeats", "audit_items"):
        words += ["--set", f"run.{name}=1"]
    with (folder / "run.toml").open("w") as file:
        file.write(f"[env.{env}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in settings.items()))
    scripted = folder / "scripts.json"
    scripted.write_text(json.dumps(scripts))
    with running(scripts=f"@{scripted}") as server:
        for kind in ("learner", "teacher"):
            for name, value in {"api_base": server.url, "price_in": 1, "price_out": 4}.items():
                words += ["--set", f"{kind}.llm.{name}={value}"]
        done = subprocess.run(
            [sys.executable, "-m", "smena", *words, "--config", "run.toml"],
            cwd=folder,
            env=os.environ | {"OPENAI_API_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode == 0, done.stderr
        price = server.price()

    def query(sql: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(folder / "smena.db") as connection:
            return connection.execute(sql).fetchall()

    assert query("SELECT SUM(price) FROM outcomes")[0][0] == pytest.approx(price, rel=1e-9)
    assert query("SELECT COUNT(*) FROM outcomes WHERE status NOT IN ('ok')") == [(0,)]
    return query


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)


TRUSTED = (
    """SELECT DISTINCT name FROM transitions JOIN knowledge ON digest = item WHERE to_status = 'trusted'"""
)
HELD_OUT = """SELECT purpose, AVG(y) FROM run_trials JOIN outcomes USING (key) WHERE purpose LIKE 'eval/trusted/%'
GROUP BY 1 ORDER BY 1"""


def test_a_model_learns_to_keep_house(tmp_path: Path) -> None:
    """Learner, teacher and gates, on the real engine: the lesson that helps is trusted, the one that says nothing
    is not, and held-out games are won with it."""
    needs_engine()
    sizes = {"train": 16, "eval": 3, "holdout": 3, "audit": 2}
    settings = {"data": "synthetic", "difficulty": "tiny", "sizes": sizes, "types": ["pick"], "max_steps": 8}
    query = gated(tmp_path, "alfworld", settings, 16, lambda task: f"Your goal: {task.view['goal']}\n")
    assert query(TRUSTED) == [("useful:play",)]
    found = [rate for _, rate in query(HELD_OUT)]
    assert found[0] < 0.5 < found[-1]


def test_a_model_learns_to_repair(tmp_path: Path) -> None:
    query = gated(tmp_path, "swebench", {}, 12, lambda task: task.view["problem_statement"].strip())
    assert query(TRUSTED) == [("useful:play",)]
    found = [rate for _, rate in query(HELD_OUT)]
    assert found[0] < 0.5 < found[-1]


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
