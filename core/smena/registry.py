"""Finds plugins by entry point, and makes what they offer when it is asked for.

A plugin that fails (on import, in a hook, by `sys.exit`, by a name already taken) is named in ``problems``
and left out; the run goes on unless the user asked for something of it. ``SMENA_PLUGINS=arc,search`` loads
only the named entry points, which isolates a fault."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

import pluggy

from smena import hookspecs
from smena.errors import BadInput, SmenaError, UnknownName

GROUP = "smena"
API_VERSION = "0.1"
"""Of the public interface (`smena.__all__`, hooks, protocols). A plugin's module may say the one that it was
written for, ``SMENA_API = "0.1"``; see docs/api.md for what a number promises."""
KINDS = {
    "environment": "smena_environments",
    "learner": "smena_learners",
    "teacher": "smena_teachers",
    "verifier": "smena_verifiers",
    "similarity": "smena_similarities",
    "policy": "smena_policies",
    "sandbox": "smena_sandboxes",
    "executor": "smena_executors",
    "report": "smena_reports",
}


OBSERVERS = ("smena_run_start", "smena_outcome", "smena_decision", "smena_run_end")


class Offer(NamedTuple):
    """A name that a plugin offers: ``target`` is ``module:Class``, imported when it is made."""

    kind: str
    name: str
    target: str
    plugin: str


class Problem(NamedTuple):
    """A plugin that was left out, in part or whole, and why."""

    plugin: str
    where: str
    why: str

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} failed in {self.where}: {self.why}"


class Registry:
    """All offers of all plugins. Make one with :meth:`load`; tests may :meth:`register` a plugin object."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(hookspecs)
        self.problems: list[Problem] = []
        self._offers: dict[tuple[str, str], Offer] = {}

    @classmethod
    def load(cls) -> Registry:
        registry = cls()
        for entry in _entry_points():
            with registry._guard(entry.name, f"import of {entry.value!r}"):
                registry.register(entry.load(), entry.name)
        return registry

    def register(self, plugin: object, name: str) -> None:
        """Take a plugin in: a module or object with hook implementations. Its offers are read at once."""
        if self.manager.has_plugin(name):
            self.problems.append(
                Problem(name, "registration", "a plugin of this name is already loaded; ignored")
            )
            return
        if why := too_new_or_old(getattr(plugin, "SMENA_API", API_VERSION)):
            self.problems.append(Problem(name, "registration", why))
            return
        try:
            self.manager.register(plugin, name)
        except Exception:
            self.manager.unregister(name=name)  # pluggy keeps what it refuses
            raise
        self._find_misspelt(plugin, name)
        for kind, hook in KINDS.items():
            with self._guard(name, hook):
                self._read_offers(kind, hook, name)

    def _find_misspelt(self, plugin: object, name: str) -> None:
        """A hook that the host does not know is never called, which would pass unseen."""
        for attribute in dir(plugin):
            spec = getattr(plugin, attribute, None)
            known = hasattr(hookspecs, attribute)
            if attribute.startswith("smena_") and hasattr(spec, f"{GROUP}_impl") and not known:
                near = difflib.get_close_matches(attribute, [*KINDS.values(), *OBSERVERS], n=1)
                guess = f": did you mean {near[0]}?" if near else ""
                self.problems.append(Problem(name, attribute, f"there is no such hook{guess}"))

    def _read_offers(self, kind: str, hook: str, plugin: str) -> None:
        ours = [
            impl for impl in getattr(self.manager.hook, hook).get_hookimpls() if impl.plugin_name == plugin
        ]
        for impl in ours:
            offered = impl.function()
            if not isinstance(offered, Mapping):
                raise TypeError(f"must return {{name: 'module:Class'}}, returned {type(offered).__name__}")
            for name, target in offered.items():
                taken = self._offers.get((kind, name))
                if taken is None:
                    self._offers[kind, name] = Offer(kind, name, target, plugin)
                else:
                    why = f"the {kind} name {name!r} is already taken by plugin {taken.plugin!r}; ignored"
                    self.problems.append(Problem(plugin, hook, why))

    @contextlib.contextmanager
    def _guard(self, plugin: str, where: str) -> Iterator[None]:
        # A stranger's module may print or call sys.exit while it is imported; neither is ours to suffer.
        try:
            with contextlib.redirect_stdout(sys.stderr):
                yield
        except (Exception, SystemExit) as error:
            said = " ".join(str(error).split())
            self.problems.append(Problem(plugin, where, f"{type(error).__name__}: {said}".rstrip(": ")))

    def offers(self, kind: str | None = None) -> list[Offer]:
        """What is on offer, sorted by kind and name."""
        order = list(KINDS)
        chosen = [o for o in self._offers.values() if kind in (None, o.kind)]
        return sorted(chosen, key=lambda o: (order.index(o.kind), o.name))

    def resolve(self, kind: str, name: str) -> type[Any]:
        """The class behind a name (``NAME`` or ``NAME:ARGUMENT``).

        Raises UnknownName with the nearest known name; BadInput when the plugin that offers it cannot be
        imported."""
        offer = self._offers.get((kind, base_name(name)))
        if offer is None:
            broken = "".join(f" ({problem})" for problem in self.problems)
            raise UnknownName(kind, name, [o.name for o in self.offers(kind)], broken)
        module, _, attribute = offer.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]
        except (Exception, SystemExit) as error:
            raise BadInput(
                f"{kind} {name!r} cannot be used: plugin {offer.plugin!r} failed on import of "
                f"{offer.target!r}: {type(error).__name__}: {error}"
            ) from error

    def make(self, kind: str, name: str, settings: Mapping[str, Any] | None = None) -> Any:
        """An instance, its ``Config`` made from ``settings``; the argument of ``NAME:ARGUMENT`` is its field
        ``arg``. Raises BadInput naming the field that does not fit."""
        from smena.config import convert

        cls = self.resolve(kind, name)
        name, colon, argument = name.partition(":")
        if colon and "arg" not in cls.Config.__struct_fields__:
            raise BadInput(f"{kind} {name!r} takes no argument: write {name}, not {name}:{argument}")
        given = {**(settings or {}), **({"arg": argument} if colon else {})}
        config = convert(given, cls.Config, f"[{section(kind)}.{name}]")
        try:
            return cls(config)
        except SmenaError:
            raise
        except Exception as error:
            raise BadInput(f"{kind} {name!r} cannot be made: {type(error).__name__}: {error}") from error


