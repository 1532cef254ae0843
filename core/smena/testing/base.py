"""What the contracts of all kinds share: that the plugin is found, is cheap to list, and can be made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any, ClassVar, Generic, Literal, NamedTuple, TypeVar

import msgspec

from smena.errors import BadInput, SmenaError
from smena.registry import KINDS, Offer, base_name, section
from smena.values import Attempt, canonical

NONSENSE: tuple[Any, ...] = (
    None,
    0,
    -1.5,
    "",
    "nonsense",
    "☃" * 9,
    [],
    {},
    [None],
    [[[]]],
    {"answer": 1},
    [["a", 2]],
)
"""Answers that no task asks for. A model gives such things; they are wrong, and not an error."""

LIGHT = {"smena", "pluggy", "msgspec", "typing_extensions"}
"""What a plugin's module may import besides the standard library and its own package."""


class Breach(AssertionError):
    """A plugin does not keep the contract; the message says what to change."""


class DoesNotApply(unittest.SkipTest):
    """This plugin or machine has nothing to try this on; the message says why. pytest shows it as a skip."""


T = TypeVar("T")
_kept: dict[tuple[type, str], Any] = {}


class once(Generic[T]):
    """A property that is computed once a class: pytest makes an instance for every test."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, instance: Any, owner: type) -> T:
        if instance is None:
            return self  # type: ignore[return-value]
        key = owner, self._compute.__name__
        if key not in _kept:
            _kept[key] = self._compute(instance)
        found: T = _kept[key]
        return found


class Finding(NamedTuple):
    """What came of one test of a contract."""

    test: str
    result: Literal["ok", "breach", "skipped"]
    message: str = ""


class Contract:
    """Base of all contracts. Subclass the one of your kind and set ``name``."""

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    """The name under which the plugin is offered."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings to make it with, as in its section of a configuration file."""
    options: ClassVar[Mapping[str, dict[str, Any]]] = {}
    """Sections of other plugins that take part, for example ``{"env.lab": {"sizes": {"train": 9}}}``."""

    # what the tests use

    @property
    def offer(self) -> Offer:
        from smena.testing.toy import plugins

        name = base_name(self.name)
        for offer in plugins().offers(self.kind):
            if offer.name in (name, self.name):
                return offer
        problems = "".join(f" {problem}." for problem in plugins().problems)
        raise Breach(
            f"no installed plugin offers {self.kind} {name!r}.{problems} Give the distribution an entry point "
            f'([project.entry-points.smena] {name} = "your_module"), install it, and return '
            f'{{"{name}": "your_module:Class"}} from the hook {KINDS[self.kind]} of that module'
        )

    @property
    def cls(self) -> type[Any]:
        from smena.testing.toy import plugins

        offer = self.offer
        try:
            return plugins().resolve(self.kind, offer.name)
        except BadInput as error:
            raise Breach(f"{error}. What it needs should be installed with it or told in one line") from None

    @property
    def sections(self) -> dict[str, dict[str, Any]]:
        """The settings of everything that takes part, as a run's configuration holds them."""
        own = f"{section(self.kind)}.{base_name(self.name)}"
        return {**self.options, **({own: dict(self.settings)} if self.settings else {})}

    def make(self) -> Any:
        """A fresh instance. What it cannot be made without (a key, a program, an extra) is no breach, if it
        says so."""
        from smena.testing.toy import plugins

        self.cls  # noqa: B018 (a plugin that cannot be imported is told as that)
        try:
            return plugins().make(self.kind, self.name, self.settings)
        except SmenaError as error:
            if error.__cause__ is not None:
                raise Breach(
                    f"{self._what} cannot be made with its default settings: {error}. Give every field of Config "
                    "a default, and raise smena.BadInput where the machine lacks something"
                ) from error
            raise DoesNotApply(f"{self._what} says that it cannot be used here: {error}") from None

    @property
    def _what(self) -> str:
        return f"{self.kind} {self.name!r}"

    # the tests that hold for every kind

    def test_it_is_found_and_listed(self) -> None:
        """An installed plugin offers it, and the plugin has no problem."""
        from smena.testing.toy import plugins

        offer = self.offer
        for problem in plugins().problems:
            ensure(
                problem.plugin != offer.plugin, f"{problem}. Mend this first: `smena plugins` shows it to all"
            )
        ensure(
            offer.target.count(":") == 1,
            f"the hook offers {offer.target!r}: write it as 'package.module:Class'",
        )

    def test_listing_it_is_cheap_and_silent(self) -> None:
        """Importing the plugin's module (what every `smena` command does) loads no library, prints nothing,
        starts no thread."""
        told = probe(self._module(), self.offer.target)
        module = told["module"]
        ensure(
            not told["libraries"],
            f"importing {module} loads {', '.join(told['libraries'])}: every `smena` command would pay for it. "
            "Keep the hooks in a module of their own and import libraries in the module that the offer names",
        )
        ensure(
            not told["stdout"], f"importing {module} prints {told['stdout'][:80]!r}: print nothing on import"
        )
        ensure(
            told["threads"] == 1,
            f"importing {module} starts {told['threads'] - 1} thread(s): start them when the work begins; "
            "workers are forked, and a thread does not survive that",
        )

    def test_its_settings_are_checked(self) -> None:
        """``Config`` is a frozen msgspec struct with defaults; an unknown field is refused by name."""
        from smena.testing.toy import plugins

        if self.kind == "executor":
            raise DoesNotApply("executors take no configuration")
        config = getattr(self.cls, "Config", None)
        ensure(
            isinstance(config, type) and issubclass(config, msgspec.Struct),
            f"{self.cls.__name__}.Config must be a class derived from msgspec.Struct with a default for every "
            "field (an empty one where there is nothing to set)",
        )
        assert config is not None
        facts = config.__struct_config__
        ensure(
            facts.frozen,
            f"{config.__name__} must be frozen: class {config.__name__}(msgspec.Struct, frozen=True)",
        )
        ensure(
            facts.forbid_unknown_fields,
            f"{config.__name__} takes unknown fields silently: add forbid_unknown_fields=True, so that a typing "
            "mistake in a configuration file is told",
        )
        try:
            plugins().make(self.kind, self.name, {"no_such_field": 1})
        except SmenaError:
            return
        raise Breach(f"{self._what} took the setting no_such_field = 1")  # pragma: no cover

    def test_it_has_a_version(self) -> None:
        """``version`` is an int ≥ 1: it is part of every trial's key, so raising it is how results of an older
        behaviour are not mixed with new ones."""
        if self.kind in ("executor", "report"):
            raise DoesNotApply(f"results do not depend on {self.kind}s")
        version = getattr(self.cls, "version", None)
        ensure(
            isinstance(version, int) and not isinstance(version, bool) and version >= 1,
            f"{self.cls.__name__}.version is {version!r}: give the class `version = 1` and raise it whenever its "
            "behaviour changes",
        )
        if self.kind == "sandbox":
            raise DoesNotApply("sandboxes have no fingerprint")
        from smena.registry import fingerprint

        one, other = fingerprint(self.name, self.make()), fingerprint(self.name, self.make())
        ensure(
            one == other,
            f"two instances have fingerprints {one} and {other}: self.config must be the settings",
        )

    def _module(self) -> str:
        from smena.testing.toy import plugins

        plugin = plugins().manager.get_plugin(self.offer.plugin)
        return plugin.__name__ if isinstance(plugin, ModuleType) else self.offer.target.partition(":")[0]


