"""The v1 routes, ``/public_api/v1/rbac``: all that a tenant of generation 3 has.

Business errors are a 500 with the reason in ``err_extra``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from scimbridge.connectors.cortex_xdr.simulator.answers import Answer, Refusal, reply
from scimbridge.connectors.cortex_xdr.simulator.call import Call, Route
from scimbridge.connectors.cortex_xdr.simulator.iam_groups import group_json
from scimbridge.connectors.cortex_xdr.simulator.permissions import display_names
from scimbridge.connectors.cortex_xdr.simulator.records import ACTION, VIEW, Group, Role, User
from scimbridge.connectors.cortex_xdr.simulator.timestamps import milliseconds


def get_users(call: Call) -> Answer:
    """``get_users``: everybody, in one reply."""
    groups = call.state.memberships()
    return reply([_user_json(call, user, groups[user.key]) for user in call.state.users.values()])


def get_roles(call: Call) -> Answer:
    """``get_roles``: a list for each name; one unknown name fails them all."""
    names = _names(call, "role_names")
    for name in names:
        if not call.state.roles_named(name):
            raise _not_found(call, "Role", name)
    lists = [[_role_json(call, role) for role in call.state.roles_named(name)] for name in names]
    if call.switches["roles_form"] == "flat":
        return reply([role for roles in lists for role in roles])
    return reply(lists)


def get_user_group(call: Call) -> Answer:
    """``get_user_group``: one unknown name fails them all."""
    groups: list[Group] = []
    for name in _names(call, "group_names"):
        group = call.state.find_group(name)
        if group is None:
            raise _not_found(call, "Group", name)
        groups.append(group)
    if call.switches["group_reply"] == "data":
        return reply({"data": [group_json(call, group) for group in groups]})
    return reply([_group_json(call, group) for group in groups])


def set_user_role(call: Call) -> Answer:
    """``set_user_role``: replaces the one direct role of each user; an empty name takes it away.

    All users are changed or, if one cannot be, none.
    """
    emails = _names(call, "user_emails")
    role_id = _wanted_role(call)
    changed = []
    for email in dict.fromkeys(each.lower() for each in emails):
        user = call.state.find_user(email)
        if user is None:
            if call.switches["unknown_email"] == "reject":
                raise _not_found(call, "User", email, call.switches["set_role_unknown_status"])
        elif user.role_id != role_id and not _is_kept(call, user):
            changed.append(replace(user, role_id=role_id))
    for user in changed:
        call.state.put_user(user)
    number = len(changed)
    as_text = call.switches["update_count_form"] == "string"
    return reply({"update_count": str(number) if as_text else number})


def _is_kept(call: Call, user: User) -> bool:
    if not call.state.is_protected(user.role_id):
        return False
    what = call.switches["account_admin_users"]
    if what == "reject":
        name = call.state.pretty_name(user.role_id)
        raise Refusal(
            call.switches["protected_role_status"], f"Can not update users of {name} role."
        )
    return bool(what == "ignore")


def _wanted_role(call: Call) -> str:
    name = call.data.get("role_name")
    if not isinstance(name, str):
        raise Refusal(500, "role_name param is missing")
    if not name:
        return ""
    by = call.switches["set_role_by"]
    roles = call.state.roles_named(name) if by != "role_id" else []
    if not roles and by != "pretty_name":
        role = call.state.find_role(name)
        roles = [role] if role else []
    if not roles:
        raise _not_found(call, "Role", name, call.switches["set_role_unknown_status"])
    if call.state.is_protected(roles[0].role_id):
        status = call.switches["protected_role_status"]
        raise Refusal(status, f"Can not update users to {roles[0].pretty_name} role.")
    return roles[0].role_id


def _names(call: Call, parameter: str) -> list[str]:
    names = call.data.get(parameter)
    if not names:
        raise Refusal(500, f"{parameter} param is missing")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(500, f"{parameter} param must be a list of strings")
    return names


def _not_found(call: Call, what: str, name: str, status: int = 500) -> Refusal:
    quote = "\\'" if call.switches["quotes"] == "escaped" else "'"
    return Refusal(status, f"{what} {quote}{name}{quote} was not found")


def _user_json(call: Call, user: User, groups: Iterable[Group]) -> dict[str, Any]:
    as_names = call.switches["user_groups_form"] == "names"
    role = call.state.pretty_name(user.role_id)
    return {
        "user_email": user.email,
        "user_first_name": user.first_name,
        "user_last_name": user.last_name,
        "role_name": None if not role and call.switches["no_role"] == "null" else role,
        "last_logged_in": milliseconds(user.last_logged_in),
        "user_type": user.user_type,
        "groups": [
            group.name if as_names else {"group_id": group.group_id, "group_name": group.name}
            for group in groups
        ],
        "scope": [] if call.switches["scope_form"] == "list" else _SCOPE,
    }


_SCOPE = {"assets": None, "datasets_rows": None, "endpoints": None, "cases_issues": None}


def _role_json(call: Call, role: Role) -> dict[str, Any]:
    state = call.state
    return {
        "pretty_name": role.pretty_name,
        "permissions": display_names(role.permissions),
        "insert_time": milliseconds(role.created),
        "update_time": milliseconds(role.updated),
        "created_by": role.created_by,
        "description": role.description,
        "groups": [each.name for each in state.groups.values() if each.role_id == role.role_id],
        "users": [each.email for each in state.users.values() if each.role_id == role.role_id],
    }


def _group_json(call: Call, group: Group) -> dict[str, Any]:
    role = call.state.pretty_name(group.role_id)
    return {
        "group_name": group.name,
        "description": group.description,
        "pretty_name": role if call.switches["group_pretty_name"] == "role" else group.name,
        "insert_time": milliseconds(group.created),
        "update_time": milliseconds(group.updated),
        "user_email": [call.state.users[key].email for key in group.members],
        "source": "Active Directory" if group.directory else "Custom",
    }


_RBAC = "/public_api/v1/rbac"

ROUTES = (
    Route("POST", f"{_RBAC}/get_users", VIEW, get_users, data_required=False),
    Route("POST", f"{_RBAC}/get_roles", VIEW, get_roles),
    Route("POST", f"{_RBAC}/get_user_group", VIEW, get_user_group),
    Route("POST", f"{_RBAC}/set_user_role", ACTION, set_user_role),
)
