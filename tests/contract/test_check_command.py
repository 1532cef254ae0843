"""`smena plugin check`: the contract from the command line."""

from __future__ import annotations

import pytest
from smena.cli import make_app
from typer.testing import CliRunner


def told(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(make_app(), ["plugin", *args])
    return result.exit_code, result.output + str(result.exception or "")


def test_it_checks_every_kind_that_has_the_name() -> None:
    code, text = told("check", "lab")
    assert code == 0
    assert [line for line in text.splitlines() if not line.startswith(" ")] == [
        f"{kind} lab, from plugin lab" for kind in ("environment", "learner", "teacher")
    ]
    assert "ok       splits are disjoint by content" in text and "BREACH" not in text


def test_settings_reach_the_plugin() -> None:
    _, text = told("check", "lab", "--kind", "environment", "--set", "env.lab.clusters=0")
    assert "says that it cannot be used here: [env.lab]: clusters must be 1 or more, is 0" in text


@pytest.mark.parametrize(
    ("name", "says"), [("lba", "did you mean 'lab'"), ("lab:x", "takes no argument: write lab, not lab:x")]
)
def test_what_cannot_be_checked_is_told(name: str, says: str) -> None:
    _, text = told("check", name)
    assert says in text
