"""The built-ins keep the contract that strangers' plugins keep: whatever the registry offers is tried, so a new
one is included the day it is offered."""

from __future__ import annotations

from typing import Any

import pytest
from smena import Attempt
from smena.registry import Offer, Registry
from smena.testing import Contract, contract_of

ANSWERS = {
    "alfworld": lambda self, task: {
        "won": True,
        "goals": [True] * {"pick": 1, "look": 2, "two": 2}.get(task.reference["kind"], 3),
        "actions": [],
    },
    "arc": lambda self, task: [[grid, grid] for grid in task.reference],
    "swebench": lambda self, task: task.reference["patch"],
}
"""What a right answer looks like where the reference is not one."""
SLOW = {"alfworld", "arc", "swebench"}
"""Those whose contract takes longer than a few seconds."""
EXTRA: dict[tuple[str, str], dict[str, Any]] = {
    ("verifier", "lab-noisy"): {
        "environment": "lab",
        "attempts": lambda self, task: [
            Attempt(answer=answer, trace={"luck": str(n)})
            for answer in (task.reference, "convincing:1", "wrong:1")
            for n in range(5)
        ],
    },
}
"""Attributes of the contract, by (kind, name)."""


def contract(offer: Offer) -> type[Contract]:
    base = contract_of(offer.kind)
    own: dict[str, Any] = {
        "name": offer.name,
        "__module__": __name__,
        **EXTRA.get((offer.kind, offer.name), {}),
    }
    if offer.kind == "environment" and offer.name in ANSWERS:
        own["solution"] = ANSWERS[offer.name]
    made = type(f"Test_{offer.kind}_{offer.name.replace('-', '_')}", (base,), own)
    return pytest.mark.slow(made) if offer.name in SLOW else made


for _offer in Registry.load().offers():
    _made = contract(_offer)
    globals()[_made.__name__] = _made
