"""The composite verifier: y = 1[Σ w_i V_i > τ], Σ w_i = 1 [5.1]. With one exact verifier it is the oracle.

It may refuse to say (status ``abstain``): where its verifiers contradict each other too much, where the
calibrated probability is near even, or where none has a verdict yet. What it refuses to say is neither a
success nor a failure, and leaves both arms of a comparison."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from smena.agreement import entropy, fleiss_kappa, vote
from smena.errors import BadInput, JudgeTimeout, NoScore, SmenaError
from smena.protocols import Environment, Verifier
from smena.registry import Registry, fingerprint
from smena.values import Attempt, Outcome, Task, Verdict, digest

COMPOSITE = "composite"
"""`--verifier composite`: the environment's verifiers, with the rules of ``[verifier.composite]``."""
KAPPA_OUTCOMES = 20
"""Fleiss' kappa of fewer outcomes than this decides nothing."""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of ``[verifier.composite]``."""

    verifiers: dict[str, float] = {}
    """Verifiers and their weights; empty: the environment's own."""
    tau: float = 0.5
    """τ: the weighted sum has to be above it."""
    calibration: str = ""
    """``latest`` or the number of a stored calibration (`smena verifier list`), which then gives weights and
    τ; empty: none."""
    intercept: float = 0.0
    slopes: dict[str, float] = {}
    """β₀ and β_i of a calibration; filled in from the store."""
    certainty: float = 0.5
    """c: with a calibration, an answer is right where its probability is above it."""
    band: float = 0.0
    """Abstain where the calibrated probability is within so much of ``certainty``."""
    h_max: float = 1.0
    """Abstain where the normalised entropy of the verdicts on an answer is above it."""
    kappa_min: float = -1.0
    """Abstain from saving a lesson where Fleiss' kappa of the verdicts on its gate's trials is below it."""
    seconds: float = 300.0
    """Wall limit of a single verifier; 0: none but the trial's."""

    def __post_init__(self) -> None:
        if any(not (math.isfinite(w) and w >= 0) for w in (*self.verifiers.values(), *self.slopes.values())):
            raise ValueError("weights must be finite and 0 or more")
        for name in ("tau", "h_max"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], is {getattr(self, name)}")
        if not 0 < self.certainty < 1:
            raise ValueError(f"certainty must be between 0 and 1, is {self.certainty}")
        if not 0 <= self.band <= 0.5:
            raise ValueError(f"band must be in [0, 0.5], is {self.band}")
        if self.band and not self.calibration:
            raise ValueError("band needs a calibration: without one there is no probability")
        if not -1 <= self.kappa_min <= 1:
            raise ValueError(f"kappa_min must be in [-1, 1], is {self.kappa_min}")
        if self.seconds < 0:
            raise ValueError(f"seconds must be 0 or more, is {self.seconds}")


GOLD = "+gold"
"""Ends the judge's fingerprint in the key of a trial that ground truth (`Environment.exact`) judges as well:
its score is stored as ``gold`` beside the verifiers', and decides nothing by itself."""


class Judgement(NamedTuple):
    """``y`` ∈ {0, 1}, ``reward`` ∈ [0, 1], and every verifier's score under its name (details as
    ``name.detail``). ``abstained``: why y and reward are None; empty: they are not."""

    y: int | None
    reward: float | None
    scores: dict[str, float]
    abstained: str = ""


