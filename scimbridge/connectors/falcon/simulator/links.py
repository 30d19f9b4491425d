"""Flight Control: the links that give a user group roles in a CID group, and the child CIDs."""

from __future__ import annotations

from dataclasses import replace
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
from scimbridge.connectors.falcon.simulator.filtering import filtered
from scimbridge.connectors.falcon.simulator.groups import sort_order
from scimbridge.connectors.falcon.simulator.records import Link, Tenant
from scimbridge.connectors.falcon.simulator.sensors import checksum

_SORTS = ("last_modified_timestamp|asc", "last_modified_timestamp|desc")


def query_links(call: Call) -> Answer:
    """``GET queries/mssp-roles/v1``: link ids by user group, CID group or both, and by role."""
    user_group, cid_group = call.parameter("user_group_id"), call.parameter("cid_group_id")
    if not user_group and not cid_group:
        raise Refusal(400, "user_group_id or cid_group_id is required")
    role_id = call.parameter("role_id")
    links = [
        link
        for link in call.state.flight_control.links.values()
        if user_group in ("", link.user_group_id)
        and cid_group in ("", link.cid_group_id)
        and (not role_id or role_id in link.role_ids)
    ]
    order = sort_order(call, _SORTS, _SORTS[1])
    links.sort(key=lambda link: link.modified, reverse=order.endswith("desc"))
    shown, page = call.page(links, default=10, maximum=call.switches["mssp_maximum_limit"])
    return Answer([link.link_id for link in shown], page=page)


def retrieve_links(call: Call) -> Answer:
    """``GET entities/mssp-roles/v1``."""
    return batch.read(call, call.repeated("ids"), lambda id_: _link_json(_get(call, id_)))


def add_roles(call: Call) -> Answer:
    """``POST entities/mssp-roles/v1``: makes the link if need be, and adds roles to it."""

    def act(item: dict[str, Any], _: list[ErrorItem]) -> dict[str, Any]:
        if "role_ids" not in item:
            raise Refusal(400, "role_ids is required")
        role_ids = texts(item, "role_ids")
        for role_id in role_ids:
            role = call.state.roles.get(role_id)
            if role is None or role.cid not in (None, call.cid):
                raise ItemError(400, f"invalid roleID='{role_id}' specified", role_id)
        user_group_id, cid_group_id = _groups(call, item)
        new = Link(user_group_id, cid_group_id, (), 0.0)
        link = call.state.flight_control.links.get(new.link_id, new)
        return _store(call, link, tuple(dict.fromkeys((*link.role_ids, *role_ids))))

    return batch.write(call, batch.resources(call), act)


def remove_roles(call: Call) -> Answer:
    """``DELETE entities/mssp-roles/v1``, with a body: without roles in it the link is dissolved."""

    def act(item: dict[str, Any], _: list[ErrorItem]) -> dict[str, Any]:
        link = _get(call, ":".join(_groups(call, item)))
        role_ids = texts(item, "role_ids")
        if not role_ids:
            del call.state.flight_control.links[link.link_id]
            return _link_json(replace(link, role_ids=()))
        return _store(call, link, tuple(role for role in link.role_ids if role not in role_ids))

    return batch.write(call, batch.resources(call), act)


def query_children(call: Call) -> Answer:
    """``GET queries/children/v1``: child CIDs; the filter knows nothing but ``cid``."""
    children = filtered(call, call.state.children(call.cid), {"cid": lambda child: child.cid})
    sort_order(call, _SORTS, _SORTS[1])
    shown, page = call.page(children, default=10, maximum=call.switches["mssp_maximum_limit"])
    return Answer([child.cid for child in shown], page=page)


def retrieve_children(call: Call) -> Answer:
    """``GET entities/children/v1``."""
    return _children(call, call.repeated("ids"))


def retrieve_children_v2(call: Call) -> Answer:
    """``POST entities/children/GET/v2``."""
    return _children(call, call.body_ids(maximum=5000))


def _children(call: Call, cids: list[str]) -> Answer:
    known = {child.cid: child for child in call.state.children(call.cid)}

    def show(cid: str) -> dict[str, Any]:
        if cid not in known:
            raise batch.unknown(cid)
        return _child_json(known[cid])

    return batch.read(call, cids, show)


def _child_json(child: Tenant) -> dict[str, Any]:
    return {
        "child_cid": child.cid,
        "child_of": child.parent,
        "checksum": checksum(child.cid),
        "name": child.name,
    }


def _groups(call: Call, item: dict[str, Any]) -> tuple[str, str]:
    user_group_id = text(item, "user_group_id", required=True)
    cid_group_id = text(item, "cid_group_id", required=True)
    if user_group_id not in call.state.flight_control.user_groups:
        raise batch.unknown(user_group_id)
    if cid_group_id not in call.state.flight_control.cid_groups:
        raise batch.unknown(cid_group_id)
    return user_group_id, cid_group_id


def _get(call: Call, link_id: str) -> Link:
    link = call.state.flight_control.links.get(link_id)
    if link is None:
        raise batch.unknown(link_id)
    return link


def _store(call: Call, link: Link, role_ids: tuple[str, ...]) -> dict[str, Any]:
    stored = replace(link, role_ids=role_ids, modified=call.state.clock())
    call.state.flight_control.links[stored.link_id] = stored
    return _link_json(stored)


def _link_json(link: Link) -> dict[str, Any]:
    return {
        "id": link.link_id,
        "user_group_id": link.user_group_id,
        "cid_group_id": link.cid_group_id,
        "role_ids": list(link.role_ids),
    }


_READ, _WRITE = "mssp:read", "mssp:write"
_LINKS = "/mssp/entities/mssp-roles/v1"

ROUTES = (
    Route("GET", "/mssp/queries/mssp-roles/v1", _READ, FLIGHT_CONTROL, query_links),
    Route("GET", _LINKS, _READ, FLIGHT_CONTROL, retrieve_links),
    Route("POST", _LINKS, _WRITE, FLIGHT_CONTROL, add_roles),
    Route("DELETE", _LINKS, _WRITE, FLIGHT_CONTROL, remove_roles),
    Route("GET", "/mssp/queries/children/v1", _READ, FLIGHT_CONTROL, query_children),
    Route("GET", "/mssp/entities/children/v1", _READ, FLIGHT_CONTROL, retrieve_children),
    Route("POST", "/mssp/entities/children/GET/v2", _READ, FLIGHT_CONTROL, retrieve_children_v2),
)
