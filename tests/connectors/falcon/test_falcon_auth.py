from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from scimbridge.config import Secret
from scimbridge.connectors.deadline import deadline
from scimbridge.connectors.falcon.auth import TokenSource
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.http import Http, Wiring
from scimbridge.errors import OutcomeUnknown, VendorDenied, VendorRateLimited, VendorUnavailable

TOKEN = "/oauth2/token"
GOOD = {"access_token": "token-1", "expires_in": 1799, "token_type": "bearer"}
SETTINGS = FalconSettings(region="us-1", client_id="the-id", client_secret=Secret("hunter2"))
ELSEWHERE = {"Location": "https://api.us-2.crowdstrike.com/oauth2/token", "X-Cs-Region": "us-2"}


@pytest.fixture
def open_source(wiring: Wiring) -> Any:
    def open_source(**changes: Any) -> TokenSource:
        settings = dataclasses.replace(SETTINGS, **changes)
        return TokenSource(Http(wiring, timeout=10), settings, wiring)

    return open_source


def test_the_credentials_are_sent_as_a_form(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(201, GOOD))

    token = open_source().token()

    (asked,) = script.asked
    assert asked.url == "https://api.crowdstrike.com/oauth2/token"
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.body == "client_id=the-id&client_secret=hunter2"
    assert (token.value, token.base_url) == ("token-1", "https://api.crowdstrike.com")


def test_a_child_cid_is_named(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(201, GOOD))

    open_source(member_cid="0" * 32).token()

    assert script.asked[0].body.endswith("&member_cid=" + "0" * 32)


def test_a_token_is_kept_until_two_minutes_before_its_end(
    open_source: Any, script: Any, says: Any, clock: Any
) -> None:
    script.on("POST", TOKEN, says(201, GOOD))
    source = open_source()

    source.token()
    clock.seconds += 1799 - 121
    source.token()
    assert len(script.asked) == 1

    clock.seconds += 1
    source.token()
    assert len(script.asked) == 2


@pytest.mark.parametrize("life", [60, 0, -1, None, "soon"])
def test_a_short_or_unknown_life_does_not_mean_a_token_for_each_call(
    open_source: Any, script: Any, says: Any, life: Any
) -> None:
    script.on("POST", TOKEN, says(201, {**GOOD, "expires_in": life}))
    source = open_source()

    source.token()
    source.token()

    assert len(script.asked) == 1


