"""What pytest gets from Smena: breaches in one message without a traceback, and the fixture ``smena``.

It is loaded by an entry point wherever Smena is installed, so it imports nothing until it is used."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A breach is for the plugin's author: where the kit noticed it says nothing to them."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if type(error).__name__ == "Breach" and type(error).__module__ == "smena.testing.base":
        report.longrepr = f"{item.nodeid}\n  {error}"
    return report


@pytest.fixture
def smena(tmp_path: Path) -> Callable[..., CompletedProcess[str]]:
    """Runs `smena ARGS` in an empty directory and gives what it told::

    def test_it_runs(smena):
        assert smena("run", "--env", "my-env", "--tasks", "5", "-q").returncode == 0
    """
    import subprocess
    import sys

    def run(*args: str, timeout: float = 300.0) -> CompletedProcess[str]:
        command = [sys.executable, "-m", "smena", *args]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=timeout)

    return run
