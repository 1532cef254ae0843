"""What scores an answer: the oracle, tests, analysis, states, plans, people; and their calibration."""

from __future__ import annotations

from smena import hookimpl


@hookimpl
def smena_verifiers() -> dict[str, str]:
    return {
        "composite": "smena_verifiers.composite:Composite",
        "delayed": "smena_verifiers.late:Delayed",
        "exact": "smena_verifiers.exact:Exact",
        "human": "smena_verifiers.late:Human",
        "plan": "smena_verifiers.play:Plan",
        "state": "smena_verifiers.play:State",
        "static-analysis": "smena_verifiers.static_analysis:StaticAnalysis",
        "unit-tests": "smena_verifiers.unit_tests:UnitTests",
    }
