"""An experiment as a file: arms that differ from what all share, seeds, and hypotheses with their tests, all
fixed before the first trial.

The file has the layout of a run's configuration (``[run]``, ``[learner.search]``, …) for what all arms share;
``[arms.NAME]`` overlays the same layout; ``[[hypotheses]]`` pre-registers the tests."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from smena.config import PLUGIN_SECTIONS, RunConfig, convert
from smena.errors import BadInput
from smena.values import Value, digest

Test = Literal[
    "paired-accuracy", "fpr-and-accuracy", "conflict-and-precision", "quality-and-cost", "fpr-drift", "trend"
]
BUILT_IN = ("phase1", "phase2", "lab")


class Hypothesis(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim and the test that was fixed for it. ``treated`` and ``base`` are arms; for ``fpr-drift`` ``base``
    is the anchor and ``treated`` are the other domains."""

    id: str
    claim: str
    test: Test
    treated: tuple[str, ...]
    base: str = ""
    n: int = 0
    """N of Acc@N; 0: all attempts that the run allows."""
    reading: Literal["false_share", "save_given_null"] = "false_share"
    margin: float = 0.05
    """Accuracy may be lower by less than this and still count as no loss."""
    tolerance: float = 0.1
    """FPR_save may drift by less than this."""
    secondary: bool = False
    """Reported beside the family, not corrected with it."""
    may_say: str
    may_not_say: str

    def __post_init__(self) -> None:
        if not 0 < self.margin < 1 or not 0 < self.tolerance < 1:
            raise ValueError(f"{self.id}: margin and tolerance must be in (0, 1)")
        if not self.treated or (self.test != "trend" and not self.base):
            raise ValueError(f"{self.id}: name the arms: treated = [...] and base = ...")


class Expects(Value, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pilot makes one expect of one run: only the plan uses it, no test does."""

    saves: float = 10.0
    items: float = 60.0
    trials: float = 5000.0
    seconds: float = 60.0
    """CPU seconds of a run that shares nothing."""
    sd: float = 0.5
    """Standard deviation of a paired difference of 0/1 outcomes between arms."""


class Experiment(Value, frozen=True, kw_only=True):
    """``arms``: name → what overlays ``shared``, both as ``{section: {field: value}}``. ``family``: how many
    hypotheses Holm's correction counts, those of other files included."""

    name: str
    question: str
    seeds: tuple[int, ...]
    shared: dict[str, dict[str, Any]]
    arms: dict[str, dict[str, dict[str, Any]]]
    hypotheses: tuple[Hypothesis, ...]
    alpha: float = 0.05
    family: int = 0
    stopping: str = "All arms and seeds are run to their end; nobody looks in between."
    expects: Expects = Expects()

    @property
    def digest(self) -> str:
        return digest(self)

    @property
    def id(self) -> str:
        return f"{self.name}-{self.digest[:8]}"

    def config(self, arm: str, seed: int) -> RunConfig:
        """The run of an arm and seed. Raises BadInput naming the arm and the field."""
        sections = {name: dict(fields) for name, fields in self.shared.items()}
        for name, fields in self.arms[arm].items():
            sections.setdefault(name, {}).update(fields)
        run = sections.pop("run", {}) | {"seed": seed}
        used = {
            "env": run.get("env", ""),
            "policy": run.get("policy", RunConfig(env="x").policy),
            "learner": run.get("learner", ""),
            "teacher": run.get("teacher", ""),
        }
        # What all arms share may name plugins that one arm does not use; its own overlay may not.
        settings = {
            name: fields for name, fields in sections.items() if name in self.arms[arm] or _wanted(name, used)
        }
        return convert(run | {"settings": settings}, RunConfig, f"{self.name}, arm {arm}")


def _wanted(section: str, used: Mapping[str, str]) -> bool:
    kind, _, name = section.partition(".")
    return used.get(kind, "") in ("", name)


def load(what: str) -> Experiment:
    """A built-in experiment by name, or a TOML file. Raises BadInput naming file and field."""
    if what in BUILT_IN:
        text = resources.files("smena.experiments").joinpath(f"{what}.toml").read_text(encoding="utf-8")
        return parse(text, what)
    path = Path(what)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(
            f"{what}: no such experiment: give {', '.join(BUILT_IN)} or a TOML file ({error.strerror})"
        ) from None
    return parse(text, what)


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str
    question: str = ""
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    alpha: float = 0.05
    family: int = 0
    stopping: str = Experiment.__struct_defaults__[2]
    expects: Expects = Expects()
    run: dict[str, Any] = {}
    arms: dict[str, dict[str, Any]]
    hypotheses: tuple[Hypothesis, ...] = ()

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds must be different numbers, are {list(self.seeds)}")
        if not self.arms:
            raise ValueError("no arms: write [arms.NAME]")
        if not 0 < self.alpha < 0.5:
            raise ValueError(f"alpha must be in (0, 0.5), is {self.alpha}")
        for h in self.hypotheses:
            if missing := {*h.treated, *([h.base] if h.base else [])} - set(self.arms):
                raise ValueError(f"{h.id} names the arm {min(missing)!r}; arms: {', '.join(self.arms)}")


def parse(text: str, where: str) -> Experiment:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{where}: not TOML: {error}") from None
    plugins = {kind: data.pop(kind) for kind in list(data) if kind in PLUGIN_SECTIONS}
    file = convert(data, _File, where)
    shared = {"run": file.run} | _sections(plugins, where)
    arms = {}
    for name, overlay in file.arms.items():
        run = {"run": overlay.pop("run")} if "run" in overlay else {}
        arms[name] = run | _sections(overlay, f"{where}, arm {name}")
    experiment = Experiment(
        name=file.name,
        question=file.question,
        seeds=file.seeds,
        shared=shared,
        arms=arms,
        hypotheses=file.hypotheses,
        alpha=file.alpha,
        family=max(file.family, sum(not h.secondary for h in file.hypotheses)),
        stopping=file.stopping,
        expects=file.expects,
    )
    for arm in arms:
        experiment.config(arm, file.seeds[0])  # a misspelt field is told now, not after the first arm
    return experiment


def _sections(plugins: Mapping[str, Any], where: str) -> dict[str, dict[str, Any]]:
    found = {}
    for kind, tables in plugins.items():
        if kind not in PLUGIN_SECTIONS or not isinstance(tables, dict):
            raise BadInput(f"{where}: unknown section [{kind}]; known: run, {', '.join(PLUGIN_SECTIONS)}")
        for name, table in tables.items():
            if not isinstance(table, dict):
                raise BadInput(f"{where}: [{kind}] holds tables like [{kind}.NAME], found the value {name!r}")
            found[f"{kind}.{name}"] = table
    return found
