"""The control routes and the switches."""

from __future__ import annotations

from typing import Any

import pytest
from counting_vendor import vendor
from flask.testing import FlaskClient

from scimbridge.errors import ConfigError


def client(**switches: Any) -> FlaskClient:
    return vendor(**switches).app.test_client()


def test_requests_are_listed_in_order_and_cleared_and_control_is_not_recorded() -> None:
    caller = client()
    caller.post("/count/1?a=1&a=2")
    caller.get("/count")

    listed = caller.get("/_sim/requests").get_json()["requests"]
    caller.delete("/_sim/requests")

    assert [(seen["method"], seen["route"]) for seen in listed] == [
        ("POST", "/count/{by}"),
        ("GET", "/count"),
    ]
    assert listed[0]["query"] == {"a": ["1", "2"]}
    assert caller.get("/_sim/requests").get_json() == {"requests": []}


def test_the_state_is_shown() -> None:
    caller = client()
    caller.post("/count/2")

    assert caller.get("/_sim/state").get_json()["value"] == 2


def test_accounts_are_made_by_hand() -> None:
    answer = client().post("/_sim/accounts", json=[{"user_name": "a"}, {"user_name": "b"}])

    assert answer.status_code == 201
    assert [each["user_name"] for each in answer.get_json()["accounts"]] == ["a", "b"]


def test_grants_are_made_and_taken_by_hand() -> None:
    caller = client()
    grant = {"account": "a", "entitlement": "x"}

    caller.post("/_sim/grants", json={**grant, "kind": "role"})
    caller.post("/_sim/grants", json=grant)
    caller.delete("/_sim/grants", json=grant)

    assert caller.get("/_sim/state").get_json()["grants"] == [["a", "role", "x"]]


def test_switches_are_read_and_set_at_run_time() -> None:
    caller = client(status=409)

    answer = caller.post("/_sim/switches", json={"lag_s": 3, "strict": False})

    assert answer.get_json() == {
        "status": 409,
        "lag_s": 3,
        "strict": False,
        "scopes": ["read"],
        "text": "",
    }
    assert caller.get("/_sim/switches").get_json() == answer.get_json()


def test_reset_puts_everything_back_to_how_the_simulator_was_created() -> None:
    simulator = vendor(status=409)
    caller = simulator.app.test_client()
    caller.post("/_sim/switches", json={"status": 400})
    caller.post("/_sim/latency", json={"ms": 5})
    caller.post("/_sim/faults", json={"match": "GET *", "status": 500})
    caller.post("/count/1")

    caller.post("/_sim/reset")

    assert simulator.switches["status"] == 409
    assert simulator.faults.latency_s == 0
    assert simulator.log.requests() == ()
    assert caller.get("/count").get_json()["value"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/_sim/accounts", {"user_name": "a"}),
        ("/_sim/accounts", [{}]),
        ("/_sim/grants", {"account": "a"}),
        ("/_sim/grants", None),
        ("/_sim/faults", {"status": 1}),
        ("/_sim/latency", {"ms": -1}),
        ("/_sim/latency", {}),
        ("/_sim/switches", {"unknown": 1}),
    ],
)
def test_nonsense_is_a_400_that_says_why(path: str, body: Any) -> None:
    answer = client().post(path, json=body)

    assert answer.status_code == 400
    assert answer.get_json()["error"]


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("127.8.9.1", 200), ("::1", 200), ("192.0.2.1", 403), ("", 403)],
)
def test_only_loopback_callers_may_control(address: str, status: int) -> None:
    answer = client().get("/_sim/state", environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("switches", "complaint"),
    [
        ({"colour": 409}, "unknown switch 'colour'; known switches: lag_s, scopes, status"),
        ({"status": 418}, "cannot be 418; choose one of: 400, 409"),
        ({"lag_s": "3"}, "cannot be '3'; give a value of type float"),
        ({"lag_s": True}, "cannot be True"),
        ({"strict": 1}, "cannot be 1; give a value of type bool"),
        ({"scopes": "read"}, "cannot be 'read'; give a value of type list"),
        ({"scopes": [1]}, "give a value of type list"),
        ({"text": None}, "give a value of type str"),
    ],
)
def test_a_switch_that_does_not_exist_or_fit_is_refused(
    switches: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        vendor(**switches)

    assert complaint in str(caught.value)


def test_every_mistake_is_reported_and_nothing_is_set() -> None:
    simulator = vendor()

    with pytest.raises(ConfigError) as caught:
        simulator.switches.set({"status": 409, "lag_s": "x", "nonsense": 1})

    assert len(caught.value.problems) == 2
    assert simulator.switches["status"] == 400
