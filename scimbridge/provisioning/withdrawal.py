"""Withdrawing what was wanted, once the vendor refused it for good or it was given up.

What is wanted again is what is confirmed, except that what an IdP asked to be taken away stays
asked for: a removal is never dropped for the sake of another change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from scimbridge.directory import grants, journal, memberships, resources
from scimbridge.directory.journal import OperationRow
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import ScimError
from scimbridge.provisioning.correlate import group_key
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.failures import to_record
from scimbridge.provisioning.leaving import leave
from scimbridge.provisioning.mapping import Document, is_active
from scimbridge.provisioning.outcome import BRIDGE, Outcomes
from scimbridge.provisioning.plan import Disposition
from scimbridge.provisioning.vendor_groups import kept_of
from scimbridge.provisioning.work import dump_document, parse_document


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Withdraws operations of one target; each in one transaction, like `Outcomes`."""

    outcomes: Outcomes

    def withdraw(self, operation_pk: int, error: ScimError, *, status: str) -> int | None:
        """Want again what is confirmed, after the vendor refused for good.

        Returns the operation that undoes what was already applied; None if nothing was.
        """
        with self.outcomes.directory.write() as connection:
            operation = journal.get(connection, operation_pk)
            if operation.status != journal.PENDING:
                return None
            (row,) = resources.by_pks(connection, [operation.resource_pk])
            pending = journal.pending_of(connection, row.pk)
            failed = [each for each in pending if _falls_with(operation, each, row)]
            kept = [each for each in pending if each not in failed]
            journal.finish(
                connection,
                [other.pk for other in failed],
                status=status,
                now=self.outcomes.now(),
                error=to_record(error),
            )
            for other in failed:
                self.outcomes.note(connection, other, row.scim_id, status, error=error.detail)
            is_told = status == journal.FAILED and not operation.attempts
            if row.resource_type == "User":
                is_told = is_told and failed == [operation]
                return self._withdraw_user(connection, row, kept, is_told=is_told)
            return self._withdraw_group(connection, row, failed, kept, is_told=is_told)

    def _withdraw_user(
        self,
        connection: Connection,
        row: ResourceRow,
        kept: Sequence[OperationRow],
        *,
        is_told: bool,
    ) -> int | None:
        """``is_told``: only the request that waits is refused. Else roles to be taken still go."""
        if row.confirmed is None:
            if row.native_id is None and row.attempted_at is None:
                resources.remove(connection, row.pk)
                return None
            created = row.origin == "created"
            wanted: dict[str, object] = {
                "disposition": (Disposition.DELETED if created else Disposition.RELEASED).value
            }
        else:
            wanted = {
                "desired": _confirmed_but_for(kept, row, is_told=is_told),
                "desired_key": row.confirmed_key,
                "disposition": _disposition(kept),
            }
            wanted |= self._return_to_account(connection, row)
        resources.change(
            connection, row.pk, generation=row.generation + 1, dirty=row.dirty + 1, **wanted
        )
        if "native_id" in wanted and row.native_id is not None:
            leave(self.outcomes, connection, row)
        return self._record_undo(connection, row, row.generation + 1)

    def _return_to_account(self, connection: Connection, row: ResourceRow) -> dict[str, object]:
        """After a failed rename: the old account again, or none if there was none."""
        has_it = row.native_id is not None and not row.renamed
        if has_it or self.outcomes.target.capabilities.can_rename_accounts:
            return {}
        before = grants.confirmed_account(connection, row.pk)
        if before is not None:
            grants.forget_retired(connection, row.pk, [before])
        return {"native_id": before}

    def _withdraw_group(
        self,
        connection: Connection,
        row: ResourceRow,
        failed: Sequence[OperationRow],
        kept: Sequence[OperationRow],
        *,
        is_told: bool,
    ) -> int | None:
        """``is_told``: a request is waiting for the refusal. Else who was to leave still leaves."""
        reverts = any(each.generation > row.confirmed_generation for each in failed)
        undo = self._record_undo(connection, row, row.generation + reverts)
        members = {
            member
            for operation in failed
            for member in memberships.touched_by(connection, operation.pk)
        }
        affected = resources.by_ids(connection, self.outcomes.target.name, members)
        resources.raise_generation(connection, [user.pk for user in affected.values()])
        generations = {
            member: user.generation + 1
            for member, user in affected.items()
            if user.resource_type == "User"
        }
        for operation in failed:
            memberships.withdraw(
                connection, operation.pk, generations, into=undo, keep_removals=not is_told
            )
        if not reverts:
            return undo
        if row.confirmed is not None:
            unique = self.outcomes.target.config.unique_group_names
            document = self._group_document(row, kept)
            name = str(document["displayName"])
            granted = self.outcomes.target.mapping.granted_by(name, row.native_id)
            memberships.set_granted_by(connection, row.pk, entitlement_keys(granted))
            wanted = {
                "desired": dump_document(document),
                "desired_key": group_key(name) if unique else None,
                "disposition": _disposition(kept),
            }
        else:
            wanted = {"disposition": Disposition.DELETED.value}
        resources.change(connection, row.pk, generation=row.generation + 1, **wanted)
        return undo

    def _group_document(self, row: ResourceRow, kept: Sequence[OperationRow]) -> Document:
        """The confirmed document, without what an operation that goes on takes away."""
        document, target = parse_document(row.confirmed or ""), self.outcomes.target
        if not any(_is_asked_removal(each, row) for each in kept):
            return document
        desired, urn = parse_document(row.desired), target.group_extension
        if urn is not None and urn in document:
            left = kept_of(document.pop(urn), desired.get(urn) or {})
            document |= {urn: left} if left else {}
            document["schemas"] = target.group_type.schemas_of(document)
        had, has = (
            target.mapping.granted_by(each["displayName"], row.native_id)
            for each in (document, desired)
        )
        if had - has:
            document["displayName"] = desired["displayName"]
        return document

    def _record_undo(self, connection: Connection, row: ResourceRow, generation: int) -> int:
        return self.outcomes.record(
            connection,
            BRIDGE,
            resource_pk=row.pk,
            resource_type=row.resource_type,
            kind="undo",
            generation=generation,
            removal=True,
        ).pk


