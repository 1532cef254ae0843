"""How like texts are by the vectors that a plugin makes of them.

A vector is the outcome of a trial, one for a text whatever the run: made in a worker, paid and limited as any
other, remembered by the store, replayed offline, exported and imported with the run. So the order of lessons does
not depend on a provider giving the same vector twice."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from smena.errors import SmenaError
from smena.executor import Job
from smena.setup import Setup
from smena.similarity import Likeness, likeness
from smena.trials import Trials, Wanted
from smena.values import JSON, Trial, digest


def packed(vector: Sequence[float]) -> str:
    """Of length 1, as base64 of little-endian 32-bit floats. Raises ValueError for what has no direction."""
    found = np.asarray(vector, dtype="<f4")
    norm = float(np.linalg.norm(found))
    if found.ndim != 1 or not np.isfinite(norm) or not norm:
        raise ValueError("a vector must have finite numbers, and one that is not 0")
    return base64.b64encode((found / norm).astype("<f4").tobytes()).decode()


def unpacked(output: JSON) -> np.ndarray:
    return np.frombuffer(base64.b64decode(str(output)), dtype="<f4")


def likeness_of(setup: Setup, trials: Trials) -> Likeness:
    """What the configuration says: words in common, or a plugin's vectors."""
    return likeness if setup.similarity is None else Vectors(setup, trials)


class Vectors:
    """Cosines, in [0, 1]; a text without words is like none. Call it between trials, from their thread."""

    def __init__(self, setup: Setup, trials: Trials) -> None:
        self._setup, self._trials = setup, trials
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, text: str, others: Sequence[str]) -> list[float]:
        self.learn([text, *others])
        if not text.strip():
            return [0.0] * len(others)
        here = self._known[text]
        return [max(0.0, min(1.0, float(here @ self._known[o]))) if o.strip() else 0.0 for o in others]

    def learn(self, texts: Sequence[str]) -> None:
        """Have the vectors of these at hand, in one batch."""
        missing = [text for text in dict.fromkeys(texts) if text.strip() and text not in self._known]
        outcomes = (
            self._trials.run([Wanted("vectors/texts", self._job(text)) for text in missing])
            if missing
            else []
        )
        for text, outcome in zip(missing, outcomes, strict=True):
            if outcome.status != "ok":
                raise SmenaError(
                    f"no vector of a text could be had, and the order of lessons needs it: {outcome.error}"
                )
            self._known[text] = unpacked(outcome.output)
        if len(sizes := {vector.size for vector in self._known.values()}) > 1:
            raise SmenaError(
                f"vectors of texts have different lengths ({', '.join(map(str, sorted(sizes)))}): the model "
                "behind the name has changed; give it another name, so that all are asked for again"
            )

    def _job(self, text: str) -> Job:
        trial = Trial("", digest(text), self._setup.similarity_print, "", kind="vector")
        return Job(trial, "", "train", text=text)
