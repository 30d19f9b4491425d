"""Groups that exist at the vendor as objects of their own: created, renamed and deleted there.

Which ones: those that show an entitlement of a kind that the vendor's API manages, and, with
``unmapped_groups = "create"``, those that the configuration maps to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scimbridge.directory import leases, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import OperationRow
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import VendorUnavailable
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.entitlements import parse_entitlement
from scimbridge.provisioning.plan import Disposition
from scimbridge.provisioning.regranting import regrant
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.work import parse_document


def is_managed(target: Target, row: ResourceRow) -> bool:
    """Whether the group stands for an object that the vendor's API can rename and delete."""
    managed = target.policy.capabilities.managed_kinds
    return row.native_id is not None and parse_entitlement(row.native_id).kind in managed


def is_to_be_created(target: Target, row: ResourceRow) -> bool:
    """Whether the group still lacks the object that it is to have."""
    if row.native_id is not None or target.config.unmapped_groups != "create":
        return False
    present = row.disposition == Disposition.PRESENT.value
    return present and not target.mapping.granted_by(_name(row), None)


def is_settled(target: Target, row: ResourceRow) -> bool:
    """Whether the vendor's object is as the group's desired document says."""
    if is_to_be_created(target, row):
        return False
    if not is_managed(target, row):
        return True
    return row.disposition == Disposition.PRESENT.value and row.observed == _name(row)


@dataclass(frozen=True, slots=True)
class VendorGroups:
    """Brings the vendor's objects of one target to what the groups say."""

    target: Target
    directory: Directory
    owner: str
    now: Callable[[], int]

    def converge(self, operation: OperationRow, *, seconds: float, members_left: bool) -> None:
        """Create, rename or, once no member is left to be released, delete the group's object.

        Raises `VendorError`. Creating finds an object of the same name, so that a crash in
        between leaves neither a second one nor an orphan.
        """
        with self.directory.read() as connection:
            found = resources.by_pks(connection, [operation.resource_pk])
        if not found or is_settled(self.target, found[0]):
            return
        deleting = found[0].disposition != Disposition.PRESENT.value
        if deleting and members_left:
            return
        row = self._lease(found[0], seconds)
        try:
            if deleting:
                self._delete(row)
            elif row.native_id is None:
                self._create(operation, row)
            else:
                self._rename(row)
        finally:
            with self.directory.write() as connection:
                leases.give_back(connection, row.pk, row.fence)

    def _lease(self, row: ResourceRow, seconds: float) -> ResourceRow:
        until = self.now() + round(seconds * 1000)
        with self.directory.write() as connection:
            taken = leases.take(connection, [row.pk], owner=self.owner, now=self.now(), until=until)
            if not taken:
                raise VendorUnavailable(f"another request is changing the group {_name(row)}")
            (fresh,) = resources.by_pks(connection, [row.pk])
        return fresh

    def _create(self, operation: OperationRow, row: ResourceRow) -> None:
        (kind,) = self.target.policy.capabilities.managed_kinds
        entitlement = self.target.connector.create_entitlement(kind, _name(row), "")
        with self.directory.write() as connection:
            resources.change(
                connection,
                row.pk,
                native_id=str(entitlement),
                observed=_name(row),
                origin="created",
            )
            keys = entitlement_keys(frozenset({entitlement}))
            regrant(connection, self.target.name, row.pk, keys, operation=operation.pk)

    def _rename(self, row: ResourceRow) -> None:
        entitlement = parse_entitlement(str(row.native_id))
        self.target.connector.update_entitlement(entitlement, _name(row), "")
        with self.directory.write() as connection:
            resources.change(connection, row.pk, observed=_name(row))

    def _delete(self, row: ResourceRow) -> None:
        self.target.connector.delete_entitlement(parse_entitlement(str(row.native_id)))
        with self.directory.write() as connection:
            resources.change(connection, row.pk, native_id=None, observed=None)


def _name(row: ResourceRow) -> str:
    return str(parse_document(row.desired)["displayName"])
