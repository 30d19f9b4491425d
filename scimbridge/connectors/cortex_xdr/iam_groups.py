"""User groups of Platform IAM: listed, created, renamed and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from scimbridge.connectors.cortex_xdr.client import CortexXdrClient
from scimbridge.connectors.cortex_xdr.mapping import (
    USER_GROUP,
    UserGroup,
    checked_group_id,
    to_user_groups,
)
from scimbridge.connectors.cortex_xdr.snapshot import Snapshot
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Entitlement
from scimbridge.errors import (
    OutcomeUnknown,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)

_GROUPS = "user-group"
_GROUP = "user-group/{group_id}"
_NO_GROUP = "00000000-0000-4000-8000-000000000000_0"


class UserGroups:
    """The user groups of one tenant. Safe between threads."""

    def __init__(self, client: CortexXdrClient, wiring: Wiring) -> None:
        self._client = client
        self._target = wiring.target
        self._list = Snapshot(self._read, clock=wiring.clock)

    def recent(self) -> Mapping[str, UserGroup]:
        """Id to group, as of a moment ago."""
        return self._list.recent()

    def fresh(self) -> Mapping[str, UserGroup]:
        """Id to group, as it is now."""
        return self._list.fresh()

    def check_write(self) -> None:
        """Prove the right to write by deleting a group that cannot exist.

        Raises `VendorDenied` if there is no such right.
        """
        with suppress(VendorNotFound, VendorRejected):
            self._client.iam("DELETE", _GROUP, group_id=_NO_GROUP)

    def find(self, name: str) -> Entitlement | None:
        """See `Connector.find_entitlement`."""
        for group in self._list.fresh().values():
            if group.name == name:
                return Entitlement(USER_GROUP, group.id)
        return None

    def create(self, name: str) -> Entitlement:
        """See `Connector.create_entitlement`.

        The answer tells the new id only within a sentence; the list, in which names are unique, is
        believed instead.
        """
        body = {"group_name": name, "description": ""}
        self._client.iam("POST", _GROUPS, body, repeatable=False)
        created = self.find(name)
        if created is None:
            raise OutcomeUnknown(
                f"{self._target}: creating the user group {name!r} was accepted, and the list of "
                "groups does not show it yet"
            )
        return created

    def rename(self, entitlement: Entitlement, name: str) -> None:
        """Give the group another name; its description stays.

        Raises as `Connector.update_entitlement` does.
        """
        group_id = checked_group_id(entitlement)
        group = self._list.fresh().get(group_id)
        if group is None:
            raise VendorNotFound(f"{self._target}: the tenant has no {entitlement}")
        if group.name == name:
            return
        body = {"group_name": name, "description": group.description}
        self._client.iam("PATCH", _GROUP, body, group_id=group_id)
        shown = self._list.fresh().get(group_id)
        if shown is None:
            raise VendorNotFound(f"{self._target}: the tenant has no {entitlement} any more")
        if shown.name != name:
            raise VendorUnavailable(
                f"{self._target}: renaming {entitlement} to {name!r} was accepted, and it is still "
                f"shown as {shown.name!r}"
            )

    def delete(self, entitlement: Entitlement) -> None:
        """See `Connector.delete_entitlement`."""
        group_id = checked_group_id(entitlement)
        refused: VendorRejected | None = None
        try:
            self._client.iam("DELETE", _GROUP, group_id=group_id)
        except VendorNotFound:
            pass
        except VendorRejected as error:
            refused = error
        if group_id in self._list.fresh():
            raise refused or VendorUnavailable(
                f"{self._target}: deleting {entitlement} was accepted, and it is still there"
            )

    def _read(self) -> dict[str, UserGroup]:
        return to_user_groups(self._client.iam_list(_GROUPS))