def _falls_with(withdrawn: OperationRow, other: OperationRow, row: ResourceRow) -> bool:
    """Whether ``other`` is withdrawn too: it changes the same document, and takes no access away.

    What the IdP asked to be taken away is never dropped for the sake of something else.
    """
    if other.pk == withdrawn.pk:
        return True
    if min(withdrawn.generation, other.generation) <= row.confirmed_generation:
        return False
    if other.kind == "undo":
        return False
    return withdrawn.removal == 1 or not _is_asked_removal(other, row)


def _is_asked_removal(operation: OperationRow, row: ResourceRow) -> bool:
    """Whether an IdP asked for less access, and has not taken that back since."""
    if not operation.removal or operation.actor == BRIDGE.actor:
        return False
    if operation.kind != "deactivate":
        return True
    return not is_active(parse_document(row.desired))


def _disposition(kept: Sequence[OperationRow]) -> str:
    deletes = any(each.kind == "delete" for each in kept)
    return Disposition.DELETED.value if deletes else Disposition.PRESENT.value


def _confirmed_but_for(kept: Sequence[OperationRow], row: ResourceRow, *, is_told: bool) -> str:
    """The confirmed document, inactive if a deactivation goes on, without roles that still go."""
    document = parse_document(row.confirmed or "")
    if any(each.kind == "deactivate" for each in kept):
        document["active"] = False
    if not is_told:
        desired = parse_document(row.desired)
        for name in ("roles", "entitlements"):
            wanted = {item.get("value") for item in desired.get(name, ())}
            left = [item for item in document.pop(name, ()) if item.get("value") in wanted]
            document |= {name: left} if left else {}
    return dump_document(document)
