"""The kit tells what is wrong: a good plugin passes, and each way to break it is a breach that says what to
change."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from smena.setup import registry
from smena.testing import Finding, contract_of, examine

GOOD = """
import random
import msgspec
from smena import Attempt, Finding, Gap, Task, Verdict, digest, hookimpl
from smena import Lesson, Observation, Pattern

class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: int = 12

class Env:
    Config = Config
    version = 1
    verifiers = {"contract-equal": 1.0}
    learner = "NAME"
    teacher = "NAME"
    def __init__(self, config):
        self.config = config
    def tasks(self, split):
        return [self._task(split, n) for n in range(self.config.size)]
    def _task(self, split, n):
        rng = random.Random(digest([split, n]))
        word = "".join(rng.choices("abcdefgh", k=12))
        view = {"word": word}
        return Task(f"{split}-{n}", split, view, word[::-1], "", (f"first={word[0]}",))
    def gap(self, task, attempt):
        return Gap((Finding("answer", "wrong"),))
    def exact(self, task, answer):
        return Verdict(float(answer == task.reference))

class Learner:
    Config = Config
    version = 1
    def __init__(self, config):
        self.config = config
    def attempt(self, situation, knowledge, feedback, seed):
        word = str(situation.view.get("word", ""))
        rng = random.Random(digest([seed, word]))
        return Attempt(answer=word[::-1] if rng.random() < 0.3 else word, cost=1.0)
    def cost(self, body):
        return 0.1

class Teacher:
    Config = Config
    version = 1
    def __init__(self, config):
        self.config = config
    def lessons(self, situation, feedback, seed):
        return [Lesson("rule", Pattern("reverse", (), ("reverse",)))]

class Verifier:
    Config = Config
    version = 1
    def __init__(self, config):
        self.config = config
    def verify(self, environment, task, attempt):
        return Verdict(float(attempt.answer == task.reference))

class Report:
    Config = Config
    def __init__(self, config):
        self.config = config
    def write(self, result, out):
        text = "a report of " + result.run.id
        out.write_text(text) if out else print(text)

@hookimpl
def smena_environments():
    return {"NAME": "MODULE:Env"}
@hookimpl
def smena_learners():
    return {"NAME": "MODULE:Learner"}
@hookimpl
def smena_teachers():
    return {"NAME": "MODULE:Teacher"}
@hookimpl
def smena_verifiers():
    return {"NAME": "MODULE:Verifier"}
@hookimpl
def smena_reports():
    return {"NAME": "MODULE:Report"}
"""

_number = itertools.count()
Examine = Callable[..., list[Finding]]


@pytest.fixture
def findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Writes a plugin, takes it in, and examines one of its kinds."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def examined(kind: str, *changes: tuple[str, str], only: str = "") -> list[Finding]:
        name = f"broken{next(_number)}"
        source = GOOD
        for before, after in changes:
            assert before in source
            source = source.replace(before, after)
        (tmp_path / f"{name}.py").write_text(source.replace("NAME", name).replace("MODULE", name))
        plugins = registry()
        plugins.register(importlib.import_module(name), name)
        try:
            return list(examine(type("Examined", (contract_of(kind),), {"name": name})(), only))
        finally:
            plugins.manager.unregister(name=name)
            plugins.problems[:] = [p for p in plugins.problems if p.plugin != name]
            for offer in [o for o in plugins.offers() if o.plugin == name]:
                del plugins._offers[offer.kind, offer.name]

    return examined


@pytest.mark.parametrize("kind", ["environment", "learner", "teacher", "verifier", "report"])
def test_a_good_plugin_passes(findings: Examine, kind: str) -> None:
    found = findings(kind)
    assert [f for f in found if f.result == "breach"] == []
    assert sum(f.result == "ok" for f in found) >= 5


EPISODE = """
    def play(self, task):
        return Episode(task)

class Episode:
    def __init__(self, task):
        self.task, self.done = task, []
    def start(self):
        return Observation("you see " + "a word", False, ("look", "go"))
    def act(self, action):
        self.done.append(action)
        return Observation(f"you {action}", len(self.done) > 9, ("look", "go"))
    def answer(self):
        return self.done
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        pass

