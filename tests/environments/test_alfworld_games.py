"""Where games come from: generated ones with a plan, official ones as the benchmark has them; never mixed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from alfworld_data import game_file, kitchen, put, wheel
from hypothesis import given
from hypothesis import strategies as st
from smena import Attempt, BadInput, InfraError, Task
from smena.config import RunConfig
from smena.judge import Judge
from smena.registry import Registry, fingerprint
from smena.session import run_id
from smena.setup import Setup
from smena.values import SPLITS
from smena_alfworld import environment, official, synthetic
from smena_alfworld.environment import AlfWorld, AlfWorldConfig, features, understood
from smena_alfworld.planner import plan
from smena_alfworld.world import CONDITIONS, KINDS, MEANS, met, read


@pytest.mark.parametrize("difficulty", synthetic.SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_generated_games_are_what_they_say(kind, difficulty):
    for made in islice(synthetic.games(kind, "train", difficulty), 5):
        world, size = made.world, synthetic.SIZES[difficulty]
        assert world.goal.kind == kind and understood(made.goal) == world.goal
        assert len(world.places) <= max(3, size.receptacles) and len(world.inside) <= size.objects + 3
        assert 3 <= len(made.plan) <= 14
        verbs = {command.split()[0] for command in made.plan}
        assert {"clean", "heat", "cool"} & verbs == {kind} & {"clean", "heat", "cool"}
        assert not all(met(world, [("inreceptacle", o, r) for o, r in world.inside.items()]))


def test_a_real_kitchen_s_size_is_reached():
    world = next(synthetic.games("heat", "train", "large")).world
    assert len(world.places) >= 20 and len(world.inside) >= 30
    assert len(set(world.places.values())) < len(world.places), "some receptacles stand together"


def test_the_real_kitchen_is_read():
    world = read(kitchen()["pddl_problem"])
    assert world.goal == ("heat", "potato", "sinkbasin")
    assert plan(world) == tuple(kitchen()["walkthrough"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_distinct_games_a_type(kind):
    made = list(islice(synthetic.games(kind, "train", "small"), 1000))
    assert len({synthetic._layout(m.world).__repr__() for m in made}) == 1000


def test_more_games_than_there_are_is_told(monkeypatch):
    monkeypatch.setattr(synthetic, "DRY", 50)
    with pytest.raises(BadInput, match=r"'bare' has \d+ different games of type 'heat'"):
        list(islice(synthetic.games("heat", "train", "bare"), 2000))


def test_the_difficulty_limits_the_actions():
    for difficulty, most, steps in (("tight", 50, 20), ("tight", 10, 10), ("large", 50, 50)):
        env = AlfWorld(
            AlfWorldConfig(data="synthetic", difficulty=difficulty, max_steps=most, sizes={"train": 1})
        )
        assert env.tasks("train")[0].view["max_steps"] == steps


met_ones = st.lists(st.booleans(), min_size=1, max_size=3) | st.integers(1, 3).map(lambda n: [True] * n)
answers = met_ones.map(lambda met: {"won": all(met), "goals": met}) | st.fixed_dictionaries(
    {"won": st.none() | st.booleans(), "goals": st.lists(st.booleans(), max_size=4) | st.none()}
)
action = st.builds(dict, sent=st.text(max_size=3), valid=st.booleans(), state=st.sampled_from("abc"))


@given(st.sampled_from(KINDS), answers, st.lists(action, max_size=60), st.integers(1, 20))
def test_the_default_verdict_says_won_whatever_the_way(kind, said, actions, length):
    """State and plan, weighed as the environment fixed it, agree with the engine's word on any episode."""
    env = AlfWorld(AlfWorldConfig(data="synthetic"))
    judge = Judge.make(Registry.load(), "", env, {})
    task = Task("t", "train", {}, {"kind": kind, "length": length})
    attempt = Attempt(answer=said | {"actions": actions})
    try:
        won = env.exact(task, attempt.answer).score
    except InfraError:
        with pytest.raises(InfraError):
            judge.judge(env, task, attempt)
        return
    told = judge.judge(env, task, attempt)
    assert told.y == won
    if won:
        assert told.reward >= 0.8
    else:
        assert told.reward <= 0.734


def test_splits_share_no_game():
    layouts = {
        split: {repr(synthetic._layout(m.world)) for m in islice(synthetic.games("pick", split, "tiny"), 60)}
        for split in SPLITS
    }
    for one in SPLITS:
        for other in SPLITS:
            assert one == other or not layouts[one] & layouts[other]


