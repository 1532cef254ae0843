"""Four real SWE-bench records, their trees from source distributions, in bubblewrap without network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from smena.setup import registry
from smena.values import SPLITS, Task
from smena_swebench.environment import SweBench, SweBenchConfig, record_of
from smena_swebench.judging import Kind

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


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> SweBench:
    sandbox = registry().make("sandbox", "bwrap")
    why = sandbox.unavailable() or ("" if SHARED.exists() else f"no {SHARED}")
    if why:
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)(why)
    recipes = tmp_path_factory.mktemp("real") / "recipes.toml"
    recipes.write_text(RECIPES)
    made = SweBench(SweBenchConfig(data=str(SHARED), sources=str(recipes), seconds=300, memory_mb=2048))
    made.use_sandbox(lambda images=False: sandbox)
    return made


def tasks(env: SweBench) -> list[Task]:
    return [task for split in SPLITS for task in env.tasks(split)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["marshmallow-code__marshmallow-1359", "marshmallow-code__marshmallow-1810", "pallets__flask-4045",
     "pallets__flask-4992"],
)  # fmt: skip
def test_a_real_instance(env: SweBench, name: str) -> None:
    task = next(t for t in tasks(env) if t.id == name)
    gold = env.judge(task, task.reference["patch"])
    assert gold.kind is Kind.RESOLVED and gold.f2p[0] == gold.f2p[1] and gold.p2p[0] == gold.p2p[1]
    base = env.bench.tried(env.opener(), env.snapshot(task), record_of(task), "")
    assert base.kind is Kind.UNRESOLVED and base.p2p[0] == base.p2p[1]
    assert env.judge(task, "").kind is Kind.EMPTY
    cheat = env.judge(task, CONFTEST)
    assert cheat.kind is Kind.EMPTY and cheat.stripped == ("conftest.py",)
