"""An experiment's result as a document: verdicts, what may be published, curves, arms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from smena.experiments.evidence import Arm, Cells
from smena.experiments.execute import BEFORE, read_arms
from smena.experiments.judging import Judged, Part, judge, two_way
from smena.experiments.spec import Experiment
from smena.results.comparing import effective, exact, heterogeneity
from smena.results.crossdomain import READINGS, UNITS
from smena.results.document import Card, Cell, Chart, Column, Document, Section, listed
from smena.results.estimates import ALPHA, Estimate, missing, share
from smena.results.items import ORDER
from smena.store import Store

_TRIALS = "run_trials JOIN outcomes ON outcomes.key = run_trials.key"


def document(store: Store, experiment: Experiment) -> Document:
    arms = read_arms(store, experiment)
    judged = judge(experiment, arms)
    runs = tuple(r.run.id for a in arms.values() for r in a.runs)
    told = tuple(dict.fromkeys(runs))
    return Document(
        "experiment",
        f"Experiment {experiment.id}",
        tuple(_said(experiment, judged)),
        (
            _verdicts(experiment, judged, told),
            _parts(judged, told),
            _publish(judged),
            _learning(arms, told),
            _held_out(arms, told),
            _frontier(arms, told),
            _fpr(arms, told),
            _memory(store, arms, told),
            _arms(store, experiment, arms, told),
        ),
        tuple(_warnings(store, experiment, arms)),
        tuple(Card(f"{j.id}{' (secondary)' if j.secondary else ''}", j.verdict, _short(j)) for j in judged),
        told,
        f"smena experiment report {experiment.id}",
    )


def _said(experiment: Experiment, judged: Sequence[Judged]) -> Iterable[str]:
    if experiment.question:
        yield experiment.question
    for j in judged:
        extra = f" ({j.why})" if j.verdict == "undecided" and j.why else ""
        yield f"{j.id} {j.verdict}: {j.claim}{extra}"


def _short(j: Judged) -> str:
    p, how = (j.p, ", not corrected") if j.secondary else (j.p_holm, " after Holm")
    return f"p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}{how}"


def _verdicts(experiment: Experiment, judged: Sequence[Judged], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("hypothesis"),
        Column("claim"),
        Column("verdict"),
        Column("p", "p"),
        Column("p, Holm", "p", "p_holm"),
        Column("seeds", "count"),
        Column("why", key="why"),
    )
    rows = tuple(
        (j.id, j.claim, j.verdict, j.p, None if j.secondary else j.p_holm, j.seeds, j.why) for j in judged
    )
    says = (
        "Each test was fixed in the file before the first trial. Supported: every part is shown. Refuted: the "
        "opposite of a part is. p is directional (both one-sided values doubled); Holm's correction runs over "
        f"{experiment.family} hypotheses, so that the chance of any wrong verdict is at most "
        f"{experiment.alpha:g}. Secondary hypotheses are not corrected. Undecided is an answer."
    )
    return Section("verdicts", "Verdicts", says, columns, rows, None, _runs_sql(experiment), runs)


def _runs_sql(experiment: Experiment) -> str:
    return f"""SELECT e.arm, e.seed, e.run, e.note, r.status
FROM experiment_runs e LEFT JOIN runs r ON r.id = e.run
WHERE e.experiment = '{experiment.id}' ORDER BY e.arm, e.seed"""


def _parts(judged: Sequence[Judged], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("hypothesis"),
        Column("part"),
        Column("needs"),
        Column("effect", "number", "effect"),
        Column("interval"),
        Column("p for", "p"),
        Column("p against", "p"),
        Column("note", key="note"),
    )
    rows = tuple(_part(j, p) for j in judged for p in j.parts)
    drawn = tuple(
        {
            "panel": f"{j.id}{' (secondary)' if j.secondary else ''}",
            "label": _brief(p.name),
            "value": p.estimate.value,
            "low": p.estimate.low,
            "high": p.estimate.high,
            "note": p.estimate.why.partition(":")[0],
        }
        for j in judged
        for p in j.parts
        if p.kind == "difference"
    )
    says = (
        "The comparisons behind the verdicts: treated arm minus base arm. Accuracy and conflict: paired by task "
        "and seed, both as clusters, 95%. FPR_save: distinct items as units, exact square-and-add intervals, "
        "90% (two one-sided tests at 5%). Effects are shares: 0.05 is 5 points."
    )
    chart = Chart(
        "forest", drawn, {"x": "difference", "title": "treated − base"}, "Differences with intervals."
    )
    sql = f"""SELECT run, purpose, task, position, y, reward, cost, status FROM {_TRIALS}
