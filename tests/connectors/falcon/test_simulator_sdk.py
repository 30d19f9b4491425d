"""The vendor's SDK drives every operation of the simulator."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from falconpy import APIHarnessV2, OAuth2, UserManagement
from falconpy._endpoint import (
    _mssp_endpoints,
    _response_policies_endpoints,
    _sensor_download_endpoints,
    _user_management_endpoints,
)
from simulator_client import Falcon

from scimbridge.connectors.falcon.simulator.app import ROUTES as SERVED
from scimbridge.connectors.falcon.simulator.seed import (
    CHILD_CIDS,
    CID_GROUP_ID,
    PARENT_CID,
    USER_GROUP_ID,
)
from scimbridge.connectors.falcon.simulator.seed_policies import (
    LAPTOP_POLICY_ID,
    LAPTOPS,
    SERVER_POLICY_ID,
)
from scimbridge.simulation.server import serve

ADMIN = "3c9f1b7e-2a54-4d0e-9b1c-60f7a8e2d413"
ANALYST = "7b02d4a6-51ce-4f38-8e6d-1d93c5b7f026"
NEW = {"uid": "new@example.com", "first_name": "New", "last_name": "Hire"}
GRANT = {
    "action": "grant",
    "cid": PARENT_CID,
    "uuid": ANALYST,
    "role_ids": ["help_desk", "event_viewer"],
}
LINK = {"user_group_id": USER_GROUP_ID, "cid_group_id": CID_GROUP_ID, "role_ids": ["help_desk"]}
USER_MEMBERS = {"user_group_id": USER_GROUP_ID, "user_uuids": [ADMIN]}
CID_MEMBERS = {"cid_group_id": CID_GROUP_ID, "cids": [CHILD_CIDS[0]]}


def query(**parameters: Any) -> tuple[dict[str, Any], int]:
    return {"parameters": parameters}, 200


def body(*resources: dict[str, Any], status: int = 200) -> tuple[dict[str, Any], int]:
    return {"body": {"resources": list(resources)}}, status


Calls = dict[str, tuple[dict[str, Any], int]]

USERS: Calls = {
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

FLIGHT_CONTROL: Calls = {
    "getChildren": query(ids=list(CHILD_CIDS)),
    "getChildrenV2": ({"body": {"ids": list(CHILD_CIDS)}}, 200),
    "queryChildren": query(filter=f"cid:'{CHILD_CIDS[0]}'", limit=1),
    "getCIDGroupMembersBy": query(ids=[CID_GROUP_ID]),
    "getCIDGroupMembersByV1": query(cid_group_ids=[CID_GROUP_ID]),
    "getCIDGroupMembersByV2": query(ids=[CID_GROUP_ID]),
    "addCIDGroupMembers": body(CID_MEMBERS),
    "deleteCIDGroupMembers": body(CID_MEMBERS),
    "deleteCIDGroupMembersV1": body(CID_MEMBERS),
    "deleteCIDGroupMembersV2": body(CID_MEMBERS),
    "queryCIDGroupMembers": query(cid=CHILD_CIDS[0], sort="last_modified_timestamp|asc"),
    "getCIDGroupById": query(ids=[CID_GROUP_ID]),
    "getCIDGroupByIdV1": query(cid_group_ids=[CID_GROUP_ID]),
    "getCIDGroupByIdV2": query(ids=[CID_GROUP_ID]),
    "createCIDGroups": body({"name": "South", "description": "d"}),
    "updateCIDGroups": body({"cid_group_id": CID_GROUP_ID, "name": "N", "description": "d"}),
    "deleteCIDGroups": query(cid_group_ids=[CID_GROUP_ID]),
    "queryCIDGroups": query(name="north", sort="name|desc"),
    "getRolesByID": query(ids=[f"{USER_GROUP_ID}:{CID_GROUP_ID}"]),
    "addRole": body(LINK),
    "deletedRoles": body(LINK),
    "queryRoles": query(user_group_id=USER_GROUP_ID, role_id="falconhost_read_only"),
    "getUserGroupMembersByID": query(ids=[USER_GROUP_ID]),
    "getUserGroupMembersByIDV1": query(user_group_ids=[USER_GROUP_ID]),
    "getUserGroupMembersByIDV2": query(ids=[USER_GROUP_ID]),
    "addUserGroupMembers": body(USER_MEMBERS),
    "deleteUserGroupMembers": body(USER_MEMBERS),
    "queryUserGroupMembers": query(user_uuid=ANALYST),
    "getUserGroupsByID": query(ids=[USER_GROUP_ID]),
    "getUserGroupsByIDV1": query(user_group_ids=[USER_GROUP_ID]),
    "getUserGroupsByIDV2": query(ids=[USER_GROUP_ID]),
    "createUserGroups": body({"name": "Night", "description": "d"}),
    "updateUserGroups": body({"user_group_id": USER_GROUP_ID, "name": "S", "description": "d"}),
    "deleteUserGroups": query(user_group_ids=[USER_GROUP_ID]),
    "queryUserGroups": query(name="soc"),
}

POLICIES: Calls = {
    "queryCombinedRTResponsePolicyMembers": query(id=LAPTOP_POLICY_ID, filter="hostname:'lap*'"),
    "queryCombinedRTResponsePolicies": query(filter="enabled:true", sort="precedence.asc"),
    "performRTResponsePoliciesAction": (
        {
            "parameters": {"action_name": "add-host-group"},
            "body": {
                "ids": [SERVER_POLICY_ID],
                "action_parameters": [{"name": "group_id", "value": LAPTOPS}],
            },
        },
        200,
    ),
    "setRTResponsePoliciesPrecedence": (
        {"body": {"ids": [LAPTOP_POLICY_ID], "platform_name": "Windows"}},
        200,
    ),
    "getRTResponsePolicies": query(ids=[LAPTOP_POLICY_ID, SERVER_POLICY_ID]),
    "createRTResponsePolicies": body({"name": "P", "platform_name": "Mac"}, status=201),
    "updateRTResponsePolicies": body({"id": LAPTOP_POLICY_ID, "settings": []}),
    "deleteRTResponsePolicies": query(ids=[SERVER_POLICY_ID]),
    "queryRTResponsePolicyMembers": query(id=LAPTOP_POLICY_ID),
    "queryRTResponsePolicies": query(sort="name.desc", limit=5000),
}

OWN_CID = "GetSensorInstallersCCIDByQuery"
CALLS = USERS | FLIGHT_CONTROL | POLICIES | {OWN_CID: ({}, 200)}
ROUTES = {
    row[0]: (row[1], row[2])
    for row in (
        *_user_management_endpoints,
        *_mssp_endpoints,
        *_response_policies_endpoints,
        *(row for row in _sensor_download_endpoints if row[0] == OWN_CID),
    )
}


@pytest.fixture
def falcon() -> Falcon:
    return Falcon()


def test_the_tables_name_every_operation_of_the_sdk() -> None:
    assert set(CALLS) == set(ROUTES)


def test_the_simulator_serves_what_the_sdk_knows_and_nothing_else() -> None:
    assert {(route.method, route.path) for route in SERVED} == set(ROUTES.values())


@pytest.mark.parametrize("operation", CALLS)
def test_the_sdk_gets_the_documented_status_from(operation: str, falcon: Falcon) -> None:
    arguments, status = CALLS[operation]
    # By operation id: the service classes point some of their methods at newer versions.
    harness = falcon.sdk(APIHarnessV2)

    answer = harness.command(operation, **arguments)

    assert answer["status_code"] == status, answer["body"]
    assert not answer["body"].get("errors")
    assert ROUTES[operation] in falcon.routes()


def test_the_sdk_keeps_to_the_simulator_because_no_region_is_announced(falcon: Falcon) -> None:
    auth = falcon.sdk(OAuth2)

    auth.login()

    assert auth.base_url == "http://falcon.test"


def test_the_sdk_can_sign_in_to_a_child_and_revoke_its_token(falcon: Falcon) -> None:
    auth = falcon.sdk(OAuth2, member_cid="a17c3e5b90d2468f8b1e6c04f3d7a952")
    emails = UserManagement(auth_object=auth).retrieve_emails_by_cid()["body"]["resources"]

    auth.logout()

    assert emails == ["pat.novak@north.example.com"]
    assert falcon.simulator.state.tokens == {}


def test_the_sdk_works_over_a_real_connection(falcon: Falcon) -> None:
    with serve(falcon.simulator.app) as served, requests.Session() as session:
        auth = OAuth2(
            client_id=falcon.simulator.credentials["client_id"],
            client_secret=falcon.simulator.credentials["client_secret"],
            base_url=served.url,
            session=session,
        )
        created = UserManagement(auth_object=auth).create_user(body=NEW)

    assert created["status_code"] == 201
    assert falcon.simulator.state.find_by_uid("new@example.com")
