"""Online levels: ours equal those of the package and of the formula."""

from __future__ import annotations

import numpy as np
import pytest
from online_fdr.e_values.sequential import ELond
from smena.causal.online import NORMALISER, e_lond, gamma, next_level
from smena.errors import BadInput


class Power:
    """γ_t of statistics' choice, in the shape the package wants."""

    def calc_gamma(self, index, alpha=1.0):
        return alpha * gamma(index)


def test_the_levels_are_those_of_the_package():
    rng = np.random.default_rng(5)
    package, saved = ELond(0.1, gamma_seq=Power()), 0
    for tested, e in enumerate(np.exp(rng.normal(2, 5, 200))):
        level = e_lond(tested, saved, 0.1)
        rejected = package.test_one(float(e))
        assert package.last_test_level == pytest.approx(level, rel=1e-12)
        assert rejected == (e >= 1 / level)
        saved += rejected
    assert saved > 5


def test_the_budget_is_spent_once():
    assert float(np.sum(np.arange(1, 10**6) ** -1.1)) == pytest.approx(NORMALISER, rel=1e-12)
    assert e_lond(0, 0, 0.05) == pytest.approx(0.05 / 8.0725619)
    assert e_lond(9, 3, 0.05) == pytest.approx(0.05 * 10**-1.1 / 8.0725619 * 4)


def test_saffron_and_lord():
    # First levels by hand, w = α/2: SAFFRON (1−λ)·w·.4374901658 with λ = .5; LORD++ w·.07720838·ln 2.
    assert next_level("saffron", [], 0.1) == pytest.approx(0.5 * 0.05 * 0.4374901658)
    assert next_level("lord++", [], 0.1) == pytest.approx(0.05 * 0.07720838 * np.log(2))
    assert next_level("saffron", [1e-6], 0.1) > next_level("saffron", [0.9], 0.1)


def test_impossible_counts_are_refused():
    for bad in (
        lambda: e_lond(1, 2, 0.1),
        lambda: e_lond(3, -1, 0.1),
        lambda: e_lond(3, 1, 1.5),
        lambda: next_level("bonferroni", [], 0.1),
        lambda: next_level("saffron", [1.2], 0.1),
    ):
        with pytest.raises(BadInput):
            bad()
