"""The benchmark's own games: found, indexed, filtered as the benchmark filters them, and never changed.

$ALFWORLD_DATA/json_2.1.1/{train,valid_seen,valid_unseen}/TASK/TRIAL/game.tw-pddl
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import msgspec
from smena import BadInput, InfraError
from smena.values import Split, digest

from smena_alfworld.planner import plan
from smena_alfworld.process import Game
from smena_alfworld.world import Kind, World, read

COUNTS = {"train": 3553, "valid_seen": 140, "valid_unseen": 134}
"""Solvable games of the six types in the benchmark's release."""
SHARES = (0.7, 0.1, 0.2)
"""Of the benchmark's train set, for train, holdout and audit; trials of one task stay together."""
LARGEST = 4 * 1024 * 1024
Dialect = Literal["move", "put"]


class Entry(msgspec.Struct, frozen=True):
    """A game file as it was read; ``why`` it is left out, where it is."""

    name: str
    set: str
    size: int
    mtime: int
    sha256: str = ""
    kind: Kind = "pick"
    goal: str = ""
    plan: tuple[str, ...] | None = None
    dialect: Dialect = "move"
    why: str = ""


def home(path: str) -> Path:
    chosen = Path(path or os.environ.get("ALFWORLD_DATA") or "~/.cache/alfworld").expanduser()
    return chosen / "json_2.1.1" if (chosen / "json_2.1.1").is_dir() else chosen


def find(path: str) -> Path | None:
    """The directory with the benchmark's sets, if there is a game in it."""
    root = home(path)
    found = (file for part in COUNTS for file in (root / part).glob("*/*/game.tw-pddl"))
    return root if next(found, None) else None


def missing(path: str) -> str:
    return (
        f"{home(path)}: no ALFWorld games there ({', '.join(COUNTS)}: TASK/TRIAL/game.tw-pddl). Get them "
        "with alfworld-download and set ALFWORLD_DATA, or take --set env.alfworld.data=synthetic"
    )


class Index:
    """The games that may be played. ``complete``: as many as the release has, in all three sets."""

    def __init__(self, root: Path, entries: Sequence[Entry], dialect: Dialect) -> None:
        self._root = root
        good = [entry for entry in entries if not entry.why]
        self.games = {entry.name: entry for entry in good if entry.dialect == dialect}
        other = len(good) - len(self.games)
        if not self.games:
            says = f"; {other} are of the other dialect, see dialect in [env.alfworld]" if other else ""
            whys = Counter(entry.why for entry in entries if entry.why).most_common(1)
            told = f"; most often because: {whys[0][0]}" if whys else ""
            raise BadInput(f"{root}: none of {len(entries)} game files can be played{says}{told}")
        counts = Counter(entry.set for entry in self.games.values())
        self.complete = not other and counts == COUNTS

    def split(self, split: Split, evaluation: str) -> list[Entry]:
        """In the order of names; no content twice."""
        part = f"valid_{evaluation}" if split == "eval" else "train"
        seen: set[str] = set()
        chosen = []
        for entry in sorted(self.games.values(), key=lambda entry: (entry.set != part, entry.name)):
            if entry.sha256 in seen:
                continue
            seen.add(entry.sha256)
            if entry.set == part and (split == "eval" or _share(entry.name) == split):
                chosen.append(entry)
        return chosen

    def game(self, name: str, content: str, unsafe: bool) -> tuple[Game, World]:
        """Raises InfraError when the file is not what it was."""
        entry = self.games.get(name)
        if entry is None or entry.sha256 != content:
            raise InfraError(f"{name}: the official game changed or is gone since the run began")
        raw = _bytes(self._root / name / "game.tw-pddl")
        if hashlib.sha256(raw).hexdigest() != content:
            raise InfraError(f"{name}: the official game changed since it was indexed")
        data = json.loads(raw)
        rules = None if _same(data["pddl_domain"], _wheel("alfred.pddl")) else data["pddl_domain"]
        world = read(data["pddl_problem"])
        if unsafe:
            return Game(data["pddl_problem"], "", rules, data["grammar"]), world
        words = None if entry.dialect == "move" else in_put(_wheel("alfred.twl2"))
        return Game(data["pddl_problem"], entry.goal, rules, words), world


def index(root: Path, dialect: Dialect) -> Index:
    """Every game file below, read once: what is known of a file of the same size and time is kept in the user's
    cache."""
    memo = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "smena"
    memo /= f"alfworld-{digest([str(root.resolve()), 1])[:16]}.json"
    known: dict[str, Entry] = {}
    with suppress(OSError, msgspec.MsgspecError):
        known = {e.name: e for e in msgspec.json.decode(memo.read_bytes(), type=list[Entry])}
    entries = []
    for part, path in _files(root):
        name, stat = str(path.parent.relative_to(root)), path.stat()
        entry = known.get(name)
        if entry is None or (entry.size, entry.mtime) != (stat.st_size, stat.st_mtime_ns):
            entry = _read(path, Entry(name, part, stat.st_size, stat.st_mtime_ns))
        entries.append(entry)
    if [*known.values()] != entries:
        with suppress(OSError):
            memo.parent.mkdir(parents=True, exist_ok=True)
            fresh = memo.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(entries))
            fresh.replace(memo)
    return Index(root, entries, dialect)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    for part in COUNTS:
        for path in sorted((root / part).glob("*/*/game.tw-pddl")):
            yield part, path


def _read(path: Path, entry: Entry) -> Entry:
    if "movable" in entry.name or "Sliced" in entry.name:
        return msgspec.structs.replace(entry, why="movable receptacles and slices are not played")
    try:
        raw = _bytes(path)
        data: dict[str, Any] = json.loads(raw)
        if data.get("solvable") is not True:
            return msgspec.structs.replace(entry, why="not solvable")
        world = read(data["pddl_problem"])
        goal = re.search(r'"rhs":\s*"Your task is to: ([^"\\{}#\[\]|]{1,200}?)\.?"', data["grammar"])
        if goal is None:
            raise ValueError("its grammar has no plain goal text")
        same = _same(data["pddl_domain"], _wheel("alfred.pddl"))
        return msgspec.structs.replace(
            entry,
            sha256=hashlib.sha256(raw).hexdigest(),
            kind=world.goal.kind,
            goal=goal[1],
            plan=plan(world) if same else None,
            dialect="put" if re.search(r'template :: "put \{o\} in/on ', data["grammar"]) else "move",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        return msgspec.structs.replace(entry, why=f"unreadable: {type(error).__name__}: {error}"[:200])


def in_put(grammar: str) -> str:
    """The wheel's grammar in the words of older releases: "put X in/on Y"."""
    told = grammar.replace('template :: "move {o} to {r}"', 'template :: "put {o} in/on {r}"')
    return told.replace(
        '"You move the {o.name} to the {r.name}."', '"You put the {o.name} in/on the {r.name}."'
    )


def _share(name: str) -> Split:
    """train, holdout or audit: by the task (all trials of it), so that no two parts share one."""
    task = Path(name).parts[1]
    draw = int(digest(["alfworld", task])[:8], 16) / 0xFFFFFFFF
    if draw < SHARES[0]:
        return "train"
    return "holdout" if draw < SHARES[0] + SHARES[1] else "audit"


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError(f"larger than {LARGEST:,} bytes")
    return raw


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()


def _wheel(name: str) -> str:
    """A data file of the installed alfworld, without importing it."""
    spec = find_spec("alfworld")
    assert spec is not None and spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "data" / name).read_text()
