from __future__ import annotations

import json
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from scimbridge.connectors.falcon.envelope import (
    Call,
    ItemError,
    Reply,
    item_failure,
    parse_reply,
    read_reply,
)
from scimbridge.connectors.http import Answer
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorDenied,
    VendorError,
    VendorNotFound,
    VendorRateLimited,
    VendorRejected,
    VendorUnavailable,
)

READ = Call("prod", "GET", "/x", "User management: read (usermgmt:read)", repeatable=True)
CREATE = Call("prod", "POST", "/x", "User management: write (usermgmt:write)", repeatable=False)
NOW = 1_800_000_000.0


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), content)


def read(status: int, body: Any = b"", *, call: Call = READ, **headers: str) -> Reply:
    return read_reply(answer(status, body, **headers), call, lambda: NOW)


def refusal(status: int, body: Any = b"", *, call: Call = READ, **headers: str) -> VendorError:
    with pytest.raises(VendorError) as caught:
        read(status, body, call=call, **headers)
    return caught.value


@pytest.mark.parametrize(
    "body", [{}, {"resources": None, "errors": None}, {"resources": [], "errors": []}]
)
def test_missing_null_and_empty_mean_the_same(body: dict[str, Any]) -> None:
    assert read(200, body) == Reply()


def test_a_reply_holds_resources_total_and_trace_id() -> None:
    meta = {"trace_id": "t-1", "pagination": {"offset": 0, "limit": 100, "total": 4}}

    assert read(200, {"meta": meta, "resources": ["a"]}) == Reply(("a",), (), 4, "t-1")


@pytest.mark.parametrize("meta", [None, [], {"pagination": None}, {"pagination": {"total": "4"}}])
def test_an_odd_meta_is_no_reason_to_fail(meta: Any) -> None:
    assert read(200, {"meta": meta, "resources": ["a"]}) == Reply(("a",))


def test_the_trace_id_is_taken_from_the_headers_if_need_be() -> None:
    assert read(200, {}, x_cs_traceid="t-2").trace_id == "t-2"


def test_errors_in_a_success_are_kept_for_the_caller() -> None:
    body = {"resources": [], "errors": [{"code": 404, "message": "none", "id": "g"}, "odd", {}]}

    assert read(207, body).errors == (
        ItemError(404, "none", "g"),
        ItemError(0, "odd"),
        ItemError(0, "{}"),
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b'"text"', b"\xff"])
def test_a_success_that_is_no_envelope_leaves_open_what_was_done(body: bytes) -> None:
    assert type(refusal(200, body)) is VendorUnavailable
    assert type(refusal(201, body, call=CREATE)) is OutcomeUnknown
    assert parse_reply(answer(200, body)) is None


def said(message: str) -> dict[str, Any]:
    return {"meta": {"trace_id": "t"}, "errors": [{"code": 1, "message": message}]}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, VendorRejected),
        (401, VendorDenied),
        (402, VendorDenied),
        (403, VendorDenied),
        (404, VendorNotFound),
        (405, VendorRejected),
        (408, VendorUnavailable),
        (409, VendorConflict),
        (413, VendorRejected),
        (425, VendorUnavailable),
        (429, VendorRateLimited),
        (301, VendorUnavailable),
        (308, VendorUnavailable),
        (500, VendorUnavailable),
        (503, VendorUnavailable),
        (599, VendorUnavailable),
    ],
)
def test_each_status_has_its_error_with_reason_and_trace_id(
    status: int, error: type[VendorError]
) -> None:
    found = refusal(status, said("because"))

    assert type(found) is error
    assert found.reason.startswith("prod: GET /x: because (1)")
    assert found.trace_id == "t"


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
def test_after_a_create_a_transient_status_leaves_open_what_was_done(status: int) -> None:
    assert type(refusal(status, said("oops"), call=CREATE)) is OutcomeUnknown


@pytest.mark.parametrize(("status", "error"), [(429, VendorRateLimited), (400, VendorRejected)])
def test_after_a_create_a_refusal_is_a_refusal(status: int, error: type[VendorError]) -> None:
    assert type(refusal(status, said("no"), call=CREATE)) is error


def test_a_missing_scope_is_named() -> None:
    found = refusal(403, said("access denied, scope not permitted"))

    assert "scope User management: read (usermgmt:read)" in found.reason


def test_a_page_that_is_not_found_does_not_mean_that_the_account_is_gone() -> None:
    assert type(refusal(404, b"<h1>Not found</h1>", content_type="text/html")) is VendorUnavailable


def test_a_route_that_the_gateway_does_not_know_does_not_mean_that_the_account_is_gone() -> None:
    body = {
        "meta": {"powered_by": "crowdstrike-api-gateway", "trace_id": "t-1"},
        "errors": [{"code": 404, "message": "404: Page Not Found"}],
    }

    error = refusal(404, body)

    assert isinstance(error, VendorDenied)
    assert "404: Page Not Found (404) - the vendor has no such route" in error.reason
    assert error.trace_id == "t-1"


def test_a_plain_text_refusal_is_quoted_in_one_line() -> None:
    found = refusal(403, b"Remote response feature\n is not enabled\x00\x1b[31m" + b"x" * 900)

    assert "answered 403: Remote response feature is not enabled" in found.reason
    assert found.reason.isprintable()
    assert len(found.reason) < 500


def test_a_web_page_is_not_quoted() -> None:
    found = refusal(502, b"<html>secret</html>", content_type="text/html; charset=utf-8")

    assert found.reason == "prod: GET /x: answered 502 with a web page, probably a proxy's"


@pytest.mark.parametrize("body", [b"", {"errors": []}, {"errors": None}])
def test_a_refusal_without_a_reason_says_so(body: Any) -> None:
    assert "answered 400" in refusal(400, body).reason


def test_several_reasons_are_joined() -> None:
    body = {"errors": [{"code": 400, "message": "a"}, {"code": 400, "message": "b"}]}

    assert "a (400); b (400)" in refusal(400, body).reason


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param(str(NOW + 7), 7, id="seconds"),
        pytest.param(str(int((NOW + 7) * 1000)), 7, id="milliseconds"),
        pytest.param(str(NOW + 0.2), 1, id="at least one"),
        pytest.param(str(NOW + 3600), 60, id="at most a minute"),
        pytest.param(str(NOW), None, id="now"),
        pytest.param(str(NOW - 5), None, id="past"),
        pytest.param("soon", None, id="no number"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_vendors_not_before_becomes_seconds(header: str, seconds: float | None) -> None:
    found = refusal(429, said("slow down"), x_ratelimit_retryafter=header)

    assert isinstance(found, VendorRateLimited)
    assert found.retry_after == pytest.approx(seconds)


def test_a_rate_limit_without_the_header_names_no_time() -> None:
    found = refusal(429, b"")

    assert isinstance(found, VendorRateLimited)
    assert found.retry_after is None


@pytest.mark.parametrize(
    ("code", "error"),
    [(404, VendorNotFound), (409, VendorConflict), (0, VendorRejected), (500, VendorUnavailable)],
)
def test_a_failed_item_has_the_error_of_its_code(code: int, error: type[VendorError]) -> None:
    found = item_failure([ItemError(code, "no")], READ, "t")

    assert type(found) is error
    assert found.trace_id == "t"
