"""What a language model is told and how its replies are read, without any model."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena.errors import BadInput
from smena.protocols import Situation
from smena.values import Antipattern, Fact, Pattern
from smena_llm.inject import block, fit, line
from smena_llm.learner import LearnerConfig, LlmLearner
from smena_llm.reading import Unreadable, read_object
from smena_llm.templates import Templates
from smena_llm.troubles import scrub

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)
bodies = st.lists(
    st.one_of(
        st.builds(Fact, words, words, words),
        st.builds(Pattern, words, st.tuples(words), st.tuples(words)),
        st.builds(Antipattern, words, st.tuples(words), words),
    ),
    max_size=6,
)


@given(bodies, st.integers(50, 900))
def test_a_prompt_is_as_long_without_lessons_as_with_some(items: list[Fact], size: int) -> None:
    told = block(items, size, "inert")
    assert len(told) % size == 0 and len(told) >= size
    assert told.startswith("\n".join(map(line, items)))
    if len("\n".join(map(line, items))) <= size - 4:
        assert len(told) == len(block([], size, "inert"))


@given(bodies, st.integers(1, 100))
def test_lessons_that_do_not_fit_go_by_rule(items: list[Fact], tokens: int) -> None:
    kept = fit(items, tokens)
    assert sum(len(line(b)) + 1 for b in kept) <= 4 * tokens or not kept
    if kept:
        assert kept[-1] == items[-1] and kept[:-1] == items[: len(kept) - 1]


@given(st.dictionaries(words, st.integers() | words, max_size=4), words)
def test_an_object_is_found_in_what_is_around_it(value: dict[str, object], around: str) -> None:
    around = around.replace("{", "").replace("`", "")
    text = json.dumps(value)
    assert read_object(f"{around} {text} {around}") == value
    assert read_object(f"Here:\n```json\n{text}\n```\n{around}") == value


@given(words)
def test_anything_else_is_unreadable_and_nothing_worse(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(read_object(text), dict)


def test_deep_nesting_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_object('{"a":' * 100_000)


def test_arms_differ_in_the_block_alone() -> None:
    learner = LlmLearner(LearnerConfig(model="openai/x"))
    situation = Situation({"name": "t"}, ("a=1",))
    prompts = []
    for items in ([], [Fact("a", "b", "c")]):
        system, user = (m["content"] for m in learner.messages(situation, items))
        prompts.append((system, user))
    (system, base), (same, treated) = prompts
    assert system == same and len(base) == len(treated)
    start = base.index("- This line")
    assert base[:start] == treated[:start], "what is stable comes first"
    assert base[start + 600 :] == treated[start + 600 :]


def test_templates_are_layered_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "answer.j2").write_text("Mine.")
    templates = Templates("arc", {"answer": "Theirs.", "task": "{{ view.x }}"}, str(tmp_path))
    assert templates.render("answer") == "Mine." and templates.found["task"].origin == "arc"
    with pytest.raises(BadInput, match="prompt template 'task' of arc"):
        templates.render("task", view={})
    (tmp_path / "taks.j2").write_text("")
    with pytest.raises(BadInput):
        Templates("arc", {"taks": "x"})


def test_templates_and_settings_that_matter_are_part_of_the_fingerprint() -> None:
    from smena.registry import fingerprint

    def of(templates: dict[str, str] | None = None, **settings: object) -> str:
        learner = LlmLearner(LearnerConfig(model="openai/x", **settings))  # type: ignore[arg-type]
        learner.use_prompts("e", templates or {})
        return fingerprint("llm", learner)

    assert of() == of(concurrent=3, timeout=9.0, retries=1)
    assert (
        len({of(), of({"task": "other"}), of(placebo="none"), of(temperature=0.0), of(api_base="http://u")})
        == 5
    )


def test_what_the_environment_says_of_a_task_is_part_of_the_judges_fingerprint() -> None:
    from smena.judge import Judge
    from smena.setup import registry

    class World:
        verifiers: ClassVar = {"llm-judge": 1.0}
        prompts: ClassVar = {"task": "one"}

    class Other(World):
        prompts: ClassVar = {"task": "two"}

    class Plain:
        verifiers: ClassVar = {"llm-judge": 1.0}

    settings = {"verifier.llm-judge": {"model": "openai/x"}}
    prints = [Judge.make(registry(), "", env(), settings).fingerprint for env in (World, Other, Plain, World)]  # type: ignore[arg-type]
    assert len(set(prints)) == 3 and prints[0] == prints[3]


def test_keys_do_not_come_through_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(0)
    key = "sk-" + "".join(rng.choices("abcdef0123456789", k=30))
    monkeypatch.setenv("SOME_API_KEY", "plain-value-of-a-key")
    told = scrub(f"Incorrect key {key}, Authorization: Bearer {key}; plain-value-of-a-key")
    assert key not in told and "plain-value" not in told
