"""Roles and privileges."""

from __future__ import annotations

from typing import Any

from scimbridge.connectors.insightvm.simulator.answers import Answer, Refusal
from scimbridge.connectors.insightvm.simulator.call import Call, Route, absent
from scimbridge.connectors.insightvm.simulator.privileges import PRIVILEGES
from scimbridge.connectors.insightvm.simulator.records import Role
from scimbridge.connectors.insightvm.simulator.showing import show_role


def list_roles(call: Call) -> Answer:
    """``GET /roles``: all of them, the pseudo-role ``custom`` included."""
    return call.listed([show_role(call, role) for role in call.state.roles.values()])


def get_role(call: Call) -> Answer:
    """``GET /roles/{id}``."""
    return Answer(show_role(call, call.role()))


def put_role(call: Call) -> Answer:
    """``PUT /roles/{id}``: replaces a custom role, or creates it. There is no other way to."""
    role_id = call.arguments["id"]
    built_in = role_id in call.switches["built_in_roles"]
    if built_in and call.switches["built_in_role_edit"] == "reject":
        raise Refusal(400, f"The role {role_id!r} is built in and cannot be changed.")
    body = call.body_object()
    name = _required(body, "name")
    if name != role_id and not built_in and call.switches["role_name_differs"] == "reject":
        raise Refusal(400, f"The name of the role {role_id!r} is not {name!r}.")
    role = Role(role_id, name, _required(body, "description"), _privileges(body))
    call.state.roles[role_id] = role
    return call.done()


def delete_role(call: Call) -> Answer:
    """``DELETE /roles/{id}``: not a built-in one, and not one that somebody has."""
    role = call.role()
    if role.role_id in call.switches["built_in_roles"]:
        raise Refusal(400, f"The role {role.role_id!r} is built in and cannot be deleted.")
    if count := len(_holders(call, {role.role_id})):
        raise Refusal(400, f"The role {role.role_id!r} is assigned to {count} users.")
    del call.state.roles[role.role_id]
    return call.done()


def list_role_users(call: Call) -> Answer:
    """``GET /roles/{id}/users``: ids."""
    return call.listed(_holders(call, {call.role().role_id}))


def list_privileges(call: Call) -> Answer:
    """``GET /privileges``."""
    return call.listed(PRIVILEGES)


def get_privilege(call: Call) -> Answer:
    """``GET /privileges/{id}``: links, and nothing of use beside."""
    privilege = _privilege(call)
    users = call.link("Users", "privileges", privilege, "users")
    return Answer({"links": [call.self_link(), users]})


def list_privilege_users(call: Call) -> Answer:
    """``GET /privileges/{id}/users``: the ids of users whose role has the privilege."""
    privilege = _privilege(call)
    roles = call.state.roles.values()
    return call.listed(
        _holders(call, {role.role_id for role in roles if privilege in role.privileges})
    )


def _holders(call: Call, role_ids: set[str]) -> list[int]:
    return [user.user_id for user in call.state.users.values() if user.role_id in role_ids]


def _privilege(call: Call) -> str:
    privilege = str(call.arguments["id"])
    if privilege not in PRIVILEGES:
        raise absent(call.request.path)
    return privilege


def _required(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal(400, f"{name} is required, as a string.")
    return value


def _privileges(body: dict[str, Any]) -> tuple[str, ...]:
    privileges = body.get("privileges") or []
    if not isinstance(privileges, list):
        raise Refusal(400, "privileges is not an array.")
    if unknown := [each for each in privileges if each not in PRIVILEGES]:
        raise Refusal(400, f"There is no privilege {unknown[0]!r}.")
    return tuple(dict.fromkeys(privileges))


ROUTES = (
    Route("GET", "/roles", list_roles),
    Route("GET", "/roles/<id>", get_role),
    Route("PUT", "/roles/<id>", put_role),
    Route("DELETE", "/roles/<id>", delete_role),
    Route("GET", "/roles/<id>/users", list_role_users),
    Route("GET", "/privileges", list_privileges),
    Route("GET", "/privileges/<id>", get_privilege),
    Route("GET", "/privileges/<id>/users", list_privilege_users),
)