def too_new_or_old(written_for: object) -> str:
    """Why a plugin written for this version of the interface cannot be used; empty: it can. An older minor
    version keeps working."""
    ours = tuple(map(int, API_VERSION.split(".")))
    try:
        major, minor = map(int, str(written_for).split("."))
    except ValueError:
        return f"SMENA_API is {written_for!r}: write it as in SMENA_API = {API_VERSION!r}"
    if major == ours[0] and minor <= ours[1]:
        return ""
    said = f"it was written for plugin API {written_for} and this Smena has {API_VERSION}: "
    if (major, minor) > ours:
        return said + "pip install --upgrade smena"
    return said + "look for a newer version of the plugin"


def base_name(name: str) -> str:
    """The name on offer in ``NAME:ARGUMENT``, which is also that of its settings."""
    return name.partition(":")[0]


def section(kind: str) -> str:
    """The word for a kind in flags and configuration files."""
    return "env" if kind == "environment" else kind


def _entry_points() -> list[EntryPoint]:
    found = sorted(entry_points(group=GROUP), key=lambda e: (not _built_in(e), e.name))
    wanted = os.environ.get("SMENA_PLUGINS")
    if wanted is None:
        return found
    names = {name.strip() for name in wanted.split(",")}
    return [entry for entry in found if entry.name in names]


def _built_in(entry: EntryPoint) -> bool:
    # Built-ins load first so that a stranger cannot take their names; that is all their privilege.
    return entry.dist is not None and entry.dist.name == "smena"


def fingerprint(name: str, plugin: Any) -> str:
    """``name@digest`` of what may change a plugin's behaviour: its declared version and its configuration, or,
    where it says what of that and of other things matters (prompt templates, say), its ``identity``."""
    from smena.values import digest

    identity = plugin.identity if hasattr(plugin, "identity") else plugin.config
    return f"{name}@{digest([plugin.version, identity])[:12]}"
