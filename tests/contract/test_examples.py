"""The example plugins: distributions of their own, installed into a fresh environment, their tests and a run
there; a report across domains that knows nothing of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
LINES = {"smena-sequences": 60}
"""At most so many lines that are neither blank nor a comment."""


def lines_of(project: Path) -> int:
    code = [line.strip() for file in project.glob("smena_*.py") for line in file.read_text().splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in code)


def test_the_single_shot_example_is_as_short_as_it_is_said_to_be() -> None:
    for name, most in LINES.items():
        assert 20 < lines_of(EXAMPLES / name) <= most


@pytest.mark.slow
@pytest.mark.parametrize("name", ["smena-sequences", "smena-repair"])
def test_an_example_passes_its_own_tests(fresh: Any, name: str) -> None:
    fresh.install(EXAMPLES / name)
    told = fresh.run("-m", "pytest", "-p", "no:cacheprovider", "-rs", cwd=EXAMPLES / name).stdout
    assert " passed" in told and " failed" not in told


@pytest.mark.slow
def test_a_report_across_domains_includes_them(fresh: Any) -> None:
    for name in ("smena-sequences", "smena-repair"):
        fresh.install(EXAMPLES / name)
    runs = []
    sizes = 'env.lab.sizes={"train"=24, "eval"=6, "holdout"=6, "audit"=12}'
    for args in (
        ["--env", "lab", "--set", sizes],
        ["--env", "sequences", "--tasks", "16", "--set", "eval_tasks=6", "--set", "audit_items=4"],
        ["--env", "repair", "--tasks", "10", "--set", "env.repair.size=10", "--set", "audit_items=3"],
    ):
        told = fresh.run("-m", "smena", "run", "-q", "--workers", "2", *args).stdout
        runs.append(re.search(r"Report: smena-out/(\S+)\.html", told)[1])
    told = fresh.run("-m", "smena", "report", "fpr", *runs).stdout
    for name in ("lab", "sequences", "repair"):
        assert name in told
