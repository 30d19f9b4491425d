"""Flight Control user groups as objects: listed, created, described and deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from scimbridge.connectors.falcon.client import FalconClient
from scimbridge.connectors.falcon.delegations import Delegations, from_links, to_pairs
from scimbridge.connectors.falcon.mapping import USER_GROUP
from scimbridge.connectors.falcon.mssp_reads import MsspReads
from scimbridge.connectors.falcon.user_group_members import (
    USER_GROUPS,
    UserGroupMembers,
    checked_group_id,
)
from scimbridge.connectors.interface import Entitlement, EntitlementDetails, ManagedEntitlement
from scimbridge.errors import (
    OutcomeUnknown,
    VendorConflict,
    VendorError,
    VendorNotFound,
    VendorRejected,
)

MOST_GROUPS = 500
"""Of one customer (vendor documentation of createUserGroups)."""

_GROUPS = "/mssp/entities/user-groups/v1"
_NO_GROUP = "0" * 32


class UserGroups:
    """The user groups of one parent. Safe between threads."""

    def __init__(
        self, client: FalconClient, reads: MsspReads, members: UserGroupMembers, target: str
    ) -> None:
        self._client = client
        self._reads = reads
        self._members = members
        self._delegations = Delegations(client)
        self._target = target

    def check(self) -> None:
        """Prove the scopes; that of writing by describing a group that cannot exist.

        Raises `VendorDenied` if one is missing.
        """
        self._client.call("GET", USER_GROUPS, params={"limit": 1})
        with suppress(VendorNotFound, VendorRejected):
            self._describe(_NO_GROUP, "scimbridge check", "")

    def all(self) -> Iterator[EntitlementDetails]:
        """Every user group, each once. Raises `VendorError`."""
        yield from map(_details, self._called(None))

    def attributes(self, entitlements: Collection[Entitlement]) -> dict[Entitlement, Any]:
        """See `Connector.entitlement_attributes`."""
        ids = [checked_group_id(each) for each in entitlements]
        links = self._delegations.of(ids)
        shown: dict[Entitlement, Any] = {}
        for group in self._reads.groups("user-group", ids):
            group_id = group["user_group_id"]
            values = {
                "description": _text(group, "description"),
                "delegations": from_links(links.get(group_id, {})),
            }
            if filled := {name: value for name, value in values.items() if value}:
                shown[Entitlement(USER_GROUP, group_id)] = filled
        return shown

    def find(self, name: str) -> Entitlement | None:
        """See `Connector.find_entitlement`. The vendor's own search is not exact."""
        for group in self._called(name):
            if group.get("name") == name:
                return Entitlement(USER_GROUP, group["user_group_id"])
        return None

    def create(self, wanted: ManagedEntitlement) -> Entitlement:
        """See `Connector.create_entitlement`. Delegations are left to `update`."""
        total = self._client.call("GET", USER_GROUPS, params={"limit": 1}).total or 0
        if total >= MOST_GROUPS:
            raise VendorRejected(
                f"{self._target}: Falcon allows {MOST_GROUPS} user groups, and there are {total}; "
                "delete one that is not needed any more"
            )
        body = {"name": wanted.display_name, "description": _description(wanted)}
        try:
            reply = self._client.call("POST", _GROUPS, json={"resources": [body]}, repeatable=False)
        except VendorRejected as error:
            raise self._refused(wanted.display_name, None, error) from error
        for group in reply.resources:
            if isinstance(group, Mapping) and isinstance(group.get("user_group_id"), str):
                return Entitlement(USER_GROUP, group["user_group_id"])
        raise OutcomeUnknown(
            f"{self._target}: the answer to creating the user group {wanted.display_name!r} shows "
            "none; it may have been created all the same",
            trace_id=reply.trace_id,
        )

    def update(
        self,
        entitlement: Entitlement,
        before: Sequence[ManagedEntitlement],
        after: ManagedEntitlement,
    ) -> None:
        """See `Connector.update_entitlement`."""
        group_id = checked_group_id(entitlement)
        renamed = any(each.display_name != after.display_name for each in before)
        described = any(_description(each) != _description(after) for each in before)
        if renamed or described:
            self._bring(
                group_id,
                name=after.display_name if renamed else None,
                description=_description(after) if described else None,
            )
        wanted, delegated = _pairs(after), [_pairs(each) for each in before]
        if any(each != wanted for each in delegated):
            self._delegations.change(group_id, before=delegated, wanted=wanted)

    def delete(self, entitlement: Entitlement) -> None:
        """See `Connector.delete_entitlement`.

        Members go first, as in the vendor's Terraform provider: whether the vendor deletes a group
        that has some is not documented.
        """
        group_id = checked_group_id(entitlement)
        try:
            # What is not found may be a member: only the group's own removal tells of the group.
            with suppress(VendorNotFound):
                self._members.empty(group_id)
            self._client.call("DELETE", _GROUPS, params={"user_group_ids": [group_id]})
        except VendorNotFound:
            return
        except VendorRejected:
            # That may be how an unknown id is refused.
            if self._members.is_listed(group_id):
                raise

    def _bring(self, group_id: str, *, name: str | None, description: str | None) -> None:
        """Set what is not None. The vendor's PATCH replaces both, so the other is read first."""
        group = next(self._reads.groups("user-group", [group_id]), None)
        if group is None:
            raise VendorNotFound(f"{self._target}: no Falcon user group {group_id}")
        shown = (_text(group, "name"), _text(group, "description"))
        wanted = (
            shown[0] if name is None else name,
            shown[1] if description is None else description,
        )
        if wanted == shown:
            return
        try:
            self._describe(group_id, *wanted)
        except VendorRejected as error:
            raise self._refused(wanted[0], group_id, error) from error

    def _describe(self, group_id: str, name: str, description: str) -> None:
        body = {"user_group_id": group_id, "name": name, "description": description}
        self._client.call("PATCH", _GROUPS, json={"resources": [body]})

    def _refused(self, name: str, own: str | None, error: VendorRejected) -> VendorError:
        """How a name that is taken is refused is not documented: who else has it decides."""
        rival = self.find(name)
        if rival is None or rival.native_id == own:
            return error
        return VendorConflict(error.reason, trace_id=error.trace_id)

    def _called(self, name: str | None) -> Iterator[Mapping[str, Any]]:
        """The groups that the vendor finds for ``name`` (all for None), each once."""
        seen: set[str] = set()
        for page in self._client.pages(USER_GROUPS, {"name": name, "sort": "name|asc"}):
            # Rows shift between pages when groups come and go meanwhile.
            ids = [str(each) for each in page if each not in seen]
            seen.update(ids)
            yield from self._reads.groups("user-group", ids)


def _details(group: Mapping[str, Any]) -> EntitlementDetails:
    return EntitlementDetails(
        entitlement=Entitlement(USER_GROUP, group["user_group_id"]),
        display_name=_text(group, "name") or group["user_group_id"],
        description=_text(group, "description"),
    )


def _description(each: ManagedEntitlement) -> str:
    return str(each.attributes.get("description") or "")


def _pairs(each: ManagedEntitlement) -> frozenset[tuple[str, str]]:
    return to_pairs(each.attributes.get("delegations") or ())


def _text(group: Mapping[str, Any], name: str) -> str:
    value = group.get(name)
    return value if isinstance(value, str) else ""
