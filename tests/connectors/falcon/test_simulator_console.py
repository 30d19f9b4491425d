"""The control routes of the simulated Falcon: what an administrator does by hand."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import BASE, Falcon

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID, USER_GROUP_ID

MARA, TOMAS = "mara.lind@example.com", "tomas.ruiz@example.com"


def test_an_account_is_made_with_its_roles() -> None:
    falcon = Falcon()
    spec = {
        "user_name": "hand@example.com",
        "given_name": "By",
        "family_name": "Hand",
        "roles": ["help_desk"],
    }

    made = falcon.session.post(f"{BASE}/_sim/accounts", json=[spec]).json()["accounts"][0]
    state = falcon.session.get(f"{BASE}/_sim/state").json()

    assert made == {
        "native_id": falcon.uuid("hand@example.com"),
        "user_name": "hand@example.com",
        "given_name": "By",
        "family_name": "Hand",
        "status": "active",
        "cid": PARENT_CID,
    }
    assert made in state["accounts"]
    assert {
        "account": made["native_id"],
        "kind": "role",
        "entitlement": "help_desk",
        "cid": PARENT_CID,
        "direct": True,
        "expires_at": None,
    } in state["grants"]


def test_an_account_can_be_inactive_or_at_home_in_a_child() -> None:
    falcon = Falcon()
    spec = {"user_name": "a@example.com", "cid": CHILD_CIDS[0], "status": "inactive"}

    made = falcon.session.post(f"{BASE}/_sim/accounts", json=[spec]).json()["accounts"][0]

    assert (made["cid"], made["status"]) == (CHILD_CIDS[0], "inactive")


def test_user_groups_are_groups_and_being_in_one_is_a_grant() -> None:
    falcon = Falcon()

    state = falcon.session.get(f"{BASE}/_sim/state").json()

    assert state["groups"][0] == {
        "kind": "user-group",
        "native_id": USER_GROUP_ID,
        "name": "SOC",
        "description": "First line",
        "members": [falcon.uuid(TOMAS)],
    }
    assert {
        "account": falcon.uuid(TOMAS),
        "kind": "user-group",
        "entitlement": USER_GROUP_ID,
    } in state["grants"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accounts", [{"user_name": MARA}]),
        ("accounts", [{"user_name": 7}]),
        ("accounts", [{"user_name": "a@example.com", "cid": "unknown"}]),
        ("grants", {"account": "nobody", "entitlement": "help_desk"}),
        ("grants", {"account": MARA, "entitlement": "nonsense"}),
        ("grants", {"account": MARA, "entitlement": "site:1"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(path: str, body: Any) -> None:
    answer = Falcon().session.post(f"{BASE}/_sim/{path}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]
