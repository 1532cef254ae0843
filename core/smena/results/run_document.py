"""One run's figures as a document: the same numbers as typed tables, for data files, papers and pictures."""

from __future__ import annotations

from smena.results.document import Chart, Column, Document, Section
from smena.results.items import ORDER
from smena.results.run_more import more, phases
from smena.results.run_result import RunResult
from smena.values import JSON


def run_document(result: RunResult) -> Document:
    makers = (
        _held_out,
        _differences,
        _learning,
        _steps,
        _saves,
        _memory,
        _evidence,
        _items,
        _ledger,
        _losses,
    )
    return Document(
        "run",
        result.run.id,
        (),
        (*(make(result) for make in makers), *more(result)),
        result.not_measured,
        (),
        (result.run.id,),
        f"smena report {result.run.id}",
    )


def _section(result: RunResult, id_: str, title: str, says: str, query: str, *rest: object) -> Section:
    columns, rows, *chart = rest
    return Section(
        id_,
        title,
        says,
        columns,  # type: ignore[arg-type]
        tuple(rows),  # type: ignore[arg-type]
        chart[0] if chart else None,  # type: ignore[arg-type]
        result.queries[query],
        (result.run.id,),
    )


def _held_out(result: RunResult) -> Section:
    arms = (result.held_out.none, result.held_out.everything, result.held_out.trusted)
    columns = (
        Column("memory"),
        Column("accuracy [95%]", "share", "accuracy"),
        Column("tasks", "count"),
        Column("tasks with an item", "count", "informed"),
        Column("trials", "count"),
        Column("lost", "count"),
    )
    rows = [(a.name, a.accuracy, a.accuracy.n, a.informed, a.trials, a.lost) for a in arms]
    drawn = tuple(
        {
            "panel": "accuracy on held-out tasks",
            "label": a.name,
            "value": a.accuracy.value,
            "low": a.accuracy.low,
            "high": a.accuracy.high,
            "note": a.accuracy.why,
        }
        for a in arms
    )
    chart = Chart("forest", drawn, {"x": "share", "title": "held-out accuracy"}, "Three arms with intervals.")
    return _section(
        result,
        "held-out",
        "Held-out accuracy",
        "Wilson on the effective number of tasks.",
        "held_out",
        columns,
        rows,
        chart,
    )


def _differences(result: RunResult) -> Section:
    held = result.held_out
    rows = [
        ("trusted − none", held.trusted_vs_none),
        ("trusted − everything", held.trusted_vs_everything),
        ("everything − none", held.everything_vs_none),
    ]
    columns = (Column("difference"), Column("paired by task, points [95%]", "difference", "paired"))
    return _section(
        result, "differences", "Paired differences", "Student's t over tasks.", "differences", columns, rows
    )


def _learning(result: RunResult) -> Section:
    learned = result.learning
    last = f"Acc@{learned.attempts}"
    columns = (
        Column("wave", "count"),
        Column("tasks", "count"),
        Column("lost", "count"),
        Column("Acc@1", "share", "acc_1"),
        Column(last, "share", "acc_n"),
        Column("Acc@1 so far", "share", "acc_1_so_far"),
        Column(f"{last} so far", "share", "acc_n_so_far"),
    )
    rows = [(w.step, w.tasks, w.lost, w.acc1, w.acc_n, w.acc1_so_far, w.acc_n_so_far) for w in learned.waves]
    drawn = tuple(
        {"x": w.step, "series": name, "value": e.value, "low": e.low, "high": e.high}
        for w in learned.waves
        for name, e in (("Acc@1", w.acc1), (last, w.acc_n))
    )
    options: dict[str, JSON] = {"x_title": "wave of train tasks", "y_title": "solved", "y": "share"}
    options["marks"] = phases(result.flows, [w.step for w in learned.waves])
    chart = Chart("curve", drawn, options, "Acc@1 and Acc@N by wave with bands.")
    return _section(
        result,
        "learning",
        "Learning curve",
        "On train tasks before they were learned from.",
        "learning",
        columns,
        rows,
        chart,
    )


def _steps(result: RunResult) -> Section:
    columns = (
        Column("after wave", "count", "step"),
        Column("accuracy [95%]", "share", "accuracy"),
        Column("tasks", "count"),
        Column("tasks with an item", "count", "informed"),
    )
    rows = [(s.step, s.accuracy, s.accuracy.n, s.informed) for s in result.held_out.by_step]
    drawn = tuple(
        {
            "x": s.step,
            "series": "trusted memory",
            "value": s.accuracy.value,
            "low": s.accuracy.low,
            "high": s.accuracy.high,
        }
        for s in result.held_out.by_step
    )
    options = {"x_title": "after wave (0: no memory)", "y_title": "held-out accuracy", "y": "share"}
    chart = Chart("curve", drawn, options, "Held-out accuracy as memory grows.")
    says = "The same held-out tasks with the memory that was trusted after each wave."
    return _section(
        result, "held-out-steps", "Held-out accuracy as memory grows", says, "held_out", columns, rows, chart
    )


