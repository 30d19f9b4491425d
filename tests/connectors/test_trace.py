"""What was sent for one piece of work can be told afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
import requests

from scimbridge.connectors.breaker import Breaker
from scimbridge.connectors.http import Http, Wiring
from scimbridge.connectors.retry import Attempts, RetryBudget
from scimbridge.connectors.trace import MOST, Exchange, Trace, current, traced
from scimbridge.errors import VendorUnavailable

ROUTE = "/users/{id}"


def get(client: Http) -> None:
    client.send("GET", "https://vendor/users/jane", route=ROUTE, repeatable=True)


def test_exchanges_are_kept_by_route_with_every_attempt(
    wiring: Wiring, script: Any, says: Any, clock: Any
) -> None:
    script.on("GET", "/users/jane", requests.ConnectionError("reset"), says(204))
    client = Http(wiring, timeout=10)
    attempts = Attempts(
        Breaker("prod"), RetryBudget(), sleep=clock.sleep, uniform=lambda _low, high: high
    )

    with traced(7) as trace:
        attempts.run(lambda: get(client), repeatable=True)

    kept, made = trace.take()
    assert trace.subject == 7
    assert made == 2
    assert [(each.method, each.route, each.status, each.attempt) for each in kept] == [
        ("GET", ROUTE, None, 1),
        ("GET", ROUTE, 204, 2),
    ]


def test_an_exchange_has_its_beginning_and_its_length(clock: Any) -> None:
    trace = Trace(7, clock)
    clock.seconds += 2

    trace.add("GET", ROUTE, 200, 0.5)

    assert trace.take() == ([Exchange("GET", ROUTE, 200, 1500, 500, 1)], 1)
    assert trace.elapsed_ms == 2000


def test_what_was_taken_is_not_given_again() -> None:
    trace = Trace(7)
    trace.add("GET", ROUTE, 200, 0.0)

    trace.take()

    assert trace.take() == ([], 0)


def test_the_last_exchanges_are_kept_and_all_are_counted() -> None:
    trace = Trace(7)

    for number in range(MOST + 5):
        trace.add("GET", ROUTE, number, 0.0)

    kept, made = trace.take()
    assert [each.status for each in kept] == list(range(5, MOST + 5))
    assert made == MOST + 5


def test_threads_that_take_the_context_along_are_traced() -> None:
    with traced(7) as trace, ThreadPoolExecutor(2) as pool:
        seen = pool.submit(copy_context().run, current).result()

    assert seen is trace
    assert current() is None


def test_work_within_work_has_a_trace_of_its_own() -> None:
    with traced(7) as outer:
        with traced(8) as inner:
            assert current() is inner
        assert current() is outer


def test_without_a_trace_calls_are_made_all_the_same(client: Http, script: Any) -> None:
    script.on("GET", "/users/jane", requests.ConnectionError("reset"))

    with pytest.raises(VendorUnavailable):
        get(client)


@pytest.fixture
def client(wiring: Wiring) -> Http:
    return Http(wiring, timeout=10)
