"""Verifiers of code in a real sandbox, of plays, and of people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from smena import Attempt, BadInput, Environment, Snapshot, Task, Verdict, digest
from smena.code import Change, CodeCase, Suite, packages
from smena.code.cheats import CHEATS, RIGHT, SUITE, TREE, Cheat
from smena.sandbox import Sandbox, choose
from smena.setup import registry
from smena_verifiers.late import Human, LateConfig
from smena_verifiers.play import Plan, PlanConfig, State, Step
from smena_verifiers.static_analysis import StaticAnalysis
from smena_verifiers.unit_tests import UnitTests, UnitTestsConfig

TASK = Task(id="t", split="train", view=None, reference=None)
VISIBLE = Suite(args=("tests/test_calc.py::test_add",), files=SUITE.files, expected=SUITE.expected[:1])


class Code:
    """A world of one small tree; answers are changes to it."""

    verifiers = {"unit-tests": 1.0}  # noqa: RUF012

    def __init__(self, tree: Path) -> None:
        binds, env = packages("pytest")
        self.snapshot = Snapshot(tree=str(tree), binds=binds, env=env)

    def code(self, task: Task, answer: Any) -> CodeCase:
        return CodeCase(self.snapshot, answer, {"visible": VISIBLE, "hidden": SUITE})


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose(registry())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    place = tmp_path_factory.mktemp("tree")
    for path, text in TREE.items():
        (place / path).parent.mkdir(exist_ok=True)
        (place / path).write_text(text)
    return Code(place)


def judged(verifier: Any, world: Environment, change: Change, sandbox: Sandbox) -> Verdict:
    verifier.use_sandbox(lambda images=False: sandbox)
    verdict: Verdict = verifier.verify(world, TASK, Attempt(change))
    return verdict


def test_unit_tests_judge_by_the_hidden_suite_and_tell_the_gap(world: Any, sandbox: Sandbox) -> None:
    assert judged(UnitTests(), world, RIGHT, sandbox).score == 1.0
    special = {
        "calc.py": b"def add(a, b):\n    return 4\n"
    }  # right for the test that is seen, and for no other
    told = judged(UnitTests(), world, special, sandbox)
    assert told.score == 0.0
    assert (told.detail["share.visible"], told.detail["share.hidden"], told.detail["gap"]) == (1.0, 0.5, 0.5)
    assert judged(UnitTests(UnitTestsConfig(partial=True)), world, special, sandbox).score == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_unit_tests_refuse_every_cheat(world: Any, sandbox: Sandbox, cheat: Cheat) -> None:
    assert judged(UnitTests(), world, cheat.change, sandbox).score == 0.0


def test_edits_that_do_not_count_are_reported(world: Any, sandbox: Sandbox) -> None:
    told = judged(UnitTests(), world, {**RIGHT, "conftest.py": b"", "tests/test_calc.py": None}, sandbox)
    assert told.score == 1.0 and told.detail["stripped"] == 2.0
    assert told.detail["stripped_paths"] == {"conftest.py": "tests", "tests/test_calc.py": "tests"}


def test_code_that_is_not_utf_8_fails_and_does_no_harm(world: Any, sandbox: Sandbox) -> None:
    told = judged(UnitTests(), world, {"calc.py": b"x = '\xff\xfe'\n"}, sandbox)
    assert told.score == 0.0


def test_static_analysis_counts_new_findings_only(world: Any, sandbox: Sandbox) -> None:
    clean = judged(StaticAnalysis(), world, RIGHT, sandbox)
    assert (clean.score, clean.detail["new"]) == (1.0, 0.0)
    worse = {"calc.py": b"import os\n\n\ndef add(a, b):\n    return eval(str(a)) + undefined\n"}
    told = judged(StaticAnalysis(), world, worse, sandbox)
    codes = " ".join(told.detail["findings"])
    assert told.score == 0.25 and all(code in codes for code in ("F401", "F821", "B307")), codes
    assert all(line.startswith("calc.py: ") for line in told.detail["findings"])


def test_static_analysis_of_what_cannot_be_parsed(world: Any, sandbox: Sandbox) -> None:
    told = judged(StaticAnalysis(), world, {"calc.py": b"def add(:\n", "new.py": b"\xff = 1\n"}, sandbox)
    assert told.score < 1.0
    assert judged(StaticAnalysis(), world, {"README.md": b"x"}, sandbox).score == 1.0


def test_verifiers_of_code_need_code() -> None:
    for verifier in (UnitTests(), StaticAnalysis()):
        with pytest.raises(BadInput, match=r"code\(task, answer\)"):
            verifier.verify(Play(), TASK, Attempt(None))  # type: ignore[arg-type]


class Play:
    """A world whose answers are its own goals and steps."""

    verifiers = {"state": 1.0}  # noqa: RUF012

    def goals(self, task: Task, answer: Any) -> Any:
        return answer

    def steps(self, task: Task, answer: Any) -> Any:
        return answer

    def reference_length(self, task: Task) -> int:
        return 2


@pytest.mark.parametrize(
    ("goals", "score", "whole"), [({"a": True, "b": True}, 1.0, 1.0), ({"a": True, "b": False}, 0.5, 0.0)]
)
def test_state(goals: Any, score: float, whole: float) -> None:
    told = State().verify(Play(), TASK, Attempt(goals))  # type: ignore[arg-type]
    assert (told.score, told.detail["all"]) == (score, whole)
    assert not State().verify(Play(), TASK, Attempt({})).given  # type: ignore[arg-type]


def plan(*steps: Any, **config: float) -> Verdict:
    return Plan(PlanConfig(**config)).verify(Play(), TASK, Attempt(list(steps)))  # type: ignore[arg-type]


def test_plan() -> None:
    assert plan({"action": "go"}, {"action": "take"}).score == 1.0
    assert plan({"action": "go", "valid": False}, {"action": "take"}, loops=0, length=0).score == 0.5
    there_and_back = [Step("a", state="1"), Step("b", state="2"), Step("c", state="1"), Step("d", state="2")]
    assert plan(*there_and_back).detail["loops"] == 0.5
    assert plan(*[Step(str(n), state=str(n)) for n in range(6)]).detail["length"] == 1.0
    assert plan(*[Step("look")] * 5).detail["loops"] == 0.6
    assert plan().score == 0.0
    with pytest.raises(ValueError, match="not all 0"):
        PlanConfig(invalid=0, loops=0, length=0)


def test_a_human_s_file_is_part_of_the_judge(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    lines = [
        {"task": "t", "answer": [1, 2], "score": 1.0},
        {"task": "t", "answer_digest": digest("b"), "score": 0},
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    human = Human(LateConfig(file=str(path)))
    said = [human.verify(Play(), TASK, Attempt(a)) for a in ([1, 2], "b", "c")]  # type: ignore[arg-type]
    assert [(v.given, v.score) for v in said] == [(True, 1.0), (True, 0.0), (False, 0.0)]
    before = human.config.content
    path.write_text(json.dumps(lines[0]))
    assert before and Human(LateConfig(file=str(path))).config.content not in ("", before)
    assert not Human().verify(Play(), TASK, Attempt(1)).given  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["{", '{"task": "t", "score": 7, "answer": 1}', '{"task": "t", "score": 1}'])
def test_a_bad_line_of_it_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text(line)
    with pytest.raises(BadInput, match="line 1"):
        Human(LateConfig(file=str(path)))
