"""Bodies as JSON, request messages, and the two messages that go out."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim_generators import JSON

from scimbridge.errors import InvalidSyntax, NotFound, ScimError, Uniqueness
from scimbridge.scim import urns
from scimbridge.scim.envelopes import RawOperation, load_patch
from scimbridge.scim.messages import (
    BulkOperation,
    SearchRequest,
    error_body,
    list_response,
    load_bulk,
    load_search,
    parse_json,
)
from scimbridge.scim.quirks import Dialect


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, -2.5, true, null, "\xc3\xa9"]}', {"a": [1, -2.5, True, None, "é"]}),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\\u0000 \u00e9"', r"\u0000 é"),
        (b" 12345678901234567890 ", 12345678901234567890),
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
        (b'{"a": {"a": 1}}', {"a": {"a": 1}}),
    ],
    ids=str,
)
def test_json_is_read(raw: bytes, value: Any) -> None:
    assert parse_json(raw) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"{not json", "not JSON"),
        (b"{} {}", "not JSON"),
        (b'"\xff"', "not UTF-8 at byte 2"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"NaN", "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity is no JSON number"),
        (b"1e999", "out of range"),
        (b"9" * 5_000, "a number of 5000 digits is out of range"),
        (b'{"a": 1, "a": 2}', "a name is repeated among a, a"),
        (b'[{"userName": 1, "USERNAME": 2}]', "a name is repeated"),
        (rb'"\ud800"', "NUL or a lone surrogate"),
        (rb'{"\udfff": 1}', "NUL or a lone surrogate"),
        (rb'["a", {"b": ["\u0000"]}]', "NUL or a lone surrogate"),
        (b'"\x00"', "not JSON"),
        (b"[" * 65 + b"]" * 65, "nests deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nests deeper than 64"),
        (b"[" * 100_000, "nests deeper than 64"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_is_not_strict_json_is_refused_at_once(raw: bytes, reason: str) -> None:
    started = time.thread_time()
    with pytest.raises(InvalidSyntax, match=reason):
        parse_json(raw)

    assert time.thread_time() - started < 0.2


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=20) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_json_or_invalid_syntax(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except InvalidSyntax:
        return
    assert json.loads(json.dumps(value)) == value


def patch(**body: Any) -> list[RawOperation]:
    return list(load_patch(body))


def test_a_patch_is_read_whatever_the_case_of_its_names() -> None:
    operations = [
        {"OP": "Add", "PATH": "title", "VALUE": {"Op": 1}},
        {"op": "remove", "path": None},
    ]

    assert patch(SCHEMAS=[urns.PATCH_OP.upper()], operations=operations, unknown=1) == [
        RawOperation("add", "title", {"Op": 1}, has_value=True),
        RawOperation("remove", None, None, has_value=False),
    ]
    assert patch(Operations=[{"op": "add", "value": None}])[0].has_value
    assert patch(Operations=[]) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "has to be a JSON object"),
        ({}, "Operations: Missing data"),
        ({"Operations": {}}, "Operations: Not a valid list"),
        ({"Operations": [1]}, r"Operations\.0\._schema: Invalid input type"),
        ({"Operations": [{"op": "add"}, {"path": "x"}]}, r"Operations\.1\.op: Missing data"),
        ({"Operations": [{"op": 1}]}, r"Operations\.0\.op: Not a valid string"),
        ({"Operations": [{"op": "add", "path": {}}]}, r"Operations\.0\.path: Not a valid string"),
        ({"Operations": [], "schemas": [urns.USER]}, "schemas has to name .*PatchOp, not .*User"),
        ({"Operations": [], "schemas": "x"}, "schemas: Not a valid list"),
    ],
    ids=str,
)
def test_a_patch_that_is_no_message_is_refused(body: Any, reason: str) -> None:
    with pytest.raises(InvalidSyntax, match=reason):
        list(load_patch(body))


def test_a_search_is_read() -> None:
    body = {
        "schemas": [urns.SEARCH_REQUEST],
        "attributes": ["userName"],
        "FILTER": "title pr",
        "sortBy": "title",
        "sortOrder": "descending",
        "startIndex": 3,
        "count": 0,
        "cursor": "",
    }

    assert load_search(body) == SearchRequest(
        filter="title pr",
        attributes=("userName",),
        sort_by="title",
        sort_order="descending",
        start_index=3,
        count=0,
        cursor="",
    )
    assert load_search({"excludedAttributes": ["a", "b"], "attributes": None}) == SearchRequest(
        excluded_attributes=("a", "b")
    )
    for wrong in ({"count": "x"}, {"count": 1.5}, {"attributes": "a"}, {"filter": 1}, None):
        with pytest.raises(InvalidSyntax):
            load_search(wrong)
    with pytest.raises(InvalidSyntax, match="schemas has to name"):
        load_search({}, dialect=Dialect.strict())


def test_a_bulk_request_is_read_and_must_say_what_it_is() -> None:
    operations = [
        {"method": "post", "path": "/Users", "bulkId": "q", "data": {"userName": "a"}},
        {"method": "DELETE", "path": "/Users/1", "version": 'W/"1"'},
    ]
    body = {"schemas": [urns.BULK_REQUEST], "failOnErrors": 1, "Operations": operations}

    bulk = load_bulk(body)

    assert bulk.fail_on_errors == 1
    assert bulk.operations == (
        BulkOperation("POST", "/Users", "q", None, {"userName": "a"}),
        BulkOperation("DELETE", "/Users/1", None, 'W/"1"', None),
    )
    assert load_bulk(body | {"failOnErrors": None}).fail_on_errors is None
    for wrong in ({"Operations": []}, {"schemas": [urns.PATCH_OP], "Operations": []},
                  {"schemas": [urns.BULK_REQUEST]}, {"schemas": [urns.BULK_REQUEST], "Operations": [{}]}):  # fmt: skip
        with pytest.raises(InvalidSyntax):
            load_bulk(wrong)


@settings(max_examples=200, deadline=None)
@given(JSON | st.dictionaries(st.sampled_from(["schemas", "Operations", "filter", "count"]), JSON))
def test_any_json_is_a_message_or_invalid_syntax(body: Any) -> None:
    for load in (lambda each: list(load_patch(each)), load_search, load_bulk):
        try:
            load(body)
        except ScimError as error:
            assert isinstance(error, InvalidSyntax)  # noqa: PT017


def test_a_list_response_always_has_its_counters() -> None:
    assert list_response([], 0, 1) == {
        "schemas": [urns.LIST_RESPONSE],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }
    paged = list_response([{"id": "1"}], 7, next_cursor="n", previous_cursor="p")
    assert (paged["totalResults"], paged["itemsPerPage"]) == (7, 1)
    assert (paged["nextCursor"], paged["previousCursor"]) == ("n", "p")
    assert "startIndex" not in paged


def test_the_status_of_an_error_is_a_string() -> None:
    assert error_body(Uniqueness("userName is taken")) == {
        "schemas": [urns.ERROR],
        "status": "409",
        "scimType": "uniqueness",
        "detail": "userName is taken",
    }
    assert "scimType" not in error_body(NotFound("no User 1"))
