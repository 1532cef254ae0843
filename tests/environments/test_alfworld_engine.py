"""The real engine: games played to won, the stock engine's own words, and no way for a game file or a hung
engine to hurt. Slow: the engine takes seconds to start."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from alfworld_data import kitchen, put, wheel
from smena import Attempt, Feedback, InfraError, Pattern, Situation
from smena.registry import Registry
from smena_alfworld import synthetic
from smena_alfworld.environment import AlfWorld, AlfWorldConfig
from smena_alfworld.episode import Play, normal
from smena_alfworld.process import EngineProcess, Game
from smena_alfworld.world import CONDITIONS, KINDS, MEANS, met, read
from smena_search.learner import SearchLearner
from smena_search.teacher import SearchTeacher, TeacherConfig

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine():
    process = EngineProcess(seconds=120.0, recycle=10_000)
    yield process
    process.close()


def made(kind, difficulty="tiny", skip=0, split="train"):
    return next(islice(synthetic.games(kind, split, difficulty), skip, None))


def test_the_real_kitchen_is_played_to_won(engine):
    data = kitchen()
    world = read(data["pddl_problem"])
    with Play(
        engine, Game(data["pddl_problem"], "put a hot potato in sinkbasin"), world, 50, True, 6
    ) as play:
        shown = play.start()
        assert (
            "Your task is to: put a hot potato in sinkbasin." in shown.text and "potato 1" not in shown.text
        )
        for number, command in enumerate(data["walkthrough"], start=1):
            assert command in shown.actions
            shown = play.act(f"> {command.capitalize()}.")
            assert shown.done == (number == 6)
        answer = play.answer()
    assert answer["won"] and answer["goals"] == [True, True, True]
    first = {k: v for k, v in answer["actions"][0].items() if k != "state"}
    assert first == {
        "raw": "> Go to countertop 2.",
        "sent": "go to countertop 2",
        "valid": True,
    }
    assert play.act("look") == shown and len(play.answer()["actions"]) == 6


@pytest.mark.parametrize("kind", KINDS)
def test_generated_games_are_won_by_their_plans(engine, kind):
    """Ten of each type, of all sizes; and the goal's conditions are all met exactly when the game is won."""
    for number in range(10):
        game = made(kind, list(synthetic.SIZES)[number % 4 if number < 8 else 0], number)
        told = engine.load(Game(game.problem, game.goal))
        for command in game.plan:
            assert not told["won"] and not all(met(game.world, engine.call("facts")))
            assert command in told["commands"]
            told = engine.call("step", command)
        assert told["won"] and all(met(game.world, engine.call("facts")))


STOCK = """
import json, sys
import textworld
from textworld.envs.pddl import PddlEnv
from alfworld.agents.environment.alfred_tw_env import AlfredDemangler
path, actions = sys.argv[1], json.loads(sys.argv[2])
env = AlfredDemangler(PddlEnv(textworld.EnvInfos(won=True, admissible_commands=True)))
env.load(path)
state = env.reset()
told = [[state.feedback, bool(state["won"]), list(state["admissible_commands"])]]
for action in actions:
    state, _, _ = env.step(action)
    told.append([state.feedback, bool(state["won"]), list(state["admissible_commands"])])
print("\\n" + json.dumps(told))
"""


