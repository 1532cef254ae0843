"""The contract of plugins, as tests. A plugin's test file is a class of two lines::

    from smena.testing import EnvironmentContract

    class TestMyEnv(EnvironmentContract):
        name = "my-env"

pytest runs every ``test_*`` of it, and `smena plugin check my-env` does the same without pytest. The built-ins
pass the same tests. A failure is a :class:`Breach`: one message that says what to change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from smena.testing.base import Breach, Contract, DoesNotApply, Finding, contract_of, examine
from smena.testing.environment import EnvironmentContract
from smena.testing.executor import ExecutorContract
from smena.testing.players import LearnerContract, TeacherContract
from smena.testing.policy import PolicyContract
from smena.testing.report import ReportContract
from smena.testing.sandbox import SandboxContract
from smena.testing.similarity import SimilarityContract
from smena.testing.verifier import VerifierContract

if TYPE_CHECKING:
    from subprocess import CompletedProcess

Smena = Callable[..., "CompletedProcess[str]"]
"""The type of the pytest fixture ``smena``, which runs the command line in an empty directory."""

__all__ = [
    "Breach",
    "Contract",
    "DoesNotApply",
    "EnvironmentContract",
    "ExecutorContract",
    "Finding",
    "LearnerContract",
    "PolicyContract",
    "ReportContract",
    "SandboxContract",
    "SimilarityContract",
    "Smena",
    "TeacherContract",
    "VerifierContract",
    "contract_of",
    "examine",
]
