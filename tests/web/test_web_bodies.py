"""Bodies that anybody may send: refused with the right error, and nothing has changed."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
import requests
from werkzeug.test import create_environ, run_wsgi_app

from tests.conftest import CORE_GROUP, CORE_USER, PATCH_OP, World

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
WRITES = [
    ("POST", "/Users"),
    ("POST", "/Groups"),
    ("PUT", "/Users/{id}"),
    ("PATCH", "/Users/{id}"),
    ("POST", "/Users/.search"),
    ("POST", "/.search"),
    ("POST", "/Bulk"),
]
ids = pytest.mark.parametrize(("method", "path"), WRITES, ids=[f"{m} {p}" for m, p in WRITES])


def send(
    world: World, method: str, path: str, body: bytes, media: str | None = "application/scim+json"
) -> requests.Response:
    headers = {"Authorization": f"Bearer {world.scim.token}"}
    if media is not None:
        headers["Content-Type"] = media
    url = f"{world.scim.base_url}{path}"
    return requests.request(method, url, data=body, headers=headers, timeout=30)


def assert_refused(answer: requests.Response, status: int, scim_type: str | None) -> None:
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, str(status)), body
    assert body.get("scimType") == scim_type, body
    assert body["detail"]


USER_START = f'{{"schemas":["{CORE_USER}"],"userName":"x@example.com",'.encode()
NOT_JSON = {
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "a word": b"hello",
    "an HTML form": b"userName=x%40example.com",
    "half an object": b'{"userName": ',
    "two objects": b"{}{}",
    "a comment": b"{} // all",
    "a single quote": b"{'userName': 'x'}",
    "a comma too many": b'{"userName": "x",}',
    "bad UTF-8": USER_START + b'"title":"\xff"}',
    "UTF-16": '{"userName": "x"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": USER_START + b'"title":NaN}',
    "minus infinity": USER_START + b'"title":-Infinity}',
    "a number beyond a double": USER_START + b'"title":1e999}',
    "a number of 5,000 digits": USER_START + b'"title":' + b"9" * 5000 + b"}",
    "a raw NUL": USER_START + b'"title":"\x00"}',
    "an escaped NUL": USER_START + b'"title":"\\u0000"}',
    "a lone surrogate": USER_START + b'"title":"\\ud800"}',
    "a lone surrogate as a name": USER_START + b'"\\udfff":1}',
    "a name twice": USER_START + b'"title":"a","title":"b"}',
    "a name twice in two cases": USER_START + b'"title":"a","TITLE":"b"}',
    "65 levels": USER_START + b'"title":' + b"[" * 65 + b"]" * 65 + b"}",
    "100,000 levels": b"[" * 100_000,
    "100,000 levels of objects": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_no_strict_json_is_invalid_syntax(untouched: World, body: bytes) -> None:
    assert_refused(send(untouched, "POST", "/Users", body), 400, "invalidSyntax")


@ids
@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1,"A":2}'], ids=["empty", "half", "twice"])
def test_every_route_that_reads_a_body_refuses_what_is_no_json(
    untouched: World, resident: str, method: str, path: str, body: bytes
) -> None:
    answer = send(untouched, method, path.replace("{id}", resident), body)

    assert_refused(answer, 400, "invalidSyntax")


@ids
@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b"true"])
def test_every_route_that_reads_a_body_wants_an_object(
    untouched: World, resident: str, method: str, path: str, body: bytes
) -> None:
    answer = send(untouched, method, path.replace("{id}", resident), body)

    assert_refused(answer, 400, "invalidSyntax")


@ids
@pytest.mark.parametrize(
    "media", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml", "json"]
)
def test_another_media_type_is_415(
    untouched: World, resident: str, method: str, path: str, media: str | None
) -> None:
    answer = send(untouched, method, path.replace("{id}", resident), b"{}", media)

    assert_refused(answer, 415, None)


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "application/scim+json; charset=utf-8",
        "APPLICATION/SCIM+JSON",
        "application/json;charset=UTF-8",
    ],
)
def test_both_media_types_are_taken_with_any_parameters(untouched: World, media: str) -> None:
    body = json.dumps({"schemas": [SEARCH], "count": 0}).encode()

    assert send(untouched, "POST", "/.search", body, media).status_code == 200


@ids
def test_five_megabytes_are_413_with_the_limit(
    untouched: World, resident: str, method: str, path: str
) -> None:
    body = json.dumps({"schemas": [CORE_USER], "title": "x" * 5_000_000}).encode()

    answer = send(untouched, method, path.replace("{id}", resident), body)

    assert_refused(answer, 413, None)
    assert "1048576" in answer.json()["detail"]


def test_a_client_that_leaves_in_the_middle_of_a_body_changes_nothing(untouched: World) -> None:
    body = json.dumps({"schemas": [CORE_USER], "userName": "x@example.com"}).encode()
    environ = create_environ(
        "/falcon/scim/v2/Users",
        method="POST",
        input_stream=BytesIO(body),
        content_type="application/scim+json",
        headers={"Authorization": f"Bearer {untouched.scim.token}"},
    )
    environ["CONTENT_LENGTH"] = str(len(body) + 1)

    chunks, status, _headers = run_wsgi_app(untouched.bridge.app, environ)

    assert status == "400 BAD REQUEST"
    assert json.loads(b"".join(chunks))["status"] == "400"


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ({}, "invalidValue"),
        ({"schemas": [CORE_USER]}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": ""}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": None}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": ["x"] * 2}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": {"value": {}}}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": "x@example.com", "active": 7}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": "x@example.com", "name": "x"}, "invalidValue"),
        ({"schemas": [CORE_USER], "userName": "x@example.com", "emails": [7]}, "invalidValue"),
        (
            {
                "schemas": [CORE_USER],
                "userName": "x@example.com",
                "emails": [{"value": "a", "primary": "x"}],
            },
            "invalidValue",
        ),
        ({"schemas": "x", "userName": "x@example.com"}, "invalidSyntax"),
        ({"schemas": [7], "userName": "x@example.com"}, "invalidSyntax"),
    ],
)
def test_a_user_of_wrong_types_is_refused(
    untouched: World, resident: str, body: Any, scim_type: str
) -> None:
    for method, path in (("POST", "/Users"), ("PUT", f"/Users/{resident}")):
        assert_refused(untouched.scim(method, path, body), 400, scim_type)


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": [CORE_GROUP]},
        {"schemas": [CORE_GROUP], "displayName": ""},
        {"schemas": [CORE_GROUP], "displayName": "G", "members": {"value": {}}},
        {"schemas": [CORE_GROUP], "displayName": "G", "members": [{"value": {}}]},
    ],
)
def test_a_group_of_wrong_types_is_refused(untouched: World, body: Any) -> None:
    assert_refused(untouched.scim("POST", "/Groups", body), 400, "invalidValue")


REPLACE: dict[str, Any] = {"op": "replace", "path": "title", "value": "CISO"}


@pytest.mark.parametrize(
    ("operations", "scim_type"),
    [
        (None, "invalidSyntax"),
        ("x", "invalidSyntax"),
        ({}, "invalidSyntax"),
        ([7], "invalidSyntax"),
        ([{}], "invalidSyntax"),
        ([{"path": "title"}], "invalidSyntax"),
        ([{"op": 7, "path": "title"}], "invalidSyntax"),
        ([{"op": "destroy", "path": "title"}], "invalidSyntax"),
        ([{"op": "move", "path": "title", "value": "x"}], "invalidSyntax"),
        ([{"op": "replace", "path": 7, "value": "x"}], "invalidSyntax"),
        ([{"op": "replace", "path": "shoeSize", "value": "44"}], "invalidPath"),
        ([{"op": "replace", "path": "title[", "value": "x"}], "invalidPath"),
        ([{"op": "replace", "path": "name.", "value": "x"}], "invalidPath"),
        ([{"op": "replace", "path": "emails[type eq]", "value": "x"}], "invalidPath"),
        ([{"op": "replace", "path": "x" * 5000, "value": "x"}], "invalidPath"),
        ([{"op": "remove"}], "noTarget"),
        ([{"op": "replace", "path": "active", "value": "perhaps"}], "invalidValue"),
        ([{"op": "replace", "path": "userName", "value": None}], "invalidValue"),
        ([{"op": "remove", "path": "userName"}], "mutability"),
        ([{"op": "replace", "path": "id", "value": "x"}], "mutability"),
        ([{"op": "add", "path": "groups", "value": [{"value": "x"}]}], "mutability"),
        ([{"op": "replace", "value": "x"}], "invalidValue"),
    ],
)
def test_a_patch_that_cannot_be_done_changes_nothing_even_of_what_comes_before(
    untouched: World, resident: str, operations: Any, scim_type: str
) -> None:
    if isinstance(operations, list):
        operations = [REPLACE, *operations]

    answer = untouched.scim(
        "PATCH", f"/Users/{resident}", {"schemas": [PATCH_OP], "Operations": operations}
    )

    assert_refused(answer, 400, scim_type)


def test_a_message_of_another_kind_is_refused(untouched: World, resident: str) -> None:
    body = {"schemas": [SEARCH], "Operations": [REPLACE]}

    assert_refused(untouched.scim("PATCH", f"/Users/{resident}", body), 400, "invalidSyntax")
    assert_refused(untouched.scim("POST", "/Bulk", body), 400, "invalidSyntax")


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("PUT", {"schemas": [CORE_USER], "userName": "x@example.com"}),
        ("PATCH", {"schemas": [PATCH_OP], "Operations": [REPLACE]}),
        ("DELETE", None),
    ],
)
def test_writing_what_does_not_exist_is_404(untouched: World, method: str, body: Any) -> None:
    assert_refused(untouched.scim(method, "/Users/no-such-user", body), 404, None)
