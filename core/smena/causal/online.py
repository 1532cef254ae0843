"""Thresholds for a stream of decisions, so that the false share of what is saved stays below α over the whole
run.

e-LOND needs nothing but how many items were tested and saved before, and holds under any dependence between
items. SAFFRON and LORD++ come from the package `online-fdr`; they spend less on hopeless items but assume
independent p-values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from smena.errors import BadInput

NORMALISER = 8.07256190784688
"""Σ_{j<10⁶} j^(−1.1): beyond a million tests γ_t is so small that the sum of all levels stays below α up to
10⁶ tests."""


def gamma(t: int) -> float:
    """γ_t = t^(−1.1) / Σ_{j<10⁶} j^(−1.1): how the error budget is spread over tests 1, 2, …"""
    return float(t**-1.1 / NORMALISER)


def e_lond(tested: int, saved: int, alpha: float) -> float:
    """Level of the next test: α·γ_{tested+1}·(saved+1); save when its e-value is at least 1/level.

    Xu & Ramdas, arXiv:2311.06412: E[false saves / saves] ≤ α under arbitrary dependence, provided that every
    test has its own index. ``saved`` may be counted when the test begins or at any later time before it is
    decided. Raises BadInput for counts that cannot be and α outside (0, 1)."""
    if not 0 <= saved <= tested:
        raise BadInput(f"saved must be between 0 and tested = {tested}, is {saved}")
    if not 0 < alpha < 1:
        raise BadInput(f"alpha must be in (0, 1), is {alpha}")
    return alpha * gamma(tested + 1) * (saved + 1)


def next_level(method: Literal["saffron", "lord++"], p_values: Sequence[float], alpha: float) -> float:
    """Level of the test after those whose p-values (1/E is one) are given in order, by `online-fdr`.

    SAFFRON: Ramdas et al., arXiv:1802.09098; LORD++: Ramdas et al., arXiv:1710.00499. Both start with half of
    α as wealth. Raises BadInput for an unknown method and for p-values outside [0, 1]."""
    from online_fdr.p_values.investing.lord.plus_plus import LordPlusPlus
    from online_fdr.p_values.investing.saffron.saffron import Saffron

    procedure: Saffron | LordPlusPlus
    if method == "saffron":
        procedure = Saffron(alpha, wealth=alpha / 2, lambda_=0.5)
    elif method == "lord++":
        procedure = LordPlusPlus(alpha, wealth=alpha / 2)
    else:
        raise BadInput(f"unknown method {method!r}; known: lord++, saffron")
    try:
        for p in p_values:
            procedure.test_one(p)
        procedure.test_one(1.0)  # a level is computed only when it is used; p = 1 is never a discovery
    except ValueError as error:
        raise BadInput(f"{method}: {error}") from error
    return float(procedure.last_test_level or 0.0)
