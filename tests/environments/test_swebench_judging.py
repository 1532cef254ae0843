"""Judging in a real sandbox: what is right, what is wrong, what cheats, what breaks."""

from __future__ import annotations

import os
import random
from pathlib import Path

import msgspec
import pytest
from smena import Attempt, InfraError, Situation
from smena.sandbox import Bounds, Sandbox
from smena.setup import registry
from smena.values import Task
from smena_swebench import diffs, mini
from smena_swebench.environment import SweBench, record_of
from smena_swebench.judging import Bench, Kind


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    made: Sandbox = registry().make("sandbox", "bwrap")
    if why := made.unavailable():
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)(f"sandbox bwrap: {why}")
    return made


@pytest.fixture(scope="module")
def env(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> SweBench:
    os.environ["SMENA_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    made = SweBench()
    made.use_sandbox(lambda images=False: sandbox)
    yield made
    del os.environ["SMENA_CACHE"]


@pytest.fixture(scope="module")
def task(env: SweBench) -> Task:
    return next(t for t in env.tasks("train") if t.id == "smena__ledger-03")


def source(task: Task, path: str, old: str, new: str) -> str:
    text = task.view["files"][path]
    assert old in text
    return diffs.unified({path: text}, {path: text.replace(old, new)})


def test_the_repair_is_resolved_and_nothing_is_not(env: SweBench, task: Task) -> None:
    gold = env.judge(task, task.reference["patch"])
    assert gold.kind is Kind.RESOLVED and gold.score == 1.0 and gold.share == 1.0
    assert env.judge(task, "").kind is Kind.EMPTY
    assert env.exact(task, None).score == 0.0


def test_a_patch_of_something_else_is_unresolved_with_partial_credit(env: SweBench, task: Task) -> None:
    """One of two failing tests repaired; the score stays below what a success could have."""
    other = source(
        task,
        "ledger/money.py",
        'raise TypeError(f"not',
        'raise (ValueError if text == "ten" else TypeError)(f"not',
    )
    judged = env.judge(task, other)
    assert judged.kind is Kind.UNRESOLVED
    assert judged.f2p == (1, 2) and 0 < judged.score < 0.25


def test_a_syntax_error_breaks_the_tests_and_is_the_learners(env: SweBench, task: Task) -> None:
    """The plain grader says of it that the patch could not be applied."""
    judged = env.judge(task, source(task, "ledger/money.py", "import math", "import math\ndef ("))
    assert judged.kind is Kind.BROKE_TESTS and judged.score == 0.0


def test_a_patch_that_does_not_fit(env: SweBench, task: Task) -> None:
    patch = diffs.unified({"ledger/money.py": "what is\nnot there\n"}, {"ledger/money.py": "x\n"})
    assert env.judge(task, patch).kind is Kind.PATCH_FAILED


def test_a_patch_that_never_ends(env: SweBench, task: Task, sandbox: Sandbox) -> None:
    patch = source(task, "ledger/money.py", "import math", "import math\nwhile True: pass")
    bench = Bench(Bounds(seconds=3, disk_mb=64))
    judged = bench.judge(sandbox, env.snapshot(task), record_of(task), patch)
    assert judged.kind is Kind.TIMEOUT and judged.score == 0.0


def test_a_broken_environment_is_nobodys_failure(env: SweBench, task: Task, sandbox: Sandbox) -> None:
    """It looks like a patch with which no test passes, and is told from it by running without."""
    broken = {**record_of(task), "eval_script": task.reference["eval_script"].replace("python3", "python0")}
    with pytest.raises(InfraError, match="environment is broken"):
        Bench(Bounds(seconds=30)).judge(sandbox, env.snapshot(task), broken, task.reference["patch"])


CHEATS = {
    "leaves at import": "import os\nos._exit(0)",
    "exits at import": "import sys\nsys.exit(0)",
    "says that all passed": "import os\nprint('PASSED x', flush=True)\nos._exit(0)",
    "takes asserts away": "import unittest\nunittest.TestCase.assertRaises = None",
}


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_in_the_source_are_not_resolved(env: SweBench, task: Task, name: str) -> None:
    judged = env.judge(task, source(task, "ledger/money.py", "import math", f"{CHEATS[name]}\nimport math"))
    assert judged.kind in (Kind.UNRESOLVED, Kind.BROKE_TESTS)


def test_cheats_in_tests_and_their_configuration_do_not_count(env: SweBench, task: Task) -> None:
    for path in ("tests/test_ledger.py", "tests/run.py", "sitecustomize.py", "conftest.py"):
        before = {k: v for k, v in task.view["files"].items() if k == path}
        judged = env.judge(task, diffs.unified(before, {path: "raise SystemExit(0)\n"}))
        assert judged.kind is Kind.EMPTY and judged.stripped == (path,)


def test_what_was_judged_is_remembered_by_everything_that_matters(env: SweBench, task: Task) -> None:
    wrong = source(task, "ledger/money.py", "import math", "import math  # changed")
    assert env.judge(task, wrong).kind is Kind.UNRESOLVED
    other = msgspec.structs.replace(
        task, reference={**task.reference, "FAIL_TO_PASS": task.reference["PASS_TO_PASS"]}
    )
    assert env.judge(other, wrong).kind is Kind.RESOLVED


def test_the_search_finds_repairs_by_what_a_learner_may_check(env: SweBench, task: Task) -> None:
    space = env.space(task.view)
    assert space is not None
    root = space.root()
    operators = {move.name for move in space.moves(root)}
    assert "raise:ValueError" in operators and not space.fits(root) and space.answer(root) is None
    node = space.apply(space.apply(root, "raise:ValueError"), "at:1")
    assert space.fits(node) and env.judge(task, space.answer(node)).kind is Kind.RESOLVED
    assert space.apply(root, "no such") is None and space.apply(node, "at:1") is None
    wrong = space.apply(space.apply(root, "raise:KeyError"), "at:1")
    assert not space.fits(wrong)


def test_the_embedded_learner_is_the_same_in_any_process(env: SweBench, task: Task) -> None:
    learner = registry().make("learner", "search", SweBench.settings["learner.search"])
    attempts = [
        learner.attempt(Situation(task.view, task.features, env.space(task.view)), [], None, seed)
        for seed in (1, 1, 2, 3, 4, 5, 6)
    ]
    assert attempts[0] == attempts[1]
    assert len({a.answer and a.hypotheses[0].steps for a in attempts if a.hypotheses} | {None}) > 1


def test_an_episode_ends_in_a_patch_that_we_computed(env: SweBench, task: Task) -> None:
    with env.play(task) as episode:
        first = episode.start()
        assert "What I see" in first.text and not first.done
        told = episode.act(
            "```bash\nsed -i s/TypeError/ValueError/ ledger/money.py; echo done; touch __pycache__x\n```"
        )
        assert "done" in told.text and "exit code 0" in told.text
        assert "exit code 1" in episode.act("ls /home /root/.ssh /srv; cat /etc/shadow || exit 1").text
        assert episode.act("submit").done
        answer = episode.answer()
    assert "ValueError" in answer and env.judge(task, answer).kind is Kind.RESOLVED


def test_no_file_of_an_episode_holds_the_hidden_tests(env: SweBench, task: Task) -> None:
    hidden = [n.split("::")[-1] for n in task.reference["FAIL_TO_PASS"]]
    shown = mini.seen()[task.id].shown.split("::")[1]
    with env.play(task) as episode:
        episode.start()
        for name in hidden:
            if name != shown:
                assert "exit code 1" in episode.act(f"grep -r {name} / --include=*.py -s -l | grep . ").text


@pytest.mark.slow
def test_every_bug_is_seen_by_tests_as_the_set_says() -> None:
    from smena_swebench.mini_build import look

    for bug in mini.every():
        found, kept = look(bug), mini.seen()[bug.name]
        assert (found.fails, found.shown) == (kept.fails, kept.shown), bug.name


@pytest.mark.slow
def test_repairs_are_resolved_in_the_sandbox(env: SweBench) -> None:
    """A sample of every package: the repair resolves, and no change does not."""
    rng = random.Random(0)
    for package in mini.SPLIT_OF:
        for bug in rng.sample(mini.bugs(package), 2):
            task = next(t for t in env.tasks(mini.SPLIT_OF[package]) if t.id == bug.name)
            assert env.judge(task, task.reference["patch"]).kind is Kind.RESOLVED, bug.name
            base = env.bench.tried(env.opener(), env.snapshot(task), record_of(task), "")
            assert base.kind is Kind.UNRESOLVED and base.f2p[0] < base.f2p[1] and base.p2p[0] == base.p2p[1]


def test_the_doctor_writes_the_list_of_sound_instances(env: SweBench, task: Task, tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "sound.json"
    assert env.doctor(1, str(path), [task.id], said.append) == {}
    assert '"allowed": [\n  "smena__ledger-03"' in path.read_text() and "sound" in said[0]


def test_static_analysis_counts_new_findings_only(env: SweBench, task: Task) -> None:
    verifier = registry().make("verifier", "swebench-static")
    clean = source(task, "ledger/money.py", "raise TypeError(f", "raise ValueError(f")
    worse = source(
        task, "ledger/money.py", "import math", "import math\n\n\ndef f(a=[]):\n    return a == None"
    )
    broken = source(task, "ledger/money.py", "import math", "def (")
    scores = [
        verifier.verify(env, task, Attempt(answer)).score for answer in (clean, worse, broken, None, "x")
    ]
    assert scores == [1.0, 0.5, 0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    "verifier", ["composite", "swebench-tests+swebench-static", "swebench-tests+static-analysis"]
)
def test_a_success_by_several_is_a_resolved_instance(env: SweBench, task: Task, verifier: str) -> None:
    from smena.judge import Judge

    judge = Judge.make(registry(), verifier, env, {})
    for one in judge.verifiers.values():
        if hasattr(one, "use_sandbox"):
            one.use_sandbox(env.opener)
    partial = source(
        task,
        "ledger/money.py",
        'raise TypeError(f"not',
        'raise (ValueError if text == "ten" else TypeError)(f"not',
    )
    assert 0 < env.judge(task, partial).share < 1
    gold = judge.judge(env, task, Attempt(task.reference["patch"]))
    assert (gold.y, gold.reward) == (1, 1.0)
    other = judge.judge(env, task, Attempt(partial))
    assert other.y == 0 and judge.judge(env, task, Attempt(None)).y == 0
