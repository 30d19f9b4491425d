"""One call to the console: credentials, certificate, retries."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from scimbridge.config import Secret
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorNotFound,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)

USERS = "/api/3/users"
SEED = base64.b32encode(b"12345678901234567890").decode()


def client(wiring: Wiring, **changes: Any) -> InsightVMClient:
    keys: dict[str, Any] = {
        "base_url": "https://console.test:3780",
        "username": "bridge",
        "password": Secret("pä:ss"),
        **changes,
    }
    return InsightVMClient(InsightVMSettings(**keys), wiring)


def refusal(status: int, message: str = "No.") -> dict[str, Any]:
    return {"status": str(status), "message": message, "links": []}


# --- credentials and certificate -------------------------------------------------------------


def test_credentials_go_with_every_call(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(200, {}))

    client(wiring).call("GET", USERS)

    sent = script.asked[0].headers
    scheme, _, encoded = sent["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", "bridge:pä:ss")
    assert "Token" not in sent


def test_a_second_factor_is_sent_as_the_code_of_the_moment(
    wiring: Wiring, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(200, {}))
    at_59 = replace(wiring, now=lambda: 59.0)

    client(at_59, two_factor_key=Secret(SEED)).call("GET", USERS)

    assert script.asked[0].headers["Token"] == "287082"


@pytest.mark.parametrize(
    ("verify", "sent"),
    [(True, "/etc/public.pem"), (False, False), (Path("/etc/c.pem"), "/etc/c.pem")],
)
def test_how_to_verify_is_said_with_each_call(
    wiring: Wiring,
    script: Any,
    says: Any,
    monkeypatch: pytest.MonkeyPatch,
    verify: Any,
    sent: Any,
) -> None:
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/public.pem")
    script.on("GET", USERS, says(200, {}))

    client(wiring, verify=verify).call("GET", USERS)

    assert script.asked[0].verify == sent


@pytest.mark.parametrize(("verify", "warnings"), [(False, 1), (True, 0), (Path("/c.pem"), 0)])
def test_every_start_without_verification_warns(
    wiring: Wiring, caplog: pytest.LogCaptureFixture, verify: Any, warnings: int
) -> None:
    client(wiring, verify=verify)

    told = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert len(told) == warnings


# --- refused credentials ---------------------------------------------------------------------


def test_refused_credentials_are_sent_once_and_then_not_for_a_while(
    wiring: Wiring, script: Any, says: Any, clock: Any
) -> None:
    script.on("GET", USERS, says(401, refusal(401)))
    script.on("GET", "/", says(200, b"<html>Log in</html>"))
    console = client(wiring)

    for _ in range(5):
        with pytest.raises(VendorDenied):
            console.call("GET", USERS)

    assert script.calls(but="/") == [f"GET {USERS}"]


def test_the_pause_after_each_refusal_is_twice_as_long(
    wiring: Wiring, script: Any, says: Any, clock: Any
) -> None:
    script.on("GET", USERS, says(401, refusal(401)))
    console = client(wiring)
    times: list[float] = []

    for _ in range(4000):
        with pytest.raises(VendorDenied):
            console.call("GET", USERS)
        if len(script.calls(but="/")) > len(times):
            times.append(clock.seconds - 1000)
        clock.seconds += 1

    assert times == [0, 60, 180, 420, 900, 1860, 3780]


def test_a_success_forgives_what_was_before(
    wiring: Wiring, script: Any, says: Any, clock: Any
) -> None:
    script.on("GET", USERS, says(401, refusal(401)), says(200, {}), says(401, refusal(401)))
    console = client(wiring)
    with pytest.raises(VendorDenied):
        console.call("GET", USERS)
    clock.seconds += 60
    console.call("GET", USERS)
    with pytest.raises(VendorDenied):
        console.call("GET", USERS)

    clock.seconds += 60
    with pytest.raises(VendorDenied):
        console.call("GET", USERS)

    assert len(script.calls(but="/")) == 4


def test_maintenance_is_not_taken_for_a_wrong_password(
    wiring: Wiring, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(401, refusal(401)), says(200, {}))
    script.on("GET", "/", says(200, b"<html><h1>Maintenance Mode</h1></html>"))
    console = client(wiring)

    with pytest.raises(VendorUnavailable, match="maintenance"):
        console.call("GET", USERS)

    assert script.calls() == [f"GET {USERS}", "GET /"]
    assert "Authorization" not in script.asked[1].headers
    console.call("GET", USERS)


def test_a_start_page_that_cannot_be_read_is_no_maintenance(
    wiring: Wiring, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(401, refusal(401)))
    script.on("GET", "/", requests.ConnectionError("refused"))

    with pytest.raises(VendorDenied):
        client(wiring).call("GET", USERS)


# --- statuses --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_is_any_of_those_that_were_met(
    wiring: Wiring, script: Any, says: Any, status: int
) -> None:
    script.on("PUT", "/api/3/users/7", says(status, {"links": []}))

    assert client(wiring).call("PUT", "/api/3/users/{id}", at={"id": "7"}, json={}) == {"links": []}


def test_a_write_may_be_answered_without_a_body(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("DELETE", "/api/3/users/7", says(204, b""))

    assert client(wiring).call("DELETE", "/api/3/users/{id}", at={"id": "7"}) == {}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, VendorRejected),
        (402, VendorDenied),
        (403, VendorDenied),
        (405, VendorRejected),
        (408, VendorUnavailable),
        (409, VendorConflict),
        (415, VendorRejected),
        (429, VendorRateLimited),
        (500, VendorUnavailable),
        (302, VendorUnavailable),
    ],
)
@pytest.mark.parametrize("body", [refusal(400), b"plain words", b"", b"[]"], ids=str)
def test_a_status_means_the_same_whatever_the_body(
    wiring: Wiring, script: Any, says: Any, status: int, error: type[Exception], body: Any
) -> None:
    script.on("PUT", "/api/3/users/7", says(status, body))

    with pytest.raises(error) as caught:
        client(wiring).call("PUT", "/api/3/users/{id}", at={"id": "7"}, json={})

    assert type(caught.value) is error
    assert "plain words" in str(caught.value) or body != b"plain words"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'"text"', b"{"])
def test_a_read_is_not_answered_without_an_object(
    wiring: Wiring, script: Any, says: Any, body: bytes
) -> None:
    script.on("GET", USERS, says(200, body))

    with pytest.raises(VendorUnavailable):
        client(wiring).call("GET", USERS)


def test_a_collection_that_is_not_found_is_one_that_may_not_be_seen(
    wiring: Wiring, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(404, refusal(404)))
    script.on("GET", "/api/3/users/7", says(404, refusal(404)))
    console = client(wiring)

    with pytest.raises(VendorDenied, match="Global Administrator"):
        console.call("GET", USERS)
    with pytest.raises(VendorNotFound):
        console.call("GET", "/api/3/users/{id}", at={"id": "7"})


def test_not_found_on_a_web_page_is_somebody_else_s_word(
    wiring: Wiring, script: Any, says: Any
) -> None:
    page_404 = says(404, b"<html>Not found</html>", {"Content-Type": "text/html"})
    script.on("DELETE", "/api/3/users/7", page_404)

    with pytest.raises(VendorUnavailable, match="web page"):
        client(wiring).call("DELETE", "/api/3/users/{id}", at={"id": "7"})


def test_a_console_that_starts_is_asked_again(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(503, refusal(503)), says(503, refusal(503)), says(200, {"a": 1}))

    assert client(wiring).call("GET", USERS) == {"a": 1}


def test_what_must_not_be_repeated_is_not(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("POST", USERS, says(503, refusal(503)))

    with pytest.raises(OutcomeUnknown):
        client(wiring).call("POST", USERS, json={}, repeatable=False)

    assert script.calls() == [f"POST {USERS}"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("Thu, 01 Jan 1970 00:17:00 GMT", 20.0),
        ("99999999", 3600.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("0", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_how_long_to_wait_is_understood_in_both_forms(
    wiring: Wiring, script: Any, says: Any, header: str, seconds: float | None
) -> None:
    script.on("GET", USERS, says(429, refusal(429), {"Retry-After": header}))

    with pytest.raises(VendorRateLimited) as caught:
        client(wiring).call("GET", USERS)

    assert caught.value.retry_after == seconds


def test_the_vendor_s_own_words_are_passed_on(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", "/api/3/roles/x", says(400, refusal(400, "Bad role.")))

    with pytest.raises(Exception, match=r"prod: GET /api/3/roles/\{id\}: Bad role\."):
        client(wiring).call("GET", "/api/3/roles/{id}", at={"id": "x"})


def test_ids_are_one_segment_of_the_path_whatever_they_hold(
    wiring: Wiring, script: Any, says: Any
) -> None:
    script.on("GET", "/api/3/roles/a%20b%2Fc%3Fd%25", says(200, {}))

    client(wiring).call("GET", "/api/3/roles/{id}", at={"id": "a b/c?d%"})

    assert script.calls() == ["GET /api/3/roles/a%20b%2Fc%3Fd%25"]
