"""A fresh virtual environment, made offline: Smena and plugins are installed into it, third-party packages are
seen where the tests have them."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILT_IN = ("core", "environments", "plugins", "reports", "verifiers")


class Fresh:
    """``here``: the folder of the environment."""

    def __init__(self, here: Path) -> None:
        self.here = here
        venv.create(here / "venv", with_pip=False, symlinks=True)
        self._bin = here / "venv" / "bin"
        (site,) = (here / "venv" / "lib").glob("python*/site-packages")
        own = {str(ROOT / part) for part in BUILT_IN} | {str(ROOT / "tests"), str(ROOT)}
        shared = [p for p in sys.path if p.endswith("site-packages") and p not in own]
        (site / "shared.pth").write_text("\n".join(shared) + "\n")
        self.install(ROOT)

    def install(self, project: Path) -> None:
        """Editable, without dependencies and without a build environment: nothing is fetched."""
        options = [
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--disable-pip-version-check",
        ]
        self.run("-m", "pip", "install", *options, "--editable", str(project))

    def run(
        self, *args: str, cwd: Path | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run this environment's Python."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHON", "SMENA_"))}
        env["PATH"] = f"{self._bin}{os.pathsep}{env['PATH']}"
        done = subprocess.run(
            [str(self._bin / "python"), *args], cwd=cwd or self.here, env=env, capture_output=True, text=True
        )
        assert not check or done.returncode == 0, f"{args}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    return Fresh(tmp_path_factory.mktemp("fresh"))
