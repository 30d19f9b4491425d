"""Tokens, scopes, rate limits and the gateway's own answers."""

from __future__ import annotations

import base64

import pytest
import requests
from simulator_client import BASE, Falcon, message, resources

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID

USERS = "/user-management/queries/users/v1"
GROUPS = "/mssp/queries/user-groups/v1"


def test_a_token_is_answered_with_201_and_lives_for_1799_seconds() -> None:
    answer = Falcon().token()

    assert answer.status_code == 201
    assert answer.json()["expires_in"] == 1799
    assert answer.json()["token_type"] == "bearer"
    assert answer.headers["X-Ratelimit-Limit"] == "300"
    assert "X-Cs-Region" not in answer.headers


def test_a_malformed_client_id_is_a_400_that_names_it() -> None:
    answer = Falcon().token(client_id="nonsense")

    assert answer.status_code == 400
    assert message(answer) == "Failed to generate access token for clientID=nonsense."
    assert answer.json()["meta"]["powered_by"] == "csam"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_secret_is_refused_with_the_status_of_the_switch(status: int) -> None:
    answer = Falcon(bad_credentials_status=status).token(client_secret="wrong")

    assert answer.status_code == status


def test_a_wrong_secret_is_worded_as_the_vendor_does() -> None:
    answer = Falcon().token(client_secret="wrong")

    assert message(answer) == "Failed to issue access token - Not Authorized"


@pytest.mark.parametrize("cid", [PARENT_CID, "f" * 32], ids=["its own", "a foreign"])
def test_a_member_cid_that_is_no_child_is_refused(cid: str) -> None:
    answer = Falcon().token(member_cid=cid)

    assert answer.status_code == 403
    assert message(answer) == f"Failed to generate access token for customer ID={cid}"


def test_a_member_cid_locks_the_token_to_the_child() -> None:
    falcon = Falcon()
    falcon.login(member_cid=CHILD_CIDS[0])

    assert len(resources(falcon.call("GET", USERS))) == 1


def test_a_client_can_ask_for_its_own_cid_and_gets_it_with_a_checksum() -> None:
    shown = resources(Falcon().call("GET", "/sensors/queries/installers/ccid/v1"))

    assert [cid.partition("-")[0].lower() for cid in shown] == [PARENT_CID]


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "wrong"])
def test_without_a_good_token_the_gateway_answers_401(header: str | None) -> None:
    falcon = Falcon()
    falcon.headers = {"Authorization": header} if header else {"X-Nothing": "at all"}

    answer = falcon.call("GET", USERS)

    assert answer.status_code == 401
    assert message(answer) == "access denied, invalid bearer token"
    assert answer.json()["meta"]["powered_by"] == "crowdstrike-api-gateway"
    assert answer.headers["X-Ratelimit-Limit"] == "15"


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_token_is_refused_with_the_status_of_the_switch(status: int) -> None:
    falcon = Falcon(token_lifetime_s=60, bad_token_status=status)
    falcon.login()

    falcon.clock.advance(59.9)
    before = falcon.call("GET", USERS)
    falcon.clock.advance(0.1)
    after = falcon.call("GET", USERS)

    assert (before.status_code, after.status_code) == (200, status)


def test_a_revoked_token_is_worth_nothing() -> None:
    falcon = Falcon()
    token = falcon.token().json()["access_token"]
    falcon.headers = {"Authorization": f"Bearer {token}"}
    credentials = falcon.simulator.credentials
    pair = f"{credentials['client_id']}:{credentials['client_secret']}"
    basic = {"Authorization": "basic " + base64.b64encode(pair.encode()).decode()}

    revoked = falcon.session.post(f"{BASE}/oauth2/revoke", data={"token": token}, headers=basic)

    assert revoked.status_code == 200
    assert falcon.call("GET", USERS).status_code == 401


@pytest.mark.parametrize(
    ("headers", "form", "status"),
    [
        ({}, {"token": "x"}, 400),
        ({"Authorization": "Basic eDp5"}, {"token": "x"}, 400),
    ],
    ids=["no credentials", "wrong credentials"],
)
def test_revoking_needs_the_clients_credentials(
    headers: dict[str, str], form: dict[str, str], status: int
) -> None:
    answer = Falcon().session.post(f"{BASE}/oauth2/revoke", data=form, headers=headers)

    assert answer.status_code == status


def test_revoking_needs_a_token() -> None:
    falcon = Falcon()
    credentials = falcon.simulator.credentials
    answer = falcon.session.post(
        f"{BASE}/oauth2/revoke", auth=(credentials["client_id"], credentials["client_secret"])
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("wording", "text"),
    [
        ("new", "access denied, scope not permitted"),
        ("old", "access denied, authorization failed"),
    ],
)
def test_a_missing_scope_is_a_403_of_the_gateway(wording: str, text: str) -> None:
    falcon = Falcon(scopes=["mssp:read"], scope_message=wording)

    answer = falcon.call("GET", USERS)

    assert answer.status_code == 403
    assert message(answer) == text


