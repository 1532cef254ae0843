"""FPR_save over domains: what is pooled, what is refused, what the intervals promise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena.errors import BadInput
from smena.results.comparing import (
    Counts,
    compare_shares,
    difference,
    effective,
    exact,
    heterogeneity,
    holm,
    smallest_visible,
)
from smena.results.crossdomain import CrossDomain, DomainRun
from smena.results.crossdomain_document import document
from smena.results.document import records
from smena.results.saves import saves
from smena.store import Run, Store
from smena.values import Decision, Fact, Knowledge, Provenance, Task, Transition

PRINTS = {"arc": ("arc@1", "search@1"), "alf": ("alf@1", "search@1"), "swe": ("swe@1", "search@1")}


def audited(
    domain: str,
    seed: int,
    verdicts: dict[str, tuple[bool, str]],
    policy: str = "causal@1",
    source: str = "",
    why: str = "",
) -> DomainRun:
    """A run from its items: name → (saved, audit verdict)."""
    moves = [Transition(i, "candidate", "trusted", "trusted", step=1) for i, (s, _) in verdicts.items() if s]
    told = [Decision(i, "audit", policy, v, {}) for i, (_, v) in verdicts.items()]  # type: ignore[arg-type]
    rule = saves(list(verdicts), moves, told, "causal", {}).rules[0]
    items = {
        "false_share": {i: int(v == "drop") for i, (s, v) in verdicts.items() if s and v != "undecided"},
        "save_given_null": {i: int(s) for i, (s, v) in verdicts.items() if v == "drop"},
    }
    return DomainRun(
        f"{domain}-{policy}-{seed}-{source}",
        domain,
        source,
        policy.partition("@")[0],
        seed,
        (*PRINTS[domain], policy, "gamma=0.9", "pool=10", "bank=4"),
        rule,
        why,
        items,
        {"infra": 0, "timeout": 0, "abstain": 0},
        100,
        "audit split",
    )


def many(
    useful: int, false: int, null: int = 40, undecided: int = 0, tag: str = ""
) -> dict[str, tuple[bool, str]]:
    return {
        **{f"{tag}u{i}": (True, "pass") for i in range(useful)},
        **{f"{tag}f{i}": (True, "drop") for i in range(false)},
        **{f"{tag}n{i}": (False, "drop") for i in range(null)},
        **{f"{tag}x{i}": (True, "undecided") for i in range(undecided)},
    }


def test_the_same_item_in_every_seed_is_one_unit() -> None:
    found = CrossDomain.of([audited("arc", seed, many(6, 0)) for seed in range(5)])
    pooled = next(p for p in found.pooled if p.reading == "false_share")
    assert (pooled.seeds, pooled.estimate.n) == (5, 6)
    assert pooled.estimate.high == pytest.approx(exact(Counts(0, 6), 0.05).high)


def test_seeds_that_differ_show_their_heterogeneity() -> None:
    alike = CrossDomain.of([audited("arc", s, many(18, 2, tag=f"{s}")) for s in range(4)])
    unlike = CrossDomain.of(
        [audited("arc", s, many(*c, tag=f"{s}")) for s, c in enumerate([(20, 0), (2, 18)] * 2)]
    )
    assert alike.pooled[0].p == 1.0 and alike.pooled[0].i_squared == 0.0
    assert unlike.pooled[0].p is not None and unlike.pooled[0].p < 0.001
    assert unlike.pooled[0].i_squared is not None and unlike.pooled[0].i_squared > 0.9


def verdict(found: CrossDomain, reading: str = "false_share") -> str:
    return next(d.verdict for d in found.drifts if d.reading == reading)


def test_drift_has_three_answers() -> None:
    arc = audited("arc", 0, many(195, 5))
    same = audited("alf", 0, many(195, 5, tag="a"))
    worse = audited("alf", 0, many(100, 100, tag="a"))
    few = audited("alf", 0, many(5, 0, tag="a"))
    assert verdict(CrossDomain.of([arc, same])) == "within"
    assert verdict(CrossDomain.of([arc, worse])) == "beyond"
    undecided = CrossDomain.of([arc, few])
    assert verdict(undecided) == "undecided"
    drift = undecided.drifts[0]
    assert drift.visible is not None and drift.visible > 0.3, "five saves see only a great degradation"
    assert drift.confirmable is not None and drift.confirmable > 0.1


def test_other_gates_are_refused_and_named() -> None:
    found = CrossDomain.of(
        [audited("arc", 0, many(50, 1)), audited("alf", 0, many(50, 1), policy="causal@2")]
    )
    assert verdict(found) == "refused"
    assert "causal@1 in arc, causal@2 in alf" in found.drifts[0].why
    assert not found.between


def test_zero_saves_are_undefined_and_never_zero() -> None:
    found = CrossDomain.of([audited("arc", 0, many(50, 1)), audited("alf", 0, many(0, 0))])
    alf = next(p for p in found.pooled if p.domain == "alf" and p.reading == "false_share")
    assert alf.estimate.value is None and alf.estimate.why == "undefined: nothing was saved"
    assert verdict(found) == "undecided"
    assert any("undefined, not 0" in w for w in found.warnings)
    text = " ".join(document(found).said)
    assert "undefined: nothing was saved" in text


def test_synthetic_and_official_tasks_are_never_pooled() -> None:
    runs = [
        audited("alf", 0, many(10, 0), source="synthetic"),
        audited("alf", 1, many(2, 8), source="official"),
    ]
    found = CrossDomain.of([audited("arc", 0, many(10, 0)), *runs])
    alf = [p for p in found.pooled if p.domain.startswith("alf") and p.reading == "false_share"]
    assert [(p.domain, p.estimate.value) for p in alf] == [("alf (synthetic)", 0.0), ("alf (official)", 0.8)]
    assert not found.between
    assert any("kept apart, never pooled" in w for w in found.warnings)


def test_one_seed_is_said() -> None:
    assert any("one seed" in w for w in CrossDomain.of([audited("arc", 0, many(3, 0))]).warnings)


def test_the_data_of_every_figure_is_flat() -> None:
    found = document(CrossDomain.of([audited("arc", s, many(9, 1)) for s in range(2)]))
    for section in found.sections:
        for row in records(section):
            assert all(v is None or isinstance(v, str | int | float) for v in row.values())
        assert section.sql and section.runs


def test_bad_input(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.db") as store, pytest.raises(BadInput, match="needs runs"):
        CrossDomain.read(store, [])
    with pytest.raises(BadInput, match="no run of domain 'alf'"):
        CrossDomain.of([audited("arc", 0, many(1, 0))], anchor="alf")


def stored(
    store: Store, name: str, status: str = "finished", overlap: bool = False, audit: bool = True
) -> None:
    config = {"env": "arc", "policy": "causal", "gamma": 0.9, "pool": 10, "bank": 4}
    run = Run(
        id=name,
        env="arc@1",
        learner="s@1",
        teacher="t@1",
        policy="causal@1",
        seed=0,
        config=config,
        fingerprint=name,
    )
    store.start_run(run)
    item = Knowledge(Fact(name, "is", "so"), (), Provenance("t0", "1", "t@1"))
    store.put_items(name, [item])
    store.put_transition(name, Transition(item.digest, "candidate", "trusted", "trusted", 0))
    if audit:
        store.put_decision(name, 0, Decision(item.digest, "audit", "causal", "pass", {}))
    store.put_tasks("arc@1", {"d0": Task("t0", "train", None, None), "d1": Task("t1", "audit", None, None)})
    store.put_mark(name, "tasks/train", ["t0", *(["t1"] if overlap else [])])
    store.put_mark(name, "tasks/audit", ["t1"])
    if status != "running":
        store.finish_run(name, status)


def test_what_a_store_holds_is_refused_or_said_in_words(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.db") as store:
        stored(store, "good")
        stored(store, "stopped", "stopped")
        stored(store, "mixed", overlap=True)
        stored(store, "blind", audit=False)
        found = CrossDomain.read(store, ["good", "stopped", "mixed", "blind"])
    said = " ".join(found.warnings)
    assert "stopped: FPR_save not measured: the run is not finished (status: stopped)" in said
    assert "mixed: FPR_save not measured: 1 audit tasks are in another split too (t1)" in said
    assert "blind: FPR_save not measured: not measured: this run has no audit" in said
    mine = {c.run: c.items["false_share"] for c in found.cells}
    assert [len(mine[r]) for r in ("good", "stopped", "mixed", "blind")] == [1, 0, 0, 0]


# the statistics


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_interval_holds_the_difference_and_turns_with_its_sign(
    n1: int, n0: int, a: float, b: float
) -> None:
    first, base = Counts(round(a * n1), n1), Counts(round(b * n0), n0)
    low, high = difference(first, base, 0.1)
    assert low <= first.share - base.share <= high
    turned = difference(base, first, 0.1)
    assert (turned.low, turned.high) == (pytest.approx(-high), pytest.approx(-low))
    assert difference(first, base, 0.01).low <= low


@pytest.mark.parametrize(
    ("p1", "p0", "n1", "n0"), [(0.02, 0.02, 40, 60), (0.3, 0.05, 15, 40), (0.5, 0.5, 8, 8)]
)
def test_the_interval_covers(p1: float, p0: float, n1: int, n0: int) -> None:
    rng = np.random.default_rng(7)
    pairs = zip(rng.binomial(n1, p1, 600), rng.binomial(n0, p0, 600), strict=True)
    held = [
        low <= p1 - p0 <= high
        for x1, x0 in pairs
        for low, high in [difference(Counts(x1, n1), Counts(x0, n0), 0.1)]
    ]
    assert np.mean(held) >= 0.9


def test_p_values_agree_with_their_intervals() -> None:
    found = compare_shares(Counts(2, 100), Counts(3, 100), 0.1)
    assert found.p_within < 0.05 and found.low > -0.1 and found.high < 0.1
    assert compare_shares(Counts(50, 100), Counts(3, 100), 0.1).p_beyond < 0.001
    assert compare_shares(Counts(3, 100), Counts(50, 100)).p_less < 0.001


def test_more_data_sees_less() -> None:
    steps = [smallest_visible(Counts(0.05 * n, n), n) for n in (10, 40, 160)]
    assert all(s is not None for s in steps) and sorted(steps, reverse=True) == steps  # type: ignore[type-var]
    assert smallest_visible(Counts(1, 1), 5) is None


def test_heterogeneity_holds_its_level() -> None:
    rng = np.random.default_rng(3)
    ps = [heterogeneity([(int(h), 12) for h in rng.binomial(12, 0.1, 5)], 500) for _ in range(150)]
    assert np.mean([h is not None and h.p <= 0.05 for h in ps]) <= 0.1
    assert heterogeneity([(1, 5)]) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_monotone_and_never_below_the_raw(ps: list[float]) -> None:
    adjusted = holm(ps)
    assert all(a >= p for a, p in zip(adjusted, ps, strict=True))
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)


def test_weights() -> None:
    assert effective({}) is None
    found = effective({"a": (3, 3), "b": (0, 1)})
    assert found is not None and found.share == pytest.approx(0.75) and found.n == pytest.approx(1.6)
