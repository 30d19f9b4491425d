"""Resources as readers see them: the confirmed document with what is computed around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from scimbridge.directory.memberships import GroupRef, MemberRow
from scimbridge.directory.resources import ResourceRow
from scimbridge.provisioning.work import parse_document
from scimbridge.provisioning.writes import version

_ENDPOINTS = {"User": "Users", "Group": "Groups"}


def render(
    row: ResourceRow,
    *,
    base_url: str,
    groups: Sequence[GroupRef] = (),
    members: Iterable[MemberRow] = (),
) -> dict[str, Any]:
    """A confirmed resource as RFC 7643 has it; ``base_url`` is the target's, without a final slash.

    ``groups`` (of a user) and ``members`` (of a group) may be left out where the projection
    leaves them out.
    """
    document = parse_document(row.confirmed or "")
    body: dict[str, Any] = {"schemas": document.pop("schemas"), "id": row.scim_id, **document}
    shown_groups = [_group(group, base_url) for group in groups]
    shown_members = [_member(member, base_url) for member in members]
    if shown_groups:
        body["groups"] = shown_groups
    if shown_members:
        body["members"] = shown_members
    body["meta"] = {
        "resourceType": row.resource_type,
        "created": timestamp(row.created),
        "lastModified": timestamp(row.last_modified),
        "location": location(base_url, row.resource_type, str(row.scim_id)),
        "version": version(row),
    }
    return body


def location(base_url: str, resource_type: str, scim_id: str) -> str:
    """The URL of a resource."""
    return f"{base_url}/{_ENDPOINTS[resource_type]}/{scim_id}"


@lru_cache(maxsize=4096)
def timestamp(milliseconds: int) -> str:
    """Milliseconds since the epoch as an xsd:dateTime in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _group(group: GroupRef, base_url: str) -> dict[str, Any]:
    return {
        "value": group.scim_id,
        "$ref": location(base_url, "Group", group.scim_id),
        "display": group.display,
        "type": "direct",
    }


def _member(member: MemberRow, base_url: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"value": member.member_id}
    if member.resource_type is not None:
        shown["$ref"] = location(base_url, member.resource_type, member.member_id)
        shown["type"] = member.resource_type
    if member.display:
        shown["display"] = member.display
    return shown
