"""What the ALFWorld tests share: the wheel's files, official-looking games, the one real kitchen."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from smena_alfworld import synthetic
from smena_alfworld.world import STOCK, Kind

DOMAIN, GRAMMAR = "alfred.pddl", "alfred.twl2"


def wheel(name: str) -> str:
    spec = find_spec("alfworld")
    assert spec is not None and spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "data" / name).read_text()


def game_file(made: synthetic.Made, **changes: Any) -> dict[str, Any]:
    """A generated game in the benchmark's file format."""
    return {
        "pddl_domain": wheel(DOMAIN),
        "grammar": wheel(GRAMMAR).replace("UNKNOWN GOAL", made.goal),
        "pddl_problem": made.problem,
        "solvable": True,
        "walkthrough": list(made.plan),
        **changes,
    }


def put(root: Path, part: str, kind: Kind, number: int, **changes: Any) -> Path:
    """Write an official-looking game; returns its file."""
    made = next(
        m for n in range(number * 1000, (number + 1) * 1000) if (m := synthetic.make(kind, "tiny", n))
    )
    path = root / "json_2.1.1" / part / f"{STOCK[kind]}-{number}" / f"trial_{number}" / "game.tw-pddl"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(game_file(made, **changes)))
    return path


def kitchen() -> dict[str, Any]:
    """The real kitchen that lies beside the checkout."""
    shared = Path(os.environ.get("SMENA_SHARED") or Path(__file__).parents[3] / "shared")
    found = sorted((shared / "data" / "alfworld").glob("*/game.tw-pddl"))
    if not found:
        if os.environ.get("SMENA_REQUIRE_REAL"):
            pytest.fail(f"no real game under {shared}")
        pytest.skip("no real game beside the checkout")
    data: dict[str, Any] = json.loads(found[0].read_text())
    return data
