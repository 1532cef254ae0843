"""The tasks, the episode, and what a failed attempt lacks."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import msgspec
from smena import JSON, Attempt, Finding, Gap, Observation, Opener, Session, Snapshot, Split, Task, digest

FUNCTIONS = {
    "total": ("def f(xs):\n    out = 0\n    for x in xs:\n        out = out + x\n    return out\n", "plus"),
    "largest": (
        "def f(xs):\n    out = xs[0]\n    for x in xs:\n        out = x if x > out else out\n    return out\n",
        "greater",
    ),
    "product": ("def f(xs):\n    out = 1\n    for x in xs:\n        out = out * x\n    return out\n", "star"),
    "evens": ("def f(xs):\n    return [x for x in xs if x % 2 == 0]\n", "equal"),
}
SIGNS = {"plus": "+", "minus": "-", "star": "*", "less": "<", "greater": ">", "equal": "==", "unequal": "!="}
BUGS = {
    "plus": ("minus", "star"),
    "star": ("plus", "minus"),
    "greater": ("less", "equal"),
    "equal": ("unequal", "less"),
}
CHECK = (
    "import json, sys\n"
    "from f import f\n"
    "cases = json.load(sys.stdin)\n"
    "print(json.dumps([f(list(xs)) == y for xs, y in cases]))\n"
)


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings, ``[env.repair]``."""

    size: int = 24
    steps: int = 6
    """Actions in an episode."""


class Repair:
    """The learner sees a broken function and one failing test; what it did to it is judged."""

    Config = Config
    version = 1
    verifiers: ClassVar = {"repair-tests": 0.8, "repair-syntax": 0.2}

    def __init__(self, config: Config) -> None:
        self.config = config

    def use_sandbox(self, opener: Opener) -> None:
        self._opener = opener

    def tasks(self, split: Split) -> Sequence[Task]:
        return [self._task(split, number) for number in range(self.config.size)]

    def _task(self, split: Split, number: int) -> Task:
        rng = random.Random(digest(["repair", split, number]))
        name = rng.choice(sorted(FUNCTIONS))
        source, right = FUNCTIONS[name]
        wrong = rng.choice(BUGS[right])
        lists = [[rng.randint(-99, 99) for _ in range(rng.randint(3, 7))] for _ in range(9)]
        cases = [[xs, _answer(name, xs)] for xs in lists]
        view = {"source": source.replace(f" {SIGNS[right]} ", f" {SIGNS[wrong]} "), "test": cases[0]}
        reference = {"change": f"make {wrong} {right}", "cases": cases[1:]}
        return Task(f"{split}-{number}", split, view, reference, name, (f"sign={wrong}", f"function={name}"))

    def play(self, task: Task) -> Editing:
        return Editing(self._opener, task.view, self.config.steps)

    def gap(self, task: Task, attempt: Attempt) -> Gap:
        """Which sign should have been there: one of seven, so less than three bits."""
        right = task.reference["change"].split()[-1]
        return Gap((Finding("unmet", f"needs {right}", "reference", 2.8),))

    def means(self) -> Mapping[str, Sequence[str]]:
        return {f"needs {sign}": (f"make ?sign {sign}", "hand in") for sign in SIGNS}


class Editing:
    """An episode: edits of one sign, tests on demand, until it is handed in."""

    def __init__(self, opener: Opener, view: JSON, steps: int) -> None:
        self._opener, self._view, self._left = opener, view, steps
        self._source: str = view["source"]
        self._done: list[dict[str, str]] = []
        self._session: Session | None = None

    def __enter__(self) -> Self:
        self._session = self._opener().open(Snapshot())
        return self

    def __exit__(self, *exc: object) -> None:
        if self._session:
            self._session.close()

    def start(self) -> Observation:
        return self._show(
            f"This function is wrong: {self._view['test'][0]} should give {self._view['test'][1]}."
        )

    def act(self, action: str) -> Observation:
        self._left -= 1
        self._done.append({"sent": action})
        words = action.split()
        if action == "hand in":
            self._left = 0
            return self._show("Handed in.")
        if action == "run tests":
            return self._show(f"The test gives {self._run_tests()}.")
        if len(words) == 3 and words[0] == "make" and SIGNS.get(words[1]) and SIGNS.get(words[2]):
            before, after = (f" {SIGNS[word]} " for word in words[1:])
            self._source = self._source.replace(before, after)
            return self._show("Changed.")
        return self._show("That is not something to do here.")

    def answer(self) -> JSON:
        return {"actions": self._done, "source": self._source}

    def _run_tests(self) -> str:
        assert self._session is not None
        told = run_cases(self._session, self._source, [self._view["test"]])
        return "an error" if told is None else "the right result" if told[0] else "a wrong result"

    def _show(self, said: str) -> Observation:
        found = [word for word, sign in SIGNS.items() if f" {sign} " in self._source]
        edits = [f"make {old} {new}" for old in found for new in SIGNS if new != old]
        done = self._left <= 0
        return Observation(f"{said}\n{self._source}", done, () if done else (*edits, "run tests", "hand in"))


def run_cases(session: Session, source: str, cases: JSON) -> list[bool] | None:
    """Which cases the source passes, run inside the sandbox; None where it does not come to an end."""
    session.put("f.py", source.encode())
    session.put("check.py", CHECK.encode())
    told = session.exec(["python3", "check.py"], timeout=20, stdin=json.dumps(cases).encode())
    if told.code != 0 or told.truncated:
        return None
    try:
        passed = json.loads(told.output.splitlines()[-1])
    except (ValueError, IndexError):
        return None
    return [bool(p) for p in passed] if isinstance(passed, list) and len(passed) == len(cases) else None


def _answer(name: str, xs: list[int]) -> JSON:
    product = 1
    for x in xs:
        product *= x
    return {"total": sum(xs), "largest": max(xs), "product": product, "evens": [x for x in xs if x % 2 == 0]}[
        name
    ]
