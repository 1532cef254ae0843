"""A snapshot from git: the learner gets a shell in it, so that nothing in it may tell what came later."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from smena import BadInput
from smena_swebench.snapshots import clone

SECRET = "the repair of tomorrow"


def git(place: Path, *words: str, stdin: bytes = b"") -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", "-C", str(place), *who, *words], check=True, capture_output=True, input=stdin
    )
    return done.stdout.decode(errors="replace").strip()


def commit(place: Path, text: str) -> str:
    (place / "module.py").write_text(f"# {text}\n")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", text)
    return git(place, "rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path: Path) -> tuple[Path, str]:
    """Two commits up to the base, and what came later in every place where git keeps something."""
    place = tmp_path / "upstream"
    place.mkdir()
    git(place, "init", "-q")
    commit(place, "first")
    git(place, "tag", "-a", "v1", "-m", "the first release")
    base = commit(place, "base")
    git(place, "branch", "HEAD-fix")  # a name that looks like git's own word
    commit(place, SECRET)
    git(place, "tag", "-a", "v2", "-m", f"release with {SECRET}")
    git(place, "tag", "light")
    git(place, "tag", "blob", git(place, "hash-object", "-w", "--stdin", stdin=SECRET.encode()))
    git(place, "checkout", "-q", "HEAD-fix")
    commit(place, f"{SECRET}, backported")
    git(place, "notes", "add", "-m", SECRET, base)
    return place, base


def test_nothing_of_later_is_left(upstream: tuple[Path, str], tmp_path: Path) -> None:
    place, base = upstream
    tree = tmp_path / "tree"
    clone(str(place), base, tree)
    assert git(tree, "rev-parse", "HEAD") == base and git(tree, "status", "--porcelain") == ""
    assert (tree / "module.py").read_text() == "# base\n"
    assert git(tree, "for-each-ref", "--format=%(refname)") == "refs/tags/v1"
    assert git(tree, "describe").startswith("v1-1-g")
    assert SECRET in git(place, "cat-file", "--batch-all-objects", "--batch")
    assert SECRET not in git(tree, "cat-file", "--batch-all-objects", "--batch")
    kept = [p for p in (tree / ".git").rglob("*") if p.is_file()]
    later = git(place, "rev-parse", "main", "HEAD-fix", "v2", "light", "blob").split()
    for path in kept:
        data = path.read_bytes()
        assert not any(word.encode() in data for word in (SECRET, "HEAD-fix", str(place), *later)), path
    assert git(tree, "remote") == "" and git(tree, "stash", "list") == ""


def test_submodules_are_refused(upstream: tuple[Path, str], tmp_path: Path) -> None:
    place, _ = upstream
    (place / ".gitmodules").write_text("[submodule]\n")
    with pytest.raises(BadInput, match="submodules"):
        clone(str(place), commit(place, "with submodules"), tmp_path / "tree")


def test_a_repository_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="snapshot cannot be made: `git clone"):
        clone(str(tmp_path / "none"), "HEAD", tmp_path / "tree")
