"""Prompt templates are files: a folder of ``NAME.j2``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from smena.errors import BadInput


@lru_cache(maxsize=32)
def read_prompts(folder: Path) -> dict[str, str]:
    """Templates by name. Raises BadInput where the folder is none or a file is not UTF-8."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder of prompt templates (NAME.j2)")
    try:
        return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.j2"))}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{folder}: cannot read the prompt templates: {error}") from None
