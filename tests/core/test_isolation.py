"""A stranger's plugin that misbehaves does not take a run down, and is named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WAYS = {
    "fails-on-import": ("raise RuntimeError('boom')", "import of 'fails_on_import': RuntimeError: boom"),
    "syntax": ("def (", "import of 'syntax': SyntaxError"),
    "missing-library": ("import no_such_library", "No module named 'no_such_library'"),
    "exits": ("import sys; sys.exit(3)", "import of 'exits': SystemExit: 3"),
    "prints": ("print('chatter')", ""),
    "threads": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
        "",
    ),
    "shadows": (
        "from smena import hookimpl\n@hookimpl\ndef smena_environments():\n    return {'lab': 'shadows:Lab'}",
        "the environment name 'lab' is already taken by plugin 'lab'; ignored",
    ),
    "hook-raises": (
        "from smena import hookimpl\n@hookimpl\ndef smena_learners():\n    raise KeyError('x')",
        "smena_learners: KeyError",
    ),
    "hook-exits": (
        "from smena import hookimpl\n@hookimpl\ndef smena_learners():\n    raise SystemExit",
        "smena_learners: SystemExit",
    ),
    "misspells": (
        "from smena import hookimpl\n@hookimpl\ndef smena_enviroments():\n    return {}",
        "there is no such hook: did you mean smena_environments?",
    ),
    "wrong-arguments": (
        "from smena import hookimpl\n@hookimpl\ndef smena_outcome(run, trail):\n    pass",
        "PluginValidationError",
    ),
    "observer-raises": (
        "from smena import hookimpl\n@hookimpl\ndef smena_outcome(run):\n    raise ValueError('watch me')",
        "smena_outcome: ValueError: watch me; it is not called again in this run",
    ),
    "observer-exits": (
        "from smena import hookimpl\n@hookimpl\ndef smena_run_end(run):\n    import sys; sys.exit(9)",
        "smena_run_end: SystemExit: 9",
    ),
    "too-new": (
        "SMENA_API = '0.99'",
        "for plugin API 0.99 and this Smena has 0.1: pip install --upgrade",
    ),
    "other-major": ("SMENA_API = '7.0'", "written for plugin API 7.0"),
    "nonsense-version": ("SMENA_API = 'new'", "SMENA_API is 'new': write it as in SMENA_API = '0.1'"),
    "older-minor": ("SMENA_API = '0.0'", "a plugin of this name is already loaded; ignored"),
}
"""What a plugin's module does, and what is said of it; empty: it may."""


def install(site: Path, name: str, source: str) -> None:
    """As pip leaves a distribution behind."""
    module = name.replace("-", "_")
    (site / f"{module}.py").write_text(source)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[smena]\n{name} = {module}\n")


def smena(site: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "smena", *args]
    return subprocess.run(command, cwd=site, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which all of them are installed at once, `older-minor` twice."""
    folder = tmp_path_factory.mktemp("site")
    for name, (source, _) in WAYS.items():
        install(folder, name, source)
    again = folder / "older_again-1.0.dist-info"
    again.mkdir()
    (again / "METADATA").write_text("Metadata-Version: 2.1\nName: older-again\nVersion: 1.0\n")
    (again / "entry_points.txt").write_text("[smena]\nolder-minor = older_minor\n")
    return folder


@pytest.fixture(scope="module")
def run(site: Path) -> subprocess.CompletedProcess[str]:
    sizes = "env.lab.sizes={train=12, eval=4, holdout=4, audit=4}"
    return smena(site, "run", "--env", "lab", "--set", sizes, "--workers", "1", "-q", "--html", "out.html")


def test_the_run_comes_to_its_end(site: Path, run: subprocess.CompletedProcess[str]) -> None:
    assert run.returncode == 0, run.stderr
    assert (site / "out.html").stat().st_size > 1000
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("name", WAYS)
def test_the_message_names_it(run: subprocess.CompletedProcess[str], name: str) -> None:
    lines = [line for line in run.stderr.splitlines() if f"plugin '{name}'" in line]
    _, says = WAYS[name]
    if says:
        assert len(lines) == 1 and says in lines[0], run.stderr
    else:
        assert not lines


def test_what_a_plugin_prints_is_not_in_the_output(site: Path) -> None:
    listed = smena(site, "plugins")
    assert listed.returncode == 0
    assert "chatter" not in listed.stdout and "chatter" in listed.stderr


def test_a_fault_can_be_isolated(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMENA_PLUGINS", "lab,core")
    told = smena(site, "plugins")
    assert told.stderr == "" and "html" not in told.stdout


FAULTY = """
import msgspec, sys
from smena import Attempt, Gap, Task, Verdict, hookimpl

class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fault: str = ""

class Env:
    Config = Config
    version = 1
    verifiers = {"exact": 1.0}
    learner = teacher = "lab"
    def __init__(self, config):
        self.config = config
    def tasks(self, split):
        self._fail("tasks")
        from smena_lab.environment import Lab, LabConfig
        return Lab(LabConfig(sizes={"train": 8})).tasks(split)
    def exact(self, task, answer):
        self._fail("exact")
        return Verdict(float(answer == task.reference))
    def gap(self, task, attempt):
        self._fail("gap")
        return Gap()
    def _fail(self, place):
        if self.config.fault == place:
            raise KeyError("oops")
        if self.config.fault == place + "-exit":
            sys.exit(5)

@hookimpl
def smena_environments():
    return {"faulty": "faulty:Env"}
"""


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("tasks", "environment 'faulty' failed in tasks('train'): KeyError: 'oops'"),
        ("tasks-exit", "environment 'faulty' failed in tasks('train'): SystemExit: 5"),
        ("gap", "environment 'faulty' failed in gap() of task"),
        ("gap-exit", "environment 'faulty' failed in gap() of task"),
        ("exact", "KeyError: 'oops' (faulty.py:"),
    ],
)
def test_an_environment_that_fails_is_named_in_one_line(tmp_path: Path, fault: str, says: str) -> None:
    install(tmp_path, "faulty", FAULTY)
    told = smena(
        tmp_path, "run", "--env", "faulty", "--set", f"env.faulty.fault={fault}", "--workers", "1", "-q"
    )
    assert told.returncode == 1
    assert says in told.stderr and "Traceback" not in told.stderr, told.stderr


def test_fifty_plugins_are_listed_and_none_of_their_classes_is_imported(tmp_path: Path) -> None:
    for number in range(50):
        name, module = f"many-{number}", f"many_{number}"
        offers = f"return {{'{name}': '{module}_heavy:Env'}}"
        hook = "from smena import hookimpl\n@hookimpl\ndef smena_environments():\n    "
        install(tmp_path, name, hook + offers)
        (tmp_path / f"{module}_heavy.py").write_text("raise SystemExit('imported')")
    told = smena(tmp_path, "plugins")
    assert told.returncode == 0 and told.stderr == ""
    assert sum("many-" in line for line in told.stdout.splitlines()) == 50