def _saves(result: RunResult) -> Section:
    columns = (
        Column("rule"),
        Column("saves", "count"),
        Column("false", "count"),
        Column("useful", "count"),
        Column("undecided", "count"),
        Column("not audited", "count"),
        Column("false share of saves", "share", "false_share"),
        Column("P(save | null)", "share", "save_given_null"),
        Column("P(save | useful)", "share", "kept"),
    )
    rules = result.saves.rules
    rows = [
        (
            r.name,
            r.saves,
            r.false,
            r.useful,
            r.undecided,
            r.unaudited,
            r.false_share,
            r.save_given_null,
            r.kept,
        )
        for r in rules
    ]
    drawn = tuple(
        {
            "panel": panel,
            "label": r.name,
            "value": e.value,
            "low": e.low,
            "high": e.high,
            "note": e.why.partition(":")[0],
        }
        for panel, field in (("false share of saves", "false_share"), ("P(save | null)", "save_given_null"))
        for r in rules
        for e in (getattr(r, field),)
    )
    chart = Chart(
        "forest", drawn, {"x": "share", "title": "share"}, "FPR_save in both readings, a row a rule."
    )
    return _section(
        result,
        "fpr-save",
        "How often are saves wrong?",
        str(result.saves.rule.get("text", result.saves.why)),
        "saves",
        columns,
        rows,
        chart,
    )


def _memory(result: RunResult) -> Section:
    states = [s for s in ORDER if any(s in step.states for step in result.memory)]
    columns = (
        Column("after wave", "count", "step"),
        *(Column(s, "count") for s in states),
        Column("trusted share", "number"),
    )
    rows = [(m.step, *(m.states.get(s, 0) for s in states), m.trusted_share) for m in result.memory]
    drawn = tuple(
        {"x": m.step, "series": s, "value": m.states.get(s, 0)} for m in result.memory for s in states
    )
    options = {"x_title": "after wave", "y_title": "knowledge items"}
    chart = Chart("bars", drawn if states else (), options, "Items by state after each wave.")
    return _section(
        result,
        "memory",
        "Memory over time",
        "Items by state after each wave.",
        "memory",
        columns,
        rows,
        chart,
    )


def _evidence(result: RunResult) -> Section:
    columns = (
        Column("item"),
        Column("gate"),
        Column("verdict"),
        Column("pair", "count"),
        Column("e-value", "number", "e_value"),
        Column("threshold", "number"),
    )
    rows = [
        (p.item, p.gate, p.verdict, n, e, p.threshold)
        for p in result.evidence
        for n, e in enumerate(p.e_values, start=1)
    ]
    says = "The e-value of each candidate after each pair of trials, and the threshold it had to reach."
    return _section(result, "evidence", "How the evidence went", says, "evidence", columns, rows)


def _items(result: RunResult) -> Section:
    columns = (
        Column("item"),
        Column("state"),
        Column("ΔU", "number", "delta_u"),
        Column("at least", "number", "delta_u_lower"),
        Column("audit"),
        Column("reason"),
        Column("origin"),
        Column("rung"),
    )
    rows = [
        (
            i.digest,
            i.state,
            i.delta_u,
            i.delta_u_lower,
            i.audit.verdict if i.audit else "",
            i.reason,
            i.knowledge.provenance.task,
            i.knowledge.provenance.rung,
        )
        for i in result.items
    ]
    return _section(result, "items", "Items", "Every lesson that was tried.", "items", columns, rows)


def _ledger(result: RunResult) -> Section:
    columns = (
        Column("purpose"),
        Column("uses", "count"),
        Column("trials", "count"),
        Column("cost", "number"),
        Column("infra", "count"),
        Column("timeout", "count"),
        Column("abstain", "count"),
        Column("failed executions", "count", "retried"),
    )
    rows = [
        (f.name, f.used, f.trials, f.cost, f.infra, f.timeout, f.abstain, f.retried)
        for f in result.ledger.served
    ]
    says = "Cost in the learner's unit; latency is left out: it is not a function of the run."
    return _section(result, "ledger", "What it took", says, "ledger", columns, rows)


def _losses(result: RunResult) -> Section:
    columns = (
        Column("purpose"),
        Column("items injected", "text", "arm"),
        Column("cause"),
        Column("executions", "count"),
        Column("trials lost", "count", "trials"),
    )
    rows = [
        (loss.family, "yes" if loss.informed else "no", loss.cause, loss.executions, loss.trials)
        for loss in result.ledger.losses
    ]
    says = (
        "Executions that the machinery failed, in either arm; a trial is lost where the last one failed too."
    )
    return _section(
        result, "losses", "What failed for no fault of the learner's", says, "losses", columns, rows
    )
