"""User management, current routes: users (contract of `/user-management/.../users/...`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from scimbridge.connectors.falcon.simulator import fql
from scimbridge.connectors.falcon.simulator.call import Call, Route, text
from scimbridge.connectors.falcon.simulator.envelope import USER_MANAGEMENT, Answer, Refusal
from scimbridge.connectors.falcon.simulator.filtering import filtered
from scimbridge.connectors.falcon.simulator.records import User
from scimbridge.connectors.falcon.simulator.state import FalconState
from scimbridge.connectors.falcon.simulator.timestamps import timestamp

_PASSWORD = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z0-9]).{12,}", re.DOTALL)
_EMAIL = re.compile(r"[^@\s]+@([^@\s]+)")


def _full_name(state: FalconState, user: User) -> str:
    return f"{user.first_name} {user.last_name}".strip()


def _assigned(state: FalconState, user: User) -> list[str]:
    return sorted({grant.cid for grant in state.grants.current(user.uuid)})


def _directly_assigned(state: FalconState, user: User) -> list[str]:
    return sorted({grant.cid for grant in state.grants.direct(user.uuid)})


def _not_ancestors(state: FalconState, user: User) -> list[str]:
    parent = state.tenants[user.cid].parent
    return [cid for cid in _assigned(state, user) if cid != parent]


def _temporarily_assigned(state: FalconState, user: User) -> list[str]:
    return sorted({grant.cid for grant in state.grants.direct(user.uuid) if grant.expires_at})


_Value = Callable[[FalconState, User], Any]

FILTERABLE: dict[str, _Value] = {
    "assigned_cids": _assigned,
    "cid": lambda _, user: user.cid,
    "direct_assigned_cids": _directly_assigned,
    "factors": lambda _, user: user.factors,
    "first_name": lambda _, user: user.first_name or None,
    "has_temporary_roles": lambda state, user: bool(_temporarily_assigned(state, user)),
    "last_name": lambda _, user: user.last_name or None,
    "name": lambda state, user: _full_name(state, user) or None,
    "non_ancestor_assigned_cids": _not_ancestors,
    "status": lambda _, user: user.status,
    "temporarily_assigned_cids": _temporarily_assigned,
    "uid": lambda _, user: user.uid,
    "uuid": lambda _, user: user.uuid,
}

_SORTABLE: dict[str, _Value] = {
    "cid_name": lambda state, user: state.tenants[user.cid].name,
    "created_at": lambda _, user: user.created_at,
    "last_login_at": lambda _, user: user.last_login_at or 0.0,
    "temporarily_assigned_cids": lambda state, user: len(_temporarily_assigned(state, user)),
    "has_temporary_roles": FILTERABLE["has_temporary_roles"],
    "first_name": lambda _, user: user.first_name.lower(),
    "last_name": lambda _, user: user.last_name.lower(),
    "name": lambda state, user: _full_name(state, user).lower(),
    "status": FILTERABLE["status"],
    "uid": lambda _, user: user.uid.lower(),
}
_SORTS = tuple(name + way for name in _SORTABLE for way in ("", "|asc", "|desc"))


def query_users(call: Call) -> Answer:
    """``GET queries/users/v1``: uuids of internal users."""
    return _query(call, FILTERABLE, {"internal"})


def query_users_v2(call: Call) -> Answer:
    """``GET queries/users/v2``: external users too, and one more filter field."""
    wanted = call.parameter("user_type")
    if wanted not in ("", "internal", "external"):
        raise Refusal(400, f"user_type={wanted!r} is neither internal nor external")
    fields = {**FILTERABLE, "associated_cids": _assigned}
    return _query(call, fields, {wanted} if wanted else {"internal", "external"})


def retrieve_users(call: Call) -> Answer:
    """``POST entities/users/GET/v1``: those that are there; unknown ids are merely absent."""
    return _retrieve(call, {"internal"})


def retrieve_users_v2(call: Call) -> Answer:
    """``POST entities/users/GET/v2``: external users too."""
    return _retrieve(call, {"internal", "external"})


def create_user(call: Call) -> Answer:
    """``POST entities/users/v1``: 201 with the user, or nothing created (``validate_only``)."""
    body = call.body_object()
    cid = text(body, "cid") or call.cid
    if cid not in call.visible_cids:
        raise Refusal(400, f"invalid cid='{cid}' specified")
    uid = check_new_user(call.state, text(body, "uid", required=True), text(body, "password"))
    if call.flag("validate_only"):
        return Answer([], status=201)
    user = call.state.create_user(uid, text(body, "first_name"), text(body, "last_name"), cid)
    return Answer([as_json(user)], status=201, affected=1)


def update_user(call: Call) -> Answer:
    """``PATCH entities/users/v1``: both names are replaced; an omitted one is cleared."""
    user = find_user(call, call.required("user_uuid"), call.switches["unknown_user_status"])
    body = call.body_object()
    renamed = call.state.rename_user(user, text(body, "first_name"), text(body, "last_name"))
    return Answer([as_json(renamed)], affected=1)


def delete_user(call: Call) -> Answer:
    """``DELETE entities/users/v1``: for good."""
    user = find_user(call, call.required("user_uuid"), call.switches["unknown_user_status"])
    call.state.delete_user(user)
    return Answer(affected=1)


def find_user(call: Call, uuid: str, unknown_status: int) -> User:
    """A user that the token sees. Raises `Refusal` with ``unknown_status``."""
    user = call.state.users.get(uuid)
    if user is None or user.cid not in call.visible_cids:
        raise Refusal(unknown_status, f"invalid user uuid='{uuid}' specified")
    return user


def check_new_user(state: FalconState, uid: str, password: str) -> str:
    """The login of a user that may be created. Raises `Refusal`."""
    if state.switches["uid_must_be_email"] and _EMAIL.fullmatch(uid) is None:
        raise Refusal(400, f"uid={uid!r} is not an e-mail address")
    allowed = state.switches["allowed_domains"]
    if allowed and uid.rpartition("@")[2].lower() not in allowed:
        raise Refusal(400, f"the domain of uid={uid!r} is not on the approved list")
    if state.find_by_uid(uid):
        raise Refusal(state.switches["duplicate_uid_status"], f"user {uid} already exists")
    if password and not state.switches["sso"] and not _PASSWORD.fullmatch(password):
        raise Refusal(400, "the password does not meet the password policy")
    return uid


def as_json(user: User) -> dict[str, Any]:
    """The user as the current routes show it: empty fields are left out."""
    fields = {
        "uuid": user.uuid,
        "cid": user.cid,
        "uid": user.uid,
        "status": user.status,
        "user_type": user.user_type,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "factors": list(user.factors),
        "created_at": timestamp(user.created_at),
        "updated_at": timestamp(user.updated_at),
        "last_login_at": user.last_login_at and timestamp(user.last_login_at),
    }
    return {name: value for name, value in fields.items() if value}


def _query(call: Call, fields: dict[str, _Value], user_types: set[str]) -> Answer:
    order = call.choice("sort", _SORTS, "uid|asc")
    users = [user for user in _listable(call) if user.user_type in user_types]
    users = filtered(
        call,
        users,
        {name: partial(value, call.state) for name, value in fields.items()},
        holds=partial(
            fql.holds,
            case_sensitive=call.switches["fql_case_sensitive"],
            not_matches_absent=call.switches["fql_not_matches_absent"],
        ),
        unsupported=call.switches["user_unsupported_field"],
    )
    name, _, way = order.partition("|")
    users.sort(key=lambda user: user.uuid)
    users.sort(key=lambda user: _SORTABLE[name](call.state, user), reverse=way == "desc")
    shown, page = call.page(users, default=100, maximum=500)
    return Answer([user.uuid for user in shown], page=page)


def _listable(call: Call) -> list[User]:
    own_only = call.switches["parent_sees"] == "own" and "cid" not in call.parameter("filter")
    cids = {call.cid} if own_only else call.visible_cids
    return [user for user in call.state.searched() if user.cid in cids]


def _retrieve(call: Call, user_types: set[str]) -> Answer:
    ids = set(call.body_ids(maximum=call.switches["users_get_maximum"]))
    found = [
        as_json(user)
        for user in call.state.users.values()
        if user.uuid in ids and user.cid in call.visible_cids and user.user_type in user_types
    ]
    return Answer(found)


_READ, _WRITE = "usermgmt:read", "usermgmt:write"
_QUERIES, _ENTITIES = "/user-management/queries", "/user-management/entities"

ROUTES = (
    Route("GET", f"{_QUERIES}/users/v1", _READ, USER_MANAGEMENT, query_users),
    Route("GET", f"{_QUERIES}/users/v2", _READ, USER_MANAGEMENT, query_users_v2),
    Route("POST", f"{_ENTITIES}/users/GET/v1", _READ, USER_MANAGEMENT, retrieve_users),
    Route("POST", f"{_ENTITIES}/users/GET/v2", _READ, USER_MANAGEMENT, retrieve_users_v2),
    Route("POST", f"{_ENTITIES}/users/v1", _WRITE, USER_MANAGEMENT, create_user),
    Route("PATCH", f"{_ENTITIES}/users/v1", _WRITE, USER_MANAGEMENT, update_user),
    Route("DELETE", f"{_ENTITIES}/users/v1", _WRITE, USER_MANAGEMENT, delete_user),
)
