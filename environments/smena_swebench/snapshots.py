"""What a session of a real record starts from: its own image, or a tree and environment made here.

A recipe says where the tree comes from when there is no image: a source distribution of a release, or a git
repository. The result is kept by content of recipe and record and never written to. Making it installs packages,
which runs their set-up code as you, with the network: it is done before any trial, from sources that the recipe
names, never from what a learner wrote."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from smena import BadInput, Snapshot
from smena.values import digest

from smena_swebench import cache, images

WORKDIR = "/testbed"
CONDA = "/opt/miniconda3"
ENV = "/opt/testbed"
"""Where the environment is in a session, wherever the cache is."""
NEEDS = 1_000_000_000
"""Bytes that have to be free before a snapshot is made."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``sdist`` (``Flask==2.2.3``) or ``git`` (a URL or path). ``packages``: what pip installs beside
    the tree."""

    sdist: str = ""
    git: str = ""
    packages: tuple[str, ...] = ()
    python: str = ""
    """The interpreter; empty: the one that runs Smena."""
    image: str = ""
    """An image in the place of the record's own."""

    def __post_init__(self) -> None:
        if (bool(self.sdist) + bool(self.git) + bool(self.image)) != 1:
            raise ValueError("a recipe has one of sdist, git and image")


_SET = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def snapshot(
    record: Mapping[str, Any], sources: str, say: Callable[[str], None] = lambda _: None, build: bool = False
) -> Snapshot:
    """Made where it is not there yet; with ``build`` to be an image. Raises BadInput where it cannot be had."""
    if sources == "image":
        return Snapshot(image=record["image"], workdir=WORKDIR)
    recipe = recipes(sources).get(record["instance_id"])
    if recipe is None:
        raise BadInput(f"{sources}: no recipe for {record['instance_id']}")
    if recipe.image:
        return Snapshot(image=recipe.image, workdir=WORKDIR)
    place = prepared(record, recipe, say)
    if build:
        base = (place / "base").read_text()
        with _lock(place):
            return images.packed(
                place,
                WORKDIR,
                {"env": ENV, "conda": CONDA, "tree": WORKDIR},
                "" if Path(base).is_relative_to("/usr") else base,
                _SET,
            )
    return Snapshot(tree=str(place / "tree"), workdir=WORKDIR, binds=_binds(place), env=dict(_SET))


def _binds(place: Path) -> tuple[tuple[str, str], ...]:
    base = Path((place / "base").read_text())
    binds = [(str(place / "env"), ENV), (str(place / "conda"), CONDA)]
    if not base.is_relative_to("/usr") and base != Path(sys.base_prefix):
        binds.append((str(base), str(base)))
    return tuple(binds)


