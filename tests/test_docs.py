"""The documentation is run: every console command, every configuration, every Python example in README and
docs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from smena.config import load_config
from smena.experiments import load as load_experiment

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for kind, text in BLOCK.findall(page.read_text())
        if kind == language
    ]


def commands() -> dict[str, list[str]]:
    """The lines of each page, in order: one may need what those before it made."""
    found: dict[str, list[str]] = {}
    for page, text in blocks("console"):
        found.setdefault(page, []).extend(line[2:] for line in text.splitlines() if line.startswith("$ "))
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which a reader has already made a run."""
    here = tmp_path_factory.mktemp("reader")
    (here / "examples").symlink_to(ROOT / "examples")
    smena = [sys.executable, "-m", "smena"]
    subprocess.run([*smena, "run", "--env", "lab", "-q"], cwd=here, check=True, capture_output=True)
    return here


@pytest.mark.parametrize(("page", "lines"), commands().items())
def test_every_command_runs(place: Path, page: str, lines: list[str]) -> None:
    for line in lines:
        run(place, page, line)


def run(place: Path, page: str, line: str) -> None:
    words = shlex.split(line)
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M)
        assert set(words[1:]) <= set(targets), f"{page}: no such target"  # CI runs the targets themselves
        return
    if words[0] != "smena":
        pytest.fail(f"{page}: {line!r} is not tested: write it as a smena or make command")
    limited = words[1] == "run" and "lab" not in words
    command = [sys.executable, "-m", "smena", *words[1:], *(["--max-time", "4"] if limited else [])]
    env = os.environ | {"COLUMNS": "100"}
    told = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=120, env=env)
    stopped = limited and "stopped at the limit" in told.stderr
    assert told.returncode == 0 or stopped, f"{page}: {line}\n{told.stdout[-500:]}{told.stderr[-1500:]}"


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_every_configuration_is_valid(tmp_path: Path, page: str, text: str) -> None:
    path = tmp_path / "page.toml"
    path.write_text(text)
    if "[arms." in text:
        load_experiment(str(path))
        return
    load_config(path, {})


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_every_example_runs(page: str, text: str) -> None:
    exec(compile(text, page, "exec"), {"__name__": "__main__"})


def test_every_link_to_a_file_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), (
                f"{page.relative_to(ROOT)} links to {target}, which is not there"
            )
