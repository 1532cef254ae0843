"""Number sequences: three terms are shown, the rule makes the sixth. Single-shot, with an exact oracle."""

import random

import msgspec
from smena import Finding, Gap, Move, Task, Verdict, digest, hookimpl

RULES = {f"{word}-{n}": (word, n) for word in ("add", "times", "minus", "mod") for n in range(2, 12)}
DO = {"add": int.__add__, "times": int.__mul__, "minus": int.__sub__, "mod": int.__mod__}


@hookimpl
def smena_environments():
    return {"sequences": "smena_sequences:Sequences"}


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: int = 40


def step(x, name):
    word, n = RULES[name]
    return DO[word](x, n)


def sequence(x, names, length):
    found = [x]
    while len(found) < length:
        for name in names:
            x = step(x, name)
        found.append(x)
    return found


class Sequences:
    Config, version, verifiers = Config, 1, {"exact": 1.0}

    def __init__(self, config):
        self.config = config

    def tasks(self, split):
        return [self.task(split, n) for n in range(self.config.size)]

    def task(self, split, n):
        rng = random.Random(digest([split, n]))
        *shown, answer = sequence(rng.randint(100, 999), rng.sample(sorted(RULES), 2), 6)
        growth = "falls" if shown[1] < shown[0] else "leaps" if shown[1] > 3 * shown[0] else "grows"
        return Task(
            f"{split}-{n}", split, shown[:3], answer, features=(f"it={growth}", f"odd={shown[1] % 2}")
        )

    def exact(self, task, answer):
        return Verdict(float(isinstance(answer, int) and answer == task.reference))

    def gap(self, task, attempt):
        return Gap((Finding("answer", "none" if attempt.answer is None else "another number"),))

    def space(self, view):
        return Rules(view)


class Rules:
    """A node is the program so far: names of rules, done in this order to get the next term."""

    def __init__(self, view):
        self.view, self.all = view, [Move(name, 1.0, word) for name, (word, _) in RULES.items()]

    def root(self):
        return ()

    def moves(self, node):
        return self.all if len(node) < 2 else []

    def apply(self, node, name):
        return (*node, name) if name in RULES and len(node) < 2 else None

    def key(self, node):
        return node

    def fits(self, node):
        return bool(node) and sequence(self.view[0], node, 3) == self.view

    def answer(self, node):
        return sequence(self.view[0], node, 6)[-1] if node else None
