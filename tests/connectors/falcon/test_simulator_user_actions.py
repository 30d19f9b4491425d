"""User management: actions on users and aggregates."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Falcon, resources

from scimbridge.connectors.falcon.simulator.seed import CHILD_CIDS, PARENT_CID

MARA = "mara.lind@example.com"


def test_resetting_the_second_factor_takes_an_object_as_action() -> None:
    falcon = Falcon()
    path, uuid = "/user-management/entities/user-actions/v1", falcon.uuid(MARA)

    good = falcon.call("POST", path, {"ids": [uuid], "action": {"action_name": "reset_2fa"}})
    bare = falcon.call("POST", path, {"ids": [uuid], "action": "reset_2fa"})

    assert (good.status_code, bare.status_code) == (200, 400)
    assert falcon.simulator.state.users[uuid].factors == ()


@pytest.mark.parametrize(
    "query",
    [{}, ["x"], [{"type": "terms"}], [{"type": "range", "field": "cid"}], [{"field": "roles"}]],
    ids=repr,
)
def test_an_aggregate_that_is_not_simulated_is_refused(query: Any) -> None:
    answer = Falcon().call("POST", "/user-management/aggregates/users/v1", query)

    assert answer.status_code == 400


def test_the_question_what_is_allowed_is_a_list_of_objects() -> None:
    path = "/user-management/entities/user-allowed-actions/v1"

    assert Falcon().call("POST", path, {"allowed_actions": "grant"}).status_code == 400


def test_a_password_reset_leaves_the_second_factor_alone() -> None:
    falcon = Falcon()
    body = {"ids": [falcon.uuid(MARA)], "action": {"action_name": "reset_password"}}

    answer = falcon.call("POST", "/user-management/entities/user-actions/v1", body)

    assert answer.status_code == 200
    assert falcon.simulator.state.users[falcon.uuid(MARA)].factors == ("TOTP",)


def test_users_are_counted_by_a_field() -> None:
    query = [{"name": "by cid", "type": "terms", "field": "cid"}]

    counted = resources(Falcon().call("POST", "/user-management/aggregates/users/v1", query))

    assert counted == [
        {
            "name": "by cid",
            "buckets": [{"label": PARENT_CID, "count": 3}, {"label": CHILD_CIDS[0], "count": 1}],
        }
    ]