@lru_cache
def recipes(path: str) -> dict[str, Recipe]:
    """Recipes by instance, from a TOML or JSON file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        told = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
        return msgspec.convert(told, dict[str, Recipe])
    except OSError as error:
        raise BadInput(f"{path}: recipes of snapshots cannot be read: {error.strerror}") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise BadInput(f"{path}: not recipes of snapshots: {error}") from None


def prepared(record: Mapping[str, Any], recipe: Recipe, say: Callable[[str], None]) -> Path:
    """``tree`` (a git repository at the base commit), ``env`` (a virtual environment with the tree in it),
    ``conda`` (what the evaluation script activates)."""
    key = digest([3, recipe, record["base_commit"], recipe.python or sys.version])
    place = cache.folder("snapshots") / f"{record['instance_id']}-{key[:12]}"
    if (place / "complete").exists():
        return place
    if cache.free(place) < NEEDS:
        raise BadInput(
            f"{place}: less than {NEEDS // 10**9} GB of disk are free, too little for a snapshot: make room "
            "(`smena env clean swebench`) or set SMENA_CACHE to another place"
        )
    say(f"snapshot of {record['instance_id']}")
    # An environment knows its place by name, so that it is made where it will stay, and marked when it is whole.
    with _lock(place):
        if not (place / "complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            _make(place, record, recipe, say)
            (place / "complete").touch()
    return place


@contextlib.contextmanager
def _lock(place: Path) -> Any:
    import fcntl

    with (place.parent / f".{place.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(place: Path, record: Mapping[str, Any], recipe: Recipe, say: Callable[[str], None]) -> None:
    tree, env = place / "tree", place / "env"
    if recipe.sdist:
        _unpack(recipe.sdist, tree, place / "download")
    else:
        clone(recipe.git, record["base_commit"], tree)
    say(f"snapshot of {record['instance_id']}: installing")
    if recipe.python:
        _run([recipe.python, "-m", "venv", str(env)])
    else:
        venv.create(env, with_pip=True, symlinks=True)
    python = str(env / "bin" / "python")
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    _run([*pip, "setuptools<81", "wheel", *recipe.packages])
    _run([*pip, "--no-build-isolation", "-e", str(tree)], retry=[*pip, "-e", str(tree)])
    _run([*pip, *recipe.packages] if recipe.packages else [python, "--version"])
    (place / "base").write_text(_said([python, "-c", "import sys; print(sys.base_prefix)"]))
    _moved(env, {str(tree): WORKDIR, str(env): ENV})
    if recipe.sdist:
        _commit(tree, record["base_commit"])
    _shim(place / "conda")
    shutil.rmtree(place / "download", ignore_errors=True)


def _unpack(requirement: str, tree: Path, download: Path) -> None:
    """The source distribution of a release, without what it depends on."""
    download.mkdir()
    _run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(download),
         "--disable-pip-version-check", requirement]
    )  # fmt: skip
    archive = next(download.iterdir())
    where = download / "unpacked"
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(where)
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(where, filter="data")
    next(where.iterdir()).rename(tree)


def clone(url: str, commit: str, tree: Path) -> None:
    """The repository as it was at a commit: nothing in it says what came later."""
    _run(["git", "clone", "-q", "--no-checkout", url, str(tree)])
    git = ["git", "-C", str(tree)]
    _run([*git, "checkout", "-q", "--detach", commit])
    if (tree / ".gitmodules").exists():
        raise BadInput(f"{url}: it has submodules, which a snapshot from git has not: use the record's image")
    # Later commits say what the fix was: only what leads to the base stays, and tags, which tell its version.
    _run([*git, "remote", "remove", "origin"])
    refs = [*git, "for-each-ref", "--format=%(refname)"]
    earlier = set(_said([*refs, "--merged=HEAD", "refs/tags"]).split("\n"))
    for name in filter(None, _said(refs).split("\n")):
        if name not in earlier:
            _run([*git, "update-ref", "-d", name])
    for left in ("FETCH_HEAD", "ORIG_HEAD"):
        (tree / ".git" / left).unlink(missing_ok=True)
    _run([*git, "reflog", "expire", "--expire=now", "--all"])
    _run([*git, "gc", "-q", "--prune=now"])


def _commit(tree: Path, base: str) -> None:
    """A repository of one commit, which answers to the name of the base commit."""
    git = ["git", "-C", str(tree), "-c", "user.name=smena", "-c", "user.email=smena@localhost"]
    _run([*git, "init", "-q"])
    _run([*git, "add", "-A", "-f"])
    _run([*git, "commit", "-q", "--no-verify", "-m", "the tree"])
    _run(
        [*git, "commit", "-q", "--no-verify", "--allow-empty", "-m", "base"]
    )  # scripts do `git show`: keep it short
    _run([*git, "replace", "-f", base, "HEAD"])


def _moved(env: Path, places: Mapping[str, str]) -> None:
    """An environment and an editable installation name their places: they will be elsewhere."""
    named = [p for p in env.glob("lib/python*/site-packages/**/*") if "__editable__" in p.name]
    named += [
        p for kind in ("pth", "json", "egg-link") for p in env.glob(f"lib/python*/site-packages/**/*.{kind}")
    ]
    named += [*(env / "bin").iterdir(), env / "pyvenv.cfg"]
    for path in named:
        if path.is_file() and not path.is_symlink() and path.suffix != ".pyc":
            text = path.read_bytes()
            moved = text
            for old, new in places.items():
                moved = moved.replace(old.encode(), new.encode())
            if moved != text:
                path.write_bytes(moved)
    for path in env.glob("lib/python*/site-packages/__pycache__/__editable__*"):
        path.unlink()


def _shim(conda: Path) -> None:
    """What `source /opt/miniconda3/bin/activate; conda activate testbed` needs to find."""
    (conda / "bin").mkdir(parents=True)
    text = f'conda() {{ if [ "$1" = activate ]; then export PATH="{ENV}/bin:$PATH"; fi; }}\n'
    (conda / "bin" / "activate").write_text(text)


def _run(command: Sequence[str], retry: Sequence[str] = ()) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=_env(), timeout=1800)
    if done.returncode and retry:
        done = subprocess.run(retry, capture_output=True, text=True, env=_env(), timeout=1800)
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).strip().split("\n") if line.strip()]
        why = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "")
        raise BadInput(f"a snapshot cannot be made: `{' '.join(command)[:120]}` failed: {why[:200]}")


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, env=_env()).stdout.strip()


def _env() -> dict[str, str]:
    return os.environ | {"GIT_TERMINAL_PROMPT": "0"}
