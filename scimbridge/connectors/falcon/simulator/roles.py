"""User management, current routes: the roles catalogue, grants, and the actions on users."""

from __future__ import annotations

from functools import partial
from typing import Any

from scimbridge.connectors.falcon.simulator.call import Call, Route, text, texts
from scimbridge.connectors.falcon.simulator.envelope import (
    USER_MANAGEMENT,
    Answer,
    ErrorItem,
    Refusal,
)
from scimbridge.connectors.falcon.simulator.filtering import filtered
from scimbridge.connectors.falcon.simulator.records import Grant, Role, User
from scimbridge.connectors.falcon.simulator.timestamps import parse_timestamp, timestamp
from scimbridge.connectors.falcon.simulator.users import find_user

_GRANT_SORTS = tuple(
    name + way
    for name in ("cid", "expires_at", "role_name", "type", "user_uuid")
    for way in ("", "|asc", "|desc")
)
_FILTERABLE = ("expires_at", "role_id", "role_name")
_ACTIONS = {"grant": "grant", "revoke": "revoke"}
_ACTIONS_V2 = {**_ACTIONS, "assign-role": "grant", "remove-role": "revoke"}


def query_roles(call: Call) -> Answer:
    """``GET queries/roles/v1``: with ``user_uuid`` those that are grantable, not those held."""
    if call.parameter("user_uuid"):
        user = find_user(call, call.parameter("user_uuid"), 400)
        ids = [role_id for role_id in call.state.roles if call.state.grantable(role_id, user)]
    else:
        ids = [role.role_id for role in _catalogue(call)]
    return Answer(ids)


def retrieve_roles(call: Call) -> Answer:
    """``GET entities/roles/v1``."""
    return _roles(call, call.repeated("ids"))


def retrieve_roles_v2(call: Call) -> Answer:
    """``POST entities/roles/GET/v2``."""
    return _roles(call, call.body_ids(maximum=5000))


def user_grants(call: Call) -> Answer:
    """``GET combined/user-roles/v2``: what a user holds, as far as reads have caught up."""
    user = find_user(call, call.required("user_uuid"), 400)
    everywhere = not call.parameter("cid") and call.switches["grants_without_cid"] == "all"
    cids = call.visible_cids if everywhere else {_visible_cid(call, call.parameter("cid"))}
    direct_only = call.flag("direct_only")
    grants = [
        _grant_json(call, user, grant)
        for grant in call.state.grants.shown(user.uuid)
        if grant.cid in cids and (grant.direct or not direct_only)
    ]
    grants = filtered(call, grants, {name: partial(_field, name) for name in _FILTERABLE})
    name, _, way = call.choice("sort", _GRANT_SORTS, "role_name|asc").partition("|")
    key = {"type": "grant_type", "user_uuid": "uuid"}.get(name, name)
    grants.sort(key=lambda grant: str(grant.get(key, "")), reverse=way == "desc")
    shown, page = call.page(grants, default=100, maximum=500)
    return Answer(shown, page=page)


def user_grants_v1(call: Call) -> Answer:
    """``GET combined/user-roles/v1``: without what version 2 added."""
    answer = user_grants(call)
    added = ("expires_at", "user_type")
    old = [
        {name: value for name, value in grant.items() if name not in added}
        for grant in answer.resources or ()
    ]
    return Answer(old, page=answer.page)


def role_action(call: Call) -> Answer:
    """``POST entities/user-role-actions/v1``: grant or revoke roles of one user in one CID."""
    return _role_action(call, _ACTIONS)


def role_action_v2(call: Call) -> Answer:
    """``POST entities/user-role-actions/v2``: the same with two more names for the actions."""
    return _role_action(call, _ACTIONS_V2)


def apply_roles(call: Call, user: User, cid: str, action: str, grants: list[Grant]) -> Answer:
    """Grant or revoke, all or nothing unless ``unknown_role_in_grant`` is ``partial``."""
    state = call.state
    errors = [
        ErrorItem(400, f"invalid roleID='{grant.role_id}' specified", grant.role_id)
        for grant in grants
        if not state.grantable(grant.role_id, user)
    ]
    if errors and call.switches["unknown_role_in_grant"] == "reject":
        raise Refusal(400, *(error.message for error in errors))
    invalid = {error.item_id for error in errors}
    valid = [grant for grant in grants if grant.role_id not in invalid]
    idle = [
        grant
        for grant in valid
        if state.grants.holds(user.uuid, cid, grant.role_id) == (action == "grant")
    ]
    if idle and call.switches["repeated_grant_status"] == 409:
        raise Refusal(409, f"role {idle[0].role_id} needs no {action} for user {user.uuid}")
    with state.grants.changing(user.uuid):
        for grant in valid:
            if action == "grant":
                state.grants.grant(grant)
            else:
                state.grants.revoke(user.uuid, cid, grant.role_id)
    return Answer(errors=tuple(errors))


