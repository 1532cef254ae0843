"""The public interface: what `smena.__all__` says, to people, to Python and to type checkers; documented examples
run."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from types import ModuleType

import pytest
import smena

SOURCE = Path(smena.__file__)


def test_every_name_is_there_once_and_has_a_home() -> None:
    assert len(set(smena.__all__)) == len(smena.__all__)
    for name in smena.__all__:
        assert getattr(smena, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Taks'"):
        smena.Taks  # noqa: B018


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(SOURCE.read_text())
    (block,) = [n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    typed = {alias.name for node in block.body for alias in node.names}
    assert typed == set(smena._HOME)
    assert typed | {"API_VERSION", "__version__", "hookimpl"} == set(smena.__all__)
    for node in block.body:
        assert {smena._HOME[alias.name] for alias in node.names} == {node.module}
    assert (SOURCE.parent / "py.typed").exists()


def test_importing_it_loads_pluggy_and_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import smena\n"
        "new = {m.partition('.')[0] for m in set(sys.modules) - before}\n"
        "print(sorted(m for m in new if m not in sys.stdlib_module_names and not m.startswith('_')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "['pluggy', 'smena']"


def test_a_deprecated_name_works_and_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(smena._DEPRECATED, "Item", ("Knowledge", "0.4"))
    with pytest.warns(
        DeprecationWarning, match=r"smena.Item is now smena.Knowledge; the old name goes with 0.4"
    ):
        assert smena.Item is smena.Knowledge


@pytest.mark.slow
def test_a_wrong_use_is_a_type_error_to_a_plugin(tmp_path: Path) -> None:
    """mypy --strict is told the types, not Any: it finds what is wrong, and nothing in what is right."""
    plugin = tmp_path / "plugin.py"
    plugin.write_text(
        textwrap.dedent(
            """
            from smena import Attempt, Gap, Task, Verdict

            def exact(task: Task, attempt: Attempt) -> Verdict:
                return Verdict(score="right")  # wrong

            def gap(task: Task) -> Gap:
                return task.gap  # wrong
            """
        )
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(plugin)]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "plugin.py:5" in told and "plugin.py:8" in told, told


def modules() -> list[str]:
    found = pkgutil.walk_packages(smena.__path__, "smena.")
    return sorted(m.name for m in found if ">>> " in _source(m.name))


def _source(name: str) -> str:
    path = SOURCE.parent.joinpath(*name.split(".")[1:])
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    return file.read_text()


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_run(name: str) -> None:
    module: ModuleType = importlib.import_module(name)
    with warnings.catch_warnings():
        failed, tried = doctest.testmod(module)
    assert tried and not failed
