"""What a person sees while a run goes on: a live panel on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from smena.trials import Watcher
from smena.values import Decision, Outcome, Trial


class Counts:
    """What both displays tell. Accuracy is of attempts judged so far in this phase, not a result."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.name, self.phase_started = "starting", self.started
        self.fresh = self.remembered = self.lost = 0
        self.judged = self.solved = 0
        self.cost = 0.0
        self.dollars, self.tokens, self.unpriced = 0.0, 0, 0
        self.verdicts: dict[str, int] = {}
        self.states: Mapping[str, int] = {}
        self.done = self.total = 0
        self.learning_started = self.started

    def phase(self, name: str, total: int) -> None:
        self.name, self.phase_started = name, time.monotonic()
        self.judged = self.solved = 0

    def learned(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if not done:
            self.learning_started = time.monotonic()

    def outcome(self, trial: Trial, outcome: Outcome, fresh: bool) -> None:
        self.fresh += fresh
        self.remembered += not fresh
        self.lost += outcome.status in ("infra", "timeout")
        self.cost += outcome.cost if fresh else 0.0
        if fresh and outcome.usage is not None:
            self.tokens += outcome.usage.tokens_in + outcome.usage.tokens_out
            self.dollars += outcome.usage.price or 0.0
            self.unpriced += outcome.usage.price is None
        if outcome.y is not None:
            self.judged += 1
            self.solved += outcome.y

    def decision(self, decision: Decision) -> None:
        key = f"{decision.gate} {decision.verdict}"
        self.verdicts[key] = self.verdicts.get(key, 0) + 1

    def memory(self, counts: Mapping[str, int]) -> None:
        self.states = dict(counts)

    def lines(self) -> list[tuple[str, str]]:
        elapsed = max(1e-9, time.monotonic() - self.started)
        accuracy = (
            f", {self.solved / self.judged:.0%} of {self.judged} judged here succeeded" if self.judged else ""
        )
        lost = f", {self.lost} lost to infrastructure" if self.lost else ""
        rate = f"{self.fresh / elapsed:.0f}/s"
        return [
            ("now", self.name),
            ("tasks", self._tasks()),
            ("trials", f"{self.fresh} new, {self.remembered} remembered, {rate}{accuracy}{lost}"),
            ("memory", ", ".join(f"{n} {state}" for state, n in self.states.items()) or "empty"),
            (
                "gates",
                ", ".join(f"{n} × {verdict}" for verdict, n in self.verdicts.items()) or "no decision yet",
            ),
            ("spent", f"{elapsed:.0f} s, {self.cost:,.0f} units of the learner's budget{self._money()}"),
        ]

    def _tasks(self) -> str:
        """How far learning is and how long the rest of it takes at this pace; what follows it is short or
        unknown."""
        if not self.done:
            return f"{self.total} to learn from" if self.total else "not counted yet"
        spent = time.monotonic() - self.learning_started
        left = spent / self.done * (self.total - self.done)
        eta = f", about {left // 60:.0f} min {left % 60:.0f} s to go, then the audit" if left else ""
        return f"{self.done} of {self.total} learned from{eta}"

    def _money(self) -> str:
        if not self.tokens:
            return ""
        price = "price not known" if self.unpriced else f"${self.dollars:.4f}"
        return f"; {self.tokens:,} tokens, {price}"


class LiveDisplay(Counts):
    """A panel that is redrawn a few times a second."""

    def __rich__(self) -> Group:
        table = Table.grid(padding=(0, 2))
        for label, text in self.lines():
            table.add_row(Text(label, style="dim"), text)
        return Group(table)


class PlainDisplay(Counts):
    """A line when a phase ends; for logs and CI."""

    def phase(self, name: str, total: int) -> None:
        self.end()
        super().phase(name, total)

    def end(self) -> None:
        if self.judged:
            spent = time.monotonic() - self.phase_started
            print(
                f"{self.name}: {self.solved} of {self.judged} succeeded, {spent:.1f} s",
                file=sys.stderr,
                flush=True,
            )


class NoDisplay(Counts):
    """Nothing on the screen."""


@contextmanager
def display(quiet: bool) -> Iterator[Watcher]:
    console = Console(stderr=True)
    if quiet:
        yield NoDisplay()
    elif console.is_terminal:
        shown = LiveDisplay()
        with Live(shown, console=console, refresh_per_second=4, transient=True, redirect_stdout=False):
            yield shown
    else:
        plain = PlainDisplay()
        yield plain
        plain.end()
