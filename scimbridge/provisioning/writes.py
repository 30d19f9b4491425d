"""What writing a user and writing a group have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from scimbridge.directory import grants, memberships, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller, OperationRow
from scimbridge.directory.leases import LEASE_MARGIN_S
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import NotFound, PreconditionFailed, VendorError
from scimbridge.provisioning.claims import Claims
from scimbridge.provisioning.failures import to_scim
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.observe import Observer
from scimbridge.provisioning.operations import Operations
from scimbridge.provisioning.outcome import Outcomes
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.plan import Disposition
from scimbridge.provisioning.removals import Removals
from scimbridge.provisioning.targets import Target
from scimbridge.scim.attributes import ResourceType
from scimbridge.scim.operations import Operation
from scimbridge.scim.patch import apply_patch
from scimbridge.scim.quirks import Dialect


@dataclass(frozen=True, slots=True)
class Writes:
    """The parts of one target that its writers use."""

    target: Target
    directory: Directory
    outcomes: Outcomes
    operations: Operations
    claims: Claims
    observer: Observer
    removals: Removals
    pauses: Pauses
    now: Callable[[], int]

    def require_catalogue(self, document: Mapping[str, Any]) -> None:
        """Look at the vendor's entitlements if ``document`` names any and none is known yet.

        Otherwise a role would be taken for free text, and shown without being granted.
        """
        if not (document.get("roles") or document.get("entitlements")):
            return
        with self.directory.read() as connection:
            if grants.catalogue(connection, self.target.name):
                return
        try:
            self.observer.refresh_catalogue()
        except VendorError as error:
            raise to_scim(error, retry_after=self.operations.retry_after_s, kept=False) from error

    def see_account(self, user_name: str) -> None:
        """Have the directory know the account, if the vendor has one.

        For a request that takes its access: what is not known is not counted.
        """
        try:
            self.observer.link(user_name)
        except VendorError as error:
            raise to_scim(error, retry_after=self.operations.retry_after_s, kept=False) from error

    def get_for_write(
        self,
        connection: Connection,
        resource_type: str,
        scim_id: str,
        if_match: Collection[str] | None,
    ) -> ResourceRow:
        """The resource that a write is about. Raises `NotFound`.

        ``if_match`` are the versions of an If-Match header: `PreconditionFailed` unless one is the
        current one, and nobody is changing it.
        """
        row = self.get_for_deletion(connection, resource_type, scim_id, if_match)
        if row.disposition != Disposition.PRESENT.value:
            raise not_found(resource_type, scim_id)
        return row

    def get_for_deletion(
        self,
        connection: Connection,
        resource_type: str,
        scim_id: str,
        if_match: Collection[str] | None,
    ) -> ResourceRow:
        """Like `get_for_write`, but also what is being deleted: a second DELETE has to wait."""
        row = resources.find(connection, self.target.name, resource_type, scim_id)
        if row is None or row.confirmed is None:
            raise not_found(resource_type, scim_id)
        require_version(resource_type, scim_id, version(row.revision), if_match)
        if if_match is not None and "*" not in if_match and _is_changing(connection, row):
            raise PreconditionFailed(
                f"{resource_type} {scim_id} is about to leave version {version(row.revision)}: "
                "another change of it is under way; read it again later and repeat the change"
            )
        return row

    def record(
        self,
        connection: Connection,
        caller: Caller,
        row: ResourceRow,
        *,
        kind: str,
        generation: int,
        removal: bool = False,
        detail: dict[str, object] | None = None,
    ) -> OperationRow:
        """Journal entry and audit line of an intent that the caller's request is working on."""
        patience = self.operations.deadline_s + LEASE_MARGIN_S
        operation = self.outcomes.record(
            connection,
            caller,
            resource_pk=row.pk,
            resource_type=row.resource_type,
            kind=kind,
            generation=generation,
            removal=removal,
            next_attempt=self.now() + round(patience * 1000),
        )
        self.outcomes.audit.append(
            connection,
            caller,
            target=self.target.name,
            at=self.now(),
            action=f"{kind} wanted",
            resource_type=row.resource_type,
            scim_id=row.scim_id,
            detail={"operation": operation.pk, **(detail or {})},
        )
        return operation

    def claim(self, scim_id: str) -> None:
        """Note that a POST was answered: from now on another one for the same name conflicts."""
        with self.directory.write() as connection:
            rows = resources.by_ids(connection, self.target.name, [scim_id])
            for row in rows.values():
                resources.change(connection, row.pk, claimed=1)

    def reread(self, pk: int) -> ResourceRow:
        """The resource after an operation was seen through. Raises `NotFound` if it is gone."""
        with self.directory.glance() as connection:
            found = resources.by_pks(connection, [pk])
        if not any(row.confirmed for row in found):
            raise NotFound("it was deleted by another request while this one was under way")
        return found[0]


def patched(
    operations: Sequence[Operation],
    document: Document,
    scim_id: str,
    resource_type: ResourceType,
    dialect: Dialect,
) -> Document:
    """``document`` after a PATCH. The id is not stored in it, and clients may send it along."""
    after = apply_patch(operations, document | {"id": scim_id}, resource_type, dialect=dialect)
    del after["id"]
    return after


def _is_changing(connection: Connection, row: ResourceRow) -> bool:
    """Whether a change is recorded that readers do not see yet, and the version does not tell."""
    return row.desired != row.confirmed or bool(memberships.unfinished(connection, row.pk))


def version(revision: int) -> str:
    """The ETag of a resource (RFC 7644 section 3.14): weak, since the bytes depend on the query."""
    return f'W/"{revision}"'


def require_version(
    resource_type: str, scim_id: str, current: str, if_match: Collection[str] | None
) -> None:
    """Raise `PreconditionFailed` unless ``current`` is among the versions of an If-Match header."""
    if if_match is not None and "*" not in if_match and current not in if_match:
        raise PreconditionFailed(
            f"{resource_type} {scim_id} is at version {current}, not "
            f"{', '.join(sorted(if_match))}; read it again and repeat the change"
        )


def not_found(resource_type: str, scim_id: str) -> NotFound:
    """The answer to an id that names nothing."""
    return NotFound(f"no {resource_type} {scim_id}")
