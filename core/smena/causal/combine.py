"""The foundational channel: two items tested together, and whether they do more together than apart."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from smena.causal.confirm import PairGate
from smena.causal.effects import ate
from smena.causal.eprocess import Betting
from smena.causal.gate import Arm, Evidence
from smena.causal.pairs import Pair

CONTRIBUTIONS = ("both", "second", "first")
"""What the three differences of a replicate tell: both − neither, both − first, both − second."""


class CombineGate(PairGate):
    """Does a combination help, and does each of its two items add to the other? [3.5, 6.4]

    A replicate is four trials on one task: neither, both, the first alone, the second alone. There are three
    claims, each by the bets of gate 2 on the same replicates: both − neither > θ, both − first > θ and both −
    second > θ, with the θ of the two items together. It passes when *every* E has reached 1/α_t: the least
    of three e-processes is one under the union of their nulls (an intersection–union test), so that the level
    needs no correction, and no item is saved on the coat-tails of the other. It drops when any of the three is
    futile. The rest, conflict and the pool's meaning included, is gate 2's.

    The interaction both − first − second + neither is an estimate at the moment of stopping, and reported as
    one; positive: the items do more together than the sum of what each does."""

    arms: ClassVar[tuple[Arm, ...]] = (0, 1, 2, 3)

    def _betting(self) -> Betting:
        return Betting(self.theta, self.effect, shape=(3,))

    def _difference(self, pair: Pair) -> ArrayLike:
        first, second = (part.reward for part in pair.parts)
        return pair.treated.reward - np.array([pair.base.reward, first, second])

    def _report(self) -> Evidence:
        evidence = super()._report()
        evidence["e_values"] = dict(zip(CONTRIBUTIONS, map(float, self._process.e_value), strict=True))
        if not self._pairs:
            return evidence
        tasks = [pair.task for pair in self._pairs]
        gains = np.array([self._difference(pair) for pair in self._pairs]).T
        evidence["contributions"] = {
            name: {
                "ate": found.estimate,
                "interval": list(found.interval),
                "differences": list(map(float, d)),
            }
            for name, d in zip(CONTRIBUTIONS, gains, strict=True)
            for found in [ate(d, tasks)]
        }
        del evidence["differences"]  # one sequence alone would not recompute the verdict
        # both − first − second + neither, in [−2, 2]: halved, because effects are in [−1, 1]
        apart = ate((gains[1] + gains[2] - gains[0]) / 2, tasks)
        evidence["interaction"] = 2 * apart.estimate
        evidence["interaction_interval"] = [2 * bound for bound in apart.interval]
        return evidence
