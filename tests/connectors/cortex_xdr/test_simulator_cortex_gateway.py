"""API keys, permissions, licence, generation, rate limit, and the forms of an error."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from test_simulator_cortex_tenant import IAM, RAJ, RBAC, Cortex, reason, reply

UNAUTHORIZED = {
    "reply": {"err_code": 401, "err_msg": "Public API request unauthorized", "err_extra": None}
}
GET_USERS = f"{RBAC}/get_users"
READS = [("POST", GET_USERS), ("GET", f"{IAM}/user-group")]


def get_users(cortex: Cortex, headers: dict[str, str]) -> requests.Response:
    return cortex.send("POST", GET_USERS, json={}, headers=headers)


def test_both_types_of_keys_are_accepted() -> None:
    cortex = Cortex()

    assert get_users(cortex, cortex.standard()).status_code == 200
    assert get_users(cortex, cortex.advanced()).status_code == 200


@pytest.mark.parametrize("method_and_path", READS)
def test_a_call_without_a_key_is_unauthorized(method_and_path: tuple[str, str]) -> None:
    answer = Cortex().send(*method_and_path, json={}, headers={})

    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("header", ["Authorization", "x-xdr-auth-id"])
def test_a_standard_key_with_a_wrong_or_missing_header_is_unauthorized(header: str) -> None:
    cortex = Cortex()
    good = cortex.standard()

    wrong = get_users(cortex, {**good, header: "wrong"})
    missing = get_users(cortex, {key: value for key, value in good.items() if key != header})

    assert wrong.json() == missing.json() == UNAUTHORIZED


@pytest.mark.parametrize(
    "header", ["Authorization", "x-xdr-auth-id", "x-xdr-nonce", "x-xdr-timestamp"]
)
def test_an_advanced_key_with_a_wrong_or_missing_header_is_unauthorized(header: str) -> None:
    cortex = Cortex()
    good = cortex.advanced()

    wrong = get_users(cortex, {**good, header: "1" * 64})
    missing = get_users(cortex, {key: value for key, value in good.items() if key != header})

    assert wrong.json() == missing.json() == UNAUTHORIZED


def test_a_key_of_the_other_type_gives_the_same_answer() -> None:
    cortex = Cortex()
    known = cortex.simulator.credentials
    plain = {"Authorization": known["api_key"], "x-xdr-auth-id": known["api_key_id"]}
    hashed = {**cortex.advanced(), "x-xdr-auth-id": known["standard_api_key_id"]}

    assert get_users(cortex, plain).json() == UNAUTHORIZED
    assert get_users(cortex, hashed).json() == UNAUTHORIZED


@settings(max_examples=40)
@given(header=st.sampled_from(["Authorization", "x-xdr-nonce", "x-xdr-timestamp"]), data=st.data())
def test_one_changed_character_of_an_advanced_call_is_noticed(
    header: str, data: st.DataObject
) -> None:
    cortex = Cortex()
    headers = cortex.advanced()
    value = headers[header]
    position = data.draw(st.integers(0, len(value) - 1))
    other = "0" if value[position] != "0" else "1"

    headers[header] = value[:position] + other + value[position + 1 :]

    assert get_users(cortex, headers).status_code == 401


@pytest.mark.parametrize(("late_s", "status"), [(299, 200), (301, 401), (-299, 200), (-301, 401)])
def test_an_advanced_call_may_be_five_minutes_off(late_s: float, status: int) -> None:
    cortex = Cortex()

    assert get_users(cortex, cortex.advanced(late_s=late_s)).status_code == status


def test_the_skew_may_be_any_where_the_switch_says_so() -> None:
    cortex = Cortex(max_skew_s=0)

    assert get_users(cortex, cortex.advanced(late_s=86_400)).status_code == 200


def test_a_nonce_is_good_once() -> None:
    cortex = Cortex()
    headers = cortex.advanced()

    answers = [get_users(cortex, headers).status_code for _ in range(2)]

    assert answers == [200, 401]


def test_a_nonce_may_be_replayed_where_the_switch_says_so() -> None:
    cortex = Cortex(reject_replay=False)
    headers = cortex.advanced()

    answers = [get_users(cortex, headers).status_code for _ in range(2)]

    assert answers == [200, 200]


@pytest.mark.parametrize("nonce", ["a" * 63, "a" * 65, "-" * 64])
def test_a_nonce_is_64_letters_and_digits_unless_the_switch_says_otherwise(nonce: str) -> None:
    strict, lax = Cortex(), Cortex(check_nonce_form=False)

    assert get_users(strict, strict.advanced(nonce=nonce)).status_code == 401
    assert get_users(lax, lax.advanced(nonce=nonce)).status_code == 200


def test_the_tenant_remembers_many_nonces_and_not_endlessly_many() -> None:
    cortex = Cortex()
    first, last = cortex.advanced(), cortex.advanced()
    get_users(cortex, first)
    cortex.simulator.state.nonces |= {("17", str(number)): None for number in range(49_999)}

    remembered = get_users(cortex, first).status_code
    get_users(cortex, last)

    assert remembered == 401
    assert len(cortex.simulator.state.nonces) == 50_000
    assert get_users(cortex, last).status_code == 401


def test_a_key_is_validated() -> None:
    cortex = Cortex()

    good = cortex.send("GET", "/api_keys/validate")
    bad = cortex.send("GET", "/api_keys/validate", headers={})

    assert (good.status_code, good.json()) == (200, True)
    assert bad.json() == UNAUTHORIZED


@pytest.mark.parametrize("method_and_path", READS)
def test_a_key_without_permission_is_forbidden_everything(
    method_and_path: tuple[str, str],
) -> None:
    answer = Cortex(key_permissions=[]).send(*method_and_path, json={})

    assert answer.status_code == 403
    assert answer.json() == {
        "reply": {
            "err_code": 403,
            "err_msg": "Forbidden. Access was denied to this resource.",
            "err_extra": "Insufficient permissions for api key",
            "metadata": {},
        }
    }


def test_a_key_that_may_only_view_is_forbidden_every_write() -> None:
    cortex = Cortex(key_permissions=["access_management_view"])

    reads = [
        cortex.rbac("get_users"),
        cortex.rbac("get_roles", role_names=["Viewer"]),
        cortex.rbac("get_user_group", group_names=["SOC"]),
        cortex.iam("GET", "user"),
        cortex.iam("GET", f"user/{RAJ}"),
        cortex.iam("GET", "user-group"),
        cortex.iam("GET", "role"),
        cortex.iam("GET", "role/permission-config"),
    ]
    writes = [
        cortex.rbac("set_user_role", user_emails=[RAJ], role_name=""),
        cortex.iam("PATCH", f"user/{RAJ}", status="Disabled"),
        cortex.iam("POST", "user-group", group_name="G"),
        cortex.iam("PATCH", "user-group/any", group_name="G"),
        cortex.iam("DELETE", "user-group/any"),
        cortex.iam("POST", "role", pretty_name="R"),
        cortex.iam("DELETE", "role/night_shift"),
    ]

    assert {answer.status_code for answer in reads} == {200}
    assert {answer.status_code for answer in writes} == {403}


def test_without_the_licence_the_v1_routes_answer_402() -> None:
    cortex = Cortex(licence="prevent")

    refused = cortex.rbac("get_users")

    assert refused.status_code == refused.json()["reply"]["err_code"] == 402
    assert cortex.iam("GET", "user").status_code == 200


@pytest.mark.parametrize("path", ["user", "user/a@example.com", "user-group", "role"])
def test_generation_3_has_no_platform_iam(path: str) -> None:
    cortex = Cortex(generation=3)

    assert cortex.iam("GET", path).status_code == 404
    assert cortex.rbac("get_users").status_code == 200


def test_generation_3_may_answer_with_a_page_instead() -> None:
    answer = Cortex(generation=3, iam_absent="html").iam("GET", "user-group")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_bad_key_is_noticed_before_the_missing_route() -> None:
    assert Cortex(generation=3).send("GET", f"{IAM}/user", headers={}).status_code == 401


def test_no_route_creates_or_deletes_a_user() -> None:
    cortex = Cortex()

    assert cortex.iam("POST", "user", user_email="a@example.com").status_code == 405
    assert cortex.iam("DELETE", f"user/{RAJ}").status_code == 405


def test_an_unknown_route_is_404() -> None:
    assert Cortex().iam("GET", "nothing").json()["reply"]["err_code"] == 404


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", GET_USERS), ("GET", f"{IAM}/user"), ("GET", f"{IAM}/user/{RAJ}")]
)
def test_a_slash_at_the_end_makes_no_difference(method: str, path: str, slash: str) -> None:
    cortex = Cortex()

    answer = cortex.send(method, path + slash, json={}, allow_redirects=False)

    assert answer.status_code == 200
    assert cortex.simulator.log.requests()[0].route == path.replace(RAJ, "{user_email}")


@pytest.mark.parametrize("operation", ["get_roles", "get_user_group", "set_user_role"])
@pytest.mark.parametrize("body", [{}, {"request_data": None}, {"request_data": []}])
@pytest.mark.parametrize("status", [500, 400])
def test_a_v1_body_without_request_data_is_refused(
    operation: str, body: dict[str, Any], status: int
) -> None:
    cortex = Cortex(missing_request_data_status=status)

    answer = cortex.send("POST", f"{RBAC}/{operation}", json=body)

    assert answer.status_code == status
    assert reason(answer) == "request_data param is missing"


@pytest.mark.parametrize("body", [{}, {"request_data": {}}])
def test_get_users_needs_no_request_data(body: dict[str, Any]) -> None:
    assert len(reply(Cortex().send("POST", GET_USERS, json=body))) == 6


@pytest.mark.parametrize("body", [{}, {"request_data": 1}, {"request_data": {}, "more": 1}])
def test_platform_iam_takes_request_data_and_nothing_beside_it(body: dict[str, Any]) -> None:
    assert Cortex().send("POST", f"{IAM}/user-group", json=body).status_code == 400


@pytest.mark.parametrize("body", ["", "{", "[]", "1"])
@pytest.mark.parametrize(("method", "path"), [("POST", GET_USERS), ("PATCH", f"{IAM}/user/{RAJ}")])
def test_a_body_that_is_no_json_object_is_400(method: str, path: str, body: str) -> None:
    assert Cortex().send(method, path, data=body).status_code == 400


def test_there_is_no_rate_limit_unless_the_switch_sets_one() -> None:
    cortex = Cortex()

    assert {cortex.rbac("get_users").status_code for _ in range(50)} == {200}


def test_one_request_too_many_is_429_with_the_seconds_to_wait() -> None:
    cortex = Cortex(rate_limit_per_minute=2)
    cortex.rbac("get_users")
    cortex.clock.advance(20)
    cortex.iam("GET", "user")

    refused = cortex.rbac("get_users")
    other_key = get_users(cortex, cortex.advanced())
    cortex.clock.advance(40)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "40")
    assert other_key.status_code == 200
    assert cortex.rbac("get_users").status_code == 200


def test_the_wait_may_be_a_date_or_be_left_out() -> None:
    dated = Cortex(rate_limit_per_minute=1, retry_after="date")
    silent = Cortex(rate_limit_per_minute=1, retry_after="absent")
    for cortex in (dated, silent):
        cortex.rbac("get_users")

    retry_at = parsedate_to_datetime(dated.rbac("get_users").headers["Retry-After"])

    assert retry_at.timestamp() == dated.clock() + 60
    assert "Retry-After" not in silent.rbac("get_users").headers


MISSING = "role_names param is missing"
V1_500 = "An error occurred while processing XDR public API"


@pytest.mark.parametrize(
    ("switches", "body"),
    [
        ({}, {"reply": {"err_code": 500, "err_msg": V1_500, "err_extra": MISSING}}),
        ({"error_form": "root"}, {"err_code": "500", "err_msg": V1_500, "err_extra": MISSING}),
        (
            {"error_form": "details"},
            {"errorCode": "500", "message": V1_500, "details": MISSING},
        ),
    ],
)
def test_an_error_has_the_form_that_the_switch_says(
    switches: dict[str, Any], body: dict[str, Any]
) -> None:
    answer = Cortex(**switches).rbac("get_roles")

    assert (answer.status_code, answer.json()) == (500, body)


def test_an_error_may_have_no_body() -> None:
    answer = Cortex(error_form="empty").rbac("get_roles")

    assert (answer.status_code, answer.content) == (500, b"")


def test_a_reason_may_be_a_list_of_objects() -> None:
    (first,) = reason(Cortex(err_extra="list").rbac("get_roles"))

    assert first["msg"] == MISSING
    assert {"type", "loc", "msg", "input"} <= set(first)


@pytest.mark.parametrize(
    "status",
    [401, 403, 404, 429, 503, 599],
)
def test_a_fault_gets_the_vendors_own_body(status: int) -> None:
    cortex = Cortex()
    cortex.hand("POST", "faults", {"match": f"GET {IAM}/user", "status": status})

    answer = cortex.iam("GET", "user")

    assert answer.status_code == answer.json()["reply"]["err_code"] == status
    assert cortex.iam("GET", "user").status_code == 200


def test_an_internal_error_of_platform_iam_has_no_body() -> None:
    cortex = Cortex()
    cortex.hand("POST", "faults", {"status": 500})

    assert cortex.iam("GET", "user").content == b""
