"""Experiments: frozen before the first trial, arms share trials, what is missing is named, verdicts are right."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smena.cli.progress import NoDisplay
from smena.errors import BadInput
from smena.experiments import load
from smena.experiments.document import document
from smena.experiments.evidence import Arm, SeedRun, conflict_by_task
from smena.experiments.execute import freeze, read_arms, run_experiment, thaw
from smena.experiments.judging import Judged, judge, two_way
from smena.experiments.plan import plan
from smena.experiments.spec import BUILT_IN, Experiment, Hypothesis, parse
from smena.results.compare import Episode
from smena.session import Machine
from smena.store import Run, Store
from smena.store.records import Use

from tests.core.test_crossdomain import audited, many

SMALL = """
name = "small"
seeds = [0, 1]
family = 5
[run]
env = "lab"
wave = 12
eval_repeats = 2
[env.lab]
sizes = { train = 24, eval = 16, holdout = 8, audit = 24 }
[arms.causal]
[arms.save-all]
run.policy = "save-all"
[arms.elsewhere]
run.env = "nowhere"
[[hypotheses]]
id = "H2"
claim = "fewer false saves"
test = "fpr-and-accuracy"
treated = ["causal"]
base = "save-all"
may_say = "this"
may_not_say = "that"
[[hypotheses]]
id = "H5"
claim = "no drift"
test = "fpr-drift"
treated = ["elsewhere"]
base = "causal"
may_say = "this"
may_not_say = "that"
"""


def go(db: Path, experiment: Experiment) -> list[str]:
    said: list[str] = []
    run_experiment(experiment, Machine(str(db), workers=1), NoDisplay(), said.append)
    return said


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    db = tmp_path_factory.mktemp("experiment") / "x.db"
    return db, go(db, parse(SMALL, "small"))


def test_it_is_frozen_first_and_arms_share_trials(done: tuple[Path, list[str]]) -> None:
    db, said = done
    experiment = parse(SMALL, "small")
    assert said[0] == f"frozen as {experiment.id} before its first trial"
    with Store.open(db) as store:
        frozen = store.experiments()[0]
        runs = store.runs()
        shared = [{u.key for u in store.uses(r.id, "bank/")} for r in runs if r.seed == 0]
    assert len(runs) == 4 and all(r.created_at > frozen.created_at for r in runs)
    assert shared[0] == shared[1]


def test_what_is_not_installed_is_named_and_not_measured(done: tuple[Path, list[str]]) -> None:
    db, said = done
    assert any("elsewhere, seed 0: not measured: unknown environment 'nowhere'" in line for line in said)
    with Store.open(db) as store:
        experiment, _ = thaw(store, "small")
        arms = read_arms(store, experiment)
        verdict = {j.id: j for j in judge(experiment, arms)}["H5"]
        text = " ".join(document(store, experiment).warnings)
    assert verdict.verdict == "undecided" and "unknown environment 'nowhere'" in verdict.why
    assert "elsewhere: 2 of 2 seeds not measured" in text


def test_a_report_is_the_same_to_the_byte_whatever_order_sets_have(
    done: tuple[Path, list[str]], tmp_path: Path
) -> None:
    written = []
    for seed in ("1", "2", "3"):
        out = tmp_path / seed
        words = ["experiment", "report", "small", "--db", str(done[0]), "--format", "csv", "--out", str(out)]
        env = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-m", "smena", *words], check=True, env=env)
        written.append({file.name: file.read_bytes() for file in out.iterdir()})
    assert written[0] == written[1] == written[2] and "parts.csv" in written[0]


def test_again_runs_nothing_and_a_changed_file_is_another_experiment(done: tuple[Path, list[str]]) -> None:
    db, _ = done
    again = [line for line in go(db, parse(SMALL, "small")) if "elsewhere" not in line]
    assert again == []
    changed = parse(SMALL.replace("seeds = [0, 1]", "seeds = [0]"), "small")
    said = go(db, changed)
    assert any("this is a new experiment, that one stays" in line for line in said)
    assert any("begun before the experiment was frozen" in line for line in said)
    with Store.open(db) as store:
        assert len(store.experiments()) == 2
        assert any("no pre-registration" in w for w in document(store, changed).warnings)


def test_two_that_were_frozen_first_share_runs_and_both_stand(tmp_path: Path) -> None:
    from smena.cli import make_app
    from typer.testing import CliRunner

    db = tmp_path / "x.db"
    short = SMALL.replace("seeds = [0, 1]", "seeds = [0]").partition("[arms.elsewhere]")[0]
    for name in ("one", "two"):
        (tmp_path / f"{name}.toml").write_text(short.replace('name = "small"', f'name = "{name}"'))
    files = [str(tmp_path / "one.toml"), str(tmp_path / "two.toml")]
    told = CliRunner().invoke(make_app(), ["experiment", "freeze", *files, "--db", str(db)])
    assert told.exit_code == 0 and told.output.count("before its first trial") == 2
    again = CliRunner().invoke(make_app(), ["experiment", "freeze", files[0], "--db", str(db)])
    assert "stays as it is" in again.output
    go(db, load(files[0]))
    said = go(db, load(files[1]))
    assert said and all(line.endswith("is in the store already") for line in said)
    with Store.open(db) as store:
        assert not any("no pre-registration" in w for w in document(store, load(files[1])).warnings)
        runs = [r.run for r in store.experiment_runs(load(files[1]).id)]
    told = CliRunner().invoke(make_app(), ["report", "fpr", "two", "--db", str(db), "--format", "json"])
    assert told.exit_code == 0 and json.loads(told.output)["runs"] == runs


def test_a_frozen_one_cannot_be_changed_in_the_store(tmp_path: Path) -> None:
    import sqlite3

    with Store.open(tmp_path / "x.db") as store:
        freeze(store, parse(SMALL, "small"))
    with sqlite3.connect(tmp_path / "x.db") as db:
        db.execute("UPDATE experiments SET spec = REPLACE(spec, '0.05', '0.4')")
    with Store.open(tmp_path / "x.db") as store, pytest.raises(BadInput, match="changed after it was frozen"):
        thaw(store)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds = [0, 1]", "seeds = [1, 1]", "seeds must be different"),
        ('treated = ["causal"]', 'treated = ["casual"]', "H2 names the arm 'casual'"),
        ("wave = 12", "wafe = 12", "did you mean 'wave'"),
        ('test = "fpr-drift"', 'test = "fpr"', "Invalid enum value 'fpr'"),
        ("[arms.causal]", "[arms.causal]\npolicies.causal.alpha = 1", "unknown section [policies]"),
        ("family = 5", "familly = 5", "familly"),
        ("[run]", "[run", "not TOML"),
    ],
)
def test_a_mistake_in_the_file_is_told(old: str, new: str, words: str) -> None:
    with pytest.raises(BadInput) as told:
        parse(SMALL.replace(old, new), "small.toml")
    assert (words in str(told.value) and "small.toml" in str(told.value)) or "small" in str(told.value)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_ones_plan(name: str) -> None:
    experiment = load(name)
    assert experiment.family == 5
    found = plan(experiment)
    power = found.sections[1].rows
    assert {row[0] for row in power} >= {h.id for h in experiment.hypotheses}


def test_phase2_uses_the_gates_of_phase1() -> None:
    one, two = load("phase1"), load("phase2")
    assert one.shared["policy.causal"] == two.shared["policy.causal"]


# verdicts on made-up arms with a known answer


def arm(
    name: str,
    solved: dict[str, int],
    verdicts: dict[str, tuple[bool, str]] | None = None,
    cost: float = 10.0,
    compute: float = 1.0,
    conflict: dict[str, float] | None = None,
    steps: dict[int, dict[str, float]] | None = None,
    seeds: int = 3,
    domain: str = "arc",
) -> Arm:
    run = Run(id=name, env="e", learner="l", teacher="t", policy="p", seed=0, config={}, fingerprint=name)
    runs = [
        SeedRun(
            seed,
            run,
            audited(domain, seed, verdicts or many(10, 0)),
            {task: Episode(k, cost) for task, k in solved.items()},
            {},
            steps or {},
            conflict or {},
            compute,
        )
        for seed in range(seeds)
    ]
    return Arm(name, tuple(runs), {})


def verdict(test: str, treated: Arm, base: Arm, **more: object) -> Judged:
    h = Hypothesis(
        id="H",
        claim="c",
        test=test,  # type: ignore[arg-type]
        treated=(treated.name,),
        base=base.name,
        may_say="yes",
        may_not_say="no",
        **more,  # type: ignore[arg-type]
    )
    experiment = Experiment(
        name="x", question="", seeds=(0, 1, 2), shared={}, arms={treated.name: {}, base.name: {}},
        hypotheses=(h,), family=5,
    )  # fmt: skip
    return judge(experiment, {treated.name: treated, base.name: base})[0]


def tasks(n: int, solved: int, at: int = 1) -> dict[str, int]:
    return {f"t{i:03}": at if i < solved else 0 for i in range(n)}


def test_h1_has_three_answers_and_wants_equal_compute() -> None:
    good, bad = arm("a", tasks(80, 60)), arm("b", tasks(80, 20))
    assert verdict("paired-accuracy", good, bad, n=3).verdict == "supported"
    assert verdict("paired-accuracy", bad, good, n=3).verdict == "refuted"
    assert verdict("paired-accuracy", good, arm("b", tasks(80, 59)), n=3).verdict == "undecided"
    dear = verdict("paired-accuracy", arm("a", tasks(80, 60), compute=2.0), bad, n=3)
    assert dear.verdict == "undecided" and "compute is not equal" in dear.why
    late = verdict("paired-accuracy", arm("a", tasks(80, 60, at=4)), bad, n=3)
    assert late.verdict == "refuted", "solved at the fourth attempt is not Acc@3"


def test_h2_needs_both_parts() -> None:
    base = arm("save-all", tasks(200, 100), many(10, 40))
    assert verdict("fpr-and-accuracy", arm("a", tasks(200, 100), many(40, 0)), base).verdict == "supported"
    assert verdict("fpr-and-accuracy", arm("a", tasks(200, 60), many(40, 0)), base).verdict == "refuted"
    none = verdict("fpr-and-accuracy", arm("a", tasks(200, 100), many(0, 0)), base)
    assert none.verdict == "undecided" and "undefined" in none.why


def test_h3_and_h4() -> None:
    harmless, harmful = (
        dict.fromkeys("abcdefghij", 0.0),
        {c: 0.1 + i / 50 for i, c in enumerate("abcdefghij")},
    )
    with_, without = (
        arm("w", tasks(10, 5), many(40, 0), conflict=harmless),
        arm("o", tasks(10, 5), many(10, 40), conflict=harmful),
    )
    assert verdict("conflict-and-precision", with_, without).verdict == "supported"
    assert verdict("conflict-and-precision", without, with_).verdict == "refuted"
    gap = arm("g", tasks(100, 80), cost=5.0)
    direct = arm("d", tasks(100, 50), cost=10.0)
    assert verdict("quality-and-cost", gap, direct).verdict == "supported"
    assert verdict("quality-and-cost", direct, gap).verdict == "refuted"


def test_h5_says_within_beyond_and_undecided() -> None:
    anchor = arm("arc", {}, many(290, 10))
    same, worse = (
        arm("alf", {}, many(290, 10, tag="a"), domain="alf"),
        arm("alf", {}, many(150, 150, tag="a"), domain="alf"),
    )
    few = arm("alf", {}, many(3, 0, tag="a"), domain="alf")
    assert verdict("fpr-drift", same, anchor).verdict == "supported"
    assert verdict("fpr-drift", worse, anchor).verdict == "refuted"
    assert verdict("fpr-drift", few, anchor).verdict == "undecided"


def test_a_trend_is_a_rise_without_a_fall() -> None:
    def steps(*levels: float) -> dict[int, dict[str, float]]:
        return {i: {f"t{k}": float(k < 40 * p) for k in range(40)} for i, p in enumerate(levels)}

    base = arm("b", {})
    assert verdict("trend", arm("a", {}, steps=steps(0.1, 0.3, 0.5, 0.7)), base).verdict == "supported"
    falls = verdict("trend", arm("a", {}, steps=steps(0.1, 0.9, 0.5, 0.8)), base)
    assert falls.verdict == "undecided" and "not monotone" in falls.why
    assert verdict("trend", arm("a", {}, steps=steps(0.7, 0.5, 0.3)), base).verdict == "refuted"


def test_conflict_is_unbiased_and_zero_for_a_harmless_memory() -> None:
    rng = np.random.default_rng(5)

    def mean(after: float) -> float:
        uses = []
        for purpose, p in (("eval/trusted/000", 0.5), ("eval/trusted/003", after)):
            for task in range(4000):
                for k in range(2):
                    y = int(rng.random() < p)
                    uses.append(
                        Use(purpose, 2 * task + k, "", "attempt", f"{task}", True, "ok", y, float(y), 1, 0, 1)
                    )
        return float(np.mean(list(conflict_by_task(uses).values())))

    assert mean(0.5) == pytest.approx(0.0, abs=0.02)
    assert mean(0.1) == pytest.approx(0.5 * 0.4, abs=0.02)


def test_a_difference_that_varies_over_seeds_has_a_wider_interval() -> None:
    rng = np.random.default_rng(2)
    noise = {(f"t{i}", s): float(rng.normal()) for i in range(30) for s in range(5)}
    shifted = {(t, s): v + 2.0 * (s - 2) for (t, s), v in noise.items()}
    assert two_way(shifted).se > 3 * two_way(noise).se


@given(
    st.dictionaries(st.tuples(st.text(max_size=3), st.integers(0, 3)), st.floats(-1, 1), min_size=1),
    st.randoms(use_true_random=False),
)
def test_the_mean_is_the_same_to_the_bit_in_any_order(
    cells: dict[tuple[str, int], float], rng: random.Random
) -> None:
    order = list(cells)
    rng.shuffle(order)
    assert two_way({cell: cells[cell] for cell in order}) == two_way(cells)


def test_the_mean_over_tasks_and_seeds_covers() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(300):
        task, seed = rng.normal(0, 0.3, 40), rng.normal(0, 0.1, 5)
        cells = {
            (f"{i}", s): float(task[i] + seed[s] + rng.normal(0, 0.3)) for i in range(40) for s in range(5)
        }
        e = two_way(cells).estimate
        held += e.low is not None and e.high is not None and e.low <= 0 <= e.high
    assert held / 300 >= 0.9