class Learner:"""


def test_a_good_interactive_plugin_passes(findings: Examine) -> None:
    found = findings("environment", ("\nclass Learner:", EPISODE))
    assert [f for f in found if f.result == "breach"] == []
    assert ("test_an_episode_can_be_played", "ok") in [(f.test, f.result) for f in found]


BROKEN: list[tuple[str, str, str, str, str]] = [
    # kind, what is changed, into what, the test that notices, what its message says
    (
        "environment",
        "rng = random.Random(digest([split, n]))",
        "rng = random",
        "the_same_every_time",
        "random.Random",
    ),
    ("environment", "digest([split, n])", "digest([n])", "disjoint_by_content", "renamed"),
    ("environment", "digest([split, n])", "hash(split) + n", "other_processes", "PYTHONHASHSEED"),
    (
        "environment",
        '{"word": word}',
        '{"word": word, "key": word[::-1]}',
        "does_not_hold_the_reference",
        "in the view",
    ),
    (
        "environment",
        'f"first={word[0]}"',
        'f"is={word[::-1]}"',
        "does_not_hold_the_reference",
        "in the features",
    ),
    ("environment", 'f"{split}-{n}"', "word[::-1]", "does_not_hold_the_reference", "in the id"),
    ("environment", '"wrong"', '"it is " + task.reference', "a_gap_never_holds", "the gap holds the answer"),
    ("environment", '"wrong"', '"x", "reference"', "a_gap_never_holds", "say in bits="),
    ("environment", '"wrong"', "attempt.answer[0]", "a_gap_never_holds", "raised TypeError"),
    (
        "environment",
        "answer == task.reference)",
        "answer is not None)",
        "wrong_answers_are_wrong",
        "it passes",
    ),
    ("environment", "answer == task.reference)", "answer[0] == 'a')", "oracle_knows", "raised TypeError"),
    (
        "environment",
        "float(answer == task.reference)",
        "0.5 + (answer == task.reference)",
        "oracle_knows",
        "must be 0.0",
    ),
    ("environment", '{"word": word}', '{"word": (word,)}', "tasks_are_whole", "tuples, sets"),
    ("environment", 'f"{split}-{n}"', "str(n)", "tasks_are_whole", "the id is also in"),
    ("environment", '"contract-equal"', '"no-such"', "how_it_is_judged", "no-such"),
    (
        "environment",
        "frozen=True, forbid_unknown_fields=True",
        "frozen=True",
        "settings_are_checked",
        "forbid_unknown",
    ),
    ("environment", "    version = 1\n    verifiers", "    verifiers", "has_a_version", "version = 1"),
    ("environment", "import random\n", "import random, numpy\n", "cheap_and_silent", "loads numpy"),
    (
        "environment",
        "import random\n",
        "import random\nprint('hello')\n",
        "cheap_and_silent",
        "prints 'hello",
    ),
    (
        "environment",
        "import random\n",
        "import random, threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n",
        "cheap_and_silent",
        "starts 1 thread",
    ),
    (
        "environment",
        "word[::-1] if rng.random() < 0.3 else word",
        "str(random.random())",
        "same_in_any_worker",
        "two workers disagree",
    ),
    (
        "environment",
        "cost=1.0",
        "cost=1.0, trace=[word, word[::-1]]",
        "same_in_any_worker",
        "trace of a failed trial",
    ),
    (
        "learner",
        "word[::-1] if rng.random() < 0.3 else word",
        "str(random.random())",
        "give_the_same_attempt",
        "all the randomness",
    ),
    ("learner", "return 0.1", "return 2", "costs_is_stated", "must be in"),
    ("learner", "cost=1.0", "cost=float('nan')", "attempt_is_whole", "cost is nan"),
    ("learner", 'situation.view.get("word", "")', 'situation.view["word"]', "without_its_needs", "BadInput"),
    (
        "learner",
        "return Attempt(",
        "knowledge and knowledge[0].steps\n        return Attempt(",
        "attempt_is_whole",
        "no attribute 'steps'",
    ),
    ("teacher", '("reverse",)))]', '("reverse",)))] * 2', "lessons_are_whole", "says the same twice"),
    (
        "teacher",
        '("reverse",)))]',
        '(situation.view["word"][::-1],)))]',
        "do_not_hold_the_answer",
        "holds the answer",
    ),
    ("teacher", 'Lesson("rule"', '("rule"', "lessons_are_whole", "must be smena.Lesson"),
    ("verifier", "float(attempt.answer == task.reference)", "2.0", "in_range", "must be in"),
    (
        "verifier",
        "float(attempt.answer == task.reference)",
        "random.random()",
        "same_verdict",
        "two verdicts",
    ),
    (
        "verifier",
        "attempt.answer == task",
        "attempt.answer.strip() == task",
        "in_range",
        "raised AttributeError",
    ),
    (
        "report",
        '"a report of " + result.run.id',
        '"a report " + str(random.random())',
        "writes_a_file",
        "two different files",
    ),
    ("report", " if out else print(text)", "", "to_the_terminal", "raised AttributeError"),
]


@pytest.mark.parametrize(("kind", "before", "after", "test", "says"), BROKEN)
def test_a_broken_plugin_is_told_what_to_change(
    findings: Examine, kind: str, before: str, after: str, test: str, says: str
) -> None:
    breaches = [f for f in findings(kind, (before, after), only=test) if f.result == "breach"]
    assert any(test in f.test and says in f.message for f in breaches), breaches


def test_an_observation_that_shows_the_reference_is_a_breach(findings: Examine) -> None:
    tells = EPISODE.replace('"a word"', "self.task.reference")
    breaches = [
        f
        for f in findings("environment", ("\nclass Learner:", tells), only="episode")
        if f.result == "breach"
    ]
    assert any("observation shows the reference" in f.message for f in breaches), breaches


def test_an_episode_that_leaves_a_process_is_a_breach(findings: Examine) -> None:
    leaves = EPISODE.replace(
        "self.task, self.done", "import subprocess; subprocess.Popen(['sleep', '20']); self.task, self.done"
    )
    breaches = [
        f
        for f in findings("environment", ("\nclass Learner:", leaves), only="episode")
        if f.result == "breach"
    ]
    assert any("leaves processes running" in f.message for f in breaches), breaches


def test_what_is_not_installed_is_told_with_the_way_to_install_it() -> None:
    contract = type("Examined", (contract_of("environment"),), {"name": "nowhere"})()
    (first, *_) = examine(contract)
    assert first.result == "breach" and "[project.entry-points.smena]" in first.message


def test_pytest_shows_a_breach_as_one_message(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(
        "from smena.testing import EnvironmentContract\n"
        "class TestIt(EnvironmentContract):\n"
        "    name = 'nowhere'\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "found", str(test)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "1 failed" in told
    assert "no installed plugin offers environment 'nowhere'" in told
    assert "Traceback" not in told and "base.py" not in told
