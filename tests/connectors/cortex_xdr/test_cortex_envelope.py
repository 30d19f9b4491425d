from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from scimbridge.connectors.cortex_xdr.envelope import Call, Refusal, parse_refusal, read_payload
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

READ = Call("prod", "GET", "/platform/iam/v1/user", repeatable=True)
CREATE = Call("prod", "POST", "/platform/iam/v1/user-group", repeatable=False)
NOW = 1_700_000_000.0

OBSERVED = {
    "reply": {"err_code": 401, "err_msg": "Public API request unauthorized", "err_extra": None}
}
DOCUMENTED = {"err_code": "500", "err_msg": "Failed", "err_extra": "Role 'x' was not found"}
IAM_400 = {
    "data": {
        "err_msg": "The request contains invalid or missing parameters.",
        "metadata": {"err_extra": "No update performed.", "err_code": 400},
    }
}
IAM_403 = {
    "reply": {
        "err_code": 403,
        "err_msg": "Forbidden.",
        "err_extra": "Insufficient permissions for api key",
        "metadata": {},
    }
}
GATEWAY = {"errorCode": "Forbidden", "message": "No", "details": "not today"}


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), content)


def read(status: int, body: Any = b"", call: Call = READ, **headers: str) -> Any:
    return read_payload(answer(status, body, **headers), call, "data", lambda: NOW)


def failure(status: int, body: Any = b"", call: Call = READ, **headers: str) -> VendorError:
    with pytest.raises(VendorError) as caught:
        read(status, body, call, **headers)
    return caught.value


def v1_500(extra: Any) -> dict[str, Any]:
    message = "An error occurred while processing XDR public API"
    return {"reply": {"err_code": 500, "err_msg": message, "err_extra": extra}}


def test_a_success_gives_what_stands_under_the_key() -> None:
    assert read(200, {"data": [1], "metadata": {"total_count": 1}}) == [1]
    assert read(201, {"data": {"message": "done"}}) == {"message": "done"}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (OBSERVED, Refusal(401, "Public API request unauthorized")),
        (DOCUMENTED, Refusal(500, "Failed", ("Role 'x' was not found",))),
        (
            IAM_400,
            Refusal(
                400,
                "The request contains invalid or missing parameters.",
                ("No update performed.",),
            ),
        ),
        (IAM_403, Refusal(403, "Forbidden.", ("Insufficient permissions for api key",))),
        (GATEWAY, Refusal(None, "No", ("not today",))),
        ({"reply": [{"user_email": "a@b"}]}, None),
        ({"data": {"message": "User updated successfully"}}, None),
        ([], None),
        (None, None),
        ("text", None),
    ],
    ids=[
        "observed",
        "documented",
        "iam 400",
        "iam 403",
        "gateway",
        "v1 success",
        "iam success",
        "list",
        "null",
        "text",
    ],
)
def test_every_shape_of_a_refusal_is_read(body: Any, refusal: Refusal | None) -> None:
    assert parse_refusal(body) == refusal


