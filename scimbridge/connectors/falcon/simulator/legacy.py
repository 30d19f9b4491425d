"""User management, the deprecated routes ``/users`` and ``/user-roles``: camelCase, no paging.

They act in the CID of the token.
"""

from __future__ import annotations

from typing import Any

from scimbridge.connectors.falcon.simulator.call import Call, Route, text, texts
from scimbridge.connectors.falcon.simulator.envelope import LEGACY_USERS, Answer, Refusal
from scimbridge.connectors.falcon.simulator.records import Grant, Role, User
from scimbridge.connectors.falcon.simulator.roles import apply_roles
from scimbridge.connectors.falcon.simulator.users import check_new_user, find_user


def list_uuids(call: Call) -> Answer:
    """``RetrieveUserUUIDsByCID``."""
    return Answer([user.uuid for user in _users(call)])


def list_emails(call: Call) -> Answer:
    """``RetrieveEmailsByCID``."""
    return Answer([user.uid for user in _users(call)])


def find_uuids(call: Call) -> Answer:
    """``RetrieveUserUUID``: uuids by login, in no particular order."""
    wanted = {uid.lower() for uid in _ids(call, "uid")}
    found = [user.uuid for user in _users(call) if user.uid.lower() in wanted]
    if not found:
        raise Refusal(404, "no user with this uid")
    return Answer(found)


def retrieve_users(call: Call) -> Answer:
    """``RetrieveUser``."""
    ids = _ids(call, "ids")
    users = call.state.users.values()
    found = [_user_json(user) for user in users if user.cid == call.cid and user.uuid in ids]
    if not found:
        raise Refusal(404, "no user with this uuid")
    return Answer(found)


def create_user(call: Call) -> Answer:
    """``CreateUser``: 201."""
    body = call.body_object()
    uid = check_new_user(call.state, text(body, "uid", required=True), text(body, "password"))
    first_name, last_name = text(body, "firstName"), text(body, "lastName")
    user = call.state.create_user(uid, first_name, last_name, call.cid)
    return Answer([_user_json(user)], status=201)


def update_user(call: Call) -> Answer:
    """``UpdateUser``."""
    user = find_user(call, call.required("user_uuid"), call.switches["unknown_user_status"])
    body = call.body_object()
    renamed = call.state.rename_user(user, text(body, "firstName"), text(body, "lastName"))
    return Answer([_user_json(renamed)])


def delete_user(call: Call) -> Answer:
    """``DeleteUser``: one, and only ``meta`` comes back."""
    user = find_user(call, call.required("user_uuid"), call.switches["unknown_user_status"])
    call.state.delete_user(user)
    return Answer(affected=1)


def list_roles(call: Call) -> Answer:
    """``GetAvailableRoleIds``."""
    return Answer([role.role_id for role in _roles(call)])


def retrieve_roles(call: Call) -> Answer:
    """``GetRoles``."""
    ids = _ids(call, "ids")
    found = [_role_json(role) for role in _roles(call) if role.role_id in ids]
    if not found:
        raise Refusal(404, "no role with this id")
    return Answer(found)


def list_user_roles(call: Call) -> Answer:
    """``GetUserRoleIds``: the roles that are assigned, as far as reads have caught up."""
    user = find_user(call, call.required("user_uuid"), 400)
    shown = call.state.grants.shown(user.uuid)
    return Answer([grant.role_id for grant in shown if grant.direct and grant.cid == call.cid])


def grant_roles(call: Call) -> Answer:
    """``GrantUserRoleIds``."""
    role_ids = texts(call.body_object(), "roleIds")
    if not role_ids:
        raise Refusal(400, "roleIds is required")
    return _change_roles(call, "grant", role_ids)


def revoke_roles(call: Call) -> Answer:
    """``RevokeUserRoleIds``."""
    return _change_roles(call, "revoke", _ids(call, "ids"))


def _change_roles(call: Call, action: str, role_ids: list[str]) -> Answer:
    user = find_user(call, call.required("user_uuid"), 400)
    grants = [Grant(user.uuid, call.cid, role_id) for role_id in role_ids]
    answer = apply_roles(call, user, call.cid, action, grants)
    return Answer(role_ids, errors=answer.errors)


def _ids(call: Call, name: str) -> list[str]:
    return call.repeated(name, maximum=call.switches["legacy_ids_maximum"])


def _users(call: Call) -> list[User]:
    return [user for user in call.state.searched() if user.cid == call.cid]


def _roles(call: Call) -> list[Role]:
    return [role for role in call.state.roles.values() if role.cid in (None, call.cid)]


def _user_json(user: User) -> dict[str, Any]:
    return {
        "uuid": user.uuid,
        "customer": user.cid,
        "uid": user.uid,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "status": user.status,
    }


def _role_json(role: Role) -> dict[str, Any]:
    fields = {
        "id": role.role_id,
        "display_name": role.display_name,
        "description": role.description,
    }
    return {**fields, "cid": role.cid} if role.cid else fields


_READ, _WRITE = "usermgmt:read", "usermgmt:write"
_USERS, _ROLES = "/users/entities/users/v1", "/user-roles/entities/user-roles/v1"
_BY_USER = "/user-roles/queries/user-role-ids-by-user-uuid/v1"

ROUTES = (
    Route("GET", "/users/queries/user-uuids-by-cid/v1", _READ, LEGACY_USERS, list_uuids),
    Route("GET", "/users/queries/emails-by-cid/v1", _READ, LEGACY_USERS, list_emails),
    Route("GET", "/users/queries/user-uuids-by-email/v1", _READ, LEGACY_USERS, find_uuids),
    Route("GET", _USERS, _READ, LEGACY_USERS, retrieve_users),
    Route("POST", _USERS, _WRITE, LEGACY_USERS, create_user),
    Route("PATCH", _USERS, _WRITE, LEGACY_USERS, update_user),
    Route("DELETE", _USERS, _WRITE, LEGACY_USERS, delete_user),
    Route("GET", "/user-roles/queries/user-role-ids-by-cid/v1", _READ, LEGACY_USERS, list_roles),
    Route("GET", _BY_USER, _READ, LEGACY_USERS, list_user_roles),
    Route("GET", _ROLES, _READ, LEGACY_USERS, retrieve_roles),
    Route("POST", _ROLES, _WRITE, LEGACY_USERS, grant_roles),
    Route("DELETE", _ROLES, _WRITE, LEGACY_USERS, revoke_roles),
)
