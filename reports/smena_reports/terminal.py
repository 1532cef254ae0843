"""The result in a terminal of 100 columns: the findings in words, four small tables, what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text
from smena.memory import title, triggers
from smena.results import Estimate, ItemResult, RunResult
from smena.results.document import Document
from smena.results.run_more import more

from smena_reports import terminal_document, words

WIDTH = 100
BAR = 24
NOT_SHOWN = ("memory-flow", "reliability", "groups")
"""What says little without its chart, or has a table of its own."""


class TerminalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``items``: at most so many trusted lessons are listed; ``rows``: at most so many lines of each table by
    kind of task, of verifiers, of their gaps and of what late verdicts changed."""

    items: int = 12
    rows: int = 8


class Terminal:
    Config = TerminalConfig
    version = 1

    def __init__(self, config: TerminalConfig) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        if out:
            with out.open("w", encoding="utf-8") as file:
                self._print(Console(file=file, width=WIDTH), result)
        else:
            console = Console()
            console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
            self._print(console, result)

    def _print(self, console: Console, result: RunResult | Document) -> None:
        if isinstance(result, Document):
            terminal_document.show(console, result)
            return
        console.print()
        console.print(Text(result.run.id, style="bold"))
        for sentence in words.headline(result):
            console.print(Text(sentence))
        for part in (
            _held_out(result),
            _learning(result),
            _saves(result),
            self._items(result),
            *self._groups(result),
            _ledger(result),
        ):
            console.print()
            console.print(part)
        for section in more(result):
            if section.id not in NOT_SHOWN:
                terminal_document.part(console, section, self.config.rows)
        console.print()
        run = result.run.id
        for command, what in (
            (
                f"smena report {run} --format html --out report.html",
                "everything, with charts and each figure's SQL",
            ),
            (f"smena memory show ITEM --run {run[:24]}", "why an item was kept or not"),
        ):
            console.print(Text.assemble((command, "cyan"), f"\n    {what}"))

    def _groups(self, result: RunResult) -> list[RenderableType]:
        rows = result.groups.rows
        if not rows:
            return []
        last = f"Acc@{result.learning.attempts}"
        table = _table(("kind of task", ">train", "Acc@1", last, ">held", "none→trusted", "points [95%]"))
        by = ""
        for g in rows[: self.config.rows]:
            if g.by != by:
                table.add_row(Text(g.by, style="dim"))
            by = g.by
            learned = [words.share(e, False) if e.n else "–" for e in (g.acc1, g.acc_n)]
            held = [words.percent(e.value) if e.value is not None else "–" for e in (g.none, g.trusted)]
            gain = "–" if g.gain.value is None else words.difference(g.gain, False).replace(" points", "")
            both = "→".join(held) if g.none.n else "–"
            table.add_row(Text(f" {g.value}"), f"{g.acc1.n}", *learned, f"{g.none.n}", both, gain)
        parts: list[RenderableType] = [table]
        if len(rows) > self.config.rows:
            parts.append(Text(f"  … and {len(rows) - self.config.rows} more: --format html", style="dim"))
        return [_section("By kind of task (each interval by itself)", *parts)]

    def _items(self, result: RunResult) -> RenderableType:
        trusted = [item for item in result.items if item.state == "trusted"]
        counts = ", ".join(f"{n} {state}" for state, n in result.states.items()) or "no items"
        if not trusted:
            return Text(f"Memory: {counts}")
        table = _table(("item", "lesson", "where", ">ΔU", ">at least", "audit"))
        for item in trusted[: self.config.items]:
            table.add_row(*_item(item))
        if len(trusted) > self.config.items:
            table.add_row("", f"… and {len(trusted) - self.config.items} more: smena memory list")
        return _section(f"Trusted lessons ({counts})", table)


def _item(item: ItemResult) -> tuple[str | Text, ...]:
    body = item.knowledge.body
    worth = ["–" if v is None else f"{v:+.3f}" for v in (item.delta_u, item.delta_u_lower)]
    verdict = {"pass": ("useful", "green"), "drop": ("false", "red"), "undecided": ("undecided", "yellow")}
    audit = Text(*verdict[item.audit.verdict]) if item.audit else Text("not audited", style="dim")
    return item.digest[:10], Text(title(body)), Text(" ".join(triggers(body))), *worth, audit


