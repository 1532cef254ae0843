"""The engine, in a process of its own: ``python -m smena_alfworld.engine`` reads calls and writes replies, a
JSON line each.

textworld is not safe to live with: parsers shared by threads, `sys.argv` and `sys.stdout` swapped, memory
that grows by the episode, a C++ library that may crash. Here all of that ends with the process; see
:mod:`smena_alfworld.process`.

What is slow in it is asked once: the translation of a game's PDDL (a third of a second, twice at each reset),
the parsing of text templates, and the words of a command, which are the same whenever it is offered. Traces
stay those of the stock engine; a test compares them.
"""

from __future__ import annotations

import copy
import json
import os
import re
import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any

GAMES = 32
"""Translations kept: some 4 MB each in a real kitchen."""
SEEN = ("inreceptacle", "holds", "atlocation", "ishot", "iscool", "isclean", "istoggled")
"""Predicates that goals speak of."""
UNKNOWN = "UNKNOWN GOAL"
"""What the wheel's grammar says where the goal belongs. The goal's text is put there in the finished text,
never into the grammar: what a grammar holds in braces is code."""


class Engine:
    """One game at a time. ``load`` → ``step`` … → ``facts``."""

    def __init__(self) -> None:
        from textworld.envs.pddl import logic
        from textworld.generator.game import EntityInfo

        self._translate = _hasten()
        self._logic_of = lru_cache(maxsize=4)(logic.GameLogic)
        self._state_class, self._info_class = logic.PddlState, EntityInfo
        self._lib = logic.fast_downward.load_lib()
        self._operator = logic.fast_downward.Operator
        self._commands: OrderedDict[str, dict[tuple[str, ...], str]] = OrderedDict()

    def load(self, domain: str, grammar: str, problem: str, goal: str) -> dict[str, Any]:
        """Begin an episode; ``goal`` empty: the grammar's own text stays."""
        self._rules = self._logic_of(domain, grammar)
        self._state = self._state_class(self._lib, problem, self._rules)
        self._infos = self._name_entities()
        key = problem + "\0" + grammar
        self._words = self._commands.pop(key, {})
        self._commands[key] = self._words
        if len(self._commands) > GAMES:
            self._commands.popitem(last=False)
        text = self._derive("#intro#", {})
        return self._told(text.replace(UNKNOWN, goal) if goal else text)

    def step(self, command: str) -> dict[str, Any]:
        action = self._offered.get(command)
        if action is None:
            return self._told("Nothing happens.")
        self._state.apply(action)
        return self._told(self._derive(action.feedback_rule, action.mapping))

    def facts(self) -> list[list[str]]:
        """Ground facts of the predicates in :data:`SEEN`."""
        return sorted(
            [fact.name, *(argument.name for argument in fact.arguments)]
            for fact in self._state.facts
            if fact.name in SEEN
        )

    def plan(self) -> list[str]:
        """Fast Downward's plan from the beginning, as commands; empty: it finds none."""
        _, compact = self._translate(self._rules.domain, self._state.pddl_problem, optimize=True)
        self._lib.load_sas_replan(compact.encode())
        return list(self._state.replan(self._infos))

    def _told(self, text: str) -> dict[str, Any]:
        offered: dict[str, Any] = {}
        for action in self._applicable():
            offered.setdefault(self._command(action), action)
        self._offered = offered
        return {"text": text, "won": bool(self._state.check_goal()), "commands": sorted(offered)}

    def _applicable(self) -> list[Any]:
        actions: list[Any] = self._state.all_applicable_actions()
        return actions

    def _command(self, action: Any) -> str:
        """An action's words. They depend on what its template speaks of, and on what never changes."""
        slots = _slots(action.command_template)
        key = (action.name, *(f"{p.name}={v.name}" for p, v in action.mapping.items() if p.name in slots))
        words = self._words.get(key)
        if words is None:
            names = {k: info.name for k, info in self._infos.items()}
            action.command_template = self._derive(action.command_template, action.mapping)
            words = self._words[key] = action.format_command(names)
        return words

    def _derive(self, text: str, mapping: Any) -> str:
        context = {
            "state": self._state,
            "facts": [],  # no rule reads it
            "variables": {ph.name: self._infos[var.name] for ph, var in mapping.items()},
            "mapping": mapping,
            "entity_infos": self._infos,
        }
        derived: str = self._rules.grammar.derive(text, context)
        return derived

    def _name_entities(self) -> dict[str, Any]:
        from alfworld.agents.utils.misc import Demangler

        named = {v.name: v.type for fact in self._state.facts for v in fact.arguments}
        infos = {name: self._info_class(name, kind) for name, kind in named.items()}
        demangler = Demangler(game_infos=infos, shuffle=False)
        for info in infos.values():
            info.name = demangler.demangle_alfred_name(info.id)
            info.definite, info.indefinite = "the", "a"
        return infos