WHERE run IN {listed(runs)} AND (purpose LIKE 'train/%' OR purpose LIKE 'eval/%')
ORDER BY run, purpose, position"""
    return Section("parts", "Effects", says, columns, rows, chart if drawn else None, sql, runs)


def _brief(name: str) -> str:
    """A part's name, short enough for an axis."""
    return name.partition(",")[0].partition(" (")[0].replace(" on held-out tasks", "").partition(":")[0]


def _part(j: Judged, p: Part) -> tuple[Cell, ...]:
    return (j.id, p.name, p.needs, p.estimate, p.estimate.method, p.p_for, p.p_against, p.note)


def _publish(judged: Sequence[Judged]) -> Section:
    columns = (Column("hypothesis"), Column("one may publish"), Column("one may not publish"))
    rows = tuple((j.id, j.may_say, j.may_not_say) for j in judged)
    return Section(
        "publish",
        "What one may publish",
        "Sentences that the data carries, and that it does not.",
        columns,
        rows,
    )


def _point(cells: Cells) -> Estimate:
    """Mean over (task, seed), kept inside [0, 1]."""
    e = two_way(cells).estimate
    if e.value is None or e.low is None or e.high is None:
        return e
    return Estimate(e.value, max(0.0, e.low), min(1.0, e.high), e.n, e.unit, e.method)


def _learning(arms: Mapping[str, Arm], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("arm"),
        Column("wave", "count"),
        Column("Acc@1 [95%]", "share", "acc_1"),
        Column("Acc@N [95%]", "share", "acc_n"),
        Column("tasks × seeds", "count", "cells"),
    )
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, Any]] = []
    for name, arm in arms.items():
        first, last = arm.acc(1), arm.acc(0)
        waves: dict[int, Cells] = defaultdict(dict)
        for r in arm.runs:
            for task in r.episodes:
                waves[r.waves[task]][task, r.seed] = last[task, r.seed]
        for wave, cells in sorted(waves.items()):
            e = _point(cells)
            rows.append((name, wave, _point({c: first[c] for c in cells}), e, len(cells)))
            drawn.append({"x": wave, "series": name, "value": e.value, "low": e.low, "high": e.high})
    says = (
        "Acc@N on train tasks before they were learned from, by wave, all seeds; each seed has its own order of "
        "tasks. Bands: 95%, tasks and seeds as clusters."
    )
    options = {"x_title": "wave of train tasks", "y_title": "Acc@N", "y": "share"}
    chart = Chart("curve", tuple(drawn), options, "Learning curves, a line an arm.")
    sql = f"""SELECT run, purpose, position, kind, y, status, cost FROM {_TRIALS}
WHERE run IN {listed(runs)} AND purpose LIKE 'train/%' ORDER BY run, purpose, position"""
    return Section("learning", "Learning curves", says, columns, tuple(rows), chart, sql, runs)


