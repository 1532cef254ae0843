"""FPR_save over domains: both readings for each domain, policy and seed; pooled only with heterogeneity shown;
drift from the first domain held against a tolerance that was fixed before.

Nothing is pooled over different domains' sources (synthetic and official tasks), learners or hyperparameters
of the gates; what keeps a figure from meaning what it seems to is said in ``warnings``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from smena.errors import BadInput
from smena.results.comparing import (
    Compared,
    Heterogeneity,
    compare_shares,
    effective,
    heterogeneity,
    pooled_share,
    smallest_visible,
)
from smena.results.document import in_words
from smena.results.estimates import Estimate
from smena.results.figures import SaveRule
from smena.results.items import AUDIT
from smena.results.saves import saves
from smena.store import Run, Store
from smena.values import JSON, SPLITS, Value

Reading = Literal["false_share", "save_given_null"]
READINGS: dict[Reading, str] = {"false_share": "false share of saves", "save_given_null": "P(save | null)"}
UNITS: dict[Reading, str] = {"false_share": "decided saves", "save_given_null": "null items"}
TOLERANCE = 0.10
"""How far FPR_save may drift from the first domain, unless an experiment has fixed another tolerance."""
GATE_FIELDS = ("gamma", "pool", "bank")
"""Fields of a run's configuration that are hyperparameters of its gates, beside the policy's own."""


class Group(NamedTuple):
    """What may be pooled over seeds: everything but the seed is the same. ``prints`` tell configurations of
    one name apart."""

    domain: str
    source: str
    policy: str
    prints: tuple[str, ...]


class DomainRun(Value, frozen=True):
    """A run's part in the report. ``items``: per reading, item → (hits, times 1); ``losses``: distinct trials
    by what became of them."""

    run: str
    domain: str
    source: str
    policy: str
    seed: int
    prints: tuple[str, ...]
    rule: SaveRule | None
    why: str
    items: dict[str, dict[str, int]]
    losses: dict[str, int]
    trials: int
    truth: str


class Pooled(Value, frozen=True):
    """One group over its seeds. ``q``, ``p`` and ``i_squared`` say whether its runs differ more than chance."""

    domain: str
    policy: str
    reading: str
    runs: tuple[str, ...]
    seeds: int
    estimate: Estimate
    q: float | None
    p: float | None
    i_squared: float | None


class Drift(Value, frozen=True):
    """FPR_save of a domain minus that of the anchor: a 90% interval (two one-sided 5% tests) against the
    tolerance. ``visible``: the smallest rise that this data would have shown with power .8;
    ``confirmable``: the smallest tolerance that it could have confirmed."""

    domain: str
    anchor: str
    policy: str
    reading: str
    verdict: Literal["within", "beyond", "undecided", "refused"]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p_within: float = 1.0
    p_beyond: float = 1.0
    visible: float | None = None
    confirmable: float | None = None
    why: str = ""


class CrossDomain(Value, frozen=True):
    """All of the report. ``between``: per policy and reading, whether domains differ."""

    tolerance: float
    anchor: str
    cells: tuple[DomainRun, ...]
    pooled: tuple[Pooled, ...]
    between: tuple[Pooled, ...]
    drifts: tuple[Drift, ...]
    warnings: tuple[str, ...]

    @classmethod
    def read(
        cls, store: Store, runs: Sequence[str], tolerance: float = TOLERANCE, anchor: str = ""
    ) -> CrossDomain:
        """The report on these runs (ids or unique beginnings). ``anchor``: the domain that drift is measured
        from, the first run's if empty. Raises BadInput for no run, and for an anchor that is not among
        them."""
        records = list({r.id: r for r in map(store.run, runs)}.values())
        if not records:
            raise BadInput("smena report fpr needs runs: name them, see `smena runs`")
        if not 0 < tolerance < 1:
            raise BadInput(f"the tolerance must be in (0, 1), is {tolerance}")
        seen = [read_run(store, record) for record in records]
        return cls.of([cell for cell, _ in seen], tolerance, anchor, [w for _, said in seen for w in said])

    @classmethod
    def of(
        cls,
        cells: Sequence[DomainRun],
        tolerance: float = TOLERANCE,
        anchor: str = "",
        warnings: Sequence[str] = (),
    ) -> CrossDomain:
        """The same from what was read of each run: pure."""
        anchor = anchor or cells[0].domain
        if anchor not in {c.domain for c in cells}:
            raise BadInput(
                f"no run of domain {anchor!r} among these: {in_words(sorted({c.domain for c in cells}))}"
            )
        groups: dict[Group, list[DomainRun]] = defaultdict(list)
        for cell in cells:
            groups[Group(cell.domain, cell.source, cell.policy, cell.prints)].append(cell)
        pooled = [_pool(group, found, reading) for group, found in groups.items() for reading in READINGS]
        return cls(
            tolerance,
            anchor,
            tuple(cells),
            tuple(pooled),
            tuple(_between(cells)),
            tuple(_drifts(groups, anchor, tolerance)),
            (*warnings, *_warnings(groups, anchor)),
        )


def label(domain: str, source: str) -> str:
    """A domain with its source of tasks, where the environment tells it."""
    return f"{domain} ({source})" if source else domain


def read_run(store: Store, run: Run) -> tuple[DomainRun, list[str]]:
    config: dict[str, Any] = run.config
    marks = store.marks(run.id)
    decided = [d.decision for d in store.decisions(run.id) if d.decision.gate == AUDIT]
    transitions = store.transitions(run.id)
    digests = store.item_digests(run.id)
    found = saves(digests, transitions, decided, config["policy"], marks.get("audit/rule") or {})
    losses = store.statuses(run.id)
    source, overlap, warnings = _tasks(store, run, marks)
    trusted = {t.item for t in transitions if t.to_status == "trusted"}
    verdicts = {d.item: d.verdict for d in decided}
    rule = found.rules[0] if found.rules else None
    items: dict[str, dict[str, int]] = {
        "false_share": {
            i: int(v == "drop") for i, v in verdicts.items() if i in trusted and v != "undecided"
        },
        "save_given_null": {i: int(i in trusted) for i, v in verdicts.items() if v == "drop"},
    }
    if rule is None or rule.unaudited:
        items = {"false_share": {}, "save_given_null": {}}
    elif rule.save_given_null.value is None:
        items["save_given_null"] = {}
    why = found.why or (
        f"{rule.unaudited} of {rule.saves} saves were not audited" if rule and rule.unaudited else ""
    )
    if run.status != "finished":
        why = f"the run is not finished (status: {run.status})"
    elif overlap:
        why = overlap
    if run.status != "finished" or overlap:
        items = {"false_share": {}, "save_given_null": {}}
    prints = (run.env, run.learner, run.policy, *(f"{f}={config[f]}" for f in GATE_FIELDS))
    cell = DomainRun(
        run.id,
        config["env"],
        source,
        config["policy"],
        run.seed,
        prints,
        rule,
        why,
        items,
        {name: losses.get(name, 0) for name in ("infra", "timeout", "abstain")},
        sum(losses.values()),
        str(found.rule.get("source", "")),
    )
    return cell, warnings


def _tasks(store: Store, run: Run, marks: Mapping[str, JSON]) -> tuple[str, str, list[str]]:
    """The source that the tasks' tags tell; why the audit proves nothing, if a gate saw its tasks; what else is
    wrong with the splits."""
    rows = store.task_tags(run.env)
    used = {split: list(marks.get(f"tasks/{split}") or ()) for split in SPLITS}
    mine = {name for names in used.values() for name in names}
    sources = {tags["source"] for name, (_, tags) in rows.items() if name in mine and "source" in tags}
    where: dict[str, set[str]] = defaultdict(set)
    for split, names in used.items():
        for name in names:
            where[name].add(split)
    warnings = []
    twice = sorted(name for name, splits in where.items() if len(splits) > 1 and "audit" in splits)
    overlap = (
        f"{len(twice)} audit tasks are in another split too ({in_words(twice, 3)}): the audit saw what the "
        "gates saw"
        if twice
        else ""
    )
    mixed = sorted(name for name, splits in where.items() if len(splits) > 1 and "audit" not in splits)
    if mixed:
        warnings.append(f"{run.id}: {len(mixed)} tasks are in two splits ({in_words(mixed, 3)}).")
    alike = sorted(
        n for n, splits in where.items() if len(splits) == 1 and rows.get(n, ("",))[0] not in splits
    )
    if rows and alike:
        warnings.append(
            f"{run.id}: {len(alike)} tasks share their content with another task of the environment "
            f"({in_words(alike, 3)}): splits may overlap in content."
        )
    return "+".join(sorted(sources)), overlap, warnings


def _items(cells: Iterable[DomainRun], reading: Reading) -> dict[str, tuple[int, int]]:
    """Per item its hits and times; items of different domains are different items."""
    total: dict[str, tuple[int, int]] = {}
    for cell in cells:
        for item, hit in cell.items[reading].items():
            hits, times = total.get(f"{cell.domain}/{item}", (0, 0))
            total[f"{cell.domain}/{item}"] = hits + hit, times + 1
    return total


def _why(cells: Sequence[DomainRun], reading: Reading) -> str:
    said = [c.why for c in cells if c.why]
    if len(said) == len(cells):
        return said[0]
    saves_ = sum(c.rule.saves for c in cells if c.rule)
    if reading == "false_share":
        return f"undecided for all {saves_} saves" if saves_ else "undefined: nothing was saved"
    return "undefined: the audit found no null items"


def _pool(group: Group, cells: Sequence[DomainRun], reading: Reading) -> Pooled:
    estimate = pooled_share(_items(cells, reading), UNITS[reading], _why(cells, reading))
    found = heterogeneity([(sum(c.items[reading].values()), len(c.items[reading])) for c in cells])
    return _as_pooled(label(group.domain, group.source), group.policy, reading, cells, estimate, found)


def _as_pooled(
    domain: str,
    policy: str,
    reading: str,
    cells: Sequence[DomainRun],
    estimate: Estimate,
    found: Heterogeneity | None,
) -> Pooled:
    told = (found.q, found.p, found.i_squared) if found else (None, None, None)
    return Pooled(
        domain, policy, reading, tuple(c.run for c in cells), len({c.seed for c in cells}), estimate, *told
    )


def _between(cells: Sequence[DomainRun]) -> Iterable[Pooled]:
    """Per policy over domains, where there is more than one; never over two sources of one domain."""
    by_policy: dict[tuple[str, ...], list[DomainRun]] = defaultdict(list)
    for cell in cells:
        by_policy[cell.policy, *cell.prints[2:]].append(cell)
    for (policy, *_), mine in by_policy.items():
        domains: dict[str, dict[tuple[str, str], list[DomainRun]]] = defaultdict(lambda: defaultdict(list))
        for cell in mine:
            domains[cell.domain][cell.source, cell.prints[0] + cell.prints[1]].append(cell)
        if len(domains) < 2 or any(len(kinds) > 1 for kinds in domains.values()):
            continue
        for reading in READINGS:
            sums = [[c for kind in kinds.values() for c in kind] for kinds in domains.values()]
            found = heterogeneity(
                [
                    (sum(sum(c.items[reading].values()) for c in d), sum(len(c.items[reading]) for c in d))
                    for d in sums
                ]
            )
            estimate = pooled_share(_items(mine, reading), UNITS[reading], _why(mine, reading))
            yield _as_pooled("all domains", policy, reading, mine, estimate, found)


def _drifts(groups: Mapping[Group, Sequence[DomainRun]], anchor: str, tolerance: float) -> Iterable[Drift]:
    for group, cells in groups.items():
        if group.domain == anchor:
            continue
        bases = [(g, c) for g, c in groups.items() if g.domain == anchor and g.policy == group.policy]
        for reading in READINGS:
            yield _drift(group, cells, bases, reading, anchor, tolerance)


def _drift(
    group: Group,
    cells: Sequence[DomainRun],
    bases: Sequence[tuple[Group, Sequence[DomainRun]]],
    reading: Reading,
    anchor: str,
    tolerance: float,
) -> Drift:
    where = label(group.domain, group.source)

    def silent(verdict: Literal["undecided", "refused"], why: str) -> Drift:
        return Drift(where, anchor, group.policy, reading, verdict, why=why)

    if not bases:
        return silent("undecided", f"no run of policy {group.policy} in {anchor}")
    if len(bases) > 1:
        return silent("refused", f"runs of {anchor} with policy {group.policy} have different configurations")
    ((base, base_cells),) = bases
    if unlike := _unlike(base, group):
        return silent("refused", unlike)
    first, zero = effective(_items(cells, reading)), effective(_items(base_cells, reading))
    if first is None or zero is None:
        lacking = (where, cells) if first is None else (anchor, base_cells)
        return silent("undecided", f"{lacking[0]}: {_why(lacking[1], reading)}")
    found = compare_shares(first, zero, tolerance)
    return Drift(
        where,
        anchor,
        group.policy,
        reading,
        judge_drift(found, tolerance),
        found.value,
        found.low,
        found.high,
        found.p_within,
        found.p_beyond,
        smallest_visible(zero, first.n),
        max(abs(found.low), abs(found.high)),
    )


def judge_drift(found: Compared, tolerance: float) -> Literal["within", "beyond", "undecided"]:
    """The whole interval within (−tolerance, tolerance): ``within``; wholly outside: ``beyond``."""
    if -tolerance < found.low and found.high < tolerance:
        return "within"
    return "beyond" if found.low > tolerance or found.high < -tolerance else "undecided"


def _unlike(base: Group, other: Group) -> str:
    """Which hyperparameters of the gates differ, in words; empty: none."""
    return _differ(base.domain, base.prints, other.domain, other.prints)


def unlike_gates(base: DomainRun, other: DomainRun) -> str:
    return _differ(base.domain, base.prints, other.domain, other.prints)


def _differ(here: str, ours: tuple[str, ...], there: str, theirs: tuple[str, ...]) -> str:
    gates = list(zip(ours, theirs, strict=True))[2:]
    differ = [f"{a} in {here}, {b} in {there}" for a, b in gates if a != b]
    return f"the gates are not the same ({'; '.join(differ)})" if differ else ""


def _warnings(groups: Mapping[Group, Sequence[DomainRun]], anchor: str) -> Iterable[str]:
    for cell in (c for cells in groups.values() for c in cells):
        if cell.why:
            yield f"{cell.run}: FPR_save not measured: {cell.why}."
        elif cell.rule and not cell.rule.saves:
            yield f"{cell.run}: nothing was saved: the false share of saves is undefined, not 0."
        lost = cell.losses["infra"] + cell.losses["timeout"]
        if cell.trials and lost > 0.01 * cell.trials:
            yield f"{cell.run}: {lost} of {cell.trials} trials were lost to the machinery."
    names: Counter[tuple[str, str, str]] = Counter((g.domain, g.source, g.policy) for g in groups)
    for (domain, source, policy), n in names.items():
        if n > 1:
            yield (
                f"{label(domain, source)}: runs of policy {policy} have {n} different configurations of "
                "environment, learner or gates; they are not pooled."
            )
    for group, cells in groups.items():
        if len({c.seed for c in cells}) == 1:
            yield (
                f"{label(group.domain, group.source)}, {group.policy}: one seed; how much FPR_save varies over "
                "seeds is not measured."
            )
        if len(cells) != len({c.seed for c in cells}):
            yield f"{label(group.domain, group.source)}, {group.policy}: a seed comes twice among these runs."
    sources: dict[str, set[str]] = defaultdict(set)
    for group in groups:
        sources[group.domain].add(group.source)
    for domain, kinds in sources.items():
        if len(kinds) > 1:
            names_ = " and ".join(sorted(k or "unnamed" for k in kinds))
            yield f"{domain}: {names_} tasks are kept apart, never pooled."
    truths = {c.truth for cells in groups.values() for c in cells if c.truth}
    if len(truths) > 1:
        yield (
            f"The truth about saves comes from different places ({' and '.join(sorted(truths))}): an audit by "
            "trials calls some null items undecided or useful, a planted truth never does."
        )
    if len({g.domain for g in groups}) == 1:
        yield f"All runs are of {anchor}: nothing is said about another domain."
