"""Writes the skeleton of a plugin: a small distribution that passes its own tests as it is."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from smena.errors import BadInput
from smena.registry import API_VERSION, KINDS, Registry

NEW = ("environment", "verifier", "learner", "policy", "report", "sandbox")
"""The kinds there is a skeleton of."""


def write(kind: str, name: str, into: Path, registry: Registry) -> list[Path]:
    """Write the skeleton of a plugin that offers ``name`` into the new directory ``into``; the files written.

    Raises BadInput for a kind without a skeleton, a name that cannot be or is taken, a directory with
    something in it."""
    if kind not in NEW:
        raise BadInput(f"there is no skeleton of a {kind}; there is one of: {', '.join(NEW)}")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise BadInput(f"{name!r} cannot be a plugin's name: write small letters, digits and single dashes")
    for offer in registry.offers(kind):
        if offer.name == name:
            raise BadInput(f"the {kind} name {name!r} is taken by plugin {offer.plugin!r}: choose another")
    if into.exists() and any(into.iterdir()):
        raise BadInput(f"{into} is not empty: name another directory with --into")
    words = _words(kind, name)
    module, ident = words["module"], words["ident"]
    texts = {
        "pyproject.toml": _text("pyproject.toml", words),
        "README.md": _text("README.md", words),
        f"{module}/__init__.py": _text("__init__.py", words),
        f"{module}/{kind}.py": _text(f"{kind}.py", words),
        f"{module}/py.typed": "",
        f"tests/test_{ident}.py": _text("test.py", words)
        + _text(f"{kind}.test", words, "").removesuffix("\n\n"),
    }
    written = []
    for path, text in texts.items():
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written


def _words(kind: str, name: str) -> dict[str, str]:
    ident = name.replace("-", "_")
    words = {
        "kind": kind,
        "Kind": kind.capitalize(),
        "name": name,
        "ident": ident,
        "dist": f"smena-{name}",
        "module": f"smena_{ident}",
        "Class": "".join(part.capitalize() for part in name.split("-")),
        "hook": KINDS[kind],
        "api": API_VERSION,
        "imports": f"{kind.capitalize()}Contract" + (", Smena" if kind == "environment" else ""),
    }
    return words | {"hint": _text(f"{kind}.hint", words).rstrip("\n")}


def _text(template: str, words: dict[str, str], default: str | None = None) -> str:
    file = files(__name__) / f"{template}.tmpl"
    if default is not None and not file.is_file():
        return default
    return Template(file.read_text(encoding="utf-8")).substitute(words)
