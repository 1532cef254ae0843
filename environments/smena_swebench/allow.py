"""The list of sound instances that `smena env doctor` writes and experiments read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smena import BadInput

DEFAULT = "swebench-allow.json"


def allowed(path: str) -> frozenset[str]:
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
        return frozenset(told["allowed"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path}: not a list of sound instances ({error}): "
            f"`smena env doctor swebench --write {path}` makes one"
        ) from None


def write(path: str, sound: list[str], quarantined: Mapping[str, str], how: Mapping[str, Any]) -> None:
    told = {"allowed": sound, "quarantined": dict(quarantined), "how": dict(how)}
    try:
        Path(path).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from None
