"""Platform IAM: users. They can be read and edited, neither created nor deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
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
from scimbridge.connectors.cortex_xdr.simulator.iam_groups import get_groups
from scimbridge.connectors.cortex_xdr.simulator.records import ACTION, VIEW, Group, User
from scimbridge.connectors.cortex_xdr.simulator.timestamps import milliseconds

_FIELDS = {
    "user_first_name": str,
    "user_last_name": str,
    "role_id": str,
    "phone_number": str,
    "status": str,
    "is_hidden": bool,
    "user_groups": list,
}
_NAMES = {"user_first_name": "first_name", "user_last_name": "last_name"}
_PLAIN = {"phone_number": "phone_number", "is_hidden": "hidden"}


def list_users(call: Call) -> Answer:
    """``GET user``: everybody."""
    as_number = call.switches["listed_group_id"] == "number"
    groups = call.state.memberships()
    users = call.state.users.values()
    return listing(
        [_user_json(call, user, groups[user.key], number_groups=as_number) for user in users]
    )


def get_user(call: Call) -> Answer:
    """``GET user/{user_email}``."""
    user = _user(call)
    groups = [group for group in call.state.groups.values() if user.key in group.members]
    return data(_user_json(call, user, groups, number_groups=False))


def edit_user(call: Call) -> Answer:
    """``PATCH user/{user_email}``: only what is given; an empty string or list clears."""
    user = _user(call)
    changes = iam_body.changes(call, _FIELDS)
    edited = _edited(call, user, changes)
    groups = _wanted_groups(call, user, changes.get("user_groups", ()))
    if not _is_kept(call, user, edited):
        call.state.put_user(edited)
    if "user_groups" in changes:
        call.state.set_direct_groups(user, groups)
    return done("User updated successfully")


def _edited(call: Call, user: User, changes: dict[str, Any]) -> User:
    fields = {field: changes[name] for name, field in _PLAIN.items() if name in changes}
    names = {field: changes[name] for name, field in _NAMES.items() if name in changes}
    if names and call.switches["user_names"] == "reject":
        raise Refusal(400, "The names of a user cannot be edited.")
    if call.switches["user_names"] == "accept":
        fields |= names
    if "role_id" in changes and changes["role_id"] != user.role_id:
        fields["role_id"] = iam_body.role_id(call, changes["role_id"])
    if changes.get("status"):
        fields["active"] = _is_active(call, changes["status"])
    return replace(user, **fields)


def _is_active(call: Call, status: str) -> bool:
    words = (call.switches["active_word"], call.switches["disabled_word"])
    if status.lower() not in (word.lower() for word in words):
        raise Refusal(400, f"status must be one of {', '.join(words)}")
    return bool(status.lower() == words[0].lower())


def _is_kept(call: Call, user: User, edited: User) -> bool:
    loses = user.role_id != edited.role_id or (user.active and not edited.active)
    if not loses or not call.state.is_protected(user.role_id):
        return False
    what = call.switches["account_admin_users"]
    if what == "reject":
        name = call.state.pretty_name(user.role_id)
        raise Refusal(400, f"Can not update users of {name} role.")
    return bool(what == "ignore")


def _wanted_groups(call: Call, user: User, group_ids: Iterable[str]) -> list[str]:
    groups = get_groups(call, group_ids)
    if call.switches["ad_members"] == "accept":
        return [group.group_id for group in groups]
    for group in groups:
        if group.directory and user.key not in group.members:
            raise Refusal(400, f"Members of group '{group.name}' can not be updated.")
    return [group.group_id for group in groups if not group.directory]


def _user(call: Call) -> User:
    email = call.path["user_email"]
    user = call.state.find_user(email)
    if user is None:
        raise Refusal(call.switches["unknown_user_status"], f"User '{email}' was not found")
    return user


def _user_json(
    call: Call, user: User, groups: Iterable[Group], *, number_groups: bool
) -> dict[str, Any]:
    switches = call.switches
    role = call.state.pretty_name(user.role_id)
    return {
        "user_email": user.email,
        "user_first_name": user.first_name,
        "user_last_name": user.last_name,
        "phone_number": user.phone_number,
        "status": switches["active_word" if user.active else "disabled_word"],
        "role_name": None if not role and switches["no_role"] == "null" else role,
        "last_logged_in": milliseconds(user.last_logged_in),
        switches["hidden_key"]: user.hidden,
        "user_type": user.user_type,
        "groups": [
            {
                "group_id": _number(group) if number_groups else group.group_id,
                "group_name": group.name,
            }
            for group in groups
        ],
    }


def _number(group: Group) -> int:
    return int(group.group_id.rpartition("_")[2])


_IAM = "/platform/iam/v1"

ROUTES = (
    Route("GET", f"{_IAM}/user", VIEW, list_users),
    Route("GET", f"{_IAM}/user/<user_email>", VIEW, get_user),
    Route("PATCH", f"{_IAM}/user/<user_email>", ACTION, edit_user),
)
