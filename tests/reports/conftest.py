"""A small real run of the lab: planted lessons, the truth known, a second to make."""

from __future__ import annotations

from pathlib import Path

import pytest
from smena.config import RunConfig
from smena.results import RunResult
from smena.session import Machine, execute
from smena.store import Store


class Silent:
    """A watcher that says nothing."""

    def phase(self, name: str, total: int) -> None: ...
    def learned(self, done: int, total: int) -> None: ...

    def outcome(self, trial: object, outcome: object, fresh: bool) -> None: ...

    def decision(self, decision: object) -> None: ...

    def memory(self, counts: object) -> None: ...


def run_lab(db: Path, **config: object) -> RunResult:
    sizes = {"train": 40, "eval": 24, "holdout": 12, "audit": 24}
    settings = {"env.lab": {"sizes": sizes}}
    lab = {"env": "lab", "learner": "lab", "teacher": "lab", "wave": 20, "audit_repeats": 3}
    summary = execute(RunConfig(**(lab | config), settings=settings), Machine(str(db), workers=1), Silent())
    with Store.open(db) as store:
        return RunResult.read(store, summary.run)


@pytest.fixture(scope="session")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "lab.db"


@pytest.fixture(scope="session")
def result(db: Path) -> RunResult:
    """The run as it should be: some lessons saved, audited."""
    found = run_lab(db)
    assert found.saves.rules[0].saves, "the lab's default run saves something"
    return found


@pytest.fixture(scope="session")
def without_audit(db: Path) -> RunResult:
    return run_lab(db, audit_repeats=0, eval_repeats=1)


@pytest.fixture(scope="session")
def save_all(db: Path) -> RunResult:
    return run_lab(db, policy="save-all", audit_items=3)


@pytest.fixture(scope="session")
def zero_saves(db: Path) -> RunResult:
    return run_lab(db, tasks=3)


@pytest.fixture(params=["result", "without_audit", "save_all", "zero_saves"])
def any_result(request: pytest.FixtureRequest) -> RunResult:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]