class WatchedLock:
    """Tells when somebody comes to wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.came = threading.Semaphore(0)
        self.release = self._lock.release

    def acquire(self, timeout: float) -> bool:
        self.came.release()
        return self._lock.acquire(timeout=timeout)


def test_threads_that_wait_for_a_token_get_the_one_that_was_fetched(
    open_source: Any, script: Any, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.on("POST", TOKEN, says(201, GOOD))
    source = open_source()
    lock = WatchedLock()
    monkeypatch.setattr(source, "_lock", lock)
    go_on = threading.Event()
    answer = script.send

    def slow(*args: Any, **kwargs: Any) -> Any:
        go_on.wait(5)
        return answer(*args, **kwargs)

    script.send = slow

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(source.token) for _ in range(8)]
        for _ in waiting:
            lock.came.acquire(timeout=5)
        go_on.set()

    assert {each.result().value for each in waiting} == {"token-1"}
    assert len(script.asked) == 1


def test_whoever_waits_for_the_token_of_another_keeps_the_own_deadline(
    open_source: Any, script: Any, says: Any
) -> None:
    source = open_source()
    asked, go_on = threading.Event(), threading.Event()

    def slow(*_args: Any, **_kwargs: Any) -> Any:
        asked.set()
        go_on.wait(5)
        raise requests.ConnectionError("late")

    script.send = slow
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(source.token)
        asked.wait(5)
        with deadline(0.05), pytest.raises(VendorUnavailable, match="wait for a token"):
            source.token()
        go_on.set()
        assert isinstance(other.exception(), VendorUnavailable)


def test_a_refused_token_is_forgotten_once(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(201, GOOD), says(201, {**GOOD, "access_token": "token-2"}))
    source = open_source()
    first = source.token()

    assert source.refused(first, 401)
    second = source.token()
    assert source.refused(first, 401), "another thread reports the same token later"

    assert source.token() is second
    assert len(script.asked) == 2


def test_a_403_is_blamed_on_the_token_only_when_it_is_minutes_old(
    open_source: Any, script: Any, says: Any, clock: Any
) -> None:
    script.on("POST", TOKEN, says(201, GOOD))
    source = open_source()
    token = source.token()

    assert not source.refused(token, 403)
    clock.seconds += 180
    assert source.refused(token, 403)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_a_matter_of_configuration(
    open_source: Any, script: Any, says: Any, status: int
) -> None:
    message = "Failed to issue access token - Not Authorized"
    body = {"meta": {"trace_id": "t"}, "errors": [{"code": status, "message": message}]}
    script.on("POST", TOKEN, says(status, body))

    with pytest.raises(VendorDenied) as caught:
        open_source().token()

    assert caught.value.reason == (
        f"prod: POST /oauth2/token: {message} ({status}) - check client_id, client_secret "
        "and the CID's IP allow list"
    )
    assert caught.value.trace_id == "t"
    assert len(script.asked) == 1


def test_a_refused_child_is_mentioned(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(403, b"no"))

    with pytest.raises(VendorDenied, match=r"answered 403 - .* that member_cid is a child"):
        open_source(member_cid="0" * 32).token()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, {"errors": []}, VendorRateLimited),
        (500, {"errors": []}, VendorUnavailable),
        (201, b"<html>", VendorUnavailable),
        (201, {}, VendorUnavailable),
        (201, {"access_token": 5}, VendorUnavailable),
        (201, {"access_token": "a\r\nX-Injected: 1"}, VendorUnavailable),
        (201, {"access_token": "é"}, VendorUnavailable),
        (302, b"", VendorUnavailable),
    ],
)
def test_no_token_for_the_moment(
    open_source: Any, script: Any, says: Any, status: int, body: Any, error: type[Exception]
) -> None:
    script.on("POST", TOKEN, says(status, body))

    with pytest.raises(error) as caught:
        open_source().token()

    assert not isinstance(caught.value, OutcomeUnknown)


def test_the_tenants_own_region_is_followed_once_and_kept(
    open_source: Any, script: Any, says: Any, clock: Any
) -> None:
    script.on("POST", TOKEN, says(308, b"", ELSEWHERE), says(201, GOOD))
    source = open_source()

    assert source.token().base_url == "https://api.us-2.crowdstrike.com"
    clock.seconds += 1799
    source.token()

    assert [each.host for each in script.asked] == [
        "api.crowdstrike.com",
        "api.us-2.crowdstrike.com",
        "api.us-2.crowdstrike.com",
    ]


def test_a_second_redirect_is_not_followed(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(308, b"", ELSEWHERE))

    with pytest.raises(VendorUnavailable):
        open_source().token()

    assert len(script.asked) == 2


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/oauth2/token",
        "http://api.us-2.crowdstrike.com/oauth2/token",
        "https://api.us-2.crowdstrike.com:8443/oauth2/token",
        "https://api.us-2.crowdstrike.com@evil.example/oauth2/token",
        "https://api.us-2.crowdstrike.com.evil.example/oauth2/token",
        "https://me@api.us-2.crowdstrike.com/oauth2/token",
        "https://api.us-2.crowdstrike.com/elsewhere",
        "//api.us-2.crowdstrike.com/oauth2/token",
        "/oauth2/token",
        "",
    ],
)
def test_the_secret_goes_to_no_address_but_the_vendors(
    open_source: Any, script: Any, says: Any, location: str
) -> None:
    script.on("POST", TOKEN, says(308, b"", {"Location": location}))

    with pytest.raises(VendorDenied, match="set region or base_url"):
        open_source().token()

    assert len(script.asked) == 1


def test_an_address_set_by_hand_is_not_left(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(308, b"", ELSEWHERE))

    with pytest.raises(VendorDenied, match=r"falcon\.proxy\.example sends these credentials"):
        open_source(region=None, base_url="https://falcon.proxy.example").token()

    assert len(script.asked) == 1


def test_a_token_of_another_region_is_used_there(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(201, GOOD, {"X-Cs-Region": "eu-1"}))

    assert open_source().token().base_url == "https://api.eu-1.crowdstrike.com"


@pytest.mark.parametrize("region", ["", "local", "us-1"])
def test_an_unknown_region_changes_nothing(
    open_source: Any, script: Any, says: Any, region: str
) -> None:
    script.on("POST", TOKEN, says(201, GOOD, {"X-Cs-Region": region}))

    assert open_source().token().base_url == "https://api.crowdstrike.com"


def test_a_region_in_an_answer_does_not_overrule_an_address_set_by_hand(
    open_source: Any, script: Any, says: Any
) -> None:
    script.on("POST", TOKEN, says(201, GOOD, {"X-Cs-Region": "eu-1"}))

    source = open_source(region=None, base_url="http://127.0.0.1:5000")

    assert source.token().base_url == "http://127.0.0.1:5000"


def test_a_token_does_not_show_its_value(open_source: Any, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, says(201, GOOD))

    assert "token-1" not in repr(open_source().token())
