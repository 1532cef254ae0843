"""Tasks of Inspect AI and of Prime Intellect's `verifiers`, with the real packages, played as environments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from smena import BadInput
from smena.registry import Registry
from smena.testing import EnvironmentContract

HERE = Path(__file__).parent / "bridged"
FILE = f"{HERE}/sums.py"


@pytest.fixture(autouse=True, scope="module")
def taskset_is_installed() -> Any:
    pytest.importorskip("inspect_ai")
    pytest.importorskip("verifiers")
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(HERE))
    yield
    patch.undo()


def environment(name: str, **settings: Any) -> Any:
    return Registry.load().make("environment", name, settings)


@pytest.mark.slow
class TestInspectTask(EnvironmentContract):
    name = f"inspect:{FILE}@sums"

    def solution(self, task):
        return task.reference["target"][0]


@pytest.mark.slow
class TestVerifiersTaskset(EnvironmentContract):
    name = "verifiers:sums"

    def solution(self, task):
        return str(task.reference["answer"])


@pytest.mark.slow
def test_scorers_judge_as_inspect_does() -> None:
    env = environment(f"inspect:{FILE}@sums", args={"scorers": 2})
    task = env.tasks("train")[0]
    right = task.reference["target"][0]
    assert env.inspect_score(task, right).score == 1.0
    assert env.inspect_score(task, f"it is {right}, I think").score == 0.5, "includes() says yes, match() no"
    assert env.inspect_score(task, "0").score == 0.0
    assert env.inspect_score(task, f"it is {right}, I think").detail == {"scorer1": 0.0, "scorer2": 1.0}


@pytest.mark.slow
def test_choices_are_judged_by_their_letter() -> None:
    env = environment(f"inspect:{FILE}@chosen")
    task = env.tasks("train")[0]
    assert [env.inspect_score(task, f"ANSWER: {letter}").score for letter in "ABC"] == [1.0, 0.0, 0.0]


@pytest.mark.slow
def test_rewards_judge_as_the_taskset_does() -> None:
    env = environment("verifiers:sums")
    task = env.tasks("train")[0]
    assert env.verifiers_score(task, f"It is {task.reference['answer']}").score == 1.0
    assert env.verifiers_score(task, "It is 0").score == 0.0
    assert "answer" not in task.view


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("inspect", "which Inspect task"),
        ("verifiers", "which taskset"),
        (f"inspect:{FILE}", "which task of"),
        (f"inspect:{FILE}@nothing", "cannot be loaded"),
        (f"inspect:{FILE}@boxed", "sandbox of its own"),
        ("verifiers:no_such_taskset", "cannot be loaded"),
    ],
)
def test_what_cannot_be_played_is_told_in_words(name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        environment(name).tasks("train")
