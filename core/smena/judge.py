"""The composite verifier: y = 1[Σ w_i V_i > τ], Σ w_i = 1 [5.1]. With one exact verifier it is the oracle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from smena.errors import BadInput, InfraError
from smena.protocols import Environment, Verifier
from smena.registry import Registry, fingerprint
from smena.values import Attempt, Task, Verdict, digest

GOLD = "+gold"
"""Ends the judge's fingerprint in the key of a trial that ground truth (`Environment.exact`) judges as well:
its score is stored as ``gold`` beside the verifiers', and decides nothing by itself."""


class Judgement(NamedTuple):
    """``y`` ∈ {0, 1}, ``reward`` ∈ [0, 1], and every verifier's score under its name (details as
    ``name.detail``)."""

    y: int
    reward: float
    scores: dict[str, float]


class Judge:
    """Verifiers with normalised weights and a threshold τ. The reward is the weighted sum; with a single
    verifier τ = ½ and the reward is its score."""

    def __init__(
        self, verifiers: Mapping[str, Verifier], weights: Mapping[str, float], tau: float = 0.5
    ) -> None:
        total = sum(weights.values())
        if not verifiers or total <= 0 or min(weights.values()) < 0:
            raise BadInput(f"verifier weights must be ≥ 0 and not all 0, are {dict(weights)}")
        self.verifiers = dict(verifiers)
        self.weights = {name: weights[name] / total for name in verifiers}
        self.tau = tau
        prints = [fingerprint(name, verifier) for name, verifier in verifiers.items()]
        self.fingerprint = f"{'+'.join(verifiers)}@{digest([prints, self.weights, tau])[:12]}"

    @classmethod
    def make(
        cls,
        registry: Registry,
        asked: str,
        environment: Environment,
        settings: Mapping[str, dict[str, object]],
    ) -> Judge:
        """From ``--verifier A+B`` (equal weights), or the environment's own verifiers and weights when
        nothing is asked."""
        weights = dict.fromkeys(asked.split("+"), 1.0) if asked else dict(environment.verifiers)
        made = {name: registry.make("verifier", name, settings.get(f"verifier.{name}")) for name in weights}
        return cls(made, weights)

    def judge(self, environment: Environment, task: Task, attempt: Attempt) -> Judgement:
        """Raises InfraError when a verifier gives what is no score: the outcome is then nobody's failure."""
        reward, scores = 0.0, {}
        for name, verifier in self.verifiers.items():
            verdict = verifier.verify(environment, task, attempt)
            scores[name] = _checked(name, verdict)
            scores |= {
                f"{name}.{k}": float(v) for k, v in verdict.detail.items() if isinstance(v, int | float)
            }
            reward += self.weights[name] * verdict.score
        return Judgement(int(reward > self.tau), reward, scores)


def _checked(name: str, verdict: Verdict) -> float:
    if not (math.isfinite(verdict.score) and 0 <= verdict.score <= 1):
        raise InfraError(f"verifier {name!r} returned {verdict.score}, a score must be in [0, 1]")
    return float(verdict.score)
