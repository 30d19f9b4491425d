"""Resources as readers see them: the confirmed document with what is computed around it.

A representation is JSON text, put together from the stored text: it is not parsed on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from scimbridge.directory.memberships import MemberRow
from scimbridge.directory.shown import ShownRow, group_refs
from scimbridge.provisioning.mapping import WAS_INACTIVE
from scimbridge.provisioning.writes import version

_ENDPOINTS = {"User": "Users", "Group": "Groups"}
_REMEMBERED = f',"{WAS_INACTIVE}":true'
"""As it is stored. No value has this in it: within a string the quotes are escaped."""


@dataclass(frozen=True, slots=True)
class Representation:
    """A resource as a response shows it."""

    json: str
    version: str
    """The ETag."""
    location: str
    """The URL."""


def render(
    row: ShownRow,
    document: str,
    *,
    base_url: str,
    members: Iterable[MemberRow] = (),
) -> str:
    """A confirmed resource as RFC 7643 has it, in JSON; ``base_url`` is the target's, without a
    final slash.

    ``document`` is what is to be seen of the confirmed one. The groups of a user that are not in
    ``row``, and ``members`` (of a group), are left out.
    """
    _, kind, scim_id, _, revision, created, last_modified, groups = row
    if _REMEMBERED in document:
        document = document.replace(_REMEMBERED, "")
    computed = ""
    if groups is not None:
        computed = _groups(groups, base_url)
    elif shown_members := [_member(member, base_url) for member in members]:
        computed = f'"members":{orjson.dumps(shown_members).decode()},'
    # Neither an id nor a time has anything in it that JSON would escape.
    return (
        f'{{"id":"{scim_id}",{document[1:-1]},{computed}"meta":{{"resourceType":"{kind}",'
        f'"created":"{timestamp(created)}","lastModified":"{timestamp(last_modified)}",'
        f'"location":"{_base(base_url, kind)}{scim_id}","version":"{_tag(revision)}"}}}}'
    )


def representation(row: ShownRow, json: str, base_url: str) -> Representation:
    """What ``json`` shows of ``row``, with its version and its URL."""
    return Representation(
        json, version(row.revision), location(base_url, row.resource_type, row.scim_id)
    )


def location(base_url: str, resource_type: str, scim_id: str) -> str:
    """The URL of a resource."""
    return f"{base_url}/{_ENDPOINTS[resource_type]}/{scim_id}"


@lru_cache(maxsize=4096)
def timestamp(milliseconds: int) -> str:
    """Milliseconds since the epoch as an xsd:dateTime in UTC."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def _groups(groups: str, base_url: str) -> str:
    """The attribute; many users are in the same groups."""
    shown = [
        {
            "value": group.scim_id,
            "$ref": location(base_url, "Group", group.scim_id),
            "display": group.display,
            "type": "direct",
        }
        for group in group_refs(groups)
    ]
    return f'"groups":{orjson.dumps(shown).decode()},' if shown else ""


@lru_cache(maxsize=64)
def _base(base_url: str, resource_type: str) -> str:
    """What all locations of one type begin with, as it is between the quotes of JSON."""
    return _escaped(location(base_url, resource_type, ""))


@lru_cache(maxsize=1024)
def _tag(revision: int) -> str:
    """The version, as it is between the quotes of JSON."""
    return _escaped(version(revision))


def _escaped(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]


def _member(member: MemberRow, base_url: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"value": member.member_id}
    if member.resource_type is not None:
        shown["$ref"] = location(base_url, member.resource_type, member.member_id)
        shown["type"] = member.resource_type
    if member.display:
        shown["display"] = member.display
    return shown