@pytest.mark.parametrize("which", ["real", "cool", "look", "two"])
def test_traces_are_those_of_the_stock_engine(engine, tmp_path, which):
    if which == "real":
        data, goal = kitchen(), "put a hot potato in sinkbasin"
        problem = data["pddl_problem"]
    else:
        game = made(which, "small")
        problem, goal = game.problem, game.goal
    rng, actions = random.Random(which), []
    for _ in range(2):  # the second from what the first has cached
        rng, actions = random.Random(which), []
        told = [engine.load(Game(problem, goal))]
        for _ in range(25):
            actions.append(rng.choice([*told[-1]["commands"], "dance"]))
            told.append(engine.call("step", actions[-1]))
    path = tmp_path / "game.tw-pddl"
    grammar = wheel("alfred.twl2").replace("UNKNOWN GOAL", goal)
    path.write_text(
        json.dumps({"pddl_domain": wheel("alfred.pddl"), "grammar": grammar, "pddl_problem": problem})
    )
    out = subprocess.run(
        [sys.executable, "-c", STOCK, str(path), json.dumps(actions)],
        env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert [[t["text"], t["won"], t["commands"]] for t in told] == json.loads(out.splitlines()[-1])


PLAY = """
from functools import partial
from smena import Situation
from smena.values import digest
from smena_alfworld.environment import AlfWorld, AlfWorldConfig
from smena_search.learner import SearchLearner
env = AlfWorld(AlfWorldConfig(data="synthetic", difficulty="tiny", sizes={"train": 6}, max_steps=20))
told = []
for task in env.tasks("train"):
    play = env.play(task)
    told.append(play.start().text)
    place = Situation(task.view, task.features, None, partial(env.play, task))
    told.append(SearchLearner().attempt(place, [], None, 7).answer)
print(digest(told))
"""


def test_attempts_are_the_same_in_any_process_under_any_hash_seed():
    told = {
        subprocess.run(
            [sys.executable, "-c", PLAY],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "random")
    }
    assert len(told) == 1


def test_what_goes_wrong_in_the_engine_is_infra_and_the_next_game_plays(engine):
    game = made("pick")
    play = Play(engine, Game(game.problem, game.goal), game.world, 50, True, None)
    play.start()
    os.kill(engine.pid, signal.SIGKILL)
    with pytest.raises(InfraError, match="died"):
        play.act("look")
    with pytest.raises(InfraError, match="failed: "):
        engine.load(Game("(define (problem broken)", "x"))
    large = made("heat", "large")
    with pytest.raises(InfraError, match="did not answer"):
        engine.load(Game(large.problem, large.goal))
        engine.call("plan", seconds=0.001)
    assert engine.pid is None
    assert engine.load(Game(game.problem, game.goal))["text"].endswith(f"Your task is to: {game.goal}.")


def test_an_engine_is_replaced_after_some_episodes():
    game = made("pick")
    engine, pids = EngineProcess(seconds=120.0, recycle=2), []
    for _ in range(5):
        engine.load(Game(game.problem, game.goal))
        pids.append(engine.pid)
    engine.close()
    assert len(set(pids)) == 3 and pids[0] == pids[1] != pids[2]
    assert not Path(f"/proc/{pids[-1]}").exists()


def test_the_command_line_of_this_process_is_left_alone(engine):
    before = (list(sys.argv), sys.stdout)
    engine.load(Game(made("look").problem, "x"))
    assert (list(sys.argv), sys.stdout) == before


def test_a_game_file_is_not_code(tmp_path, monkeypatch):
    """The attack: a grammar whose text runs a program. It does where the user asked for it, and nowhere else."""
    mark = tmp_path / "attacked"
    code = f"{{__import__('pathlib').Path('{mark}').touch()}}"
    evil = wheel("alfred.twl2").replace("Welcome to TextWorld", code)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    put(tmp_path, "valid_unseen", "pick", 1, grammar=evil.replace("UNKNOWN GOAL", "put a mug in shelf"))
    for number, goal in ((2, f"put a mug {code}"), (3, "put a mug #look.feedback#")):
        put(
            tmp_path,
            "valid_unseen",
            "pick",
            number,
            grammar=wheel("alfred.twl2").replace("UNKNOWN GOAL", goal),
        )

    def start(**settings):
        env = AlfWorld(AlfWorldConfig(data="official", path=str(tmp_path), timeout=120.0, **settings))
        tasks = env.tasks("eval")
        with env.play(tasks[0]) as play:
            shown = play.start().text
        env.close()
        return len(tasks), shown

    count, shown = start()
    assert count == 1, "a goal that holds more than words is not played"
    assert "Welcome to TextWorld" in shown and "put a mug in shelf" in shown and not mark.exists()
    start(unsafe_game_grammar=True)
    assert mark.exists(), "the attack is real"


class Overheard:
    """An episode that remembers all that its learner was told."""

    def __init__(self, play, heard):
        self._play, self._heard = play, heard

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def start(self):
        return self._hear(self._play.start())

    def act(self, action):
        return self._hear(self._play.act(action))

    def answer(self):
        return self._play.answer()

    def _hear(self, shown):
        self._heard.append(shown)
        return shown


def test_the_reference_does_not_reach_learner_or_teacher():
    env = AlfWorld(AlfWorldConfig(data="synthetic", sizes={"train": 12}, max_steps=6, timeout=120.0))
    for task in env.tasks("train"):
        heard = []
        place = Situation(
            task.view,
            task.features,
            None,
            lambda task=task, heard=heard: Overheard(env.play(task), heard),
            env.means(),
        )
        attempt = SearchLearner().attempt(place._replace(means={}), [], None, 1)
        world = env._game_of(task.id, task.reference["game"])[1]
        ids = {name: thing for thing, name in world.names.items()}
        been: set[str] = set()
        for shown, action in zip(heard, [None, *attempt.answer["actions"]], strict=True):
            if action and action["sent"].startswith("go to"):
                been.add(world.places[ids[action["sent"].removeprefix("go to ")]])
            for thing, place_ in world.inside.items():  # nothing is told of before it was come by
                if world.places[place_] not in been:
                    said = " ".join([shown.text, *shown.actions])
                    assert f"{world.names[thing]} " not in f"{said} ".replace(",", " ").replace(".", " ")
        if not attempt.answer["won"]:
            feedback = Feedback(env.gap(task, attempt), attempt)
            done = {a["sent"] for a in attempt.answer["actions"]}
            told = SearchTeacher(TeacherConfig(slip=0.5)).lessons(place, feedback, 3)
            assert told and all(not env.leaks(task, lesson.body) for lesson in told)
            text = repr([task.view, feedback.gap, told])
            assert not [c for c in task.reference["plan"] if c in text and c not in done]
    env.close()


def test_fast_downward_finds_no_shorter_plan(engine):
    for kind in KINDS:
        game = made(kind, "tiny", 3)
        engine.load(Game(game.problem, game.goal))
        theirs = engine.call("plan", seconds=120.0)
        assert len(theirs) >= len(game.plan) > 0


def test_procedures_win_what_the_learner_alone_does_not():
    """In small rooms, over all six types: the right procedure helps, that of another type does not."""
    env = AlfWorld(AlfWorldConfig(data="synthetic", difficulty="tiny", sizes={"train": 18}, timeout=120.0))
    won = {"none": 0, "right": 0, "wrong": 0}
    for task in env.tasks("train"):
        place = Situation(task.view, task.features, None, lambda task=task: env.play(task))
        kind = task.reference["kind"]
        other = "cool" if kind != "cool" else "heat"
        for arm, whose in (("none", None), ("right", kind), ("wrong", other)):
            known = [Pattern("p", (), MEANS[CONDITIONS[whose][-1]])] if whose else []
            won[arm] += SearchLearner().attempt(place, known, None, 1).answer["won"]
    env.close()
    assert won["right"] >= 12 and won["right"] >= won["none"] + 4 and won["right"] >= won["wrong"] + 4, won


def test_the_difficulty_reaches_from_nearly_always_to_hardly_ever():
    """The same learner with the same procedures; `bench/alfworld.md` has the measured shares."""
    known = [Pattern(f"how to {k}", (f"task={k}",), MEANS[CONDITIONS[k][-1]]) for k in KINDS]
    won = {}
    for difficulty in ("bare", "tight"):
        env = AlfWorld(
            AlfWorldConfig(data="synthetic", difficulty=difficulty, sizes={"train": 6}, timeout=120.0)
        )
        won[difficulty] = 0
        for task in env.tasks("train"):
            place = Situation(task.view, task.features, None, lambda env=env, task=task: env.play(task))
            won[difficulty] += SearchLearner().attempt(place, known, None, 1).answer["won"]
        env.close()
    assert won["bare"] >= 5 and won["tight"] <= 2, won


def test_state_and_plan_judge_an_episode():
    env = AlfWorld(AlfWorldConfig(data="synthetic", types=("heat",), sizes={"train": 1}, timeout=120.0))
    (task,) = env.tasks("train")
    with env.play(task) as play:
        play.start()
        for command in (*task.reference["plan"][:-1], "dance", "look", "look", "look"):
            play.act(command)
        half = Attempt(answer=play.answer())
        play.act(task.reference["plan"][-1])
        whole = Attempt(answer=play.answer())
    env.close()
    registry = Registry.load()
    state, plan = (registry.make("verifier", name) for name in ("state", "plan"))
    assert 0 < state.verify(env, task, half).score < 1 and env.exact(task, half.answer).score == 0
    assert state.verify(env, task, whole).score == env.exact(task, whole.answer).score == 1
    sound = plan.verify(env, task, whole)
    assert 0 < sound.score < 1 and sound.detail["invalid"] == 1 / len(whole.answer["actions"])
    assert sound.detail["loops"] > 0 and sound.detail["steps"] == task.reference["length"] + 4


def test_normal():
    assert normal("> Go to  Fridge 1.") == "go to fridge 1"
    assert normal("\n  LOOK\nthen more") == "look"
    assert len(normal("x" * 10_000)) == 200


def test_an_answer_that_contradicts_the_engine_is_infra():
    env = AlfWorld(AlfWorldConfig(data="synthetic", types=("pick",)))
    task = env.tasks("train")[0]
    with pytest.raises(InfraError, match="conditions"):
        env.exact(task, {"won": True, "goals": [False], "actions": []})
    assert env.exact(task, {"won": True, "goals": [], "actions": []}).score == 0.0
    assert env.exact(task, Attempt(answer=None).answer).score == 0.0
