"""The lab does what it says it plants: shares of success match the truth, and every knob is a pure function
of the trial."""

from __future__ import annotations

import json
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import Attempt, Pattern, Situation
from smena_lab.environment import Lab, LabConfig
from smena_lab.plants import EFFECTS
from smena_lab.players import LabLearner, LabTeacher, LearnerConfig, TeacherConfig
from smena_lab.verifier import Noisy, NoisyConfig

LAB = Lab(LabConfig())
TRAIN = LAB.tasks("train")
HERE = TRAIN[0].cluster

bodies = st.lists(
    st.builds(
        lambda kind, number, half: Pattern(f"{kind}:{number}{half}", (HERE,), ()),
        st.sampled_from(sorted(EFFECTS)),
        st.integers(0, 1),
        st.sampled_from(["", ":left", ":right"]),
    ),
    max_size=3,
)
knobs = st.builds(
    LearnerConfig, coupled=st.booleans(), coins=st.sampled_from([0, 1, 5]), drift=st.sampled_from([0.0, 0.3])
)


def lesson(kind: str, place: str = "1", where: str = HERE) -> Pattern:
    return Pattern(f"{kind}:{place}", (where,), ("planted",))


def attempt(learner: LabLearner, task, known=(), seed: int = 0) -> Attempt:
    return learner.attempt(Situation(task.view, task.features, None), known, None, seed)


def solved(learner: LabLearner, task, known, seeds) -> float:
    return fmean(LAB.exact(task, attempt(learner, task, known, s).answer).score for s in seeds)


@given(knobs, bodies, st.integers(0, 2**52))
def test_a_trial_is_a_function_of_its_value(config, known, seed) -> None:
    assert attempt(LabLearner(config), TRAIN[0], known, seed) == attempt(
        LabLearner(config), TRAIN[0], known, seed
    )


@given(bodies)
def test_the_effect_of_anything_alone_is_what_its_kind_says(known) -> None:
    for body in known:
        kind = body.name.partition(":")[0]
        effect = LAB.truth(body, TRAIN)
        if kind in ("useful", "harmful"):
            assert effect * EFFECTS[kind] > 0 and abs(effect) <= abs(EFFECTS[kind]) + 1e-12
        else:
            assert effect == 0


def test_success_is_as_frequent_as_the_truth_says() -> None:
    task = next(t for t in TRAIN if t.cluster == HERE and 0.2 < t.view["p0"] < 0.5)
    learner, seeds = LabLearner(LearnerConfig()), range(4000)
    for known, gain in (
        ([], 0),
        ([lesson("useful")], 0.4),
        ([lesson("harmful")], -0.2),
        ([lesson("gaming")], 0),
        ([lesson("crutch", task.id)], 0.5),
        ([lesson("crutch", "train-9999")], 0),
        ([lesson("useful", where="cluster=99")], 0),
        ([lesson("combination", "a:left")], 0),
        ([lesson("combination", "a:left"), lesson("combination", "b:right")], 0),
        ([lesson("combination", "a:left"), lesson("combination", "a:right")], 0.4),
    ):
        assert solved(learner, task, known, seeds) == pytest.approx(task.view["p0"] + gain, abs=0.032), known


def test_difficulty_is_beta_half_two() -> None:
    many = Lab(LabConfig(sizes={"train": 4000})).tasks("train")
    p0 = [t.view["p0"] for t in many]
    assert fmean(p0) == pytest.approx(0.2, abs=0.012)  # a/(a+b)
    assert fmean(p * p for p in p0) - fmean(p0) ** 2 == pytest.approx(0.2 * 0.8 / 3.5, abs=0.006)


def test_a_useful_lesson_on_a_hard_task_cannot_add_more_than_there_is_room_for() -> None:
    easy = [t for t in TRAIN if t.cluster == HERE and t.view["p0"] > 0.6]
    many = easy or [t for t in Lab(LabConfig(clusters=1)).tasks("train") if t.view["p0"] > 0.6]
    body = lesson("useful", where=many[0].cluster)
    assert LAB.truth(body, many) == pytest.approx(fmean(1 - t.view["p0"] for t in many))


