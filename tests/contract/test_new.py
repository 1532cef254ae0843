"""`smena plugin new`: what it writes installs into a fresh environment, offline, and passes its own tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from smena.cli import make_app
from smena.scaffold import NEW
from smena.testing import contract_of
from typer.testing import CliRunner


@pytest.mark.slow
@pytest.mark.parametrize("kind", NEW)
def test_a_new_plugin_passes_its_own_tests(fresh: Any, kind: str) -> None:
    name = f"my-{kind}"
    fresh.run("-m", "smena", "plugin", "new", kind, name)
    project = fresh.here / f"smena-{name}"
    fresh.install(project)
    told = fresh.run("-m", "pytest", "-p", "no:cacheprovider", "-rs", cwd=project).stdout
    tests = [n for c in contract_of(kind).__mro__ for n in vars(c) if n.startswith("test_")]
    passed = int(told.rpartition(" passed")[0].split()[-1])
    assert passed >= len(tests) / 2, told
    assert name in fresh.run("-m", "smena", "plugins").stdout


@pytest.mark.slow
def test_what_it_writes_is_typed(fresh: Any) -> None:
    """mypy --strict over the skeletons, against the installed package: what a user's own plugin gets."""
    for kind in NEW:
        project = fresh.here / "typed" / kind
        fresh.run("-m", "smena", "plugin", "new", kind, f"typed-{kind}", "--into", str(project))
    packages = [f"typed/{kind}/smena_typed_{kind}" for kind in NEW]
    cache = str(fresh.here / "mypy")
    fresh.run("-m", "mypy", "--strict", "--cache-dir", cache, *packages)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["teapot", "mine"], "there is no skeleton of a teapot"),
        (["environment", "My_Env"], "cannot be a plugin's name"),
        (["environment", "lab"], "is taken by plugin 'lab'"),
        (["environment", "mine", "--into", "."], "is not empty"),
    ],
)
def test_what_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "something").write_text("")
    result = CliRunner().invoke(make_app(), ["plugin", "new", *args])
    assert result.exit_code and says in str(result.exception)
    assert [p.name for p in tmp_path.iterdir()] == ["something"]
