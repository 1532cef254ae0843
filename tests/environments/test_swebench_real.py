"""Four real SWE-bench records, their trees from source distributions: in bubblewrap, in Docker images made here,
and with swebench's own harness. All three say the same."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest
from smena import InfraError
from smena.setup import registry
from smena.values import SPLITS, Task
from smena_swebench.environment import SweBench, SweBenchConfig, record_of
from smena_swebench.judging import Judged, Kind
from smena_swebench.official import verdict

ROOT = Path(__file__).parents[2]
SHARED = (
    Path(os.environ.get("SMENA_SHARED", ROOT.parent / "shared")) / "data" / "swebench" / "instances.jsonl"
)
RECIPES = """
["marshmallow-code__marshmallow-1359"]
sdist = "marshmallow==3.0.0"
packages = ["pytest", "pytz", "simplejson", "python-dateutil"]

["marshmallow-code__marshmallow-1810"]
sdist = "marshmallow==3.12.0"
packages = ["pytest", "pytz", "simplejson", "python-dateutil"]

["pallets__flask-4992"]
sdist = "Flask==2.2.3"
packages = ["pytest<8", "werkzeug==2.2.3", "jinja2==3.1.2"]

["pallets__flask-4045"]
sdist = "Flask==2.0.0"
packages = ["pytest<8", "werkzeug==2.0.3", "jinja2==3.0.3", "itsdangerous==2.0.1", "click==8.0.4"]
"""
CONFTEST = """diff --git a/conftest.py b/conftest.py
new file mode 100644
--- /dev/null
+++ b/conftest.py
@@ -0,0 +1,7 @@
+import pytest
+
+
+@pytest.hookimpl(hookwrapper=True)
+def pytest_runtest_makereport(item, call):
+    told = yield
+    told.get_result().outcome = "passed"
"""

MISFIT = """diff --git a/setup_of_nothing.py b/setup_of_nothing.py
--- a/setup_of_nothing.py
+++ b/setup_of_nothing.py
@@ -1 +1 @@
-no such line
+no such file
"""
NAMES = [
    "marshmallow-code__marshmallow-1359",
    "marshmallow-code__marshmallow-1810",
    "pallets__flask-4045",
    "pallets__flask-4992",
]


def needed(*sandboxes: str) -> None:
    """Skip where a part is missing; fail where all are wanted."""
    missing = [registry().make("sandbox", name).unavailable() for name in sandboxes]
    missing.append("" if SHARED.exists() else f"no {SHARED}")
    missing.append("" if find_spec("swebench") else "swebench is not installed")
    if any(missing):
        wanted = os.environ.get("SMENA_REQUIRE_REAL")
        (pytest.fail if wanted else pytest.skip)("; ".join(filter(None, missing)))


def bench(recipes: Path, sandbox: str, **settings: bool) -> SweBench:
    config = SweBenchConfig(data=str(SHARED), sources=str(recipes), seconds=300, memory_mb=2048, **settings)
    opened, made = registry().make("sandbox", sandbox), SweBench(config)
    made.use_sandbox(lambda images=False: opened)
    return made


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of four snapshots, which are made two at a time where they are not there."""
    needed("bwrap")
    path = tmp_path_factory.mktemp("real") / "recipes.toml"
    path.write_text(RECIPES)
    env = bench(path, "bwrap")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(env.snapshot, tasks(env)))
    return path


def tasks(env: SweBench) -> list[Task]:
    return [task for split in SPLITS for task in env.tasks(split)]


def told(env: SweBench, name: str) -> dict[str, Judged]:
    task = next(t for t in tasks(env) if t.id == name)
    snapshot = env.snapshot(task)
    sandbox = env.opener(images=bool(snapshot.image))
    sandbox.prepare(snapshot)
    found = {
        "base": env.bench.tried(sandbox, snapshot, record_of(task), ""),
        "gold": env.judge(task, task.reference["patch"]),
        "no-op": env.judge(task, ""),
        "cheat": env.judge(task, CONFTEST),
        "misfit": env.judge(task, MISFIT),
    }
    return {what: msgspec.structs.replace(judged, seconds=0.0) for what, judged in found.items()}


@lru_cache
def in_bwrap(recipes: Path, name: str) -> dict[str, Judged]:
    return told(bench(recipes, "bwrap"), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_real_instance(recipes: Path, name: str) -> None:
    found = in_bwrap(recipes, name)
    gold, base = found["gold"], found["base"]
    assert gold.kind is Kind.RESOLVED and gold.f2p[0] == gold.f2p[1] and gold.p2p[0] == gold.p2p[1]
    assert base.kind is Kind.UNRESOLVED and base.p2p[0] == base.p2p[1] and base.f2p[0] < base.f2p[1]
    assert found["no-op"].kind is Kind.EMPTY
    assert found["cheat"].kind is Kind.EMPTY and found["cheat"].stripped == ("conftest.py",)
    assert found["misfit"].kind is Kind.PATCH_FAILED


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_docker_and_the_official_harness_say_the_same(recipes: Path, name: str) -> None:
    needed("docker")
    env = bench(recipes, "docker", build=True)
    task = next(t for t in tasks(env) if t.id == name)
    assert told(env, name) == in_bwrap(recipes, name)
    gold = task.reference["patch"]
    assert [env.official(task, patch) for patch in (gold, "", MISFIT)] == [True, False, False]
    before, after = env.texts(task, gold)
    assert (before, after) == bench(recipes, "bwrap").texts(task, gold)
    change = env.code(task, gold).change
    assert change and change == bench(recipes, "bwrap").code(task, gold).change
    assert set(after) == set(before) and after != before


@pytest.mark.slow
def test_an_official_run_that_breaks_is_no_verdict() -> None:
    """The harness itself says nothing then, as for a patch that does not apply."""
    needed("docker")
    record = record_of(tasks(SweBench(SweBenchConfig(data=str(SHARED))))[0])
    with pytest.raises(InfraError, match=r"swebench's run broke: .*smena-no-such-image"):
        verdict(record, record["patch"], "localhost:1/smena-no-such-image:0", 60)


def test_images_start_from_the_base_of_the_docker_sandbox() -> None:
    from smena_docker.base import IMAGE
    from smena_swebench.images import BASE

    assert BASE == IMAGE
