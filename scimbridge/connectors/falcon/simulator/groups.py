"""Flight Control: user groups and CID groups, with their members.

The two kinds have the same operations under different names; `Kind` holds what differs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from scimbridge.connectors.falcon.simulator import batch
from scimbridge.connectors.falcon.simulator.batch import ItemError
from scimbridge.connectors.falcon.simulator.call import Call, Route, text, texts
from scimbridge.connectors.falcon.simulator.envelope import (
    FLIGHT_CONTROL,
    Answer,
    ErrorItem,
    Refusal,
)
from scimbridge.connectors.falcon.simulator.records import Group

_LIMIT = 500
_BY_TIME = ("last_modified_timestamp|asc", "last_modified_timestamp|desc")
_BY_NAME = ("name|asc", "name|desc")


@dataclass(frozen=True, slots=True)
class Kind:
    """User groups or CID groups."""

    path: str
    id_key: str
    members_key: str
    member_parameter: str
    groups: Callable[[Call], dict[str, Group]]
    admits: Callable[[Call, str], bool]
    """Whether this uuid or CID can be a member."""


USER_GROUPS = Kind(
    path="user-group",
    id_key="user_group_id",
    members_key="user_uuids",
    member_parameter="user_uuid",
    groups=lambda call: call.state.flight_control.user_groups,
    admits=lambda call, uuid: uuid in call.state.users and call.state.users[uuid].cid == call.cid,
)
CID_GROUPS = Kind(
    path="cid-group",
    id_key="cid_group_id",
    members_key="cids",
    member_parameter="cid",
    groups=lambda call: call.state.flight_control.cid_groups,
    admits=lambda call, cid: cid in {child.cid for child in call.state.children(call.cid)},
)


def query(kind: Kind, call: Call) -> Answer:
    """``queries/...-groups/v1``: group ids by name, which need not match exactly."""
    name = call.parameter("name").lower()
    exact = call.switches["name_match"] == "exact"
    groups = [
        group
        for group in kind.groups(call).values()
        if (name == group.name.lower() if exact and name else name in group.name.lower())
    ]
    return page_ids(call, groups, by_name=True)


def query_by_member(kind: Kind, call: Call) -> Answer:
    """``queries/...-group-members/v1``: ids of the groups that a user or CID is in."""
    member = call.required(kind.member_parameter)
    groups = [group for group in kind.groups(call).values() if member in group.members]
    return page_ids(call, groups, by_name=False)


def page_ids(call: Call, groups: list[Group], *, by_name: bool) -> Answer:
    """The ids of a sorted page of groups."""
    choices = (*_BY_NAME, *_BY_TIME) if by_name else _BY_TIME
    order = sort_order(call, choices, "name|asc" if by_name else "last_modified_timestamp|desc")
    groups.sort(
        key=(lambda group: group.name.lower())
        if "name" in order
        else (lambda group: group.modified),
        reverse=order.endswith("desc"),
    )
    shown, page = call.page(groups, default=10, maximum=call.switches["mssp_maximum_limit"])
    return Answer([group.group_id for group in shown], page=page)


def sort_order(call: Call, choices: tuple[str, ...], default: str) -> str:
    """The ``sort`` of a request, in the form ``field|asc``; psfalcon writes it with a dot."""
    order = (call.parameter("sort") or default).replace(".", "|")
    if order not in choices:
        raise Refusal(400, f"sort={order!r} is not one of {', '.join(choices)}")
    return order


def retrieve(kind: Kind, parameter: str, call: Call) -> Answer:
    """``GET entities/...-groups/v1`` and ``v2``."""
    show = partial(_group_json, kind)
    return batch.read(call, call.repeated(parameter), lambda id_: show(_get(kind, call, id_)))


def retrieve_members(kind: Kind, parameter: str, call: Call) -> Answer:
    """``GET entities/...-group-members/v1`` and ``v2``: the whole list, there is no paging."""
    return batch.read(
        call,
        call.repeated(parameter),
        lambda id_: _members_json(kind, id_, _get(kind, call, id_).members),
    )


def create(kind: Kind, call: Call) -> Answer:
    """``POST entities/...-groups/v1``: 200, not 201."""

    def act(item: dict[str, Any], _: list[ErrorItem]) -> dict[str, Any]:
        name = _free_name(kind, call, item)
        if len(kind.groups(call)) >= _LIMIT:
            batch.fail(call.switches["over_limit_status"], f"more than {_LIMIT} groups")
        description = text(item, "description")
        now = call.state.clock()
        group = Group(uuid.uuid4().hex, call.cid, name, description, (), now)
        kind.groups(call)[group.group_id] = group
        return _group_json(kind, group)

    return batch.write(call, batch.resources(call), act)


def update(kind: Kind, call: Call) -> Answer:
    """``PATCH entities/...-groups/v1``: replaces name and description."""

    def act(item: dict[str, Any], _: list[ErrorItem]) -> dict[str, Any]:
        group = _get(kind, call, text(item, kind.id_key, required=True))
        name = _free_name(kind, call, item, but=group)
        description = text(item, "description")
        if "description" not in item and call.switches["missing_description"] == "keep":
            description = group.description
        changed = replace(group, name=name, description=description)
        return _group_json(kind, _store(kind, call, changed))

    return batch.write(call, batch.resources(call), act)


def delete(kind: Kind, call: Call) -> Answer:
    """``DELETE entities/...-groups/v1``: with it go its links."""

    def act(group_id: str, _: list[ErrorItem]) -> str:
        group = _get(kind, call, group_id)
        if group.is_default:
            raise ItemError(400, "the default group cannot be deleted", group_id)
        if group.members and call.switches["delete_group_with_members"] == "reject":
            raise ItemError(400, "the group has members", group_id)
        del kind.groups(call)[group_id]
        call.state.flight_control.dissolve(group_id)
        return group_id

    return batch.write(call, call.repeated(f"{kind.id_key}s"), act)


def add_members(kind: Kind, call: Call) -> Answer:
    """``POST entities/...-group-members/v1``: adds to those that are there."""

    def act(item: dict[str, Any], errors: list[ErrorItem]) -> dict[str, Any] | None:
        group, listed = (
            _get(kind, call, text(item, kind.id_key, required=True)),
            _listed(kind, item),
        )
        errors.extend(batch.unknown(each).error for each in listed if not kind.admits(call, each))
        known = [each for each in listed if kind.admits(call, each)]
        if not known and listed:
            return None
        members = tuple(dict.fromkeys((*group.members, *known)))
        if len(members) > _LIMIT:
            batch.fail(call.switches["over_limit_status"], f"more than {_LIMIT} members")
        _store(kind, call, replace(group, members=members))
        return _echo(kind, call, group.group_id, members, known)

    return batch.write(call, batch.resources(call), act)


def remove_members(kind: Kind, keep_last: bool, call: Call) -> Answer:
    """``DELETE entities/...-group-members/v1`` (and ``v2``: ``keep_last``), with a body."""

    def act(item: dict[str, Any], _: list[ErrorItem]) -> dict[str, Any]:
        group, listed = (
            _get(kind, call, text(item, kind.id_key, required=True)),
            _listed(kind, item),
        )
        if not listed and call.switches["empty_removal"] == "reject":
            raise Refusal(400, f"{kind.members_key} is required")
        if not listed and call.switches["empty_removal"] == "everything":
            listed = list(group.members)
        if keep_last:
            _refuse_last(kind, call, group, listed)
        members = tuple(member for member in group.members if member not in listed)
        _store(kind, call, replace(group, members=members))
        return _echo(kind, call, group.group_id, members, listed)

    return batch.write(call, batch.resources(call), act)


def _refuse_last(kind: Kind, call: Call, group: Group, listed: list[str]) -> None:
    for member in listed:
        others = [each for each in kind.groups(call).values() if each.group_id != group.group_id]
        if member in group.members and not any(member in each.members for each in others):
            raise ItemError(400, f"{member} is in no other group", member)


def _get(kind: Kind, call: Call, group_id: str) -> Group:
    group = kind.groups(call).get(group_id)
    if group is None:
        raise batch.unknown(group_id)
    return group


def _store(kind: Kind, call: Call, group: Group) -> Group:
    stored = replace(group, modified=call.state.clock())
    kind.groups(call)[group.group_id] = stored
    return stored


def _free_name(kind: Kind, call: Call, item: dict[str, Any], but: Group | None = None) -> str:
    name = text(item, "name", required=True)
    policy = call.switches["duplicate_group_name"]
    taken = any(group.name == name and group != but for group in kind.groups(call).values())
    if taken and policy != "accept":
        batch.fail(400 if policy == "reject" else 207, f"a group named {name!r} exists")
    return name


def _listed(kind: Kind, item: dict[str, Any]) -> list[str]:
    if kind.members_key not in item:
        raise Refusal(400, f"{kind.members_key} is required")
    return texts(item, kind.members_key)


def _group_json(kind: Kind, group: Group) -> dict[str, Any]:
    fields: dict[str, Any] = {
        kind.id_key: group.group_id,
        "name": group.name,
        "description": group.description or None,
        "cid": group.cid,
    }
    return {**fields, "is_default": group.is_default} if kind is CID_GROUPS else fields


def _members_json(kind: Kind, group_id: str, members: tuple[str, ...]) -> dict[str, Any]:
    return {kind.id_key: group_id, kind.members_key: list(members)}


def _echo(
    kind: Kind, call: Call, group_id: str, members: tuple[str, ...], listed: list[str]
) -> dict[str, Any]:
    full = call.switches["members_echo"] == "full"
    return _members_json(kind, group_id, members if full else tuple(listed))


def _routes(kind: Kind) -> tuple[Route, ...]:
    reading, writing = "mssp:read", "mssp:write"
    old_ids = f"{kind.id_key}s"
    queries, entities = f"/mssp/queries/{kind.path}", f"/mssp/entities/{kind.path}"
    table: tuple[tuple[str, str, str, Callable[[Call], Answer]], ...] = (
        ("GET", f"{queries}s/v1", reading, partial(query, kind)),
        ("GET", f"{queries}-members/v1", reading, partial(query_by_member, kind)),
        ("GET", f"{entities}s/v1", reading, partial(retrieve, kind, old_ids)),
        ("GET", f"{entities}s/v2", reading, partial(retrieve, kind, "ids")),
        ("POST", f"{entities}s/v1", writing, partial(create, kind)),
        ("PATCH", f"{entities}s/v1", writing, partial(update, kind)),
        ("DELETE", f"{entities}s/v1", writing, partial(delete, kind)),
        ("GET", f"{entities}-members/v1", reading, partial(retrieve_members, kind, old_ids)),
        ("GET", f"{entities}-members/v2", reading, partial(retrieve_members, kind, "ids")),
        ("POST", f"{entities}-members/v1", writing, partial(add_members, kind)),
        ("DELETE", f"{entities}-members/v1", writing, partial(remove_members, kind, False)),
    )
    return tuple(Route(*row[:3], FLIGHT_CONTROL, row[3]) for row in table)


ROUTES = (
    *_routes(USER_GROUPS),
    *_routes(CID_GROUPS),
    Route(
        "DELETE",
        "/mssp/entities/cid-group-members/v2",
        "mssp:write",
        FLIGHT_CONTROL,
        partial(remove_members, CID_GROUPS, True),
    ),
)
