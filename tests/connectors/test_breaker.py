from __future__ import annotations

from typing import Any

import pytest

from scimbridge.connectors.breaker import Breaker
from scimbridge.errors import VendorRateLimited, VendorUnavailable


@pytest.fixture
def breaker(clock: Any) -> Breaker:
    return Breaker("prod", threshold=3, cooldown=30, clock=clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.admit()
        breaker.failed()


def test_failures_below_the_threshold_leave_it_closed(breaker: Breaker) -> None:
    fail(breaker, 2)

    breaker.admit()

    assert breaker.state == "closed"


def test_a_success_makes_the_count_start_again(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)

    assert breaker.state == "closed"


def test_failures_in_a_row_open_it_and_the_refusal_says_for_how_long(
    breaker: Breaker, clock: Any
) -> None:
    fail(breaker, 3)
    clock.seconds += 10

    with pytest.raises(VendorUnavailable, match="prod: not called, after 3 failures") as caught:
        breaker.admit()

    assert breaker.state == "open"
    assert caught.value.retry_after == 20


def test_after_the_cooldown_one_call_probes_and_the_others_wait(
    breaker: Breaker, clock: Any
) -> None:
    fail(breaker, 3)
    clock.seconds += 30

    breaker.admit()

    assert breaker.state == "half-open"
    with pytest.raises(VendorUnavailable, match="waiting for one call"):
        breaker.admit()


def test_a_probe_that_succeeds_closes_it(breaker: Breaker, clock: Any) -> None:
    fail(breaker, 3)
    clock.seconds += 30
    breaker.admit()

    breaker.succeeded()

    assert breaker.state == "closed"
    breaker.admit()
    breaker.admit()


def test_a_probe_that_fails_opens_it_for_another_cooldown(breaker: Breaker, clock: Any) -> None:
    fail(breaker, 3)
    clock.seconds += 30
    fail(breaker, 1)

    with pytest.raises(VendorUnavailable) as caught:
        breaker.admit()

    assert caught.value.retry_after == 30


def test_a_probe_that_says_nothing_leaves_the_place_to_the_next(
    breaker: Breaker, clock: Any
) -> None:
    fail(breaker, 3)
    clock.seconds += 30
    breaker.admit()
    breaker.abstained()

    breaker.admit()

    assert breaker.state == "half-open"


def test_a_hold_refuses_until_the_time_the_vendor_named(breaker: Breaker, clock: Any) -> None:
    breaker.hold(7)
    clock.seconds += 2

    with pytest.raises(VendorRateLimited) as caught:
        breaker.admit()

    assert caught.value.retry_after == 5
    assert breaker.state == "closed"


def test_after_a_hold_everybody_passes_at_once(breaker: Breaker, clock: Any) -> None:
    breaker.hold(7)
    clock.seconds += 7

    breaker.admit()
    breaker.admit()


def test_a_shorter_hold_does_not_end_a_longer_one(breaker: Breaker, clock: Any) -> None:
    breaker.hold(10)
    breaker.hold(2)
    clock.seconds += 5

    with pytest.raises(VendorRateLimited):
        breaker.admit()


def test_whoever_asks_is_told_for_how_long_nothing_passes_and_when_it_does_again(
    clock: Any,
) -> None:
    told: list[tuple[str, float]] = []
    breaker = Breaker(
        "prod",
        threshold=2,
        cooldown=30,
        clock=clock,
        on_shut=lambda by, seconds: told.append((by, seconds)),
    )
    breaker.succeeded()
    assert told == []

    fail(breaker, 2)
    clock.seconds += 30
    breaker.admit()
    breaker.succeeded()
    breaker.hold(60)
    clock.seconds += 10
    breaker.hold(20)

    assert told == [("failures", 30), ("failures", 0), ("vendor", 60), ("vendor", 50)]