@lru_cache(maxsize=256)
def _slots(template: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", template))


def _hasten() -> Callable[..., Any]:
    """Make textworld remember what it computes; only this process is changed. Returns the translator that
    does not."""
    import fast_downward
    from textworld.envs.pddl import textgen
    from textworld.logic import Rule

    translate = fast_downward.pddl2sas
    translations: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def pddl2sas(domain: str, problem: str, verbose: bool = False, optimize: bool = False) -> Any:
        # The second, optimised translation serves only its planner, which plans from the first just as well.
        key = (domain, problem)
        if key not in translations:
            translations[key] = _guarded(translate)(domain, problem, optimize=False)
            if len(translations) > GAMES:
                translations.popitem(last=False)
        translations.move_to_end(key)
        return translations[key]

    def copy_context(context: dict[str, Any]) -> dict[str, Any]:
        # One level is enough: what is in these is never changed in place.
        return context | {"variables": dict(context["variables"]), "mapping": dict(context["mapping"])}

    parse = lru_cache(maxsize=4096)(textgen._parse_and_convert)

    def parsed(text: str, rule_name: str, trace: bool = False) -> list[Any]:
        symbols: list[Any] = copy.deepcopy(parse(text, rule_name=rule_name, trace=trace))
        return symbols

    fast_downward.pddl2sas = pddl2sas
    textgen.copy_context = copy_context
    textgen._parse_and_convert = parsed
    Rule.parse_conjunctive_query = staticmethod(lru_cache(maxsize=4096)(Rule.parse_conjunctive_query))
    return _guarded(translate)


def _guarded(translate: Callable[..., Any]) -> Callable[..., Any]:
    """The translator overwrites `sys.argv` and swaps `sys.stdout`, for good when it fails."""

    def call(*args: Any, **kwargs: Any) -> Any:
        argv, out = sys.argv, sys.stdout
        try:
            return translate(*args, **kwargs)
        finally:
            sys.argv, sys.stdout = argv, out

    return call


def wheel() -> tuple[str, str]:
    """The domain and the grammar that the installed alfworld carries."""
    from importlib.resources import files

    data = files("alfworld") / "data"
    return (data / "alfred.pddl").read_text(), (data / "alfred.twl2").read_text()


def main() -> None:
    calls, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever prints does not print into the replies
    sys.stdout = sys.stderr
    engine = Engine()
    domain, grammar = wheel()
    methods: dict[str, Callable[..., Any]] = {
        "load": lambda problem, goal, rules=None, words=None: engine.load(
            rules or domain, words or grammar, problem, goal
        ),
        "step": engine.step,
        "facts": engine.facts,
        "plan": engine.plan,
    }
    replies.write(b'{"ready": true}\n')
    for line in calls:
        name, arguments = json.loads(line)
        try:
            reply = {"is": methods[name](*arguments)}
        except (Exception, SystemExit) as error:
            reply = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        replies.write(json.dumps(reply).encode() + b"\n")


if __name__ == "__main__":
    main()
