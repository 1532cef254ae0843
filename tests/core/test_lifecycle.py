"""What becomes of lessons after their first verdict, in worlds whose truth is planted."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from smena.cli.progress import display
from smena.config import RunConfig
from smena.errors import BadInput
from smena.lifecycle import antipattern
from smena.parcel import Parcel, unpack
from smena.results import RunResult
from smena.results.figures import ItemResult
from smena.session import Machine, execute
from smena.store import Store
from smena.story import story
from smena.trials import NO_LIMITS, Limits, Stopped
from smena.values import Decision, Fact, Knowledge, Pattern, Provenance

TURNING = {
    "stream": True,
    "wave": 12,
    "pool": 16,
    "env": {
        "sizes": {"train": 144, "eval": 4, "holdout": 12, "audit": 40},
        "clusters": 2,
        "turns": [
            {"after": 48, "effects": {"useful": -0.2}},
            {"after": 96, "effects": {"useful": 0.4}},
        ],
    },
    "mix": {"useful": 0.6, "null": 0.4},
    "policy": {"revise": 2, "window": 6},
}
COMBINED = {
    "wave": 12,
    "pool": 24,
    "env": {"sizes": {"train": 96, "eval": 4, "holdout": 16, "audit": 40}, "clusters": 2},
    "mix": {"combination": 0.6, "null": 0.4},
    "policy": {"screened_out": True, "combine": 20, "revise": 2},
}


def config(world: Mapping, **more) -> RunConfig:
    world = dict(world)
    settings = {
        "env.lab": world.pop("env"),
        "teacher.lab": {"per_cluster": 4, "mix": world.pop("mix")},
        "policy.causal": world.pop("policy"),
    }
    return RunConfig(env="lab", settings=settings, eval_repeats=1, **world | more)


def go(db: Path, made: RunConfig, limits: Limits = NO_LIMITS) -> RunResult:
    with display(True) as watcher:
        run = execute(made, Machine(db=str(db), workers=1, limits=limits), watcher).run
    with Store.open(db, create=False) as store:
        return RunResult.read(store, run)


def states(item: ItemResult) -> list[str]:
    return [move.to_status for move in item.transitions]


def kind(item: ItemResult) -> str:
    return item.knowledge.body.name.partition(":")[0]


def gates(item: ItemResult, name: str) -> list[Decision]:
    return [d for d in item.decisions if d.gate == name]


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    db = tmp_path_factory.mktemp("turned") / "run.db"
    go(db, config(TURNING))
    return db


def read(db: Path) -> RunResult:
    with Store.open(db, create=False) as store:
        return RunResult.read(store)


@pytest.mark.slow
def test_what_stops_helping_is_deprecated_with_evidence_and_revived_when_it_helps_again(turned: Path) -> None:
    items = read(turned).items
    useful = [i for i in items if kind(i) == "useful" and "deprecated" in states(i)]
    assert useful, "the turn at task 48 refuted nothing"
    for item in useful:
        refuted = gates(item, "revise")
        assert any(d.verdict == "drop" and "refuted" in d.evidence["reason"] for d in refuted)
        assert all(d.evidence["tasks_seen"] >= 5 for d in refuted if d.verdict == "drop")
    revived = [i for i in useful if states(i)[-1] == "trusted"]
    assert revived, "nothing came back after task 96"
    for item in revived:
        assert [d.verdict for d in gates(item, "revive-screen")][-1] == "pass"
        again = gates(item, "revive")[-1]
        before = {t for d in item.decisions if d.gate in ("confirm", "revise") for t in d.evidence["pool"]}
        assert again.verdict == "pass" and not before & set(again.evidence["pool"]), "on new tasks only"
    assert not [i for i in items if kind(i) == "null" and "trusted" in states(i)], "a null item was saved"


@pytest.mark.slow
def test_the_story_names_every_transition_with_its_figures(turned: Path) -> None:
    result = read(turned)
    item = next(i for i in result.items if "deprecated" in states(i) and states(i)[-1] == "trusted")
    with Store.open(turned, create=False) as store:
        told = list(story(item.digest, store.decisions(result.run.id), store.transitions(result.run.id)))
    text = "\n".join(told)
    for words in (
        "was proposed",
        "became trusted",
        "was deprecated: refuted",
        "was revived",
        "ATE",
        "pairs on",
    ):
        assert words in text, f"{words!r} is not in\n{text}"
    waves = [int(line.split()[1].rstrip(":")) for line in told]
    assert waves == sorted(waves)


@pytest.mark.slow
def test_a_run_with_a_lifecycle_goes_on_where_it_stopped(turned: Path, tmp_path: Path) -> None:
    whole = read(turned)
    for limit in (700, 1100):
        with pytest.raises(Stopped):
            go(tmp_path / "torn.db", config(TURNING), Limits(trials=limit))
    torn = go(tmp_path / "torn.db", config(TURNING))
    assert (torn.run.id, torn.saves, torn.items) == (whole.run.id, whole.saves, whole.items)


@pytest.mark.slow
def test_what_stays_cold_is_collected_exported_and_can_come_back(turned: Path, tmp_path: Path) -> None:
    """The world turns and stays so: what was trusted is deprecated, collected after the window, archived."""
    world = TURNING | {"env": TURNING["env"] | {"turns": TURNING["env"]["turns"][:1]}}
    world["policy"] = {"revise": 2, "window": 2}
    result = go(tmp_path / "a.db", config(world))
    cold = [i for i in result.items if states(i)[-1] == "collected"]
    assert cold and all("deprecated" in states(i) for i in cold)
    with Store.open(tmp_path / "a.db", create=False) as store:
        parcel = Parcel.of(store, result.run, ["collected"])
    data = parcel.encode()
    again = Parcel.decode(data, "file")
    assert again == parcel
    with Store.open(tmp_path / "b.db") as store:
        name = again.put(store)
        assert Parcel.of(store, store.run(name)).items == parcel.items
    back = unpack(again, name, "causal")
    assert {b.item.digest for b in back} == {i.digest for i in cold}
    assert {b.state for b in back} == {"deprecated"}, "an archived item has to earn its place again"
    # in a world where they help, imported cold items are revived
    helped = TURNING | {"env": TURNING["env"] | {"turns": []}, "policy": {"revise": 2, "window": 12}}
    found = go(tmp_path / "b.db", config(helped, memory=name))
    assert any(states(i)[:1] == ["deprecated"] and states(i)[-1] == "trusted" for i in found.items)


@pytest.mark.slow
def test_imported_memory_is_revised_at_once_and_refuted_in_another_world(tmp_path: Path) -> None:
    helps = TURNING | {"env": TURNING["env"] | {"turns": []}}
    first = go(tmp_path / "a.db", config(helps))
    trusted = [i.digest for i in first.items if i.state == "trusted"]
    assert trusted
    harms = TURNING | {"env": TURNING["env"] | {"turns": [], "effects": {"useful": -0.3}}}
    second = go(tmp_path / "a.db", config(harms, memory=first.run.id))
    for item in second.items:
        if item.digest in trusted:
            assert states(item)[:1] == ["trusted"] and item.transitions[0].step == 0
            assert item.decisions[0].gate == "import" and first.run.id in item.decisions[0].evidence["from"]
            assert gates(item, "revise"), "what was brought is revised in the first wave"
    dropped = [i for i in second.items if i.digest in trusted and "deprecated" in states(i)]
    assert len(dropped) >= 0.8 * len(trusted)


def test_memory_of_an_unfinished_or_unknown_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        go(tmp_path / "a.db", config(COMBINED), Limits(trials=50))
    with Store.open(tmp_path / "a.db") as store:
        torn = store.run().id
    with pytest.raises(BadInput, match="let it finish"):
        go(tmp_path / "a.db", config(COMBINED, memory=torn))
    with pytest.raises(BadInput, match="no run"):
        go(tmp_path / "a.db", config(COMBINED, memory="nothing"))


@pytest.mark.slow
def test_lessons_that_work_only_together_are_found_and_kept_together(tmp_path: Path) -> None:
    result = go(tmp_path / "a.db", config(COMBINED))
    together = [i for i in result.items if i.state == "trusted"]
    assert len(together) >= 2, "no combination was found"
    for item in together:
        place = item.knowledge.body.name.rpartition(":")[0]
        (decided,) = [d for d in gates(item, "combine") if d.verdict == "pass"]
        partner = next(i for i in together if i.digest in decided.evidence["items"] and i is not item)
        assert partner.knowledge.body.name.startswith(place), "the other half, not just anything"
        low, high = decided.evidence["interaction_interval"]
        assert low < 0.4 < high and decided.evidence["interaction"] > 0.1
        assert set(decided.evidence["contributions"]) == {"both", "first", "second"}
        assert item.audit.verdict == "pass" and item.audit.evidence["ate"] > 0.2, "audited beside its partner"
    assert result.saves.rules[0].false == 0


def decided(**evidence) -> Decision:
    return Decision("i", "revise", "causal", "drop", evidence)


def test_a_refuted_lesson_warns_only_if_it_reproduced_a_failure() -> None:
    item = Knowledge(Pattern("p", ("a",), ("s",)), (), Provenance("origin", "r", "t"))
    harm = {"failed_tasks": {"t1": 1, "t2": 3}, "failure_mode": True}
    warning = antipattern(item, decided(**harm))
    assert warning is not None
    assert (warning.body.name, warning.body.triggers, warning.body.steps) == ("p", ("a",), ("s",))
    assert warning.provenance.task == "t2", "learned on the task that failed most often with it"
    assert antipattern(item, decided(**harm | {"failure_mode": False})) is None
    assert antipattern(item, decided()) is None
    fact = Knowledge(Fact("e", "a", "v"), (), Provenance("origin", "r", "t"))
    assert antipattern(fact, decided(**harm)) is None


def test_a_file_that_is_no_memory_is_refused_in_a_line() -> None:
    for data in (b"", b"[]", b"{}", b'{"smena_memory": 99}', b'{"smena_memory": 1, "run": 3}'):
        with pytest.raises(BadInput, match="somewhere"):
            Parcel.decode(data, "somewhere")


@pytest.mark.slow
def test_the_command_line_tells_exports_and_imports(turned: Path, tmp_path: Path) -> None:
    def smena(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "smena", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    shutil.copy(turned, tmp_path / "smena.db")
    item = next(i for i in read(turned).items if "deprecated" in states(i))
    told = smena("memory", "history", item.digest[:10])
    assert told.returncode == 0 and "was deprecated: refuted" in told.stdout, told.stderr
    assert smena("memory", "export", "--to", "m.json").returncode == 0
    come = smena("memory", "import", "m.json", "--db", "other.db")
    assert come.returncode == 0 and come.stdout.startswith("memory-"), come.stderr
    name = come.stdout.partition(":")[0]
    assert smena("memory", "import", "m.json", "--db", "other.db").stdout.startswith(name), "known by content"
    shown = smena("memory", "history", item.digest[:10], "--db", "other.db")
    assert shown.stdout.splitlines()[2:] == told.stdout.splitlines()[2:], "the story travels with the item"
    lost = smena("memory", "import", "missing.json")
    assert lost.returncode == 2 and "cannot read" in lost.stderr and "Traceback" not in lost.stderr
    nobody = smena("memory", "history", "zzz")
    assert nobody.returncode == 2 and "no item begin with 'zzz'" in nobody.stderr
