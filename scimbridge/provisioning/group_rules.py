"""What a group may be: said before anything of it is sent to the vendor."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from scimbridge.directory import grounds
from scimbridge.directory.grants import Key
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import InvalidValue
from scimbridge.provisioning.entitlements import parse_entitlement
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.vendor_groups import is_managed, is_to_be_created
from scimbridge.provisioning.work import parse_document


def require_mapping(target: Target, row: ResourceRow, name: str) -> None:
    """A group that grants nothing is refused where the configuration wants that."""
    config = target.config
    mapped = target.mapping.granted_by(name, row.native_id)
    if config.unmapped_groups == "reject" and not mapped:
        raise InvalidValue(
            f'the group "{name}" grants nothing at {config.name}; map it to entitlements under '
            f"[targets.{config.name}.groups] in the bridge's configuration, or do not push it"
        )


def check_object(target: Target, row: ResourceRow, before: Document, after: Document) -> None:
    """What only the vendor's objects have cannot be wanted of any other group."""
    urn = target.group_extension
    if urn is None or (row.confirmed is not None and after.get(urn) == before.get(urn)):
        return
    if urn in after and not (is_managed(target, row) or is_to_be_created(target, row)):
        raise InvalidValue(
            f'the group "{after["displayName"]}" is no object of its own at {target.name} and '
            f"has no attributes of {urn}; set them on the group that shows the vendor's object"
        )


def check_protected(target: Target, row: ResourceRow, before: Document, after: Document) -> None:
    """The vendor's object is under the guard, and so is what it gives to its members."""
    urn = target.group_extension
    was, shall = ({}, {}) if urn is None else (before.get(urn) or {}, after.get(urn) or {})
    if row.confirmed is None:
        was = {}
    if row.native_id is not None and (
        was != shall or before["displayName"] != after["displayName"]
    ):
        target.guard.check(parse_entitlement(row.native_id), "change")
    given, had = target.connector.passed_on(shall), target.connector.passed_on(was)
    for entitlement in sorted(given ^ had):
        target.guard.check(entitlement, "grant" if entitlement in given else "revoke")


def check_limits(
    connection: Connection, target: Target, row: ResourceRow, granted: Collection[Key]
) -> None:
    """A group that everybody could not be in at once is refused, though some are inactive."""
    keys = set(granted)
    if is_to_be_created(target, row):
        keys |= {(kind, "") for kind in target.capabilities.managed_kinds}
    for key in sorted(keys):
        limit = target.capabilities.group_member_limits.get(key[0])
        if limit is None:
            continue
        count = grounds.count_users(connection, target.name, row.pk, key)
        if count > limit:
            raise InvalidValue(
                f"the vendor takes at most {limit} members in a {key[0]}, and "
                f'"{parse_document(row.desired)["displayName"]}" would bring it to {count}; '
                "divide the members among several groups"
            )