@pytest.mark.parametrize(
    ("extra", "shown"),
    [
        (None, "Failed"),
        ("", "Failed"),
        ("why", "Failed: why"),
        ([{"type": "missing", "loc": ["body", "x"], "msg": "Field required"}], "body.x: Field"),
        ([{"field": "x", "message": "is wrong"}], "Failed: x: is wrong"),
        ([{"ctx": {"a": 1}}], '{"ctx":{"a":1}}'),
        (["one", "two"], "Failed: one; two"),
        ({"msg": "inner"}, "Failed: inner"),
        (7, "Failed: 7"),
    ],
)
def test_the_details_are_read_in_every_type(extra: Any, shown: str) -> None:
    body = {"reply": {"err_code": 400, "err_msg": "Failed", "err_extra": extra}}

    assert shown in str(parse_refusal(body))


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ('{"err_code": 500, "err_msg": "inner", "err_extra": "why"}', "inner: why"),
        ('["one", "two"]', "one; two"),
        ("{not JSON", "{not JSON"),
    ],
)
def test_a_message_that_is_json_itself_is_read_too(message: str, shown: str) -> None:
    assert str(parse_refusal({"err_msg": message})) == shown


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "check api_key, api_key_id"), (402, "licence"), (403, "a role that may view and edit")],
)
@pytest.mark.parametrize("body", [b"", OBSERVED, IAM_403, DOCUMENTED, b"<html>"])
def test_a_refusal_of_the_key_tells_the_remedy(status: int, remedy: str, body: Any) -> None:
    error = failure(status, body)

    assert isinstance(error, VendorDenied)
    assert remedy in error.reason


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, IAM_400, VendorRejected),
        (400, b"", VendorRejected),
        (422, b"<html>", VendorRejected),
        (400, v1_500("Could not find group for ['1'] in tenant: t"), VendorNotFound),
        (
            400,
            v1_500("This user group name is already being used in the tenant"),
            VendorConflict,
        ),
        (409, b"", VendorConflict),
        (404, v1_500("nobody"), VendorNotFound),
        (404, b"<html>", VendorUnavailable),
        (404, b"", VendorUnavailable),
        (408, b"", VendorUnavailable),
        (429, b"", VendorRateLimited),
        (500, b"", VendorUnavailable),
        (500, v1_500(None), VendorUnavailable),
        (500, v1_500("Failed to reach the database"), VendorUnavailable),
        (500, v1_500("Role 'x' was not found"), VendorNotFound),
        (500, v1_500(r"Group \'x\' was not found"), VendorNotFound),
        (500, v1_500("role_names param is missing"), VendorRejected),
        (500, v1_500("Can not update users to Account Admin role."), VendorRejected),
        (500, v1_500([{"loc": ["x"], "msg": "what is this"}]), VendorRejected),
        (502, v1_500("Role 'x' was not found"), VendorUnavailable),
        (503, b"<html>", VendorUnavailable),
        (302, b"", VendorUnavailable),
        (200, b"", VendorUnavailable),
        (200, b"<html>", VendorUnavailable),
        (200, b"null", VendorUnavailable),
        (200, {"reply": []}, VendorUnavailable),
        (200, v1_500("Role 'x' was not found"), VendorNotFound),
        (200, IAM_403, VendorDenied),
        (200, {"err_code": "odd", "err_msg": "something"}, VendorUnavailable),
    ],
)
def test_every_answer_has_its_meaning(status: int, body: Any, kind: type[VendorError]) -> None:
    assert type(failure(status, body)) is kind


@pytest.mark.parametrize("status", [200, 302, 404, 408, 500, 502, 503])
def test_what_cannot_be_repeated_may_have_happened(status: int) -> None:
    assert isinstance(failure(status, b"<html>", CREATE), OutcomeUnknown)


def test_a_reason_names_the_call_and_what_the_vendor_said() -> None:
    reason = failure(400, IAM_400).reason

    assert reason.startswith("prod: GET /platform/iam/v1/user: The request contains invalid")
    assert reason.endswith("No update performed.")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("86400", 300.0),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 1.0),
        ("soon", None),
        ("", None),
        ("nan", None),
    ],
)
def test_a_rate_limit_says_when(header: str, seconds: float | None) -> None:
    error = failure(429, Retry_After=header)

    assert isinstance(error, VendorRateLimited)
    assert error.retry_after == seconds


def test_a_web_page_is_not_repeated_to_people() -> None:
    reason = failure(502, b"<html>x</html>", Content_Type="text/html").reason

    assert reason.endswith("answered 502 with a web page, probably a proxy's")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["reply", "data", "err_code", "err_msg", "err_extra", "metadata", "message", "loc"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(status=st.integers(200, 599), body=anything)
def test_no_answer_whatsoever_is_anything_but_a_payload_or_a_vendor_error(
    status: int, body: Any
) -> None:
    try:
        read(status, body)
    except VendorError:
        return
    assert 200 <= status < 300
    assert "data" in body