def ensure(holds: object, message: str) -> None:
    """Raises Breach with the message unless ``holds``."""
    if not holds:
        raise Breach(message)


def examine(contract: Contract, only: str = "") -> Iterator[Finding]:
    """Every test of a contract (whose name holds ``only``), one after the other, without pytest. Nothing that a
    plugin does raises here."""
    names = [n for c in reversed(type(contract).__mro__) for n in vars(c) if n.startswith("test_")]
    for name in dict.fromkeys(n for n in names if only in n):
        try:
            getattr(contract, name)()
        except DoesNotApply as reason:
            yield Finding(name, "skipped", str(reason))
        except Breach as breach:
            yield Finding(name, "breach", str(breach))
        except (Exception, SystemExit) as error:
            from smena.process import one_line

            yield Finding(name, "breach", f"raised {one_line(error)}")
        else:
            yield Finding(name, "ok")


def contract_of(kind: str) -> type[Contract]:
    """The contract of a kind."""
    from smena import testing

    found: type[Contract] = getattr(testing, f"{kind.capitalize()}Contract")
    return found


def as_stored(value: Any) -> Any:
    """A value after a way through JSON, which is how it comes back from a worker and from the store."""
    return msgspec.json.decode(canonical(value))


def attempt_of(answer: Any) -> Attempt:
    """An attempt that a learner who says this might return."""
    return Attempt(answer=answer, cost=1.0)


_PROBE = """
import contextlib, io, json, sys, threading
import smena, smena.registry, msgspec
before, out = set(sys.modules), io.StringIO()
with contextlib.redirect_stdout(out):
    __import__({module!r})
own = {{m.partition('.')[0] for m in ({module!r}, {target!r})}} | {light!r}
loaded = {{m.partition('.')[0] for m in set(sys.modules) - before}}
loaded = {{m for m in loaded if m not in sys.stdlib_module_names and not m.startswith('_')}}
print(json.dumps({{'module': {module!r}, 'stdout': out.getvalue(), 'threads': threading.active_count(),
    'libraries': sorted(loaded - own)}}))
"""


@lru_cache(maxsize=64)
def probe(module: str, target: str) -> dict[str, Any]:
    """What importing a module does, tried in a process of its own."""
    code = _PROBE.format(module=module, target=target.partition(":")[0], light=LIGHT)
    told: dict[str, Any] = ask_another_process(code, f"importing {module}")
    return told


def ask_another_process(code: str, what: str, hash_seed: str = "0", seconds: float = 120.0) -> Any:
    """The JSON that Python code prints last, in a fresh process with the same import path and another hash
    seed."""
    env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=seconds, env=env
        )
    except subprocess.TimeoutExpired:
        raise Breach(f"{what} takes longer than {seconds:g} s in a fresh process") from None
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip() or "it printed nothing").splitlines()[-1]
        raise Breach(f"{what} fails in a fresh process (exit code {done.returncode}): {last}") from None


def guarded(
    what: str, call: Callable[..., Any], *args: Any, allowed: tuple[type[Exception], ...] = ()
) -> Any:
    """What a plugin's method returns; an exception that the contract does not allow is a breach that names
    it."""
    from smena.process import one_line

    try:
        return call(*args)
    except (Exception, SystemExit) as error:
        if isinstance(error, (Breach, DoesNotApply, *allowed)):
            raise
        raise Breach(f"{what} raised {one_line(error)}") from error
