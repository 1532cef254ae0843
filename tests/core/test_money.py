"""A budget that several processes and threads share is never exceeded, whatever happens to them."""

import multiprocessing
import os
import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smena.money import Bound, Budget, Call, Meter, Refused, metered, reserve
from smena.values import Usage


def used(price: float, tokens: int = 0) -> Usage:
    return Usage("m", price=price, tokens_in=tokens)


def test_what_is_settled_is_what_counts() -> None:
    budget = Budget(1.0)
    with metered(budget) as meter:
        reserve(Bound(0.9)).settle(used(0.1))
        reserve(Bound(0.9)).settle(used(0.2))
        with pytest.raises(Refused, match=r"stopped before \$1: \$0\.3000 is spent"):
            reserve(Bound(0.9))
    total = meter.total()
    assert total is not None and total.calls == 2 and total.price == pytest.approx(0.3)
    assert budget.spent().price == pytest.approx(0.3)


def test_a_failed_call_gives_its_reservation_back() -> None:
    budget = Budget(tokens=100)
    with metered(budget) as meter:
        reserve(Bound(tokens=100)).settle(None)
        reserve(Bound(tokens=100)).settle(used(0, 100))
        with pytest.raises(Refused, match="tokens"):
            reserve(Bound(tokens=1))
    assert len(meter.used) == 1


def test_without_a_budget_use_is_gathered_all_the_same() -> None:
    with metered() as meter:
        reserve(Bound(1)).settle(used(2.0, 7))
    assert meter.total() == used(2.0, 7)


def test_a_price_that_nobody_knows_is_not_nought() -> None:
    meter = Meter()
    Call(Bound(), meter).settle(used(1.0))
    Call(Bound(), meter).settle(Usage("m"))
    total = meter.total()
    assert total is not None and total.price is None


def test_versions_that_differ_within_a_trial_are_told() -> None:
    meter = Meter()
    for version in ("a", "b"):
        Call(Bound(), meter).settle(Usage("m", version))
    total = meter.total()
    assert total is not None and total.version == "several"


def _spend(budget: Budget, seed: int, die: bool) -> None:
    def one(number: int) -> None:
        rng = random.Random(seed * 100 + number)
        with metered(budget):
            for _ in range(20):
                try:
                    call = reserve(Bound(0.2))
                except Refused:
                    return
                if die and rng.random() < 0.05:
                    os._exit(9)
                call.settle(used(rng.uniform(0, 0.2)) if rng.random() < 0.8 else None)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000), st.booleans(), st.floats(0.5, 6))
def test_never_more_than_the_limit(seed: int, die: bool, limit: float) -> None:
    budget = Budget(limit)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_spend, args=(budget, seed + n, die)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode in (0, 9)
    assert 0 <= budget.spent().price <= limit * (1 + 1e-9)
    with metered(budget), pytest.raises(Refused):
        reserve(Bound(limit * 2))