def _held_out(arms: Mapping[str, Arm], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("arm"),
        Column("after wave", "count", "step"),
        Column("held-out accuracy [95%]", "share", "accuracy"),
        Column("tasks × seeds", "count", "cells"),
    )
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, Any]] = []
    for name, arm in arms.items():
        steps: dict[int, Cells] = defaultdict(dict)
        for r in arm.runs:
            for step, tasks in r.steps.items():
                steps[step] |= {(task, r.seed): y for task, y in tasks.items()}
        for step, cells in sorted(steps.items()):
            e = _point(cells)
            rows.append((name, step, e, len(cells)))
            drawn.append({"x": step, "series": name, "value": e.value, "low": e.low, "high": e.high})
    options = {"x_title": "after wave (0: no memory)", "y_title": "held-out accuracy", "y": "share"}
    chart = Chart("curve", tuple(drawn), options, "Held-out accuracy as memory grows, a line an arm.")
    says = "The same held-out tasks with the memory trusted after each wave."
    sql = f"""SELECT run, purpose, task, AVG(1.0 * y) AS accuracy FROM {_TRIALS}
WHERE run IN {listed(runs)} AND purpose LIKE 'eval/trusted/%' AND status = 'ok'
GROUP BY run, purpose, task ORDER BY run, purpose, task"""
    return Section(
        "held-out", "Held-out accuracy as memory grows", says, columns, tuple(rows), chart, sql, runs
    )


def last_step(arm: Arm) -> Cells:
    return {(task, r.seed): y for r in arm.runs if r.steps for task, y in r.steps[max(r.steps)].items()}


def _frontier(arms: Mapping[str, Arm], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("arm"),
        Column("cost of a success while learning", "number", "c_success"),
        Column("held-out accuracy at the end [95%]", "share", "accuracy"),
    )
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, Any]] = []
    for name, arm in arms.items():
        cost, accuracy = two_way(arm.cost()).estimate, _point(last_step(arm))
        rows.append((name, cost, accuracy))
        if cost.value:
            drawn.append(
                {
                    "x": cost.value,
                    "series": name,
                    "value": accuracy.value,
                    "low": accuracy.low,
                    "high": accuracy.high,
                }
            )
    options = {
        "x_title": "C_success_avg: cost of a solved task, learner's units",
        "y_title": "held-out accuracy",
        "y": "share",
    }
    chart = Chart("scatter", tuple(drawn), options, "Held-out accuracy against cost, a point an arm.")
    says = "Up and to the left is better; the dashed line joins the arms that none beats on both."
    sql = f"""SELECT run, purpose, SUM(cost) AS cost, MAX(y) AS solved FROM {_TRIALS}
WHERE run IN {listed(runs)} AND purpose LIKE 'train/%' GROUP BY run, purpose ORDER BY run, purpose"""
    return Section("frontier", "Cost and accuracy", says, columns, tuple(rows), chart, sql, runs)


def _fpr(arms: Mapping[str, Arm], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("arm"),
        Column("reading"),
        Column("seed", key="seed"),
        Column("FPR_save [95%]", "share", "fpr"),
        Column("units", "count"),
        Column("p of Q", "p", "p_heterogeneity"),
    )
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, Any]] = []
    for reading, title in READINGS.items():
        for name, arm in arms.items():
            for r in arm.runs:
                hits = r.fpr.items[reading]
                e = share(
                    sum(hits.values()), len(hits), UNITS[reading], "Clopper–Pearson", _undefined(r.fpr.why)
                )
                rows.append((name, title, f"{r.seed}", e, e.n, None))
            counts = effective(arm.items(reading))
            q = heterogeneity([(sum(i.values()), len(i)) for r in arm.runs for i in [r.fpr.items[reading]]])
            e = missing(_undefined("")) if arm.runs else missing("not measured")
            if counts:
                low, high = exact(counts, ALPHA)
                n = len(arm.items(reading))
                e = Estimate(
                    counts.share, min(low, counts.share), max(high, counts.share), n, "distinct items"
                )
            rows.append((name, title, "all", e, e.n, q.p if q else None))
            drawn.append(
                {
                    "panel": title,
                    "label": name,
                    "value": e.value,
                    "low": e.low,
                    "high": e.high,
                    "pooled": True,
                    "note": e.why.partition(":")[0],
                }
            )
    says = (
        "Both readings by arm, all seeds, each distinct item one unit; exact intervals. p of Q: do seeds differ "
        "more than chance would make them?"
    )
    chart = Chart(
        "forest", tuple(drawn), {"x": "share", "title": "share"}, "FPR_save in both readings, a row an arm."
    )
    sql = f"""SELECT d.run, d.item, d.verdict AS audit,
       CASE WHEN EXISTS (SELECT 1 FROM transitions t WHERE t.run = d.run AND t.item = d.item
                         AND t.to_status = 'trusted') THEN 1 ELSE 0 END AS saved
FROM decisions d WHERE d.gate = 'audit' AND d.run IN {listed(runs)} ORDER BY d.run, d.item"""
    return Section("fpr-save", "How often are saves wrong?", says, columns, tuple(rows), chart, sql, runs)


