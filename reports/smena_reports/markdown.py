"""A short report in Markdown, for a pull request or a note."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from smena.memory import title, triggers
from smena.results import RunResult
from smena.results.document import Document
from smena.results.run_more import more

from smena_reports import markdown_document, words


class MarkdownConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``items``: at most so many trusted lessons are listed."""

    items: int = 30


class Markdown:
    Config = MarkdownConfig
    version = 1

    def __init__(self, config: MarkdownConfig) -> None:
        self.config = config

    def write(self, result: RunResult | Document, out: Path | None) -> None:
        found = markdown_document.lines(result) if isinstance(result, Document) else self._lines(result)
        text = "\n".join(found) + "\n"
        if out:
            out.write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)

    def _lines(self, result: RunResult) -> Iterable[str]:
        yield f"# {result.run.id}\n"
        yield "\n".join(f"- {sentence}" for sentence in words.headline(result))
        yield "\n## Held-out accuracy\n"
        arms = [
            (a.name, words.share(a.accuracy), f"{a.informed}", f"{a.lost} of {a.trials}")
            for a in words.arms(result)
        ]
        yield from _table(("memory", "accuracy [95%]", "tasks with an item", "trials lost"), arms)
        yield ""
        yield from _table(
            ("difference", "paired by task [95%]"),
            [(n, words.difference(e)) for n, e in words.comparison(result)],
        )
        yield "\n## While learning\n"
        learned = result.learning
        rows = [
            (f"{w.step}", f"{w.tasks}", words.share(w.acc1, False), words.share(w.acc_n, False))
            for w in learned.waves
        ]
        rows.append(
            ("all", f"{learned.acc1.n}", words.share(learned.acc1, False), words.share(learned.acc_n, False))
        )
        yield from _table(("wave", "tasks", "Acc@1", f"Acc@{learned.attempts}"), rows)
        yield "\n## How often are saves wrong?\n"
        yield from self._saves(result)
        yield "\n## Trusted lessons\n"
        yield from self._items(result)
        yield "\n## Cost\n"
        ledger = result.ledger
        yield f"{ledger.trials:,} trials, {ledger.cost:,.0f} units of the learner's cost."
        yield f"Lost: {words.lost(result)}.\n"
        for section in more(result):
            if section.id != "memory-flow":
                yield from markdown_document.section(section, limit=self.config.items)
                yield ""
        yield "## Not measured\n"
        yield from (f"- {text}" for text in result.not_measured)
        yield f"\n{result.seeds}"

    def _saves(self, result: RunResult) -> Iterable[str]:
        if not result.saves.rules:
            yield f"FPR_save: {result.saves.why}."
            return
        rows = [
            (
                r.name,
                f"{r.saves}",
                words.audit_counts(r),
                words.share(r.false_share),
                words.share(r.save_given_null),
            )
            for r in result.saves.rules
        ]
        yield f"Truth: {words.source(result.saves)}.\n"
        yield from _table(("rule", "saves", "audit", "false share of saves", "P(save \\| null)"), rows)

    def _items(self, result: RunResult) -> Iterable[str]:
        trusted = [item for item in result.items if item.state == "trusted"]
        if not trusted:
            yield "None."
            return
        rows = [
            (
                f"`{i.digest[:12]}`",
                title(i.knowledge.body),
                " ".join(triggers(i.knowledge.body)),
                "" if i.delta_u is None else f"{i.delta_u:+.3f}",
                i.audit.verdict if i.audit else "not audited",
            )
            for i in trusted[: self.config.items]
        ]
        yield from _table(("item", "lesson", "where", "ΔU", "audit"), rows)
        if len(trusted) > len(rows):
            yield f"\nand {len(trusted) - len(rows)} more: `smena memory list --run {result.run.id}`"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |"