class Judge:
    """Verifiers with normalised weights and a threshold τ. The reward is the weighted sum; with a single
    verifier τ = ½ and the reward is its score. A verifier that has no verdict yet leaves the sum."""

    def __init__(
        self,
        verifiers: Mapping[str, Verifier],
        weights: Mapping[str, float],
        tau: float = 0.5,
        rules: Rules | None = None,
    ) -> None:
        self.rules = rules or Rules(tau=tau)
        weights = self.rules.slopes or weights
        total = sum(weights.get(name, 0.0) for name in verifiers)
        if not verifiers or total <= 0 or min(weights.values()) < 0:
            raise BadInput(f"verifier weights must be ≥ 0 and not all 0, are {dict(weights)}")
        self._heard: WeakKeyDictionary[object, list[list[int | None]]] = WeakKeyDictionary()
        self.verifiers = dict(verifiers)
        self.weights = {name: weights.get(name, 0.0) / total for name in verifiers}
        self.tau = self._threshold(total)
        prints = [fingerprint(name, verifier) for name, verifier in verifiers.items()]
        parts: list[Any] = [prints, self.weights, self.tau]
        if rules is not None:  # what one answer's verdict depends on: not kappa_min, which is a gate's
            parts.append([rules.slopes, rules.intercept, rules.certainty, rules.band, rules.h_max])
        self.fingerprint = f"{'+'.join(verifiers)}@{digest(parts)[:12]}"

    def _threshold(self, total: float) -> float:
        if not self.rules.slopes:
            return self.rules.tau
        return (_logit(self.rules.certainty) - self.rules.intercept) / total

    @classmethod
    def make(
        cls,
        registry: Registry,
        asked: str,
        environment: Environment,
        settings: Mapping[str, dict[str, object]],
    ) -> Judge:
        """From ``--verifier A+B``, or the environment's own verifiers, weights and τ when nothing is asked;
        ``composite`` is these too, with the rules of ``[verifier.composite]``.

        In ``A+B`` the environment's own keep their weights and any other counts as the lightest of them: else
        a tree whose tests fail would pass for a success by half a point for its style."""
        rules, own = None, float(getattr(environment, "tau", 0.5))
        tau, weights = own, dict(environment.verifiers)
        if asked and set(asked.split("+")) != set(weights):
            tau = 0.5
            others = min((w for w in weights.values() if w > 0), default=1.0)
            weights = {name: weights.get(name, others) for name in asked.split("+")}
        if asked == COMPOSITE:
            from smena.config import convert

            given = settings.get("verifier.composite") or {}
            rules = convert(given, Rules, "[verifier.composite]")
            if not rules.verifiers and "tau" not in given:
                rules = msgspec.structs.replace(rules, tau=own)
            if rules.calibration and not rules.slopes:
                raise BadInput(
                    f"[verifier.composite] calibration {rules.calibration!r} was not looked up in a store"
                )
            used = {name: slope for name, slope in rules.slopes.items() if slope > 0}
            weights = dict(used or rules.verifiers or environment.verifiers)
        elif COMPOSITE in weights:
            raise BadInput("verifier 'composite' stands for several and goes with no other: give it alone")
        made = {name: registry.make("verifier", name, settings.get(f"verifier.{name}")) for name in weights}
        for verifier in made.values():
            if wants := getattr(verifier, "use_prompts", None):
                wants("the environment", getattr(environment, "prompts", {}))
        return cls(made, weights, tau, rules)

    def judge(self, environment: Environment, task: Task, attempt: Attempt) -> Judgement:
        """Raises NoScore when a verifier gives what is none, JudgeTimeout when it gives nothing: the
        outcome is then nobody's failure."""
        given: dict[str, float] = {}
        scores: dict[str, float] = {}
        for name, verifier in self.verifiers.items():
            with _limit(self.rules.seconds, name):
                verdict = _ask(verifier, environment, task, attempt)
            if verdict.given:
                given[name] = scores[name] = _checked(name, verdict)
            scores |= {
                f"{name}.{k}": float(v) for k, v in verdict.detail.items() if isinstance(v, int | float)
            }
        return self.decide(given, scores)

    def decide(self, given: Mapping[str, float], scores: dict[str, float]) -> Judgement:
        """What verdicts come to. Pure: recorded scores decide the same again."""
        weight = sum(self.weights[name] for name in given)
        if weight <= 0:
            return Judgement(None, None, scores, "no verifier has a verdict")
        reward = sum(self.weights[name] * score for name, score in given.items()) / weight
        disorder = entropy([vote(score) for score in given.values()])
        if disorder > self.rules.h_max:
            why = f"the verifiers disagree: entropy {disorder:.2f} is above h_max {self.rules.h_max:g}"
            return Judgement(None, None, scores, why)
        chance = self.probability(reward)
        if chance is not None and abs(chance - self.rules.certainty) < self.rules.band:
            why = f"probability {chance:.2f} is within {self.rules.band:g} of {self.rules.certainty:g}"
            return Judgement(None, None, scores, why)
        return Judgement(int(reward > self.tau), reward, scores)

    def probability(self, weighted: float) -> float | None:
        """P(right | Σ w_i V_i) by the calibration; None without one."""
        if not self.rules.slopes:
            return None
        z = self.rules.intercept + sum(self.rules.slopes.values()) * weighted
        return 1 / (1 + math.exp(-z)) if z >= 0 else 1 - 1 / (1 + math.exp(z))

    def hear(self, gate: object, outcomes: Sequence[Outcome]) -> None:
        """Keep in mind how the verifiers voted on a gate's trials, where ``kappa_min`` asks for that."""
        if self.rules.kappa_min > -1 and len(self.verifiers) > 1:
            votes = [self._votes(o.scores) for o in outcomes if o.status in ("ok", "abstain")]
            self._heard.setdefault(gate, []).extend(votes)

    def doubt(self, gate: object) -> str:
        """Why nothing should be saved on a gate's trials: the verifiers agree on them no better than
        ``kappa_min``. Empty: no doubt; also where too few trials say anything, or where all agree."""
        votes = self._heard.get(gate, [])
        kappa = fleiss_kappa(votes)
        if len(votes) < KAPPA_OUTCOMES or math.isnan(kappa) or kappa >= self.rules.kappa_min:
            return ""
        return f"the verifiers' kappa over {len(votes)} trials is {kappa:.2f}, below {self.rules.kappa_min:g}"

    def _votes(self, scores: Mapping[str, float]) -> list[int | None]:
        return [vote(scores[name]) if name in scores else None for name in self.verifiers]


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


def _ask(verifier: Verifier, environment: Environment, task: Task, attempt: Attempt) -> Verdict:
    try:
        return verifier.verify(environment, task, attempt)
    except SmenaError:
        raise
    except Exception as error:
        with suppress(AttributeError):  # one that takes no attributes, or has a property of that name
            error.cause = "verifier-raised"  # type: ignore[attr-defined]  # kept beside the status
        raise


def _checked(name: str, verdict: Verdict) -> float:
    score = verdict.score
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise NoScore(f"verifier {name!r} returned {score!r}, a score must be a number in [0, 1]")
    if not (math.isfinite(score) and 0 <= score <= 1):
        raise NoScore(f"verifier {name!r} returned {score}, a score must be in [0, 1]")
    return float(score)


@contextmanager
def _limit(seconds: float, name: str) -> Iterator[None]:
    """A wall limit on what a verifier does in Python. Only a process's main thread can have one; elsewhere
    the limit of the trial holds alone."""
    if (
        not seconds
        or threading.current_thread() is not threading.main_thread()
        or not hasattr(signal, "SIGALRM")
    ):
        yield
        return

    def over(*_: object) -> None:
        raise JudgeTimeout(f"verifier {name!r} has not answered within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
