"""One play of a game: what a learner does and is told, and what is judged of it."""

from __future__ import annotations

import re
from typing import Any, Self

from smena import InfraError
from smena.protocols import Observation
from smena.values import JSON, digest

from smena_alfworld.process import EngineProcess, Game
from smena_alfworld.world import World, met

LONGEST = 200
"""No command is longer; what a learner says beyond that is not kept."""


def normal(raw: str) -> str:
    """What a learner says, as a command: one line, lower case, without prompt and final dot.

    >>> normal("> Go to  Fridge 1.")
    'go to fridge 1'
    """
    line = next((line for line in raw.strip().splitlines() if line.strip()), "")
    return re.sub(r"\s+", " ", line.strip().removeprefix(">").strip().lower()).rstrip(". ")[:LONGEST]


class Play:
    """The episode protocol over the engine. It ends when the game is won or after ``steps`` actions; then
    nothing more happens. Goal conditions are looked up for the answer only: the learner is told text, and
    where ``admissible`` the commands that the engine knows now."""

    def __init__(
        self,
        engine: EngineProcess,
        game: Game,
        world: World,
        steps: int,
        admissible: bool,
        reference: int | None,
    ) -> None:
        self._engine, self._game, self._world = engine, game, world
        self._left, self._admissible, self._reference = steps, admissible, reference
        self._actions: list[dict[str, JSON]] = []
        self._now: Observation | None = None
        self._offered: frozenset[str] = frozenset()
        self._won = False
        self._judged: tuple[bool, ...] | None = None

    def start(self) -> Observation:
        return self._see(self._engine.load(self._game))

    def act(self, action: str) -> Observation:
        if self._now is None:
            raise InfraError("an episode is started before anything is done in it")
        if self._now.done:
            return self._now
        sent = normal(action)
        self._actions.append({"raw": action[:LONGEST], "sent": sent, "valid": sent in self._offered})
        self._left -= 1
        shown = self._see(self._engine.call("step", sent))
        self._actions[-1]["state"] = digest(sorted(self._offered))[:8]
        return shown

    def answer(self) -> JSON:
        """``{"won", "goals", "actions", "reference_length"}``: conditions met, in the goal's order; each action
        as it was said and sent, whether the game knew it, and a digest of what can be done then (equal: back
        where it was); the length of the shortest plan, null where unknown."""
        if self._now is None:
            raise InfraError("an episode has an answer once it was started")
        if self._judged is None:
            self._judged = met(self._world, self._engine.call("facts"))
        return {
            "won": self._won,
            "goals": list(self._judged),
            "actions": list(self._actions),
            "reference_length": self._reference,
        }

    def _see(self, told: dict[str, Any]) -> Observation:
        commands = told["commands"]
        self._offered, self._won, self._judged = frozenset(commands), told["won"], None
        done = self._won or self._left <= 0
        offered = tuple(commands) if self._admissible and not done else ()
        self._now = Observation(told["text"], done, offered)
        return self._now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None