def test_games_do_not_depend_on_the_hash_seed():
    program = (
        "from itertools import islice; from smena.values import digest; from smena_alfworld import synthetic;"
        "print(digest([m.problem for k in ('two', 'look') for m in islice(synthetic.games(k,'eval','small'),5)]))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1


@given(st.sampled_from(KINDS), st.integers(0, 10_000))
def test_conditions_are_all_met_after_the_plan_and_not_before(kind, number):
    """The plan's effects, told as facts, meet every condition; each condition has a known means."""
    made = synthetic.make(kind, "tiny", number)
    if made is None:
        return
    world, inside = made.world, dict(made.world.inside)
    ids = {name: thing for thing, name in world.names.items()}
    facts, here, hand = [], world.start, None
    for command in made.plan:
        words = command.split()
        verb = words[0]
        if verb == "go":
            here = world.places[ids[" ".join(words[2:])]]
        elif verb == "take":
            hand = ids[" ".join(words[1:3])]
            assert world.places[inside.pop(hand)] == here
        elif verb == "move":
            inside[hand], hand = ids[" ".join(words[4:])], None
        elif verb == "use":
            facts.append(("istoggled", ids[" ".join(words[1:])]))
        elif verb != "open":
            facts.append(({"clean": "isclean", "heat": "ishot", "cool": "iscool"}[verb], hand))
    facts += [("inreceptacle", o, r) for o, r in inside.items()] + [("atlocation", "agent1", here)]
    if hand:
        facts.append(("holds", "agent1", hand))
    assert met(world, facts) == (True,) * len(CONDITIONS[kind])
    assert set(CONDITIONS[kind]) <= set(MEANS)


def test_features_come_from_the_words_alone():
    assert features("heat some potato and put it in fridge.") == (
        "task=heat",
        "object=potato",
        "target=fridge",
    )
    assert features("place the warmed spud into the icebox") == ()


# official games


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "data"
    for part, kinds in (("train", KINDS), ("valid_unseen", ("pick", "heat")), ("valid_seen", ("two",))):
        for number, kind in enumerate(kinds):
            put(root, part, kind, number + 10 * len(part))
    monkeypatch.setenv("ALFWORLD_DATA", str(root))
    return root


def test_official_games_are_taken_where_they_are(data):
    env = AlfWorld(AlfWorldConfig())
    assert env.config.data == "official" and env.label == "alfworld-official-partial"
    tasks = {split: env.tasks(split) for split in SPLITS}
    assert [t.tags["set"] for t in tasks["eval"]] == ["valid_unseen"] * 2
    assert sum(len(tasks[s]) for s in ("train", "holdout", "audit")) == len(KINDS)
    assert {t.tags["source"] for split in SPLITS for t in tasks[split]} == {"official"}
    assert [t.tags["set"] for t in AlfWorld(AlfWorldConfig(eval="seen")).tasks("eval")] == ["valid_seen"]
    assert all(t.reference["length"] == len(t.reference["plan"]) for t in tasks["eval"])


def test_a_score_says_whose_games_it_is_from(data):
    official_one, generated = AlfWorld(AlfWorldConfig()), AlfWorld(AlfWorldConfig(data="synthetic"))
    assert generated.label == "alfworld-synthetic-small"
    assert fingerprint("alfworld", official_one) != fingerprint("alfworld", generated)
    ids = [
        run_id(Setup(RunConfig(env="alfworld", settings={"env.alfworld": {"data": source}})))
        for source in ("official", "synthetic")
    ]
    assert ids[0].startswith("alfworld-official-partial-") and ids[1].startswith("alfworld-synthetic-small-")
    assert {t.tags["source"] for t in generated.tasks("train")} == {"synthetic"}


def test_all_of_the_benchmark_is_official(data, monkeypatch):
    monkeypatch.setattr(official, "COUNTS", {"train": 6, "valid_seen": 1, "valid_unseen": 2})
    assert AlfWorld(AlfWorldConfig()).label == "alfworld-official"


def test_what_the_benchmark_leaves_out_is_left_out(data):
    old = wheel("alfred.twl2").replace('template :: "move {o} to {r}"', 'template :: "put {o} in/on {r}"')
    put(data, "train", "pick", 901, solvable=False)
    put(data, "train", "pick", 902, pddl_problem="(define (problem broken)")
    put(data, "train", "pick", 903, grammar=old.replace("UNKNOWN GOAL", "put a mug in shelf"))
    moved = put(data, "train", "pick", 904).parent
    moved.rename(moved.parent.parent / "pick_and_place_with_movable_recep-Mug")
    env = AlfWorld(AlfWorldConfig())
    numbers = {t.id for split in ("train", "holdout", "audit") for t in env.tasks(split)}
    assert len(numbers) == len(KINDS)
    older = AlfWorld(AlfWorldConfig(dialect="put"))
    assert [t.tags["dialect"] for s in ("train", "holdout", "audit") for t in older.tasks(s)] == ["put"]
    assert 'template :: "put {o} in/on {r}"' in official.in_put(wheel("alfred.twl2"))


def test_a_game_that_changed_is_infra(data):
    env = AlfWorld(AlfWorldConfig())
    task = env.tasks("eval")[0]
    path = data / "json_2.1.1" / task.id / "game.tw-pddl"
    path.write_text(path.read_text() + " ")
    with pytest.raises(InfraError, match="changed"):
        env.play(task)


def test_the_index_is_read_once(data, monkeypatch):
    AlfWorld(AlfWorldConfig()).tasks("eval")
    monkeypatch.setattr(official, "_read", lambda *_: pytest.fail("read again"))
    assert AlfWorld(AlfWorldConfig()).tasks("eval")


def test_without_data_it_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setenv("ALFWORLD_DATA", str(tmp_path))
    assert AlfWorld(AlfWorldConfig()).config.data == "synthetic"
    with pytest.raises(BadInput, match=f"{tmp_path}.*alfworld-download"):
        AlfWorld(AlfWorldConfig(data="official"))


def test_without_the_engine_it_says_the_command(monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"cmake and g\+\+.*GPL-3.*pip install 'smena\[alfworld\]'"):
        AlfWorld(AlfWorldConfig())


def test_the_gap_speaks_of_conditions_only(data):
    env = AlfWorld(AlfWorldConfig(data="synthetic", types=("heat",)))
    task = env.tasks("train")[0]
    gap = env.gap(task, Attempt(answer={"won": False, "goals": [True, False, False], "actions": []}))
    assert [f.value for f in gap.findings] == ["?object in ?target", "hot ?object in ?target"]
    assert gap.bits == 2
    places = [name for r, name in env._game_of(task.id, task.reference["game"])[1].names.items()]
    assert not any(place in json.dumps([f.value for f in gap.findings]) for place in places)
    assert "grammar" in game_file(next(synthetic.games("heat", "train", "tiny")))
