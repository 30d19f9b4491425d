"""What memberships and attributes entitle a person to, in the vendor's terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import grants
from scimbridge.directory.grants import Key
from scimbridge.provisioning.correlate import derived_id, group_key


def parse_entitlement(text: str) -> Entitlement:
    """``kind:native id`` as written in the configuration."""
    kind, _, native_id = text.partition(":")
    return Entitlement(kind, native_id)


class GroupMapping:
    """Which group names stand for which entitlements, by the target's configuration."""

    def __init__(self, groups: Mapping[str, Iterable[str]]) -> None:
        self._granted = {
            group_key(name): frozenset(parse_entitlement(text) for text in texts)
            for name, texts in groups.items()
        }

    def granted_by(self, display_name: str, native_id: str | None) -> frozenset[Entitlement]:
        """What the members of a group get.

        ``native_id`` is set on a group that is an entitlement of the vendor itself.
        """
        named = self._granted.get(group_key(display_name), frozenset())
        return named if native_id is None else named | {parse_entitlement(native_id)}


def attribute_entitlements(
    document: Mapping[str, Any],
    catalogue: Mapping[Key, object],
    recorded: Mapping[Key, str],
    *,
    target: str,
) -> frozenset[Entitlement]:
    """What ``roles`` and ``entitlements`` of a User name.

    A value is an entitlement's native id, its ``kind:native id`` form, or its SCIM id under
    ``/Roles`` and ``/Entitlements``. A value that names nothing at the vendor grants nothing: IdPs
    and validators send free text here, and it is kept and shown all the same.

    ``recorded`` is what the bridge's record of the person's grants says, by state. What it gave
    can be named too: one short answer of the vendor's catalogue must not take it.
    """
    values = {
        _named(str(item["value"]))
        for name in ("roles", "entitlements")
        for item in document.get(name) or ()
        if item.get("value") is not None
    }
    if not values:
        return frozenset()
    given = {key for key, state in recorded.items() if state in (grants.HELD, grants.ASSERTED)}
    return frozenset(
        Entitlement(kind, native_id)
        for kind, native_id in catalogue.keys() | given
        if {native_id, f"{kind}:{native_id}", entitlement_id(target, kind, native_id)} & values
    )


def _named(value: str) -> str:
    """What a value names: Entra PATCHes an app role as a JSON document inside of the string.

    Microsoft, "Customize application attributes": SingleAppRoleAssignment and
    AppRoleAssignmentsComplex.
    """
    if not value.startswith("{"):
        return value
    try:
        role = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return str(role.get("value", value))


def entitlement_id(target: str, kind: str, native_id: str) -> str:
    """The SCIM id of an entitlement, as a Group and under ``/Roles`` or ``/Entitlements``."""
    return derived_id(target, "Group", f"{kind}:{native_id}")
