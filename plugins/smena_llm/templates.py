"""The prompt templates in force: the user's before the environment's before the general ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from smena.errors import BadInput
from smena.prompts import read_prompts
from smena.values import JSON, canonical

HERE = Path(__file__).parent / "prompts"


class Template(NamedTuple):
    """``origin``: general, the environment's name, or the user's folder."""

    text: str
    origin: str


class Templates:
    """By name; :meth:`render` is the only way to text. Raises BadInput where a template is wrong."""

    def __init__(self, env: str = "", environment: Mapping[str, str] | None = None, own: str = "") -> None:
        found = {name: Template(text, "general") for name, text in read_prompts(HERE).items()}
        known = set(found)
        layers = [(environment or {}, env), (read_prompts(Path(own)) if own else {}, own)]
        for layer, origin in layers:
            for name, text in layer.items():
                if name not in known:
                    names = ", ".join(sorted(known))
                    raise BadInput(f"prompt template {name!r} of {origin} is none that is used: {names}")
                found[name] = Template(text, origin)
        self.found = found
        engine = SandboxedEnvironment(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
        )
        engine.filters["json"] = lambda value: canonical(value).decode()
        self._made = {}
        for name, template in found.items():
            try:
                self._made[name] = engine.from_string(template.text)
            except TemplateError as error:
                raise BadInput(f"prompt template {name!r} of {template.origin}: {error}") from None

    @property
    def texts(self) -> dict[str, str]:
        """What goes into a fingerprint."""
        return {name: template.text for name, template in self.found.items()}

    def render(self, name: str, **values: JSON) -> str:
        try:
            text: str = self._made[name].render(**values)
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            origin = self.found[name].origin
            raise BadInput(f"prompt template {name!r} of {origin}: {type(error).__name__}: {error}") from None
        return text.strip()


def task_values(view: JSON, features: Any) -> dict[str, JSON]:
    """What every template about a task may use."""
    return {"view": view, "features": list(features)}
