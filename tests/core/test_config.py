"""Configuration: flags over file over defaults, and errors that name the place, the field and what was
meant."""

from pathlib import Path

import pytest
from smena import BadInput
from smena.config import RunConfig, load_config


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_flags_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, '[run]\nenv = "arc"\nseed = 3\nwave = 5\n[learner.search]\nbudget = 10\n')
    config = load_config(path, {"seed": 9, "policy": None}, ["learner.search.rho=0.2", "attempts=2"])
    assert (config.env, config.seed, config.wave, config.attempts, config.policy) == (
        "arc",
        9,
        5,
        2,
        "causal",
    )
    assert config.settings == {"learner.search": {"budget": 10, "rho": 0.2}}


def test_a_flag_that_was_not_given_does_not_override_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, '[run]\nenv = "arc"\npolicy = "paper"\n')
    assert load_config(path, {"policy": None, "env": None}).policy == "paper"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[run]\nenv = "arc"\nwawe = 5\n', ["run.toml", "'wawe'", "did you mean 'wave'"]),
        ('[run]\nenv = "arc"\nseed = "x"\n', ["run.toml", "seed", "int"]),
        ('[run]\nenv = "arc"\nwave = 0\n', ["wave must be 1 or more, is 0"]),
        ('[run]\nenv = "arc"\ngamma = 1.5\n', ["gamma must be in (0, 1], is 1.5"]),
        ("[run]\nseed = 1\n", ["no environment", "--env"]),
        ('[run]\nenv = "arc"\n[lerner.search]\nbudget = 1\n', ["[lerner]", "did you mean [learner]"]),
        ("[run\n", ["not TOML"]),
    ],
)
def test_a_bad_file_is_told_in_words(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        load_config(write(tmp_path, text), {})
    for word in words:
        assert word in str(caught.value)


def test_a_missing_file_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read.*No such file"):
        load_config(tmp_path / "none.toml", {})


@pytest.mark.parametrize("assignment", ["seed", "a.b.c.d=1", "lerner.search.budget=1"])
def test_a_bad_assignment_says_how_to_write_it(assignment: str) -> None:
    with pytest.raises(BadInput, match=r"--set|Known"):
        load_config(None, {"env": "arc"}, [assignment])


def test_equal_configurations_are_equal_values() -> None:
    assert load_config(None, {"env": "arc"}) == RunConfig(env="arc")
