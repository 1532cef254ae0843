"""Sandboxes for tests: the real ones."""

from __future__ import annotations

import os

import pytest
from smena import BadInput, Snapshot
from smena.sandbox import Sandbox
from smena.setup import registry


def sandbox_or_skip(name: str) -> Sandbox:
    """The sandbox, with all that sessions start from at hand."""
    sandbox: Sandbox = registry().make("sandbox", name)
    why = sandbox.unavailable()
    if not why:
        try:
            sandbox.prepare(Snapshot())
        except BadInput as error:
            why = str(error)
    if why:
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)(f"sandbox {name}: {why}")
    return sandbox


@pytest.fixture(scope="session")
def bwrap() -> Sandbox:
    return sandbox_or_skip("bwrap")


@pytest.fixture(scope="session")
def docker() -> Sandbox:
    return sandbox_or_skip("docker")


DOCKER = pytest.param("docker", marks=pytest.mark.slow)


@pytest.fixture(params=["bwrap", DOCKER, "unsafe-local"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each of them in turn."""
    return sandbox_or_skip(request.param)


@pytest.fixture(params=["bwrap", "docker"])
def cell(request: pytest.FixtureRequest) -> Sandbox:
    """Each that holds anything in."""
    found: Sandbox = request.getfixturevalue(request.param)
    return found
