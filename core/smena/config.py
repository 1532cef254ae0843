"""One schema for a run, from a TOML file and flags. What is set on the command line wins over the file, the
file over the defaults; an error names the field, and where there is one, the field that was probably
meant."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from smena.errors import BadInput

T = TypeVar("T")


class RunConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that may change a run's result. Two runs with equal configuration are the same run.

    Counts are of tasks, trials or items as named; probabilities and shares are in [0, 1]."""

    env: str
    learner: str = ""
    """Empty: the one that the environment names as its own (``learner = "..."``), else the embedded
    ``search``."""
    teacher: str = ""
    """As ``learner``."""
    policy: str = "causal"
    verifier: str = ""
    """Names joined by ``+``; empty: what the environment judges with."""
    seed: int = 0
    tasks: int = 0
    """Train tasks to learn from; 0: all of the split."""
    wave: int = 24
    """Tasks attempted side by side against the same memory; gates decide between waves."""
    attempts: int = 5
    """N of Acc@N: attempts on a train task, each after the first with the next rung of the teacher's
    ladder."""
    similarity: str = "features"
    """What puts lessons in order: how like the features are of the tasks that they were learned on
    (``features``), or that and the words they have in common with the task (``text``: ``smena.similarity``), or
    that and the vectors that a plugin of this name makes of both (``smena.vectors``)."""
    retrieve: int = 16
    """At most so many items are injected into an attempt."""
    gamma: float = 0.9
    """γ: a task belongs to an item's pool only while its baseline success in the bank is below."""
    bank: int = 4
    """Baseline trials a train task in the bank that chooses pools. No gate sees them."""
    pool: int = 10
    """At most so many tasks in an item's pool, those most like the origin first."""
    eval_tasks: int = 0
    """Held-out tasks of split eval to measure on; 0: all."""
    eval_repeats: int = 2
    audit_repeats: int = 6
    """Trials a task and arm in the audit that tells which saves were false."""
    audit_items: int = 0
    """At most so many items are audited, saved ones first; 0: all that were proposed."""
    stream: bool = False
    """True: tasks are learned from in the environment's own order, and pools hold only those that have
    come. False: in an order drawn by the seed, and pools from all of the split."""
    memory: str = ""
    """A run, or an imported memory, of the same store whose items this run begins with: its trusted ones
    are revised in the first wave. Empty: begin with nothing."""
    calibration: str = ""
    """The calibration (`smena calibrate`) that the settings of the gates come from; for the record."""
    calibrate: bool = False
    """A calibration and no ordinary run."""
    null_items: int = 0
    """An A/A test (`smena aa-test`): so many items that say nothing come to the gates, and no lesson; 0: an
    ordinary run."""
    settings: dict[str, dict[str, Any]] = {}
    """Sections of the plugins: ``{"learner.search": {"budget": 150}}``."""

    def __post_init__(self) -> None:
        for name in ("tasks", "eval_tasks", "audit_items", "bank", "audit_repeats", "null_items"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more, is {getattr(self, name)}")
        for name in ("wave", "attempts", "retrieve", "eval_repeats", "pool"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, is {getattr(self, name)}")
        if not 0 < self.gamma <= 1:
            raise ValueError(f"gamma must be in (0, 1], is {self.gamma}")


PLUGIN_SECTIONS = ("env", "learner", "teacher", "policy", "verifier", "similarity", "sandbox", "report")


def load_config(path: Path | None, flags: Mapping[str, Any], sets: Sequence[str] = ()) -> RunConfig:
    """Read ``path`` (TOML: a ``[run]`` table and ``[learner.search]``-like ones), then lay flags (None: not
    given) and ``KEY=VALUE`` over it.

    Raises BadInput that names the file and the field."""
    where = str(path) if path else "command line"
    run, settings = _read(path) if path else ({}, {})
    run |= {key: value for key, value in flags.items() if value is not None}
    for assignment in sets:
        _assign(assignment, run, settings)
    if "env" not in run:
        raise BadInput(f"{where}: no environment: give --env NAME or env in [run] (see `smena plugins`)")
    return convert(run | {"settings": settings}, RunConfig, where)


def convert(data: Any, cls: type[T], where: str) -> T:
    """``msgspec.convert`` whose errors are BadInput in words: where, which field, what is wrong, what was
    meant."""
    try:
        return msgspec.convert(data, cls)
    except (msgspec.ValidationError, ValueError) as error:
        text = (
            str(error)
            .replace("Object contains unknown field", "unknown field")
            .replace(" - at `$.", ", field `")
            .replace("`", "'")
        )
        unknown = re.search(r"unknown field '(\w+)'", text)
        if unknown:
            fields = list(getattr(cls, "__struct_fields__", ()))
            near = difflib.get_close_matches(unknown[1], fields, n=1)
            text += f": did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(fields))}"
        raise BadInput(f"{where}: {text}") from None


def _read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot read the configuration: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not TOML: {error}") from None
    run = data.pop("run", {})
    settings = {}
    for kind, tables in data.items():
        _check_section(kind, str(path))
        for name, table in tables.items():
            if not isinstance(table, dict):
                raise BadInput(f"{path}: [{kind}] holds tables like [{kind}.NAME], found the value {name!r}")
            settings[f"{kind}.{name}"] = table
    return dict(run), settings


def _assign(assignment: str, run: dict[str, Any], settings: dict[str, dict[str, Any]]) -> None:
    key, equals, text = assignment.partition("=")
    if not equals:
        raise BadInput(f"--set {assignment}: write KEY=VALUE, for example --set learner.search.budget=200")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    match key.strip().split("."):
        case [field] | ["run", field]:
            run[field] = value
        case [kind, name, field]:
            _check_section(kind, f"--set {assignment}")
            settings.setdefault(f"{kind}.{name}", {})[field] = value
        case _:
            raise BadInput(f"--set {assignment}: KEY is a field of [run] or KIND.NAME.FIELD")


def _check_section(kind: str, where: str) -> None:
    if kind not in PLUGIN_SECTIONS:
        near = difflib.get_close_matches(kind, [*PLUGIN_SECTIONS, "run"], n=1)
        guess = f" did you mean [{near[0]}]?" if near else ""
        raise BadInput(
            f"{where}: unknown section [{kind}]:{guess} "
            f"Known: [run], [{'.NAME], ['.join(PLUGIN_SECTIONS)}.NAME]"
        )
