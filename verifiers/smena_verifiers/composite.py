"""`--verifier composite`: its settings, and how it is calibrated. The sum itself is the host's
(:class:`smena.judge.Judge`)."""

from __future__ import annotations

from typing import Any

from smena import Attempt, BadInput, Environment, Task, Verdict
from smena.judge import Rules


class Composite:
    """Stands for the environment's verifiers together."""

    version = 1
    Config = Rules

    def __init__(self, config: Rules | None = None) -> None:
        self.config = config or Rules()

    def verify(self, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
        """Raises BadInput: it is no verifier among others."""
        raise BadInput("verifier 'composite' stands for several and goes with no other: --verifier composite")

    @staticmethod
    def calibrate(
        names: list[str], scores: list[list[float]], gold: list[int], groups: list[str]
    ) -> dict[str, Any]:
        """See :func:`smena_verifiers.calibration.calibrate`. Raises BadInput without scikit-learn."""
        try:
            import sklearn  # noqa: F401
        except ImportError:
            raise BadInput("calibration needs scikit-learn: pip install 'smena[judge]'") from None
        from smena_verifiers.calibration import calibrate

        return calibrate(names, scores, gold, groups)
