"""Sandboxes for tests: the real ones."""

from __future__ import annotations

import os

import pytest
from smena.sandbox import Sandbox
from smena.setup import registry


def sandbox_or_skip(name: str) -> Sandbox:
    sandbox: Sandbox = registry().make("sandbox", name)
    if why := sandbox.unavailable():
        (pytest.fail if os.environ.get("SMENA_REQUIRE_REAL") else pytest.skip)(f"sandbox {name}: {why}")
    return sandbox


@pytest.fixture(scope="session")
def bwrap() -> Sandbox:
    return sandbox_or_skip("bwrap")


@pytest.fixture(params=["bwrap", "unsafe-local"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each of them in turn."""
    return sandbox_or_skip(request.param)