def _held_out(result: RunResult) -> RenderableType:
    heads = ("memory", "", ">accuracy [95%]", ">tasks", ">with an item", ">trials lost")
    table = _table(heads)
    for arm in words.arms(result):
        e = arm.accuracy
        table.add_row(
            arm.name, _bar(e), words.share(e, False), f"{e.n}", f"{arm.informed}", f"{arm.lost}/{arm.trials}"
        )
    differences = Table.grid(padding=(0, 2))
    for name, e in words.comparison(result):
        differences.add_row(Text(f"  {name}", style="dim"), words.difference(e))
    return _section("Held-out accuracy (the task is the sampling unit)", table, differences)


def _learning(result: RunResult) -> RenderableType:
    learned = result.learning
    table = _table((">wave", ">tasks", ">lost", "Acc@1", f"Acc@{learned.attempts}", ">trusted"))
    trusted = {step.step: step.states.get("trusted", 0) for step in result.memory}
    waves = learned.waves if len(learned.waves) <= 8 else (*learned.waves[:3], None, *learned.waves[-4:])
    for wave in waves:
        if wave is None:
            table.add_row("…")
            continue
        shares = (words.share(wave.acc1, False), words.share(wave.acc_n, False))
        table.add_row(
            f"{wave.step}", f"{wave.tasks}", f"{wave.lost}", *shares, f"{trusted.get(wave.step, 0)}"
        )
    attempts = words.number(learned.t_success)
    note = f"  attempts to success {attempts}\n  their cost {words.number(learned.c_success, 1)}"
    title_ = f"While learning: Acc@1 alone, Acc@{learned.attempts} with the teacher's lessons"
    return _section(title_, table, Text(note, style="dim"))


def _saves(result: RunResult) -> RenderableType:
    found = result.saves
    if not found.rules:
        return Text(f"FPR_save: {found.why}")
    heads = ("rule", ">saves", ">false", ">useful", ">undec.", "false share of saves", "P(save | null)")
    table = _table(heads)
    for rule in found.rules:
        unsure = rule.undecided + rule.unaudited
        shares = (_narrow(rule.false_share), _narrow(rule.save_given_null))
        table.add_row(rule.name, f"{rule.saves}", f"{rule.false}", f"{rule.useful}", f"{unsure}", *shares)
    return _section(f"How often are saves wrong? Truth: {words.source(found)}; exact intervals", table)


def _narrow(e: Estimate) -> str:
    if e.value is None:
        return e.why.partition(":")[0]
    return f"{words.share(e, False)} of {e.n}"


def _ledger(result: RunResult) -> RenderableType:
    table = _table(("trials for", ">trials", ">cost", ">median", ">p95", ">lost"))
    for f in result.ledger.served:
        times = (words.seconds(f.latency_median), words.seconds(f.latency_p95))
        table.add_row(f.name, f"{f.trials:,}", f"{f.cost:,.0f}", *times, f"{f.infra + f.timeout + f.abstain}")
    table.add_row(
        "all", f"{result.ledger.trials:,}", f"{result.ledger.cost:,.0f}", "", "", f"{result.ledger.lost}"
    )
    return _section("What it took", table, Text(f"  {words.lost(result)}", style="dim"))


def _bar(e: Estimate) -> Text:
    """The interval as a strip: ─ the scale from 0 to 100%, ━ the interval, ● the estimate."""
    if e.value is None or e.low is None or e.high is None:
        return Text("")
    at = [round(v * (BAR - 1)) for v in (e.low, e.value, e.high)]
    strip = Text("─" * BAR, style="dim")
    strip.stylize("not dim blue", at[0], at[2] + 1)
    plain = ["━" if at[0] <= i <= at[2] else "─" for i in range(BAR)]
    plain[at[1]] = "●"
    strip.plain = "".join(plain)
    return strip


def _section(title_: str, *parts: RenderableType) -> Group:
    return Group(Text(title_, style="bold"), *parts)


def _table(heads: Sequence[str]) -> Table:
    """A head that begins with > is a right-aligned column."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in heads:
        right = head.startswith(">")
        table.add_column(
            head.lstrip(">"), justify="right" if right else "left", header_style="dim", overflow="fold"
        )
    return table