def _undefined(why: str) -> str:
    return f"not measured: {why}" if why else "undefined: nothing to divide by"


def _memory(store: Store, arms: Mapping[str, Arm], runs: tuple[str, ...]) -> Section:
    columns = (Column("arm"), Column("from"), Column("to"), Column("items, all seeds", "count", "items"))
    rows: list[tuple[Cell, ...]] = []
    drawn: list[dict[str, Any]] = []
    for name, arm in arms.items():
        moves: Counter[tuple[str, str]] = Counter()
        ends: Counter[str] = Counter()
        for r in arm.runs:
            last = {}
            for t in store.transitions(r.run.id):
                moves[t.from_status, t.to_status] += 1
                last[t.item] = t.to_status
            ends.update(last.values())
        rows += [(name, a or "new", b, n) for (a, b), n in sorted(moves.items())]
        drawn += [{"x": name, "series": s, "value": ends[s]} for s in ORDER if ends[s]]
    chart = Chart(
        "bars", tuple(drawn), {"x_title": "arm", "y_title": "items, all seeds"}, "Where items end, by arm."
    )
    says = "How items moved through the lifecycle, and in the picture where they ended."
    sql = f"""SELECT run, from_status, to_status, COUNT(*) AS items FROM transitions
WHERE run IN {listed(runs)} GROUP BY run, from_status, to_status ORDER BY run, from_status, to_status"""
    return Section("memory", "How items moved", says, columns, tuple(rows), chart, sql, runs)


def _arms(store: Store, experiment: Experiment, arms: Mapping[str, Arm], runs: tuple[str, ...]) -> Section:
    columns = (
        Column("arm"),
        Column("seed", "count"),
        Column("run"),
        Column("status"),
        Column("trials", "count"),
        Column("infra", "count"),
        Column("timeout", "count"),
        Column("abstain", "count"),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, arm in arms.items():
        rows += [
            (
                name,
                r.seed,
                r.run.id,
                r.run.status,
                r.fpr.trials,
                *(r.fpr.losses[k] for k in ("infra", "timeout", "abstain")),
            )
            for r in arm.runs
        ]
        rows += [
            (name, seed, "", f"not measured: {why}", None, None, None, None)
            for seed, why in arm.missing.items()
        ]
    says = "Which run serves which arm and seed. Trials that arms share are in each run's count."
    return Section("arms", "Arms and runs", says, columns, tuple(rows), None, _runs_sql(experiment), runs)


def _warnings(store: Store, experiment: Experiment, arms: Mapping[str, Arm]) -> Iterable[str]:
    late = [r for r in store.experiment_runs(experiment.id) if r.note == BEFORE]
    if late:
        yield f"{len(late)} runs were begun before the experiment was frozen: for them it is no pre-registration."
    if not store.experiment_runs(experiment.id):
        yield "No run of this experiment has begun."
    for name, arm in arms.items():
        if arm.missing:
            why = next(iter(arm.missing.values()))
            yield f"{name}: {len(arm.missing)} of {len(experiment.seeds)} seeds not measured ({why})."
    if len(experiment.seeds) == 1:
        yield "One seed: how much anything varies over seeds is not measured."
    for arm in arms.values():
        for r in arm.runs:
            yield from r.warnings
            lost = r.fpr.losses["infra"] + r.fpr.losses["timeout"]
            if lost > 0.01 * r.fpr.trials:
                yield f"{r.run.id}: {lost} of {r.fpr.trials} trials were lost to the machinery."
