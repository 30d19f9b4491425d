"""One call to the console: credentials, certificate, retries, pages."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scimbridge.config import Secret
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.errors import (
    OutcomeUnknown,
    VendorDenied,
    VendorNotFound,
    VendorRateLimited,
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


def page(number: int, pages: int, *ids: int, total: int | None = None) -> dict[str, Any]:
    """One page of a collection."""
    return {
        "resources": [{"id": each} for each in ids],
        "page": {"number": number, "size": 500, "totalPages": pages, "totalResources": total},
    }


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


# --- pages -----------------------------------------------------------------------------------


def ids(wiring: Wiring) -> list[int]:
    return [row["id"] for row in client(wiring).pages(USERS)]


def test_pages_are_counted(wiring: Wiring, script: Any, says: Any) -> None:
    pages = [page(0, 3, 1, 2), page(1, 3, 3, 4), page(2, 3, 5)]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 3, 4, 5]
    asked = [dict(each.query) for each in script.asked]
    assert asked == [{"page": str(number), "size": "500"} for number in range(3)]


def test_an_empty_collection_has_no_pages(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(200, page(0, 0)))

    assert ids(wiring) == []
    assert len(script.asked) == 1


def test_a_row_on_two_pages_is_given_once_and_all_is_read_again(
    wiring: Wiring, script: Any, says: Any
) -> None:
    pages = [page(0, 2, 1, 2), page(1, 2, 2, 4), page(0, 2, 1, 2), page(1, 2, 3, 4)]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 4, 3]


def test_a_total_that_moved_means_that_all_is_read_again(
    wiring: Wiring, script: Any, says: Any
) -> None:
    pages = [
        page(0, 2, 1, 2, total=4),
        page(1, 2, 4, total=3),
        page(0, 2, 2, 3, total=3),
        page(1, 2, 4, total=3),
    ]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 4, 3]


def test_a_page_that_is_gone_means_that_all_is_read_again(
    wiring: Wiring, script: Any, says: Any
) -> None:
    gone = says(404, refusal(404))
    first, again = says(200, page(0, 2, 1, 2)), says(200, page(0, 1, 1, 3))
    script.on("GET", USERS, first, gone, again)

    assert ids(wiring) == [1, 2, 3]


def test_a_collection_that_never_settles_is_given_up_aloud(
    wiring: Wiring, script: Any, says: Any, caplog: pytest.LogCaptureFixture
) -> None:
    pages = [page(number, 2, 1, number + 2) for _ in range(3) for number in range(2)]
    script.on("GET", USERS, *(says(200, each) for each in pages))

    assert ids(wiring) == [1, 2, 3]
    assert "changes faster than it is read" in caplog.text
    assert len(script.asked) == 6


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resources": []},
        {"resources": None, "page": {"number": 0, "totalPages": 1}},
        {"resources": [], "page": {"number": 1, "totalPages": 1}},
        {"resources": [], "page": {"number": 0}},
        {"resources": [{}], "page": {"number": 0, "totalPages": 1}},
        {"resources": ["x"], "page": {"number": 0, "totalPages": 1}},
    ],
)
def test_an_answer_that_is_not_the_page_is_no_empty_list(
    wiring: Wiring, script: Any, says: Any, body: Any
) -> None:
    script.on("GET", USERS, says(200, body))

    with pytest.raises(VendorUnavailable):
        ids(wiring)


def test_a_hidden_collection_is_no_empty_list(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(404, refusal(404)))

    with pytest.raises(VendorDenied):
        ids(wiring)
