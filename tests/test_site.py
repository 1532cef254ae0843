"""The documentation site: builds without a warning, holds the real help texts, documents the whole interface."""

from __future__ import annotations

import html
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("mkdocs") is None:
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)("pip install 'smena[docs]'")
    out = tmp_path_factory.mktemp("site")
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr[-3000:]
    return out


def text_of(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))


@pytest.mark.slow
def test_every_page_is_there(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix("")
        place = site / name.parent if name.name in ("index", "README") else site / name
        assert (place / "index.html").stat().st_size > 3000, page


@pytest.mark.slow
@pytest.mark.parametrize("words", [[], ["run"], ["plugin", "new"], ["report", "fpr"], ["memory", "list"]])
def test_help_texts_are_the_real_ones(site: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "smena", *words, "--help"]
    env = os.environ | {"COLUMNS": "100"}
    real = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    shown = text_of(site / "cli" / "index.html")
    assert "".join(real.split()) in "".join(shown.split())


@pytest.mark.slow
def test_the_reference_has_every_public_name(site: Path) -> None:
    import smena

    text = " ".join(text_of(page) for page in (site / "reference").rglob("index.html"))
    text += text_of(site / "api" / "index.html") + text_of(site / "reading-a-report" / "index.html")
    missing = [name for name in smena.__all__ if not re.search(rf"\b{name}\b", text)]
    assert missing in ([], ["__version__"]), missing
