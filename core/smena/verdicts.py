"""Verdicts that come late: a human's, or the world's. A run is a pure function of outcomes, so a verdict is
laid over the outcomes that it speaks of, and every run that they serve is run again: what it had remembered it
remembers, what the verdict changed is decided anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from smena.errors import BadInput
from smena.results import RunResult
from smena.store import LateVerdict, Store
from smena.store.records import SOURCES, Served


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A verdict as it is given, one a line of a JSON-lines file: ``score`` of the attempts that ``trial`` (the
    beginning of a key), ``task`` (an id) and ``item`` (the beginning of a digest) leave over; at least one of
    them is said. ``right``: only attempts that count as successes (True) or failures (False) so far."""

    score: float
    trial: str = ""
    task: str = ""
    item: str = ""
    right: bool | None = None
    source: str = "human"
    author: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"score must be in [0, 1], is {self.score}")
        if self.source not in SOURCES:
            raise ValueError(f"source must be {' or '.join(SOURCES)}, is {self.source!r}")
        if not (self.trial or self.task or self.item):
            raise ValueError("say of what: a trial, a task or an item")


def read_file(path: Path) -> list[Said]:
    """Verdicts from a JSON-lines file. Raises BadInput naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot read the verdicts: {error}") from None
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(msgspec.json.decode(line, type=Said))
            except (msgspec.DecodeError, ValueError) as error:
                raise BadInput(f"{path}, line {number}: {error}") from None
    if not found:
        raise BadInput(f"{path}: no verdict in it")
    return found


def lay(store: Store, run: str, said: Sequence[Said], known: Collection[str] = ()) -> list[str]:
    """Lay verdicts over the outcomes of a run; the keys of the trials that they speak of. All or none.
    ``known``: keys that they were laid over before; given, it is no mistake if nothing is new.

    Raises BadInput for a verdict that speaks of nothing."""
    served = {s.outcome.trial: s for s in store.outcomes(run) if s.trial.kind == "attempt"}
    names = {key: row.id for key, row in store.tasks(store.run(run).env).items()}
    keys: list[str] = []
    with store.together():
        for verdict in said:
            meant = [key for key in _meant(verdict, served.values(), names) if key not in known]
            if not meant and not known:
                raise BadInput(f"run {run} has no judged attempt that is meant by {_words(verdict)}")
            for key in meant:
                store.put_verdict(
                    LateVerdict(
                        key=key,
                        source=verdict.source,
                        score=verdict.score,
                        author=verdict.author,
                        note=verdict.note,
                    )
                )
            keys += meant
    return list(dict.fromkeys(keys))


def _meant(said: Said, served: Iterable[Served], names: dict[str, str]) -> Iterator[str]:
    for s in served:
        if s.outcome.status not in ("ok", "abstain") or not s.outcome.trial.startswith(said.trial):
            continue
        if said.task and names.get(s.trial.task) != said.task:
            continue
        if said.item and not any(digest.startswith(said.item) for digest in s.trial.knowledge):
            continue
        if said.right is None or (s.outcome.y == 1) == said.right:
            yield s.outcome.trial


def _words(said: Said) -> str:
    told = {"trial": said.trial, "task": said.task, "item": said.item}
    only = {None: "", True: ", right so far", False: ", wrong so far"}[said.right]
    return " and ".join(f"{name} {value}" for name, value in told.items() if value) + only


class Standing(NamedTuple):
    """What a run came to, as far as a verdict may change it."""

    states: dict[str, str]
    worth: dict[str, float | None]
    names: dict[str, str]
    trusted: int
    held_out: float | None
    false_share: float | None

    @classmethod
    def of(cls, store: Store, run: str) -> Standing:
        from smena.memory import title

        result = RunResult.read(store, run)
        rules = result.saves.rules
        share = rules[0].false_share.value if rules else None
        return cls(
            {item.digest: item.state for item in result.items},
            {item.digest: item.delta_u for item in result.items},
            {item.digest: title(item.knowledge.body) for item in result.items},
            sum(item.state == "trusted" for item in result.items),
            result.held_out.trusted.accuracy.value,
            share,
        )


def differences(before: Standing, after: Standing) -> list[str]:
    """What changed, in words; empty: nothing."""
    lines = []
    for digest in before.states.keys() | after.states.keys():
        was, now = before.states.get(digest, "not found"), after.states.get(digest, "not found")
        worth, worth_now = before.worth.get(digest), after.worth.get(digest)
        if was != now or worth != worth_now:
            name = after.names.get(digest) or before.names[digest]
            moved = f"{was} → {now}" if was != now else f"still {now}"
            lines.append(f"{digest[:12]}  {moved}, ΔU {_figure(worth)} → {_figure(worth_now)}  {name}")
    lines.sort()
    for label, a, b in (
        ("trusted lessons", before.trusted, after.trusted),
        ("held-out accuracy", before.held_out, after.held_out),
        ("false share of saves", before.false_share, after.false_share),
    ):
        if a != b:
            lines.append(f"{label}: {_figure(a)} → {_figure(b)}")
    return lines


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
