"""Platform IAM: roles. They can be created and deleted; no route edits one."""

from __future__ import annotations

import re
from typing import Any

from scimbridge.connectors.cortex_xdr.simulator import iam_body
from scimbridge.connectors.cortex_xdr.simulator.answers import (
    Answer,
    Refusal,
    data,
    done,
    listing,
)
from scimbridge.connectors.cortex_xdr.simulator.call import Call, Route
from scimbridge.connectors.cortex_xdr.simulator.permissions import PERMISSIONS, catalogue_json
from scimbridge.connectors.cortex_xdr.simulator.records import ACTION, VIEW, Role
from scimbridge.connectors.cortex_xdr.simulator.timestamps import milliseconds

_FIELDS = {"component_permissions": list, "pretty_name": str, "description": str}


def list_roles(call: Call) -> Answer:
    """``GET role``: without their permissions, which the v1 routes show."""
    return listing([_role_json(role) for role in call.state.roles()])


def create_role(call: Call) -> Answer:
    """``POST role``: 201; the new id stands in the message only.

    ``dataset_permissions`` are checked to be a list and dropped: no route shows them.
    """
    fields = iam_body.given(call, _FIELDS)
    name, permissions = fields.get("pretty_name"), fields.get("component_permissions")
    if not name or not permissions:
        raise Refusal(400, "pretty_name and component_permissions are required")
    if not isinstance(call.data.get("dataset_permissions") or [], list):
        raise Refusal(400, "dataset_permissions must be a list")
    if call.state.roles_named(name):
        raise Refusal(400, f"The role name {name} is already utilized by another role.")
    unknown = [key for key in permissions if key not in PERMISSIONS]
    if unknown and call.switches["unknown_permission"] == "reject":
        raise Refusal(400, f"Unknown component_permissions {unknown}")
    role = Role(
        _free_id(call, name),
        name,
        fields.get("description", ""),
        tuple(permissions),
        created_by=f"API key {call.key_id}",
        created=call.state.clock(),
        is_custom=True,
    )
    call.state.put_role(role)
    return done(f"role_id {role.role_id} created successfully.", 201)


def delete_role(call: Call) -> Answer:
    """``DELETE role/{role_id}``: custom roles that nobody has."""
    state, role_id = call.state, call.path["role_id"]
    role = state.find_role(role_id)
    if role is None:
        raise Refusal(400, "Role name provided is not valid")
    if not role.is_custom or role.account_level:
        raise Refusal(400, "Non-custom and account-level roles cannot be deleted")
    held = {user.role_id for user in state.users.values()}
    if role_id in held | {group.role_id for group in state.groups.values()}:
        raise Refusal(
            400,
            "Role name provided is assigned to a user or user group and therefore cannot be"
            " deleted.",
        )
    state.delete_role(role_id)
    return done(f"role_id {role_id} deleted successfully.")


def permission_config(call: Call) -> Answer:
    """``GET role/permission-config``: what a role may consist of."""
    return data(catalogue_json())


def _free_id(call: Call, name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "role"
    taken = {role.role_id for role in call.state.roles()}
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}_{number}"
    return free


def _role_json(role: Role) -> dict[str, Any]:
    return {
        "role_id": role.role_id,
        "pretty_name": role.pretty_name,
        "description": role.description,
        "is_custom": role.is_custom,
        "created_by": role.created_by,
        "created_ts": milliseconds(role.created),
        "updated_ts": milliseconds(role.updated or role.created),
    }


_IAM = "/platform/iam/v1"

ROUTES = (
    Route("GET", f"{_IAM}/role", VIEW, list_roles),
    Route("POST", f"{_IAM}/role", ACTION, create_role),
    Route("GET", f"{_IAM}/role/permission-config", VIEW, permission_config),
    Route("DELETE", f"{_IAM}/role/<role_id>", ACTION, delete_role),
)
