"""The embedded learner and teacher, played on a toy vocabulary of word operators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena import Antipattern, Attempt, BadInput, Fact, Feedback, Gap, Hypothesis, Pattern, Situation, digest
from smena.protocols import Move
from smena.registry import Registry
from smena_search.learner import LearnerConfig, SearchLearner
from smena_search.teacher import SearchTeacher, TeacherConfig

LETTERS = "abcdefghijklmnopqrstuvwxyz"
OPERATORS = (
    {f"add_{c}": ("add", lambda w, c=c: w + c) for c in LETTERS}
    | {f"lead_{c}": ("add", lambda w, c=c: c + w) for c in LETTERS[:8]}
    | {f"turn_{k}": ("order", lambda w, k=k: w[k:] + w[:k]) for k in (1, 2, 3)}
    | {"reverse": ("order", lambda w: w[::-1]), "sort": ("order", lambda w: "".join(sorted(w)))}
    | {
        "double": ("size", lambda w: w + w if len(w) < 16 else None),
        "half": ("size", lambda w: w[: len(w) // 2]),
    }
    | {"upper": ("case", str.upper), "never": ("case", lambda w: None)}
)
MOVES = [Move(name, 4.0 if family == "add" else 3.0, family) for name, (family, _) in OPERATORS.items()]
FEATURES = ("length=longer", "letters=kept", "case=lower")


class Words:
    """A node is a program and what it makes of all inputs; its key tells of the train inputs only. ``tried``
    are the programs that the player asked for, ``validated`` the states, both in order."""

    def __init__(self, view: dict) -> None:
        self.view, self.tried, self.validated = view, [], []

    def root(self):
        return (), (*(source for source, _ in self.view["train"]), self.view["test"])

    def moves(self, node):
        return MOVES

    def apply(self, node, name):
        program = (*node[0], name)
        self.tried.append(program)
        words = [OPERATORS[name][1](w) for w in node[1]] if name in OPERATORS else [None]
        return None if None in words else (program, tuple(words))

    def key(self, node):
        return node[1][:-1]

    def fits(self, node):
        self.validated.append(node[1][:-1])
        return list(node[1][:-1]) == [target for _, target in self.view["train"]]

    def answer(self, node):
        return node[1][-1]


def run(program, word):
    for name in program:
        word = OPERATORS[name][1](word)
    return word


def situation(*program: str, train=("smena", "corps", "light"), test="night") -> Situation:
    view = {"train": [[w, run(program, w)] for w in train], "test": test}
    return Situation(view, FEATURES, Words(view))


def pattern(*steps: str, triggers=FEATURES[:1]) -> Pattern:
    return Pattern(" → ".join(steps), triggers, steps)


def learner(**settings) -> SearchLearner:
    return SearchLearner(LearnerConfig(**settings))


def solved(attempt: Attempt, answer: str) -> bool:
    return answer in attempt.answer


steps = st.lists(st.sampled_from([*OPERATORS, "?", "?order", "?nothing", "unheard"]), max_size=3).map(tuple)
triggers = st.lists(st.sampled_from([*FEATURES, "length=shorter"]), max_size=2, unique=True).map(tuple)
bodies = st.one_of(
    st.builds(Pattern, st.just("p"), triggers, steps),
    st.builds(Antipattern, st.just("a"), triggers, st.just("wrong"), steps),
    st.just(Fact("grid", "colours", "10")),
)
memories = st.lists(bodies, max_size=4)
seeds = st.integers(0, 2**52)


def test_the_plugin_offers_a_learner_and_a_teacher():
    registry = Registry.load()
    assert isinstance(registry.make("learner", "search", {"budget": 20}), SearchLearner)
    assert isinstance(registry.make("teacher", "search"), SearchTeacher)
    with pytest.raises(BadInput, match="rho must be in"):
        registry.make("learner", "search", {"rho": 2})


@given(memories, seeds, st.integers(1, 90), st.booleans(), st.sampled_from([0.0, 0.5, 1.0]))
def test_no_program_counts_twice_no_state_is_validated_twice_and_the_budget_holds(
    memory, seed, budget, coupled, rho
):
    here = situation("reverse", "add_q")
    attempt = learner(budget=budget, coupled=coupled, rho=rho).attempt(here, memory, None, seed)
    assert len(set(here.space.tried)) == attempt.cost <= budget
    assert len(set(here.space.validated)) == len(here.space.validated)


@given(memories, seeds, st.sampled_from([1, 2]))
def test_same_arguments_same_attempt_warm_or_cold(memory, seed, mode):
    warm = situation("sort", "double")
    one = learner(steps=mode).attempt(warm, memory, None, seed)
    two = learner(steps=mode).attempt(warm, memory, None, seed)
    cold = learner(steps=mode).attempt(situation("sort", "double"), memory, None, seed)
    assert one == two == cold


def test_same_attempt_in_another_process_with_other_hashes():
    def told(hash_seed: str) -> str:
        env = os.environ | {"PYTHONHASHSEED": hash_seed}
        return subprocess.run(
            [sys.executable, str(Path(__file__))], env=env, check=True, capture_output=True, text=True
        ).stdout

    assert json.loads(told("1")) == json.loads(told("2")) == _digests()


def _digests() -> list[str]:
    memory = [pattern("reverse", "?add"), Antipattern("a", (), "wrong", ("sort",))]
    attempts = [learner().attempt(situation("reverse", "add_q"), memory, None, seed) for seed in range(5)]
    feedback = Feedback(Gap(), Attempt(None))
    return [digest(a) for a in attempts] + [digest(SearchTeacher().lessons(situation("sort"), feedback, 0))]


def rate(memory, n=40, program=("reverse", "add_q"), **settings) -> float:
    here, answer = situation(*program), run(program, "night")
    return sum(solved(learner(**settings).attempt(here, memory, None, seed), answer) for seed in range(n)) / n


def test_a_right_pattern_raises_success_to_one_a_part_of_it_helps_a_wrong_one_hardly_hurts():
    p0 = rate([], budget=100)
    assert p0 < 0.4
    assert rate([pattern("reverse", "add_q")], budget=100) == 1.0
    assert rate([pattern("reverse", "?add")], budget=100) == 1.0
    assert rate([pattern("reverse", "?")], budget=100) > p0 + 0.3
    assert abs(rate([pattern("sort", "add_z")], budget=100, n=100) - rate([], budget=100, n=100)) < 0.15


@given(steps.filter(lambda s: not any(step.startswith("?") for step in s)), seeds)
def test_a_wrong_pattern_costs_the_base_at_most_its_own_programs(wrong, seed):
    bare, burdened = situation("reverse", "add_q"), situation("reverse", "add_q")
    learner(budget=80, coupled=True).attempt(bare, [], None, seed)
    learner(budget=80, coupled=True).attempt(burdened, [pattern(*wrong)], None, seed)
    assert set(bare.space.tried[: 80 - len(wrong)]) <= set(burdened.space.tried)


def test_many_patterns_share_the_budget_fairly():
    memory = [pattern("turn_1", "?"), pattern("reverse", "?"), pattern("sort", "?")]
    by = (
        learner(budget=120, rho=0.5)
        .attempt(situation("add_a", "add_b", "add_c"), memory, None, 3)
        .trace["by"]
    )
    shares = [by[digest(p)] for p in memory]
    assert sum(shares) == pytest.approx(60, abs=20)
    assert max(shares) - min(shares) <= 3


@given(seeds, steps)
def test_what_does_not_apply_changes_nothing_when_coupled(seed, steps):
    foreign = [pattern(*steps, triggers=("length=shorter",)), Fact("a", "b", "c")]
    coupled = learner(coupled=True)
    assert coupled.attempt(situation("reverse", "add_q"), foreign, None, seed) == coupled.attempt(
        situation("reverse", "add_q"), [], None, seed
    )


def test_arms_are_independent_unless_coupled():
    bare, foreign = situation("reverse", "add_q"), situation("reverse", "add_q")
    learner().attempt(bare, [], None, 7)
    learner().attempt(foreign, [Fact("a", "b", "c")], None, 7)
    assert bare.space.tried != foreign.space.tried


def test_replicates_of_different_tasks_share_no_randomness():
    here, there = situation("reverse", "add_q"), situation("reverse", "add_q", test="other")
    learner().attempt(here, [], None, 7)
    learner().attempt(there, [], None, 7)
    assert here.space.tried != there.space.tried


def ambiguous() -> Situation:
    """To reverse and to turn by one both explain the train words; they differ on the test word."""
    return situation("reverse", train=("ab", "cd"), test="xyz")


def test_hypotheses_are_distinct_answers_the_likelier_program_first():
    memory = [pattern("sort", "reverse"), pattern("turn_1"), pattern("reverse")]
    attempt = learner().attempt(ambiguous(), memory, None, 0)
    assert [h.answer for h in attempt.hypotheses] == attempt.answer
    assert sorted(attempt.answer) == ["yzx", "zyx"]
    assert sorted(h.steps for h in attempt.hypotheses) == [("reverse",), ("turn_1",)]
    assert learner(max_hypotheses=1).attempt(ambiguous(), memory, None, 0).answer == attempt.answer[:1]
    alone = learner(budget=1, rho=1.0).attempt(ambiguous(), memory[2:], None, 0)
    assert alone.hypotheses[0].source == digest(memory[2])


def test_an_antipattern_makes_its_steps_rarer_and_ranks_them_last():
    for avoided, best in (("turn_1", "zyx"), ("reverse", "yzx")):
        memory = [pattern("reverse"), pattern("turn_1"), Antipattern("no", (), "wrong", (avoided,))]
        assert learner().attempt(ambiguous(), memory, None, 0).answer[0] == best
    p0 = rate([], program=("sort",), budget=20)
    assert rate([Antipattern("s", (), "wrong", ("sort",))], program=("sort",), budget=20, caution=3.0) < p0


def test_one_step_asks_no_validator_and_answers_by_vote():
    here = situation("reverse", "add_q")
    attempt = learner(steps=1, budget=50).attempt(here, [], None, 0)
    assert here.space.validated == []
    assert attempt.cost == 50
    assert len(attempt.answer) == 2


def test_a_domain_without_vocabulary_is_told_so():
    with pytest.raises(BadInput, match="no `space"):
        learner().attempt(Situation({}, (), None), [], None, 0)


@given(bodies)
def test_cost_is_a_share_and_every_word_costs(body):
    assert 0 <= learner().cost(body) <= 1
    assert learner().cost(pattern("sort", "double")) > learner().cost(pattern("sort"))


# ---- the teacher


def lessons(here: Situation, *failed: tuple[str, ...], **settings):
    hypotheses = tuple(Hypothesis(None, steps) for steps in failed)  # as a store keeps them: without answers
    feedback = Feedback(Gap(), Attempt(None, hypotheses))
    return list(SearchTeacher(TeacherConfig(**settings)).lessons(here, feedback, 0))


def test_the_ladder_goes_from_a_family_to_the_program():
    ladder = lessons(situation("reverse", "add_q"))
    assert [(lesson.rung, lesson.body.steps) for lesson in ladder] == [
        ("family", ("?order", "?add")),
        ("first-step", ("reverse", "?")),
        ("template", ("reverse", "?add")),
        ("program", ("reverse", "add_q")),
    ]
    assert ladder[-1].body.name == "reverse → add_q"
    assert all(FEATURES[: len(lesson.body.triggers)] == lesson.body.triggers for lesson in ladder)


@given(st.lists(st.sampled_from(["reverse", "add_q", "sort", "double", "turn_1"]), min_size=1, max_size=2))
def test_rungs_are_distinct_and_the_last_tells_a_program_that_fits(program):
    here = situation(*program)
    if here.space.fits(here.space.root()):
        return
    ladder = lessons(here)
    bodies = [lesson.body for lesson in ladder]
    assert len({digest(body) for body in bodies}) == len(bodies)
    assert all(run(bodies[-1].steps, w) == target for w, target in here.view["train"])


def test_no_lesson_holds_the_answer():
    for here in (situation("reverse", "add_q"), situation("sort", "double"), ambiguous()):
        answers = {here.space.answer(here.space.root()), run(("reverse", "add_q"), here.view["test"])}
        assert all(answer not in str(lesson.body) for lesson in lessons(here) for answer in answers)


def test_direct_correction_tells_all_at_once():
    assert [lesson.rung for lesson in lessons(situation("reverse", "add_q"), ladder="direct")] == ["program"]


def test_what_fitted_and_failed_is_passed_over_and_told_last():
    first = lessons(ambiguous())[-1].body.steps
    ladder = lessons(ambiguous(), first)
    assert [lesson.rung for lesson in ladder] == ["family", "program", "antipattern"]
    assert ladder[-1].body.steps == first
    assert {first, ladder[-2].body.steps} == {("reverse",), ("turn_1",)}
    assert lessons(ambiguous(), first, antipatterns=False) == ladder[:-1]
    assert [lesson.rung for lesson in lessons(ambiguous(), ("reverse",), ("turn_1",))] == ["antipattern"]


def test_the_enumeration_is_bounded_and_stops_at_what_it_needs():
    here = situation("reverse", "add_q")
    lessons(here, nodes=3000)
    assert len(here.space.tried) <= 1000
    hopeless = Situation({"train": [["smena", "####"]], "test": "x"}, FEATURES, None)
    hopeless = hopeless._replace(space=Words(hopeless.view))
    assert lessons(hopeless, nodes=500) == []
    assert len(hopeless.space.tried) == 500


if __name__ == "__main__":
    print(json.dumps(_digests()))
