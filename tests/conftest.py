"""What holds for every test: how long an example takes says nothing on a busy machine, and where the real parts
are wanted (SMENA_REQUIRE_REAL, as in CI) a package that is not installed is a failure, not a skip."""

import importlib
import os

import pytest
from hypothesis import settings

settings.register_profile("smena", deadline=None)
settings.load_profile("smena")

if os.environ.get("SMENA_REQUIRE_REAL"):
    pytest.importorskip = importlib.import_module