def test_few_coins_share_luck_between_tasks_and_many_do_not() -> None:
    def agreement(coins: int) -> float:
        learner = LabLearner(LearnerConfig(coins=coins))
        lucky = [attempt(learner, t, (), 7).trace["luck"] for t in TRAIN]
        return len(set(lucky)) / len(lucky)

    assert agreement(1) == 1 / len(TRAIN)
    assert agreement(0) == 1


def test_both_arms_of_a_pair_have_the_same_day() -> None:
    task = max((t for t in TRAIN if t.view["p0"] < 0.5), key=lambda t: t.view["p0"])
    learner = LabLearner(LearnerConfig(drift=0.4, coupled=True))
    known = [lesson("null", where=task.cluster)]
    pairs = [
        (attempt(learner, task, (), s).answer, attempt(learner, task, known, s).answer) for s in range(200)
    ]
    assert all(base == treated for base, treated in pairs)
    drifting = LabLearner(LearnerConfig(drift=0.4))
    apart = solved(drifting, task, known, range(4000)) - solved(drifting, task, [], range(4000))
    assert apart == pytest.approx(0, abs=0.045)


def test_the_noisy_verifier_errs_as_often_as_it_says_and_always_alike() -> None:
    judge = Noisy(NoisyConfig(sensitivity=0.8, specificity=0.7))
    task = next(t for t in TRAIN if t.cluster == HERE and 0.2 < t.view["p0"] < 0.5)
    learner = LabLearner(LearnerConfig())

    def accepted(known, right: bool) -> float:
        found = [attempt(learner, task, known, s) for s in range(6000)]
        chosen = [a for a in found if (a.answer == task.reference) is right]
        scores = [judge.verify(LAB, task, a).score for a in chosen]
        assert scores == [judge.verify(LAB, task, a).score for a in chosen]
        return fmean(scores)

    assert accepted([], True) == pytest.approx(0.8, abs=0.04)
    assert accepted([], False) == pytest.approx(0.3, abs=0.04)
    # .4 of the wrong answers are convincing: .4 × .8 + .6 × .3
    assert accepted([lesson("gaming")], False) == pytest.approx(0.5, abs=0.04)


def test_a_share_of_verdicts_is_late_and_it_is_always_the_same_ones() -> None:
    judge = Noisy(NoisyConfig(late=0.3))
    task, learner = TRAIN[0], LabLearner(LearnerConfig())
    found = [attempt(learner, task, (), s) for s in range(3000)]
    given = [judge.verify(LAB, task, a).given for a in found]
    assert fmean(given) == pytest.approx(0.7, abs=0.04)
    assert given == [judge.verify(LAB, task, a).given for a in found]


def test_the_teacher_plants_what_it_is_told_to() -> None:
    def kinds(mix) -> set[str]:
        teacher = LabTeacher(TeacherConfig(mix=mix))
        said = [
            lesson.body.name.partition(":")[0]
            for t in TRAIN
            for lesson in teacher.lessons(Situation(t.view, t.features, None), None, 0)
        ]
        return set(said)

    assert kinds({"combination": 1.0}) == {"combination"}
    assert kinds(dict.fromkeys(EFFECTS, 1.0)) == set(EFFECTS)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LabConfig(effects={"usefull": 1}), "unknown kind 'usefull'"),
        (lambda: LabConfig(effects={"gaming": -0.1}), "share"),
        (lambda: LabConfig(effects={"useful": 1.5}), "in \\[-1, 1\\]"),
        (lambda: LearnerConfig(coins=-1), "coins"),
        (lambda: LearnerConfig(drift=2), "drift"),
        (lambda: TeacherConfig(mix={"useful": 0}), "not all 0"),
        (lambda: NoisyConfig(sensitivity=1.2), "sensitivity"),
        (lambda: NoisyConfig(late=-0.1), "late"),
    ],
)
def test_what_cannot_be_is_refused(make, said) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_it_can_keep_the_truth_to_itself() -> None:
    assert Lab(LabConfig(tells=False)).truth(lesson("useful"), TRAIN) is None
    assert LAB.truth(lesson("useful"), []) is None
    assert json.dumps(TRAIN[0].view)
