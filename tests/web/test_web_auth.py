"""Who is let in, and what those who are not are told."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests

from scimbridge.clock import now_ms
from scimbridge.directory import tokens
from tests.conftest import CORE_USER, PATCH_OP, Scim, World
from tests.web.conftest import IssueToken

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
NEW_USER = {"schemas": [CORE_USER], "userName": "intruder@example.com"}
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}


@pytest.fixture
def reader(issue: IssueToken) -> Scim:
    return issue(read_only=True)


def get(world: World, path: str = "/Users", **headers: str) -> requests.Response:
    return requests.get(f"{world.scim.base_url}{path}", headers=headers, timeout=5)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer scb_000000000000_" + "x" * 43,
        "Basic {token}",
        "Bearer {token}x",
        "Bearer {token}, Bearer {token}",
        "Bearer {token},",
        "Bearer Bearer {token}",
        "Bearer tökén",
    ],
)
def test_without_a_valid_token_everything_is_401(untouched: World, value: str | None) -> None:
    headers = {}
    if value is not None:
        # Header values are latin-1 on the wire.
        headers["Authorization"] = value.format(token=untouched.scim.token).encode("latin-1")

    answer = requests.get(f"{untouched.scim.base_url}/Users", headers=headers, timeout=5)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="scimbridge", Basic ')
    assert answer.headers["Content-Type"] == "application/scim+json"
    body = answer.json()
    assert (body["schemas"], body["status"]) == ([ERROR], "401")
    assert untouched.scim.token not in answer.text


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER   {}", "{}"])
def test_the_scheme_is_read_in_any_case_and_may_be_left_out(untouched: World, form: str) -> None:
    answer = get(untouched, Authorization=form.format(untouched.scim.token))

    assert answer.status_code == 200


def test_two_authorization_headers_are_refused_even_if_both_are_right(untouched: World) -> None:
    url = urlsplit(untouched.scim.base_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
    connection.putrequest("GET", f"{url.path}/Users")
    for _ in range(2):
        connection.putheader("Authorization", f"Bearer {untouched.scim.token}")
    connection.endheaders()

    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()

    assert answer.status == 401
    assert "exactly one Authorization header" in body["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/Nothing"),
        ("GET", "/Users/1/2/3"),
        ("PATCH", "/Users"),
        ("GET", "/Me"),
        ("GET", "/ServiceProviderConfig"),
        ("GET", "/openapi.json"),
        ("GET", ""),
        ("TRACE", "/Users"),
    ],
)
def test_nobody_learns_which_urls_exist_without_a_token(
    untouched: World, method: str, path: str
) -> None:
    client = untouched.bridge.app.test_client()

    answer = client.open(f"/falcon/scim/v2{path}", method=method)

    assert answer.status_code == 401


def test_a_target_that_does_not_exist_is_404(untouched: World) -> None:
    base_url = untouched.scim.base_url.replace("/falcon/", "/falkon/")

    answer = Scim(base_url, untouched.scim.token)("GET", "/Users")

    assert answer.status_code == 404
    assert "there is no target falkon" in answer.json()["detail"]


def test_one_targets_token_opens_no_other_target(issue: IssueToken) -> None:
    answer = issue(target="another")("GET", "/Users")

    assert answer.status_code == 401


def test_a_token_is_good_until_it_expires(shared: World, issue: IssueToken) -> None:
    client = issue(expires=now_ms() + shared.clock.ahead_ms + 60_000)
    assert client("GET", "/Users").status_code == 200

    shared.clock.advance(61)

    assert client("GET", "/Users").status_code == 401


def test_a_revoked_token_is_refused(shared: World, issue: IssueToken) -> None:
    client = issue()
    assert client("GET", "/Users").status_code == 200

    with shared.bridge.directory.write() as connection:
        tokens.revoke(connection, client.token.split("_")[1], now=now_ms())

    assert client("GET", "/Users").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/Users", None),
        ("HEAD", "/Users", None),
        ("GET", "/Schemas", None),
        ("POST", "/.search", SEARCH),
        ("POST", "/Users/.search", SEARCH),
    ],
)
def test_a_read_only_token_may_read(reader: Scim, method: str, path: str, body: object) -> None:
    assert reader(method, path, body).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/Users", NEW_USER),
        ("PUT", "/Users/{id}", NEW_USER),
        ("PATCH", "/Users/{id}", {"schemas": [PATCH_OP], "Operations": []}),
        ("PUT", "/Users/.search", SEARCH),
        ("DELETE", "/Users/{id}", None),
        ("POST", "/Bulk", {"schemas": [], "Operations": []}),
        ("POST", "/Nothing", NEW_USER),
    ],
)
def test_a_read_only_token_may_not_write(
    reader: Scim, untouched: World, resident: str, method: str, path: str, body: object
) -> None:
    answer = reader(method, path.replace("{id}", resident), body)

    assert answer.status_code == 403
    assert answer.json()["detail"] == 'the token "another" may only read'
