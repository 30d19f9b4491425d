"""What every connector owes when the vendor, the network or time fails it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bench import CALL_TIMEOUT_S, Bench, quick_wiring

from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.interface import Assignment
from scimbridge.errors import PartialFailure, VendorError, VendorRateLimited, VendorUnavailable

CALLS: dict[str, Callable[[Bench], Any]] = {
    "check": lambda bench: bench.connector.check(),
    "accounts": lambda bench: list(bench.connector.accounts()),
    "find_account": lambda bench: bench.connector.find_account(bench.user_name),
    "read_account": lambda bench: bench.connector.read_account(bench.account_id),
    "entitlements": lambda bench: list(bench.connector.entitlements()),
    "grants": lambda bench: bench.connector.grants(bench.account_id),
    "create_account": lambda bench: bench.connector.create_account(bench.newcomer, frozenset()),
    "update_account": lambda bench: bench.connector.update_account(
        *_update(bench),
    ),
    "delete_account": lambda bench: bench.connector.delete_account(bench.account_id),
    "grant": lambda bench: bench.connector.grant([Assignment(bench.account_id, bench.free)]),
    "grant to several": lambda bench: bench.connector.grant(
        [Assignment(each, bench.free) for each in (bench.account_id, bench.other_account_id)]
    ),
    "revoke": lambda bench: bench.connector.revoke([Assignment(bench.account_id, bench.held)]),
}
READS = ("accounts", "find_account", "read_account", "entitlements", "grants")


def _update(bench: Bench) -> Any:
    from dataclasses import replace

    attributes = bench.connector.capabilities.account_attributes
    return replace(bench.newcomer, native_id=bench.account_id), attributes


def supported(bench: Bench, name: str) -> Callable[[], Any]:
    capabilities = bench.connector.capabilities
    able = {
        "create_account": capabilities.can_create_accounts,
        "update_account": bool(capabilities.account_attributes),
        "delete_account": capabilities.can_delete_accounts,
    }
    if not able.get(name, True):
        pytest.skip(f"the vendor has no {name}")
    bench.warm_up()
    return lambda: CALLS[name](bench)


FAULTS: dict[str, dict[str, Any]] = {
    "down": {"status": 503},
    "broken": {"status": 500},
    "bad gateway": {"status": 502, "body": "<html>Bad gateway</html>"},
    "not found by a proxy": {"status": 404, "body": "<html>Not found</html>"},
    "empty": {"status": 200, "body": ""},
    "web page": {"status": 200, "body": "<html>Log in</html>"},
    "no JSON": {"status": 200, "body": '{"resources": ['},
    "null": {"status": 200, "body": "null"},
    "refused": {"status": 400},
    "licence": {"status": 402},
    "forbidden": {"status": 403},
    "redirect": {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
    "dropped": {"drop": True},
    "dropped after": {"drop": True, "when": "after"},
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", CALLS)
def test_trouble_is_a_vendor_error_and_never_an_empty_success(
    bench: Bench, name: str, fault: str
) -> None:
    call = supported(bench, name)
    bench.fails(count=50, **FAULTS[fault])

    with pytest.raises(VendorError):
        call()


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True}, {"status": 200, "body": ""}])
def test_a_read_survives_one_failure(bench: Bench, name: str, fault: dict[str, Any]) -> None:
    call = supported(bench, name)
    bench.fails(**fault)

    call()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_ends_at_the_deadline(bench: Bench, name: str) -> None:
    call = supported(bench, name)
    bench.fails(hang_s=CALL_TIMEOUT_S, when="after", count=50)
    started = time.monotonic()

    with deadline(0.2), pytest.raises(VendorError):
        call()

    assert time.monotonic() - started < CALL_TIMEOUT_S / 2


@pytest.mark.parametrize("name", CALLS)
def test_no_call_is_begun_after_the_deadline(bench: Bench, name: str) -> None:
    call = supported(bench, name)

    with deadline(0), pytest.raises(VendorError):
        call()

    assert bench.asked() == []


@pytest.mark.parametrize("name", READS)
def test_a_vendor_that_is_down_is_soon_left_alone(bench: Bench, name: str) -> None:
    call = supported(bench, name)
    bench.fails(status=503, count=1000)

    for _ in range(20):
        with pytest.raises(VendorUnavailable):
            call()

    assert len(bench.asked()) <= 10


@pytest.mark.parametrize("name", CALLS)
def test_a_rate_limit_is_told_as_such(bench: Bench, name: str) -> None:
    call = supported(bench, name)
    bench.fails(status=429, count=50)

    with pytest.raises(VendorError) as caught:
        call()

    error = caught.value
    errors = error.failures.values() if isinstance(error, PartialFailure) else [error]
    assert all(isinstance(each, VendorRateLimited) for each in errors)


def test_threads_may_share_a_connector(bench: Bench) -> None:
    def look(_: int) -> Any:
        return bench.connector.find_account(bench.user_name)

    with ThreadPoolExecutor(8) as pool:
        found = set(map(str, pool.map(look, range(40))))

    assert len(found) == 1


def test_each_exchange_is_reported_by_route_and_never_by_id(bench: Bench) -> None:
    reports: list[tuple[str, str, int | None, float]] = []
    connector = bench.open_connector(quick_wiring(on_call=lambda *report: reports.append(report)))
    bench.forget()

    connector.grants(bench.account_id)
    connector.read_account(bench.account_id)

    assert [f"{method} {route}" for method, route, *_ in reports] == bench.asked()
    assert not any(bench.account_id in route for _, route, *_ in reports)


def test_no_secret_is_logged_or_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="scimbridge.connectors")
    told = []

    for call in CALLS.values():
        for fault in ({}, {"status": 403}, {"drop": True}, {"status": 200, "body": "<html>"}):
            if fault:
                bench.fails(**fault)
            try:
                call(bench)
            except (VendorError, NotImplementedError) as error:
                told.append(repr(error))
            bench.simulator.faults.clear()

    shown = "\n".join([*caplog.messages, *told])
    assert shown
    assert not [secret for secret in bench.secrets if secret in shown]
