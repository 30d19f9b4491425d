"""The vendor's SDK drives every user management operation of the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from falconpy import UserManagement
from falconpy._endpoint import _user_management_endpoints
from simulator_client import Falcon

from scimbridge.connectors.falcon.simulator.seed import PARENT_CID

ADMIN = "3c9f1b7e-2a54-4d0e-9b1c-60f7a8e2d413"
ANALYST = "7b02d4a6-51ce-4f38-8e6d-1d93c5b7f026"
NEW = {"uid": "new@example.com", "first_name": "New", "last_name": "Hire"}
GRANT = {
    "action": "grant",
    "cid": PARENT_CID,
    "uuid": ANALYST,
    "role_ids": ["help_desk", "event_viewer"],
}

CALLS: dict[str, tuple[dict[str, Any], int]] = {
    "aggregateUsersV1": ({"body": [{"name": "by", "type": "terms", "field": "status"}]}, 200),
    "aggregateUsersV2": ({"body": [{"name": "by", "type": "terms", "field": "cid"}]}, 200),
    "combinedUserRolesV1": ({"parameters": {"user_uuid": ADMIN}}, 200),
    "CombinedUserRolesV2": ({"parameters": {"user_uuid": ADMIN, "direct_only": True}}, 200),
    "CombinedUserRolesV3": ({"parameters": {"user_uuid": ADMIN, "sort": "role_name|desc"}}, 200),
    "entitiesRolesGETV2": ({"body": {"ids": ["help_desk"]}}, 200),
    "entitiesRolesV1": ({"parameters": {"ids": ["help_desk"]}}, 200),
    "userActionV1": ({"body": {"ids": [ADMIN], "action": {"action_name": "reset_2fa"}}}, 200),
    "userAllowedActionsV1": ({"body": {"allowed_actions": [{"action": "grant"}]}}, 200),
    "getUserInvitationsGETV1": ({"body": {"ids": [ADMIN]}}, 200),
    "userRolesActionV1": ({"body": GRANT}, 200),
    "userRolesActionV2": ({"body": {**GRANT, "action": "assign-role"}}, 200),
    "retrieveUsersGETV1": ({"body": {"ids": [ADMIN, ANALYST]}}, 200),
    "retrieveUsersGETV2": ({"body": {"ids": [ADMIN]}}, 200),
    "createUserV1": ({"body": NEW, "parameters": {"validate_only": False}}, 201),
    "deleteUserV1": ({"parameters": {"user_uuid": ANALYST}}, 200),
    "updateUserV1": (
        {"parameters": {"user_uuid": ANALYST}, "body": {"first_name": "T", "last_name": "R"}},
        200,
    ),
    "queriesRolesV1": ({"parameters": {"user_uuid": ANALYST}}, 200),
    "queryUserInvitationsV1": ({"parameters": {"filter": "status:'pending'"}}, 200),
    "queryUserV1": ({"parameters": {"filter": "uid:'mara.lind@example.com'", "limit": 1}}, 200),
    "queryUserV2": ({"parameters": {"user_type": "internal"}}, 200),
    "GetRoles": ({"parameters": {"ids": ["help_desk", "event_viewer"]}}, 200),
    "GrantUserRoleIds": (
        {"parameters": {"user_uuid": ANALYST}, "body": {"roleIds": ["help_desk"]}},
        200,
    ),
    "RevokeUserRoleIds": (
        {"parameters": {"user_uuid": ANALYST, "ids": ["falconhost_analyst"]}},
        200,
    ),
    "GetAvailableRoleIds": ({}, 200),
    "GetUserRoleIds": ({"parameters": {"user_uuid": ANALYST}}, 200),
    "retrieveUser": ({"parameters": {"ids": [ADMIN, ANALYST]}}, 200),
    "RetrieveUser": ({"parameters": {"ids": [ADMIN]}}, 200),
    "CreateUser": (
        {"body": {"uid": "new@example.com", "firstName": "N", "lastName": "H"}},
        201,
    ),
    "DeleteUser": ({"parameters": {"user_uuid": ANALYST}}, 200),
    "UpdateUser": (
        {"parameters": {"user_uuid": ANALYST}, "body": {"firstName": "T", "lastName": "R"}},
        200,
    ),
    "RetrieveEmailsByCID": ({}, 200),
    "RetrieveUserUUIDsByCID": ({}, 200),
    "RetrieveUserUUID": ({"parameters": {"uid": ["mara.lind@example.com"]}}, 200),
}
ROUTES = {row[0]: (row[1], row[2]) for row in _user_management_endpoints}


@pytest.fixture
def falcon() -> Falcon:
    return Falcon()


def test_the_table_names_every_operation_of_the_sdk() -> None:
    assert set(CALLS) == set(ROUTES)


@pytest.mark.parametrize("operation", CALLS)
def test_the_sdk_gets_the_documented_status_from(operation: str, falcon: Falcon) -> None:
    arguments, status = CALLS[operation]
    users = UserManagement(auth_object=falcon.sdk())

    answer = getattr(users, operation)(**arguments)

    assert answer["status_code"] == status, answer["body"]
    assert not answer["body"].get("errors")
    assert ROUTES[operation] in falcon.routes()


def test_the_sdk_keeps_to_the_simulator_because_no_region_is_announced(falcon: Falcon) -> None:
    auth = falcon.sdk()

    auth.login()

    assert auth.base_url == "http://falcon.test"


def test_the_sdk_can_sign_in_to_a_child_and_revoke_its_token(falcon: Falcon) -> None:
    auth = falcon.sdk(member_cid="a17c3e5b90d2468f8b1e6c04f3d7a952")
    emails = UserManagement(auth_object=auth).retrieve_emails_by_cid()["body"]["resources"]

    auth.logout()

    assert emails == ["pat.novak@north.example.com"]
    assert falcon.simulator.state.tokens == {}
