"""Recording how convergence ended: confirmed, withdrawn, or to be tried again.

Of each person, the documents, the grants, the journal and the audit log change together, in one
transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import grants, journal, leases, memberships, resources
from scimbridge.directory.audit import AuditLog
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import Caller, OperationRow
from scimbridge.directory.memberships import MemberChanges
from scimbridge.directory.resources import ResourceRow
from scimbridge.provisioning.correlate import group_key, random_id
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.mapping import display_of
from scimbridge.provisioning.passes import keep
from scimbridge.provisioning.plan import (
    Disposition,
    Grant,
    Revoke,
    effective,
    needs_direct_grants,
    plan,
)
from scimbridge.provisioning.standing_in import stand_in
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.vendor_groups import is_settled
from scimbridge.provisioning.work import Work, dump_account, load, parse_document

BRIDGE = Caller(actor="bridge", request_id="-")
"""Who acts where no request is waiting."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Records the outcomes for one target."""

    target: Target
    directory: Directory
    audit: AuditLog
    now: Callable[[], int]

    # --- users -----------------------------------------------------------------------------

    def conclude(self, work: Sequence[Work]) -> None:
        """End the leases of one pass, and confirm what succeeded."""
        with self.directory.write() as connection:
            for item in work:
                self._conclude(connection, item)
            keep(connection, work, now=self.now())

    def confirm_at_once(self, connection: Connection, pk: int) -> None:
        """Confirm a change that needs no vendor call, in the transaction of its intent."""
        if not self.target.capabilities.complete:
            return
        (item,) = load(connection, self.target, [pk], {}, now=self.now())
        if needs_direct_grants(item.desired, item.observed, self.target.policy):
            return
        if not plan(item.desired, item.observed, self.target.policy):
            self._confirm(connection, item)

    def _conclude(self, connection: Connection, item: Work) -> None:
        row = item.row
        dirty = leases.give_back(connection, row.pk, row.fence)
        if dirty != row.dirty:
            self._repair(connection, item, lost=dirty is None)
        if dirty is None:
            return
        back = entitlement_keys(item.dropped - item.owed)
        grants.forget_taking(connection, [(row.pk, key) for key in back])
        if item.gone:
            resources.change(connection, row.pk, native_id=None, observed=None)
            grants.doubt(connection, row.pk)
            grants.forget_found(connection, row.pk)
        elif item.error is None and dirty == row.dirty:
            self._confirm(connection, item)
        elif item.error is not None and self.target.policy.capabilities.dependent_kinds:
            # A write that failed half-way may have swallowed what the record says is held.
            resources.change(connection, row.pk, dirty=dirty + 1)

    def _repair(self, connection: Connection, item: Work, *, lost: bool) -> None:
        """Calls of ours may have reached the vendor after those of the new holder of the lease if
        it is ``lost``, or else of whoever released an account that a rename left meanwhile."""
        theirs: set[str | None] = set()
        is_there = False
        for row in resources.by_pks(connection, [item.row.pk]):
            # SQLite gives the number of a row that was deleted to another one.
            is_there = (row.scim_id, row.created) == (item.row.scim_id, item.row.created)
            theirs = {row.native_id, *grants.retired(connection, [row.pk])[row.pk]} - {None}
            if not lost or theirs.isdisjoint({item.row.native_id, *item.observed.retired}):
                continue
            # The new holder may have forgotten what it had seen taken or given, or have taken
            # what came late for given by hand. What it revoked is not given back.
            changing = item.changing
            grants.put(connection, grants.ASSERTED, changing[grants.ASSERTED], unless_held=True)
            if is_there:
                grants.add(connection, grants.TAKING, changing[grants.TAKING])
                if row.native_id == item.row.native_id:
                    grants.add(connection, grants.FOUND, changing[grants.FOUND])
            self.request_repair(connection, row, kind="repair")
        if not item.gone and item.row.native_id not in theirs:
            self._take_late(connection, item, is_there=is_there)

    def _take_late(self, connection: Connection, item: Work, *, is_there: bool) -> None:
        """The user was deleted, or ``is_there`` with another account: what came late is to go."""
        native_id = item.row.native_id
        # What a rename came upon, and another one left, is as it was; a deletion takes all of it.
        came_upon = is_there and item.row.renamed and item.row.origin != "created"
        own = [key for _, key in item.changing[grants.FOUND]] if came_upon else []
        given = [key for key in entitlement_keys(item.given) if key not in own]
        if native_id is None or not (given or own or item.enables):
            return
        # The account may be somebody's again, as where it cannot be deleted and was seen since.
        row = resources.find_by_native_id(connection, self.target.name, "User", native_id)
        if row is None:
            # An account that was enabled has to be disabled as by a deletion; one that can be
            # deleted is gone, or is not ours.
            can_delete = self.target.capabilities.can_delete_accounts
            ends = item.enables and not came_upon and not can_delete
            disposition = Disposition.DELETED if ends else Disposition.RELEASED
            row = stand_in(connection, item.row, disposition=disposition, now=self.now())
        grants.add(connection, grants.FOUND, [(row.pk, key) for key in own])
        self.take_back(connection, row, given)

    def take_back(
        self, connection: Connection, row: ResourceRow, keys: Sequence[grants.Key]
    ) -> None:
        """Have taken from the account of ``row`` what it may have of ``keys`` and should not."""
        late = [(row.pk, key) for key in keys]
        grants.put(connection, grants.ASSERTED, late, unless_held=True)
        self.request_repair(connection, row, kind="repair")

    def request_repair(self, connection: Connection, row: ResourceRow, *, kind: str) -> int:
        """Have a resource converge again from scratch: what the vendor holds is not known.

        Returns the operation that does so.
        """
        leases.mark_dirty(connection, row.pk)
        return self.record(
            connection,
            BRIDGE,
            resource_pk=row.pk,
            resource_type=row.resource_type,
            kind=kind,
            generation=row.generation + 1,
            removal=True,
        ).pk

    def _confirm(self, connection: Connection, item: Work) -> None:
        row = item.row
        if item.desired.disposition is not Disposition.PRESENT:
            self._confirm_removal(connection, item)
            return
        visible = row.confirmed != row.desired
        document = parse_document(row.desired)
        scim_id = row.scim_id or random_id()
        columns: dict[str, object] = {
            "confirmed": row.desired,
            "confirmed_key": row.desired_key,
            "confirmed_generation": row.generation,
            "external_id": document.get("externalId"),
            "display": display_of(document),
            "scim_id": scim_id,
            "dirty": 0,
            "converged_at": self.now(),
            "observed": None if item.waiting else dump_account(item.desired.account),
        }
        if visible and row.confirmed is not None:
            columns["last_modified"] = self.now()
        if not item.desired.account.active and self._account_was_deleted(item):
            columns |= {"native_id": None, "observed": None, "origin": None}
        resources.change(connection, row.pk, **columns)
        if visible:
            resources.raise_revision(connection, self.target.name, [scim_id])
        if item.waiting:
            grants.doubt(connection, row.pk)
            # What was given by hand to an account that is replaced waits for the new one.
            by_hand = item.observed.suspended | item.direct_by_hand
            self._put(connection, grants.SUSPENDED, row.pk, by_hand)
        else:
            self._confirm_grants(connection, item)
        grants.forget_retired(connection, row.pk, item.observed.retired)
        settled = [
            operation
            for operation in journal.pending_of(connection, row.pk)
            if operation.generation <= row.generation
        ]
        self._finish(connection, settled, scim_id, item)

    def _account_was_deleted(self, item: Work) -> bool:
        policy = self.target.policy
        return policy.deactivate == "delete" and policy.capabilities.can_delete_accounts

    def _confirm_grants(self, connection: Connection, item: Work) -> None:
        pk, observed = item.row.pk, item.observed
        ours = (observed.held | observed.uncertain) - observed.suspended
        by_hand = observed.suspended | item.direct_by_hand
        if item.desired.account.active:
            held = effective(item.desired.entitlements | observed.suspended, self.target.policy)
            managed = held & item.desired.entitlements
            restored = (observed.suspended | item.by_hand(Grant)) - managed
            self._put(connection, grants.HELD, pk, managed)
            self._put(connection, grants.RESTORED, pk, restored, at=self.now())
            self._note_revoked(connection, pk, (ours | item.by_hand(Revoke)) - held)
        elif self.target.policy.capabilities.revoke_on_disable or self._account_was_deleted(item):
            self._note_revoked(connection, pk, ours)
            self._put(connection, grants.SUSPENDED, pk, by_hand)
        else:
            # Nothing is given to who is disabled: what a call dropped waits for the reactivation.
            self._put(connection, grants.ASSERTED, pk, observed.uncertain - observed.suspended)
            self._put(connection, grants.SUSPENDED, pk, observed.suspended)

    def _note_revoked(self, connection: Connection, pk: int, items: frozenset[Entitlement]) -> None:
        """Remember for the vendor's settle window what is gone: a read may show it until then."""
        self._put(connection, grants.REVOKED, pk, items, at=self.now())

    def _put(
        self,
        connection: Connection,
        state: str,
        pk: int,
        items: frozenset[Entitlement],
        *,
        at: int = 0,
    ) -> None:
        grants.put(connection, state, [(pk, key) for key in entitlement_keys(items)], at=at)

    def _confirm_removal(self, connection: Connection, item: Work) -> None:
        row = item.row
        if row.scim_id is not None:
            groups = memberships.remove_member(connection, self.target.name, row.scim_id)
            for group in resources.by_pks(connection, groups):
                resources.change(connection, group.pk, revision=group.revision + 1)
        self._finish(connection, journal.pending_of(connection, row.pk), row.scim_id, item)
        resources.remove(connection, row.pk)

    def _finish(
        self,
        connection: Connection,
        settled: Sequence[OperationRow],
        scim_id: str | None,
        item: Work,
    ) -> None:
        journal.finish(
            connection,
            [operation.pk for operation in settled],
            status=journal.DONE,
            now=self.now(),
            steps=item.log,
        )
        for operation in settled:
            self.note(connection, operation, scim_id, "done", steps=item.log)

    # --- operations ------------------------------------------------------------------------

    def record(
        self,
        connection: Connection,
        caller: Caller,
        *,
        resource_pk: int,
        resource_type: str,
        kind: str,
        generation: int,
        removal: bool = False,
        status: str = journal.PENDING,
        next_attempt: int | None = None,
    ) -> OperationRow:
        """Write an operation of this target down, in the transaction of its intent."""
        now = self.now()
        return journal.record(
            connection,
            caller,
            target=self.target.name,
            resource_pk=resource_pk,
            resource_type=resource_type,
            kind=kind,
            generation=generation,
            removal=removal,
            status=status,
            now=now,
            next_attempt=now if next_attempt is None else next_attempt,
        )

    def note(
        self,
        connection: Connection,
        operation: OperationRow,
        scim_id: str | None,
        outcome: str,
        **detail: object,
    ) -> None:
        """Add the audit line that tells how an operation ended."""
        self.audit.append(
            connection,
            Caller(operation.actor, operation.request_id),
            target=self.target.name,
            at=self.now(),
            action=f"{operation.kind} {outcome}",
            resource_type=operation.resource_type,
            scim_id=scim_id,
            detail={"operation": operation.pk, **detail},
        )

    def finish_group(self, operation_pk: int) -> bool:
        """Confirm an operation on a group once every account that it affects has converged.

        Returns whether the operation is over. A change of the group's own attributes is confirmed
        together with every earlier one: the desired state contains them all.
        """
        with self.directory.write() as connection:
            operation = journal.get(connection, operation_pk)
            if operation.status != journal.PENDING:
                return True
            (row,) = resources.by_pks(connection, [operation.resource_pk])
            return self.finish_group_in(connection, operation, row)

    def finish_group_in(
        self, connection: Connection, operation: OperationRow, row: ResourceRow
    ) -> bool:
        """`finish_group` within the caller's transaction, of an unfinished operation on ``row``."""
        if not is_settled(self.target, row):
            return False
        together = self._together(connection, row, operation)
        changes = [memberships.changes_of(connection, other.pk) for other in together]
        if any(change.waits for change in changes):
            return False
        self._confirm_group(connection, row, together, changes)
        return True

    def waits_for(self, connection: Connection, operation: OperationRow) -> list[int]:
        """Primary keys of the users who have to converge before a group's operation is over."""
        if operation.status != journal.PENDING:
            # A deleted group that nobody had anything through is gone at once.
            return []
        (row,) = resources.by_pks(connection, [operation.resource_pk])
        return [
            pk
            for other in self._together(connection, row, operation)
            for pk in memberships.unsettled_members(connection, other.pk)
        ]

    def _together(
        self, connection: Connection, row: ResourceRow, operation: OperationRow
    ) -> list[OperationRow]:
        if operation.generation <= row.confirmed_generation:
            return [operation]
        return [
            other
            for other in journal.pending_of(connection, row.pk)
            if other.generation > row.confirmed_generation or other.pk <= operation.pk
        ]

    def _confirm_group(
        self,
        connection: Connection,
        row: ResourceRow,
        operations: Sequence[OperationRow],
        changes: Sequence[MemberChanges],
    ) -> None:
        """Show what operations on one group changed; they must have converged."""
        changed: list[str] = []
        for change in changes:
            memberships.confirm(connection, change)
            changed += change.visible
        resources.raise_revision(connection, self.target.name, changed)
        whole = any(each.generation > row.confirmed_generation for each in operations)
        if whole and row.disposition == Disposition.DELETED.value:
            operations = journal.pending_of(connection, row.pk)
            resources.remove(connection, row.pk)
        else:
            document = parse_document(row.desired)
            columns: dict[str, object] = {}
            if whole:
                columns = {
                    "confirmed": row.desired,
                    "confirmed_key": group_key(document["displayName"]),
                    "confirmed_generation": row.generation,
                    "external_id": document.get("externalId"),
                    "display": display_of(document),
                }
            visible = changed or columns.get("confirmed", row.confirmed) != row.confirmed
            if visible and row.confirmed is not None:
                columns |= {"revision": row.revision + 1, "last_modified": self.now()}
            if columns:
                resources.change(connection, row.pk, **columns)
        pending = [item.pk for item in operations]
        journal.finish(connection, pending, status=journal.DONE, now=self.now())
        for operation in operations:
            self.note(connection, operation, row.scim_id, "done", members=changed[:100])
