"""Platform IAM: user groups. Lists are replaced as a whole; there is no route for one member."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from scimbridge.connectors.cortex_xdr.simulator import iam_body
from scimbridge.connectors.cortex_xdr.simulator.answers import Answer, Refusal, done, listing
from scimbridge.connectors.cortex_xdr.simulator.call import Call, Route
from scimbridge.connectors.cortex_xdr.simulator.records import ACTION, VIEW, Group
from scimbridge.connectors.cortex_xdr.simulator.seed import TENANT
from scimbridge.connectors.cortex_xdr.simulator.timestamps import milliseconds

_FIELDS = {
    "group_name": str,
    "role_id": str,
    "description": str,
    "users": list,
    "nested_group_ids": list,
    "idp_groups": list,
}


def list_groups(call: Call) -> Answer:
    """``GET user-group``: all; there is no way to get a single one."""
    return listing([group_json(call, group) for group in call.state.groups.values()])


def create_group(call: Call) -> Answer:
    """``POST user-group``: 201; the new id stands in the message only."""
    fields = iam_body.given(call, _FIELDS)
    now = call.state.clock()
    creator = f"API key {call.key_id}"
    blank = Group(call.state.new_group_id(), "", None, "", creator, now, now)
    group = _edited(call, blank, {"group_name": "", **fields})
    call.state.put_group(group)
    return _done(group.group_id, "created", 201)


def edit_group(call: Call) -> Answer:
    """``PATCH user-group/{group_id}``: only what is given; an empty string or list clears."""
    (group,) = get_groups(call, [call.path["group_id"]])
    changes = iam_body.changes(call, _FIELDS)
    if "users" in changes and group.directory and call.switches["ad_members"] == "reject":
        raise Refusal(400, f"Members of group '{group.name}' can not be updated.")
    call.state.put_group(_edited(call, group, changes))
    return _done(group.group_id, "updated")


def delete_group(call: Call) -> Answer:
    """``DELETE user-group/{group_id}``: the groups nested in it stay."""
    (group,) = get_groups(call, [call.path["group_id"]])
    call.state.delete_group(group.group_id)
    return _done(group.group_id, "deleted")


def get_groups(call: Call, group_ids: Iterable[str]) -> list[Group]:
    """The groups with these ids. Raises `Refusal` 400 naming those that are not there."""
    ids = list(group_ids)
    missing = [group_id for group_id in ids if group_id not in call.state.groups]
    if missing:
        raise Refusal(400, f"Could not find group for {missing} in tenant: {TENANT}")
    return [call.state.groups[group_id] for group_id in ids]


def group_json(call: Call, group: Group) -> dict[str, Any]:
    """The group as Platform IAM shows it: direct and asserted members in one list."""
    state = call.state
    return {
        "group_id": group.group_id,
        "group_name": group.name,
        "description": group.description,
        call.switches["group_role_key"]: group.role_id,
        "pretty_role_name": state.pretty_name(group.role_id),
        "created_by": group.created_by,
        "created_ts": milliseconds(group.created),
        "updated_ts": milliseconds(group.updated),
        "users": [state.users[key].email for key in group.members],
        "group_type": "ad_type" if group.directory else "custom",
        "nested_groups": [
            {"group_id": child, "group_name": state.groups[child].name} for child in group.nested
        ],
        "idp_groups": list(group.idp_groups),
    }


def _edited(call: Call, group: Group, changes: dict[str, Any]) -> Group:
    fields: dict[str, Any] = {}
    if "group_name" in changes:
        fields["name"] = _free_name(call, group, changes["group_name"])
    if "role_id" in changes:
        fields["role_id"] = iam_body.role_id(call, changes["role_id"])
    if "description" in changes:
        fields["description"] = changes["description"] or None
    if "users" in changes:
        fields["users"] = tuple(_members(call, changes["users"]))
    if "nested_group_ids" in changes:
        nested = get_groups(call, changes["nested_group_ids"])
        fields["nested"] = tuple(each.group_id for each in nested)
    if "idp_groups" in changes:
        fields["idp_groups"] = tuple(changes["idp_groups"])
    return replace(group, **fields)


def _free_name(call: Call, group: Group, name: str) -> str:
    if not name:
        raise Refusal(400, "group_name param is missing")
    holder = call.state.find_group(name)
    if holder is not None and holder.group_id != group.group_id:
        raise Refusal(400, f"This user group name is already being used in the tenant for {name}.")
    return name


def _members(call: Call, emails: Iterable[str]) -> list[str]:
    keys = list(dict.fromkeys(email.lower() for email in emails))
    unknown = [key for key in keys if key not in call.state.users]
    if unknown and call.switches["unknown_member"] == "reject":
        raise Refusal(400, f"Could not find users {unknown} in tenant: {TENANT}")
    return [key for key in keys if key in call.state.users]


def _done(group_id: str, what: str, status: int = 200) -> Answer:
    return done(f"user group with group id {group_id} {what} successfully", status)


_IAM = "/platform/iam/v1"

ROUTES = (
    Route("GET", f"{_IAM}/user-group", VIEW, list_groups),
    Route("POST", f"{_IAM}/user-group", ACTION, create_group),
    Route("PATCH", f"{_IAM}/user-group/<group_id>", ACTION, edit_group),
    Route("DELETE", f"{_IAM}/user-group/<group_id>", ACTION, delete_group),
)
