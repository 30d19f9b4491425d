from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.connectors.breaker import Breaker
from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.retry import Attempts, RetryBudget, RetryPolicy
from scimbridge.errors import (
    OutcomeUnknown,
    VendorDenied,
    VendorNotFound,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)

DOWN = VendorUnavailable("down")


class Vendor:
    """Fails with what it is given, then answers "done"."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.called = 0

    def __call__(self) -> str:
        self.called += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


@pytest.fixture
def breaker(clock: Any) -> Breaker:
    return Breaker("prod", clock=clock)


@pytest.fixture
def attempts(breaker: Breaker, clock: Any) -> Attempts:
    return Attempts(
        breaker,
        RetryBudget(clock=clock),
        clock=clock,
        sleep=clock.sleep,
        uniform=lambda _low, high: high,
    )


def test_a_repeatable_call_is_tried_again_until_it_succeeds(attempts: Attempts) -> None:
    vendor = Vendor(DOWN, DOWN)

    assert attempts.run(vendor, repeatable=True) == "done"
    assert vendor.called == 3


def test_two_retries_are_the_most(attempts: Attempts) -> None:
    vendor = Vendor(DOWN, DOWN, DOWN)

    with pytest.raises(VendorUnavailable):
        attempts.run(vendor, repeatable=True)

    assert vendor.called == 3


@pytest.mark.parametrize(
    "failure", [DOWN, VendorRateLimited("slow down", retry_after=1), OutcomeUnknown("?")]
)
def test_a_call_that_is_not_repeatable_is_made_once(
    attempts: Attempts, failure: VendorUnavailable
) -> None:
    vendor = Vendor(failure)

    with pytest.raises(type(failure)):
        attempts.run(vendor, repeatable=False)

    assert vendor.called == 1


@pytest.mark.parametrize(
    "failure", [VendorRejected("no"), VendorNotFound("gone"), VendorDenied("scope"), KeyError()]
)
def test_what_waiting_cannot_help_is_not_tried_again(
    attempts: Attempts, failure: Exception
) -> None:
    vendor = Vendor(failure)

    with pytest.raises(type(failure)):
        attempts.run(vendor, repeatable=True)

    assert vendor.called == 1


def test_pauses_are_random_below_a_bound_that_doubles(attempts: Attempts, clock: Any) -> None:
    attempts.run(Vendor(DOWN, DOWN), repeatable=True)

    assert clock.slept == [0.25, 0.5]


def test_the_vendors_own_time_is_waited_for(attempts: Attempts, clock: Any) -> None:
    attempts.run(Vendor(VendorRateLimited("slow down", retry_after=3)), repeatable=True)

    assert clock.slept == [3.25]


def test_a_vendor_that_asks_for_long_is_not_waited_for(attempts: Attempts, clock: Any) -> None:
    vendor = Vendor(VendorRateLimited("slow down", retry_after=60))

    with pytest.raises(VendorRateLimited) as caught:
        attempts.run(vendor, repeatable=True)

    assert (vendor.called, clock.slept, caught.value.retry_after) == (1, [], 60)


def test_no_pause_outlasts_the_deadline(attempts: Attempts, clock: Any) -> None:
    vendor = Vendor(VendorRateLimited("slow down", retry_after=3))

    with deadline(2), pytest.raises(VendorRateLimited):
        attempts.run(vendor, repeatable=True)

    assert (vendor.called, clock.slept) == (1, [])


def test_one_rate_limited_call_holds_up_the_others_too(attempts: Attempts) -> None:
    other = Vendor()

    with pytest.raises(VendorRateLimited):
        attempts.run(Vendor(VendorRateLimited("slow down", retry_after=60)), repeatable=True)
    with pytest.raises(VendorRateLimited):
        attempts.run(other, repeatable=True)

    assert other.called == 0


def test_a_rate_limit_without_a_time_holds_up_nobody(attempts: Attempts) -> None:
    with pytest.raises(VendorRateLimited):
        attempts.run(Vendor(VendorRateLimited("slow down")), repeatable=False)

    assert attempts.run(Vendor(), repeatable=False) == "done"


def test_rate_limits_do_not_open_the_breaker(attempts: Attempts, breaker: Breaker) -> None:
    for _ in range(10):
        with pytest.raises(VendorRateLimited):
            attempts.run(Vendor(VendorRateLimited("slow down")), repeatable=False)

    assert breaker.state == "closed"


@pytest.mark.parametrize("failure", [DOWN, OutcomeUnknown("?")])
def test_transient_failures_open_the_breaker(
    attempts: Attempts, breaker: Breaker, failure: VendorUnavailable
) -> None:
    for _ in range(5):
        with pytest.raises(VendorUnavailable):
            attempts.run(Vendor(failure), repeatable=False)

    assert breaker.state == "open"
    unreached = Vendor()
    with pytest.raises(VendorUnavailable):
        attempts.run(unreached, repeatable=False)
    assert unreached.called == 0


def test_refusals_prove_that_the_vendor_is_there(attempts: Attempts, breaker: Breaker) -> None:
    for failure in [DOWN, DOWN, DOWN, DOWN, VendorRejected("no"), DOWN]:
        with pytest.raises(type(failure)):
            attempts.run(Vendor(failure), repeatable=False)

    assert breaker.state == "closed"


def test_a_deadline_that_cut_a_call_short_is_not_held_against_the_vendor(
    attempts: Attempts, breaker: Breaker
) -> None:
    for _ in range(10):
        with deadline(0), pytest.raises(VendorUnavailable):
            attempts.run(Vendor(DOWN), repeatable=False)

    assert breaker.state == "closed"


def test_long_silence_is_held_against_the_vendor_whoever_ended_it(
    attempts: Attempts, breaker: Breaker, clock: Any
) -> None:
    def hang() -> None:
        clock.seconds += 6
        raise DOWN

    for _ in range(5):
        with deadline(0), pytest.raises(VendorUnavailable):
            attempts.run(hang, repeatable=False)

    assert breaker.state == "open"


def test_a_programming_error_does_not_block_the_probe(
    attempts: Attempts, breaker: Breaker, clock: Any
) -> None:
    for _ in range(5):
        with pytest.raises(VendorUnavailable):
            attempts.run(Vendor(DOWN), repeatable=False)
    clock.seconds += 30
    with pytest.raises(ZeroDivisionError):
        attempts.run(Vendor(ZeroDivisionError()), repeatable=False)

    assert attempts.run(Vendor(), repeatable=False) == "done"


def test_a_retry_is_refused_once_the_budget_is_spent(breaker: Breaker, clock: Any) -> None:
    budget = RetryBudget(reserve=1, ratio=0.2, floor=0, clock=clock)
    attempts = Attempts(breaker, budget, clock=clock, sleep=clock.sleep)
    vendor = Vendor(DOWN, DOWN)

    with pytest.raises(VendorUnavailable):
        attempts.run(vendor, repeatable=True)

    assert vendor.called == 2


def test_calls_that_fail_pay_for_no_retries(breaker: Breaker, clock: Any) -> None:
    budget = RetryBudget(reserve=1, ratio=1, floor=0, clock=clock)
    attempts = Attempts(breaker, budget, clock=clock, sleep=clock.sleep)
    down = Vendor(*[DOWN] * 3)
    for _ in range(2):
        with pytest.raises(VendorUnavailable):
            attempts.run(down, repeatable=True)
    assert down.called == 3

    attempts.run(Vendor(), repeatable=True)

    assert attempts.run(Vendor(DOWN), repeatable=True) == "done"


def test_an_idle_budget_grows_by_the_floor(clock: Any) -> None:
    budget = RetryBudget(reserve=1, ratio=0.2, floor=0.1, clock=clock)
    assert budget.withdraw()
    assert not budget.withdraw()

    clock.seconds += 10

    assert budget.withdraw()


@given(st.lists(st.booleans(), max_size=400))
def test_retries_never_exceed_their_share_and_the_reserve(calls: list[bool]) -> None:
    budget = RetryBudget(reserve=10, ratio=0.2, floor=0, clock=lambda: 0.0)

    retries = 0
    for wants_retry in calls:
        budget.deposit()
        retries += wants_retry and budget.withdraw()

    assert retries <= 0.2 * len(calls) + 10 + 1e-6


def test_full_jitter_stays_between_nothing_and_the_bound(breaker: Breaker, clock: Any) -> None:
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    policy = RetryPolicy(retries=2, first_pause=1.0)
    attempts = Attempts(
        breaker,
        RetryBudget(clock=clock),
        policy=policy,
        clock=clock,
        sleep=clock.sleep,
        uniform=uniform,
    )

    attempts.run(Vendor(DOWN, DOWN), repeatable=True)

    assert asked == [(0.0, 1.0), (0.0, 2.0)]
