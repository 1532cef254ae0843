"""Figures in words: how numbers, intervals and the findings of a run are said, the same in every form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from smena.results import Arm, Estimate, RunResult, SaveRule, Saves
from smena.results.spending import in_words
from smena.results.wording import NBSP, difference, number, percent, plural, points, seconds, share
from smena.store.records import Loss
from smena.values import CAUSES

__all__ = ["NBSP", "difference", "number", "percent", "plural", "points", "seconds", "share"]

READINGS = {
    "false_share": ("false share of saves", "of the items that were saved, how many were false"),
    "save_given_null": ("P(save | null)", "of the items that are null or harmful, how many were saved"),
    "kept": ("P(save | useful)", "of the items that are useful, how many were saved"),
}


def bounds(found: tuple[float, float] | None) -> str:
    return "–" if found is None else f"{percent(found[0])}–{percent(found[1])}"


def headline(result: RunResult) -> list[str]:
    """What was learned; is it better than nothing; how often are saves wrong. One sentence each."""
    unfinished = result.run.status != "finished"
    said = [f"This run is not finished (status: {result.run.status})."] if unfinished else []
    return [*said, _learned(result), _better(result), _wrong(result), *_late(result), *_paid(result)]


def _late(result: RunResult) -> list[str]:
    """What verdicts that came after the run have changed in it; all changes stand in a section of their own."""
    told = result.late
    if not told:
        return []
    changes = plural(len(told.differences), "change") if told.differences else "nothing else changed"
    return [
        f"Late verdicts judged {plural(told.verdicts, 'attempt')} anew, and the run was decided anew: {changes}"
        f"{', told below' if told.differences else ''}."
    ]


def _paid(result: RunResult) -> list[str]:
    return [f"Models took {in_words(result.services)}."] if result.services else []


def _learned(result: RunResult) -> str:
    counts, total = result.states, len(result.items)
    if not total:
        return "No lesson was proposed: nothing was learned."
    tested = sum(any(d.gate != "audit" for d in item.decisions) for item in result.items)
    kept = counts.get("trusted", 0)
    kept_words = "none was kept" if not kept else f"{kept} {'is' if kept == 1 else 'are'} kept as trusted"
    return f"{plural(total, 'lesson')} proposed, {tested} tested by counterfactual trials, {kept_words}."


def _better(result: RunResult) -> str:
    held, gain = result.held_out, result.held_out.trusted_vs_none
    if gain.value is None or held.none.accuracy.value is None or held.trusted.accuracy.value is None:
        return (
            f"Whether memory helps on held-out tasks was not measured ({gain.why or held.none.accuracy.why})."
        )
    if not result.states.get("trusted"):
        return f"With nothing trusted, held-out accuracy stays where it was: {share(held.none.accuracy)}."
    if not held.trusted.informed:
        return f"No trusted lesson applies to any held-out task: accuracy stays {share(held.none.accuracy)}."
    verdict = _verdict(
        gain, "better than nothing", "worse than nothing", "undecided whether better than nothing"
    )
    was, now = percent(held.none.accuracy.value), percent(held.trusted.accuracy.value)
    return (
        f"Held-out accuracy goes from {was} without memory to {now} with it ({difference(gain)}): {verdict}."
    )


def _verdict(e: Estimate, above: str, below: str, neither: str) -> str:
    if e.low is not None and e.low > 0:
        return above
    return below if e.high is not None and e.high < 0 else neither


def _wrong(result: RunResult) -> str:
    if not result.saves.rules:
        return "How often saves are wrong was not measured: this run has no audit."
    own = result.saves.rules[0]
    if not own.saves:
        return "How often saves are wrong is undefined: nothing was saved."
    counts = f"{own.false} false, {own.useful} useful, {own.undecided + own.unaudited} undecided"
    saves = plural(own.saves, "save")
    return f"The audit of {saves} found {counts}: false share of saves {share(own.false_share)}."


def comparison(result: RunResult) -> list[tuple[str, Estimate]]:
    """The paired differences, named."""
    held = result.held_out
    return [
        ("trusted − none", held.trusted_vs_none),
        ("trusted − everything", held.trusted_vs_everything),
        ("everything − none", held.everything_vs_none),
    ]


def arms(result: RunResult) -> list[Arm]:
    held = result.held_out
    return [held.none, held.everything, held.trusted]


def source(saves: Saves) -> str:
    """Where the verdicts on items come from: ``planted`` or ``audit split``."""
    return str(saves.rule.get("source", "audit split"))


def audit_counts(rule: SaveRule) -> str:
    text = f"{rule.false} false · {rule.useful} useful · {rule.undecided} undecided"
    return text + (f" · {rule.unaudited} not audited" if rule.unaudited else "")


def _by_cause(losses: Iterable[Loss]) -> str:
    """Failed executions by cause, and in which arm: uses that share a trial each count it."""
    count: dict[str, list[int]] = {}
    for loss in losses:
        count.setdefault(loss.cause, [0, 0])[loss.informed] += loss.executions
    return ", ".join(
        f"{cause}: {without:,} without items, {with_items:,} with"
        for cause, (without, with_items) in sorted(count.items())
    )


def lost(result: RunResult) -> str:
    """Infrastructure losses, said always; and why models gave no answer, where they did not."""
    families = result.ledger.families
    parts = [f"{sum(getattr(f, kind) for f in families)} {kind}" for kind in ("infra", "timeout", "abstain")]
    retried = sum(f.retried for f in families)
    trials = f"{result.ledger.trials:,} trials"
    text = f"{', '.join(parts)} of {trials}; {plural(retried, 'failed execution')}, tried again or given up"
    if result.ledger.losses:
        text += f" ({_by_cause(result.ledger.losses)})"
    causes = sum((Counter(f.causes) for f in families), Counter[str]())
    mute = [f"{causes[cause]:,} {cause}" for cause in CAUSES[:3] if causes[cause]]
    text += f"; replies without an answer, judged as failures: {', '.join(mute)}" if mute else ""
    text += f"; {causes['overflow']:,} tasks too long for the model" if causes["overflow"] else ""
    untaught = causes["untaught"]
    return text + (f"; {untaught:,} times no lesson could be read in the teacher's reply" if untaught else "")
