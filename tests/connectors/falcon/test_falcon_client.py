from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import requests

from scimbridge.config import Secret
from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.http import Wiring
from scimbridge.errors import (
    OutcomeUnknown,
    VendorDenied,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

TOKEN = "/oauth2/token"
USERS = "/user-management/queries/users/v1"
SETTINGS = FalconSettings(region="us-1", client_id="id", client_secret=Secret("hunter2"))


@pytest.fixture
def tokens(script: Any, says: Any) -> Any:
    """The vendor gives token-0, token-1, ... in turn."""
    answers = [says(201, {"access_token": f"token-{n}", "expires_in": 1799}) for n in range(9)]
    script.on("POST", TOKEN, *answers)
    return script


@pytest.fixture
def client(wiring: Wiring, tokens: Any) -> FalconClient:
    return FalconClient(SETTINGS, wiring)


def bearers(script: Any) -> list[str]:
    return [each.headers["Authorization"] for each in script.asked if each.path != TOKEN]


def test_a_call_carries_the_token_and_a_content_type_even_without_a_body(
    client: FalconClient, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(200, {"resources": ["u"]}))

    assert client.call("GET", USERS, params={"limit": 1}).resources == ("u",)

    asked = script.asked[-1]
    assert asked.url == f"https://api.crowdstrike.com{USERS}?limit=1"
    assert asked.headers["Authorization"] == "Bearer token-0"
    assert asked.headers["Content-Type"] == "application/json"


def test_certificates_of_the_target_are_used(wiring: Wiring, tokens: Any, says: Any) -> None:
    tokens.on("GET", USERS, says(200, {}))
    settings = dataclasses.replace(SETTINGS, ca_file=Path("/etc/ca.pem"))

    FalconClient(settings, wiring).call("GET", USERS)

    assert [each.verify for each in tokens.asked] == ["/etc/ca.pem"] * 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_token_is_renewed_and_the_call_made_once_more(
    client: FalconClient, script: Any, says: Any, method: str
) -> None:
    script.on(method, USERS, says(401, {"errors": []}), says(200, {}))

    client.call(method, USERS, repeatable=False)

    assert bearers(script) == ["Bearer token-0", "Bearer token-1"]


def test_a_second_refusal_is_final(client: FalconClient, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(401, {"errors": [{"code": 401, "message": "invalid token"}]}))

    with pytest.raises(VendorDenied, match="check client_id, client_secret and region"):
        client.call("GET", USERS)

    assert len(bearers(script)) == 2


def test_a_missing_scope_is_told_at_once(client: FalconClient, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(403, {"errors": [{"code": 403, "message": "access denied"}]}))

    with pytest.raises(VendorDenied, match=r"scope User management: read \(usermgmt:read\)"):
        client.call("GET", USERS)

    assert len(bearers(script)) == 1


def test_a_403_with_an_old_token_is_tried_with_a_new_one(
    client: FalconClient, script: Any, says: Any, clock: Any
) -> None:
    script.on("GET", USERS, says(200, {}), says(403, {}), says(200, {}))
    client.call("GET", USERS)
    clock.seconds += 600

    client.call("GET", USERS)

    assert bearers(script) == ["Bearer token-0", "Bearer token-0", "Bearer token-1"]


@pytest.mark.parametrize(
    ("method", "route", "scope"),
    [
        ("GET", "/user-management/queries/users/v1", "User management: read (usermgmt:read)"),
        (
            "POST",
            "/user-management/entities/users/GET/v1",
            "User management: read (usermgmt:read)",
        ),
        ("POST", "/user-management/entities/users/v1", "User management: write (usermgmt:write)"),
        ("DELETE", "/users/entities/users/v1", "User management: write (usermgmt:write)"),
        ("GET", "/mssp/queries/children/v1", "Flight Control: read (mssp:read)"),
        (
            "GET",
            "/sensors/queries/installers/ccid/v1",
            "Sensor Download: read (sensor-installers:read)",
        ),
        ("PATCH", "/new/v1", "for /new/v1: write"),
    ],
)
def test_the_scope_that_is_missing_is_named(
    client: FalconClient, script: Any, says: Any, method: str, route: str, scope: str
) -> None:
    script.on(method, route, says(403, {}))

    with pytest.raises(VendorDenied) as caught:
        client.call(method, route)

    assert f"the scope {scope}," in caught.value.reason


def test_a_repeatable_call_is_retried(client: FalconClient, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(503), requests.ConnectionError("reset"), says(200, {}))

    client.call("GET", USERS)

    assert len(bearers(script)) == 3


def test_any_other_is_not(client: FalconClient, script: Any, says: Any) -> None:
    script.on("POST", USERS, says(503), says(201, {}))

    with pytest.raises(OutcomeUnknown):
        client.call("POST", USERS, repeatable=False)

    assert len(bearers(script)) == 1


def test_without_a_token_nothing_was_done(wiring: Wiring, script: Any, says: Any) -> None:
    script.on("POST", TOKEN, requests.ConnectionError("reset"))

    with pytest.raises(VendorUnavailable) as caught:
        FalconClient(SETTINGS, wiring).call("POST", USERS, repeatable=False)

    assert not isinstance(caught.value, OutcomeUnknown)


def test_redirects_of_ordinary_calls_are_not_followed(
    client: FalconClient, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(308, b"", {"Location": "https://api.us-2.crowdstrike.com/"}))

    with pytest.raises(VendorUnavailable):
        client.call("GET", USERS)

    assert {each.host for each in script.asked} == {"api.crowdstrike.com"}


def test_errors_in_a_success_are_failures(client: FalconClient, script: Any, says: Any) -> None:
    errors = [{"code": 404, "message": "no such group", "id": "g"}]
    script.on("GET", USERS, says(207, {"resources": ["a"], "errors": errors}))

    with pytest.raises(VendorNotFound, match=r"no such group \(404\)"):
        client.call("GET", USERS)
    assert client.call_items("GET", USERS).resources == ("a",)


def test_a_failed_item_of_a_create_leaves_open_what_was_done(
    client: FalconClient, script: Any, says: Any
) -> None:
    script.on("POST", USERS, says(200, {"errors": [{"code": 500, "message": "oops"}]}))

    with pytest.raises(OutcomeUnknown):
        client.call("POST", USERS, repeatable=False)


def pages_of(script: Any, says: Any, *pages: list[str], **pagination: Any) -> None:
    bodies = [{"meta": {"pagination": pagination}, "resources": page} for page in pages]
    script.on("GET", USERS, *(says(200, body) for body in bodies))


def offsets(script: Any) -> list[str]:
    return [dict(each.query)["offset"] for each in script.asked if each.path == USERS]


@pytest.mark.parametrize("offset", [0, 2, 999, None, "x"])
def test_pages_are_followed_whatever_the_vendor_calls_offset(
    client: FalconClient, script: Any, says: Any, offset: Any
) -> None:
    pages_of(script, says, ["a", "b"], ["c", "d"], ["e"], offset=offset, total=5)

    pages = list(client.pages(USERS, {"filter": "x"}))

    assert pages == [("a", "b"), ("c", "d"), ("e",)]
    assert offsets(script) == ["0", "2", "4"]
    assert dict(script.asked[-1].query)["limit"] == "500"


def test_without_a_total_pages_are_followed_to_the_first_empty_one(
    client: FalconClient, script: Any, says: Any
) -> None:
    pages_of(script, says, ["a"], ["b"], [])

    assert list(client.pages(USERS, {})) == [("a",), ("b",)]


def test_an_empty_list_has_no_page(client: FalconClient, script: Any, says: Any) -> None:
    pages_of(script, says, [], total=0)

    assert list(client.pages(USERS, {})) == []


def test_an_empty_page_ends_the_list_whatever_the_total(
    client: FalconClient, script: Any, says: Any
) -> None:
    pages_of(script, says, ["a"], [], total=9)

    assert list(client.pages(USERS, {})) == [("a",)]


def test_a_vendor_that_ignores_the_offset_is_not_asked_for_ever(
    client: FalconClient, script: Any, says: Any
) -> None:
    pages_of(script, says, ["a"], total=9)

    with pytest.raises(VendorUnavailable, match="the same page for every offset"):
        list(client.pages(USERS, {}))


def test_the_breaker_opens_for_the_whole_target(
    client: FalconClient, script: Any, says: Any
) -> None:
    script.on("GET", USERS, says(503))
    for _ in range(2):
        with pytest.raises(VendorUnavailable):
            client.call("GET", USERS)

    assert client.breaker.state == "open"
    asked = len(script.asked)
    with pytest.raises(VendorUnavailable, match="not called"):
        client.call("POST", "/user-management/entities/users/v1")
    assert len(script.asked) == asked


def test_a_refusal_tells_the_vendors_reason(client: FalconClient, script: Any, says: Any) -> None:
    script.on("GET", USERS, says(400, {"errors": [{"code": 400, "message": "bad filter"}]}))

    with pytest.raises(VendorRejected, match=r"prod: GET /user-management.*: bad filter \(400\)"):
        client.call("GET", USERS)


def test_closing_closes_the_pool(client: FalconClient, script: Any) -> None:
    client.close()

    assert script.closed
