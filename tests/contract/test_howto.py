"""The how-to "write an environment in an afternoon", done as it says, in a fresh environment."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parent.parent.parent / "docs" / "howto" / "environment.md"


@pytest.mark.slow
def test_the_how_to_works_as_it_stands(fresh: Any, tmp_path: Path) -> None:
    blocks = re.findall(r"^```shell\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    assert len(lines) >= 8
    told = ""
    for line in lines:
        words = shlex.split(line)
        if words[:3] == ["pip", "install", "--editable"]:
            fresh.install(tmp_path / words[3])
        else:
            extra = ["-p", "no:cacheprovider"] if words[0] == "pytest" else []
            told = fresh.run("-m", *words, *extra, cwd=tmp_path).stdout
    assert "my-words" in told and "lab" in told, "the last command is the report across domains"
