"""The figures of the page: each with what it says, its chart, its numbers as a table, and the SQL that
gives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from smena.results import EvidencePath, RunResult, run_more

from smena_reports import words

PATHS_DRAWN = 80


class Figure(NamedTuple):
    """``svg`` is empty where there is nothing to draw; ``open`` shows the table without a click."""

    id: str
    title: str
    says: str
    svg: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    sql: str
    open: bool = False


Draw = Callable[[Any], str]


def figures(result: RunResult) -> dict[str, Figure]:
    from smena_reports import charts

    makers = (_learning, _steps, _arms, _memory, _saves, _evidence)
    with charts.unvalidated():
        made = [make(result, charts, charts.svg) for make in makers]
    return {figure.id: figure for figure in made}


def _learning(result: RunResult, charts: Any, draw: Draw) -> Figure:
    found = result.learning
    last = f"Acc@{found.attempts}"
    rows = [
        (
            f"{w.step}",
            f"{w.tasks}",
            f"{w.lost}",
            words.share(w.acc1, False),
            words.share(w.acc_n, False),
            words.share(w.acc1_so_far, False),
            words.share(w.acc_n_so_far, False),
            " ".join(str(n) for n in w.solved_at),
        )
        for w in found.waves
    ]
    heads = (
        "wave",
        "tasks",
        "lost",
        "Acc@1",
        last,
        "Acc@1 so far",
        f"{last} so far",
        "solved at attempt 1, 2, …",
    )
    says = (
        "On train tasks before they were learned from: Acc@1 is the first attempt with the memory of the "
        f"moment, {last} allows {found.attempts} attempts with the teacher's lessons. All waves: "
        f"{words.share(found.acc1, False)} and {words.share(found.acc_n)}. Waves hold different tasks; one "
        "may be easier."
    )
    phases = run_more.phases(result.flows, [w.step for w in found.waves])
    if phases:
        says += " Dashed: trusted memory changed between these waves, for the tasks to the right of it."
    svg = draw(charts.learning(found, phases)) if found.waves else ""
    return Figure("learning", "Learning curve", says, svg, heads, rows, result.queries["learning"])


def _steps(result: RunResult, charts: Any, draw: Draw) -> Figure:
    found = result.held_out
    rows = [
        (f"{s.step}", words.share(s.accuracy, False), f"{s.accuracy.n}", f"{s.informed}")
        for s in found.by_step
    ]
    heads = ("after wave", "accuracy [95%]", "tasks", "tasks with an item")
    says = "The same held-out tasks with the memory that was trusted after each wave; 0 is no memory."
    svg = draw(charts.held_out_steps(found)) if any(s.accuracy.n for s in found.by_step) else ""
    return Figure(
        "held-out-steps",
        "Held-out accuracy as memory grows",
        says,
        svg,
        heads,
        rows,
        result.queries["held_out"],
    )


def _arms(result: RunResult, charts: Any, draw: Draw) -> Figure:
    found = result.held_out
    rows = [
        (a.name, words.share(a.accuracy), f"{a.informed}", f"{a.trials}", f"{a.lost}")
        for a in words.arms(result)
    ]
    rows += [(name, words.difference(e), "", "", "") for name, e in words.comparison(result)]
    heads = ("memory", "accuracy, or paired difference [95%]", "tasks with an item", "trials", "lost")
    says = (
        f"Tasks that nothing was learned from, {found.repeats} trials a task and arm. Points are means over "
        "tasks, the task is the sampling unit; differences are paired by task, and a lost trial leaves both"
        " arms."
    )
    svg = draw(charts.arms(found)) if any(a.accuracy.n for a in words.arms(result)) else ""
    sql = f"{result.queries['held_out']};\n\n{result.queries['differences']}"
    return Figure(
        "held-out",
        "Is memory better than none, and trusted better than everything?",
        says,
        svg,
        heads,
        rows,
        sql,
        True,
    )


def _memory(result: RunResult, charts: Any, draw: Draw) -> Figure:
    states = [s for s in charts.STATES if any(s in step.states for step in result.memory)]
    rows = [
        (
            f"{step.step}",
            *(f"{step.states.get(s, 0)}" for s in states),
            "–" if step.trusted_share is None else words.percent(step.trusted_share),
        )
        for step in result.memory
    ]
    says = (
        "Every lesson that was tried is an item. Proposed: tried, no success followed. Eligible: a success "
        "followed. Candidate: its own task confirms it. Trusted: a pool of other tasks does; only these are"
        " retrieved. |K_trusted| / |K_total| is the last column."
    )
    svg = draw(charts.memory(result.memory)) if result.items else ""
    heads = ("after wave", *states, "trusted share")
    return Figure("memory", "Memory over time", says, svg, heads, rows, result.queries["memory"])


def _saves(result: RunResult, charts: Any, draw: Draw) -> Figure:
    found = result.saves
    rows = [
        (
            r.name,
            f"{r.saves}",
            words.audit_counts(r),
            words.share(r.false_share),
            words.bounds(r.false_share_bounds),
            words.share(r.save_given_null),
            words.bounds(r.save_given_null_bounds),
            words.share(r.kept),
        )
        for r in found.rules
    ]
    heads = (
        "rule",
        "saves",
        "audit",
        "false share of saves",
        "bounds",
        "P(save | null)",
        "bounds",
        "P(save | useful)",
    )
    says = (
        "FPR_save in both readings; intervals are exact (Clopper–Pearson, items as units), pale bars "
        "(bounds) say where the point would be if what the audit left undecided were all useful, or all "
        f"null. The audit: {found.rule.get('text', '')} Transition saves what preceded a 0→1 success, "
        "save-all whatever was proposed: both judged on this run's items."
        if found.rules
        else f"FPR_save is {found.why}."
    )
    svg = draw(charts.saves(found)) if found.rules else ""
    return Figure(
        "fpr-save", "How often are saves wrong?", says, svg, heads, rows, result.queries["saves"], True
    )


def _evidence(result: RunResult, charts: Any, draw: Draw) -> Figure:
    order = {"pass": 0, "undecided": 1, "drop": 2}
    paths: Sequence[EvidencePath] = sorted(result.evidence, key=lambda p: order.get(p.verdict, 3))
    rows = [
        (p.item[:12], p.gate, p.verdict, f"{len(p.e_values)}", f"{p.e_values[-1]:.3g}", f"{p.threshold:.3g}")
        for p in paths
    ]
    says = (
        "One line a candidate. Each pair is a trial without and a trial with the item on a task that it was"
        " not learned on; the wager on the item grows where it helps. An item passes when its line reaches "
        "the dashed threshold, which rises and falls with how many were tested and saved before (e-LOND), "
        "and is dropped when a useful effect is refuted."
    )
    if len(paths) > PATHS_DRAWN:
        says += f" The first {PATHS_DRAWN} of {len(paths)} are drawn, saved ones before the others."
    svg = draw(charts.evidence(paths[:PATHS_DRAWN])) if paths else ""
    heads = ("item", "gate", "verdict", "pairs", "e-value", "threshold")
    return Figure("evidence", "How the evidence went", says, svg, heads, rows, result.queries["evidence"])