def test_reading_needs_no_write_scope() -> None:
    falcon = Falcon(scopes=["usermgmt:read"])

    assert falcon.call("GET", USERS).status_code == 200
    assert falcon.call("POST", "/user-management/entities/users/v1").status_code == 403


def test_a_redirect_to_another_region_is_a_308_with_an_empty_body() -> None:
    answer = Falcon(redirect_token_to="https://api.us-2.example", region_header="us-2").token()

    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://api.us-2.example/oauth2/token"
    assert answer.headers["X-Cs-Region"] == "us-2"
    assert answer.content == b""


def test_every_answer_carries_its_trace_id_and_what_is_left_of_the_limit() -> None:
    falcon = Falcon(rate_limit_per_minute=10)

    answer = falcon.call("GET", USERS)

    assert answer.headers["X-CS-TRACEID"] == answer.json()["meta"]["trace_id"]
    assert answer.headers["X-Ratelimit-Limit"] == "10"
    assert answer.headers["X-Ratelimit-Remaining"] == "9"
    assert answer.json()["meta"]["query_time"] > 0


def exhausted(falcon: Falcon) -> requests.Response:
    falcon.call("GET", USERS)
    falcon.clock.advance(20)
    falcon.call("GET", USERS)
    return falcon.call("GET", USERS)


def test_one_request_too_many_in_a_minute_is_a_429_until_the_window_has_moved_on() -> None:
    falcon = Falcon(rate_limit_per_minute=2)

    refused = exhausted(falcon)
    falcon.clock.advance(40)
    allowed = falcon.call("GET", USERS)

    assert (refused.status_code, allowed.status_code) == (429, 200)
    assert refused.headers["X-Ratelimit-Remaining"] == "0"
    assert "X-Ratelimit-Retryafter" not in allowed.headers


@pytest.mark.parametrize(
    ("unit", "factor"), [("seconds", 1), ("milliseconds", 1000), ("absent", None)]
)
def test_a_429_says_when_to_come_back_in_the_unit_of_the_switch(
    unit: str, factor: int | None
) -> None:
    falcon = Falcon(rate_limit_per_minute=2, retry_after=unit)
    until = int(falcon.clock()) + 60

    answer = exhausted(falcon)

    expected = None if factor is None else str(until * factor)
    assert answer.headers.get("X-Ratelimit-Retryafter") == expected


def test_the_limit_is_shared_by_all_clients_of_a_customer_but_not_with_its_children() -> None:
    falcon = Falcon(rate_limit_per_minute=1)
    child = falcon.simulator.state.clients["6ae3c81f7b05493d9cd2e4b80f71a356"]

    falcon.call("GET", USERS)
    falcon.login()
    same = falcon.call("GET", USERS)
    falcon.login(client_id=child.client_id, client_secret=child.secret)
    other = falcon.call("GET", USERS)

    assert (same.status_code, other.status_code) == (429, 200)


def test_guessing_tokens_and_asking_for_tokens_have_limits_of_their_own() -> None:
    falcon = Falcon(anonymous_rate_limit_per_minute=1, token_rate_limit_per_minute=2)
    falcon.headers = {"Authorization": "Bearer wrong"}

    guesses = [falcon.call("GET", USERS).status_code for _ in range(2)]
    tokens = [falcon.token().status_code for _ in range(3)]

    assert guesses == [401, 429]
    assert tokens == [201, 201, 429]


def test_zero_is_no_limit() -> None:
    falcon = Falcon(rate_limit_per_minute=0)

    assert {falcon.call("GET", USERS).status_code for _ in range(20)} == {200}


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_injected_429_looks_like_the_vendors_own(when: str) -> None:
    falcon = Falcon()
    control = {"match": f"GET {USERS}", "status": 429, "when": when}
    falcon.session.post(f"{BASE}/_sim/faults", json=control)

    answer = falcon.call("GET", USERS)

    assert answer.status_code == 429
    assert answer.json()["errors"][0]["code"] == 429
    assert answer.headers["X-CS-TRACEID"] == answer.json()["meta"]["trace_id"]
    assert answer.headers["X-Ratelimit-Remaining"] == "0"
    assert int(answer.headers["X-Ratelimit-Retryafter"]) == int(falcon.clock()) + 1


@pytest.mark.parametrize(("garbage", "body"), [("html", "<html>proxy</html>"), ("empty", "")])
def test_a_200_may_come_with_a_body_that_is_not_json(garbage: str, body: str) -> None:
    answer = Falcon(garbage=garbage).call("GET", USERS)

    assert (answer.status_code, answer.text) == (200, body)


def test_an_unknown_route_is_a_404_in_the_gateways_envelope() -> None:
    answer = Falcon().call("GET", "/customer/queries/roles/v1")

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == 404


def test_a_wrong_method_is_a_405() -> None:
    assert Falcon().call("PUT", USERS).status_code == 405