def role_json(role: Role) -> dict[str, Any]:
    """The role as the current routes show it."""
    fields = {
        "id": role.role_id,
        "display_name": role.display_name,
        "description": role.description,
        "is_global": role.is_global,
        "type": "custom" if role.cid else "default",
    }
    return {**fields, "cid": role.cid} if role.cid else fields


def _role_action(call: Call, actions: dict[str, str]) -> Answer:
    body = call.body_object()
    role_ids = texts(body, "role_ids")
    given = (text(body, "cid"), role_ids, text(body, "uuid"), text(body, "action"))
    if not all(given):
        raise Refusal(400, "CID, RoleID(s), User UUID and Action are required")
    if given[3] not in actions:
        raise Refusal(400, f"invalid action='{given[3]}' specified")
    cid = _visible_cid(call, given[0])
    user = find_user(call, given[2], 400)
    expires_at = _expiry(call, text(body, "expires_at"))
    grants = [Grant(user.uuid, cid, role_id, expires_at) for role_id in role_ids]
    return apply_roles(call, user, cid, actions[given[3]], grants)


def _expiry(call: Call, value: str) -> float | None:
    if not value:
        return None
    expires_at = parse_timestamp(value)
    if expires_at is None or expires_at <= call.state.clock():
        raise Refusal(400, f"expires_at={value!r} is not an RFC 3339 time in the future")
    return expires_at


def _catalogue(call: Call) -> list[Role]:
    cid = _visible_cid(call, call.parameter("cid"))
    return [role for role in call.state.roles.values() if role.cid in (None, cid)]


def _roles(call: Call, ids: list[str]) -> Answer:
    found = [role_json(role) for role in _catalogue(call) if role.role_id in ids]
    if not found:
        raise Refusal(404, f"no role with an id of {', '.join(ids)}")
    return Answer(found)


def _visible_cid(call: Call, cid: str) -> str:
    if cid and cid not in call.visible_cids:
        raise Refusal(400, f"invalid cid='{cid}' specified")
    return cid or call.cid


def _grant_json(call: Call, user: User, grant: Grant) -> dict[str, Any]:
    role = call.state.roles.get(grant.role_id)
    fields: dict[str, Any] = {
        "uuid": grant.uuid,
        "cid": grant.cid,
        "role_id": grant.role_id,
        "role_name": role.display_name if role else "",
        "grant_type": "direct" if grant.direct else call.switches["derived_grant_type"],
        "user_type": user.user_type,
        "expires_at": grant.expires_at and timestamp(grant.expires_at),
    }
    if not grant.direct:
        fields |= _origin(call, grant)
    return {name: value for name, value in fields.items() if value is not None}


def _field(name: str, grant: dict[str, Any]) -> Any:
    return grant.get(name)


def _origin(call: Call, grant: Grant) -> dict[str, Any]:
    # Read with a lag, the grant may outlive the groups that it came through.
    user_group = call.state.flight_control.user_groups.get(grant.user_group_id)
    cid_group = call.state.flight_control.cid_groups.get(grant.cid_group_id)
    return {
        "user_group_id": grant.user_group_id,
        "user_group_name": user_group and user_group.name,
        "cid_group_id": grant.cid_group_id,
        "cid_group_name": cid_group and cid_group.name,
        "parent_cid": call.state.tenants[grant.cid].parent,
    }


_READ, _WRITE = "usermgmt:read", "usermgmt:write"
_UM = "/user-management"

ROUTES = (
    Route("GET", f"{_UM}/queries/roles/v1", _READ, USER_MANAGEMENT, query_roles),
    Route("GET", f"{_UM}/entities/roles/v1", _READ, USER_MANAGEMENT, retrieve_roles),
    Route("POST", f"{_UM}/entities/roles/GET/v2", _READ, USER_MANAGEMENT, retrieve_roles_v2),
    Route("GET", f"{_UM}/combined/user-roles/v1", _READ, USER_MANAGEMENT, user_grants_v1),
    Route("GET", f"{_UM}/combined/user-roles/v2", _READ, USER_MANAGEMENT, user_grants),
    Route("GET", f"{_UM}/combined/user-roles/v3", _READ, USER_MANAGEMENT, user_grants),
    Route("POST", f"{_UM}/entities/user-role-actions/v1", _WRITE, USER_MANAGEMENT, role_action),
    Route("POST", f"{_UM}/entities/user-role-actions/v2", _WRITE, USER_MANAGEMENT, role_action_v2),
)
