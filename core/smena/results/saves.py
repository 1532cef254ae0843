"""FPR_save in both readings, from the audit's verdicts: of this run's policy and of the rules that need no
trial more. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from smena.results.estimates import EXACT, Estimate, missing, share
from smena.results.figures import SaveRule, Saves
from smena.values import JSON, Decision, Transition

Verdicts = Mapping[str, str]


def saves(
    items: Sequence[str],
    transitions: Iterable[Transition],
    audits: Iterable[Decision],
    policy: str,
    rule: Mapping[str, JSON],
) -> Saves:
    """``items``: every proposed item; ``audits``: the decisions of gate ``audit``; ``rule``: what the audit
    says it did."""
    reached: dict[str, set[str]] = {}
    for move in transitions:
        reached.setdefault(move.to_status, set()).add(move.item)
    verdicts = {d.item: d.verdict for d in audits}
    if not verdicts:
        return Saves((), 0, len(items), dict(rule), why="not measured: this run has no audit")
    trusted, eligible = reached.get("trusted", set()), reached.get("eligible", set())
    rules = [_rule(f"this run: {policy}", "every item that became trusted", items, trusted, verdicts)]
    if eligible != set(items):
        rules.append(
            _rule("transition", "every item that preceded a 0→1 transition", items, eligible, verdicts)
        )
    rules.append(_rule("save-all", "every item that was proposed", items, set(items), verdicts))
    return Saves(tuple(rules), len(verdicts), len(items), dict(rule))


def _rule(
    name: str, meaning: str, items: Sequence[str], saved: Collection[str], verdicts: Verdicts
) -> SaveRule:
    inside = _count([i for i in items if i in saved], verdicts)
    outside = _count([i for i in items if i not in saved], verdicts)
    false, useful = inside["drop"], inside["pass"]
    unsure_in, unsure_out = inside["undecided"] + inside[""], outside["undecided"] + outside[""]
    nulls = false + outside["drop"]
    return SaveRule(
        name,
        meaning,
        saves=len(saved),
        false=false,
        useful=useful,
        undecided=inside["undecided"],
        unaudited=inside[""],
        false_share=_false_share(false, useful, len(saved), inside[""]),
        false_share_bounds=(false / len(saved), (false + unsure_in) / len(saved)) if saved else None,
        save_given_null=_given(false, nulls, "null items", inside[""] + outside[""]),
        save_given_null_bounds=_bounds(false, nulls, unsure_in, unsure_out),
        kept=_given(useful, useful + outside["pass"], "useful items", inside[""] + outside[""]),
    )


def _count(items: Iterable[str], verdicts: Verdicts) -> dict[str, int]:
    """Items by the audit's verdict; under "" those that it did not look at."""
    found = {"pass": 0, "drop": 0, "undecided": 0, "": 0}
    for item in items:
        found[verdicts.get(item, "")] += 1
    return found


def _false_share(false: int, useful: int, saved: int, unaudited: int) -> Estimate:
    unit = "decided saves"
    if not saved:
        return missing("undefined: nothing was saved", unit)
    if unaudited:
        return missing(f"not measured: {unaudited} of {saved} saves were not audited", unit)
    return share(
        false, false + useful, unit, EXACT, f"undecided: the audit could not tell for any of {saved} saves"
    )


def _given(saved: int, of_kind: int, unit: str, unaudited: int) -> Estimate:
    if unaudited:  # saved items are audited first: a share of those audited would be too high
        return missing(f"not measured: {unaudited} items were not audited", unit)
    return share(saved, of_kind, unit, EXACT, f"undefined: the audit found no {unit}")


def _bounds(false: int, nulls: int, unsure_in: int, unsure_out: int) -> tuple[float, float] | None:
    """Least when all unsure items outside, greatest when all unsure items inside are null. None: then
    nothing is null."""
    most = nulls + unsure_in
    if not most:
        return None
    least = nulls + unsure_out
    return (false / least if least else 0.0, (false + unsure_in) / most)
