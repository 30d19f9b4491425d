"""Groups that exist at the vendor as objects of their own: created, renamed and deleted there.

Which ones: those that show an entitlement of a kind that the vendor's API manages, and, with
``unmapped_groups = "create"``, those that the configuration maps to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from scimbridge.connectors.interface import Entitlement, ManagedEntitlement
from scimbridge.directory import leases, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.journal import OperationRow
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import (
    NotYet,
    OutcomeUnknown,
    VendorConflict,
    VendorError,
    VendorRejected,
)
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.entitlements import parse_entitlement
from scimbridge.provisioning.passes import keep
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
    """Whether the vendor's object is as the group's desired document says, in all that it has."""
    if is_to_be_created(target, row):
        return False
    if row.native_id is not None and not target.capabilities.complete:
        return False
    deleted = row.disposition != Disposition.PRESENT.value
    if row.native_id is None and deleted and row.attempted_at is not None:
        return False  # an object may be there that was never heard of
    if not is_managed(target, row):
        return True
    return not deleted and load_states(row.observed) == [wanted_object(target, row)]


def wanted_object(target: Target, row: ResourceRow) -> ManagedEntitlement:
    """What the group's desired document says of the vendor's object."""
    document = parse_document(row.desired)
    return ManagedEntitlement(str(document["displayName"]), _attributes(target, document))


def _attributes(target: Target, document: Mapping[str, Any]) -> Mapping[str, Any]:
    return document.get(target.group_extension or "") or {}


def kept_of(was: Mapping[str, Any], shall: Mapping[str, Any]) -> dict[str, Any]:
    """What ``shall`` leaves of the attributes ``was``: equal to ``was`` if it takes nothing away.

    Another text in place of one takes nothing away. Items of a list, such as delegations, are the
    same if all of them is but for lists of their own, such as the roles that are delegated.
    """
    return {name: _kept(value, shall[name]) for name, value in was.items() if name in shall}


def takes_away(target: Target, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the object of a group with the document ``before`` has less by ``after``."""
    was, shall = (_attributes(target, each) for each in (before, after))
    return kept_of(was, shall) != was


def lessened(
    target: Target, row: ResourceRow, before: Mapping[str, Any], after: Mapping[str, Any]
) -> frozenset[Entitlement]:
    """The group's object, if it gives less by ``after`` to whoever is in it, by whatever group.

    What it gives, such as delegations, is in lists; a text gives nothing.
    """
    was, shall = (_attributes(target, each) for each in (before, after))
    given = {name: value for name, value in was.items() if isinstance(value, list)}
    if row.native_id is None or kept_of(given, shall) == given:
        return frozenset()
    return frozenset({parse_entitlement(row.native_id)})


def _kept(was: Any, shall: Any) -> Any:
    if not isinstance(was, list):
        return was
    if not any(isinstance(each, dict) for each in was):
        return [each for each in was if each in shall]
    parts = [
        kept_of(each, other) for each in was for other in shall if _plain(each) == _plain(other)
    ]
    return [each for each in parts if [] not in each.values()]


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if not isinstance(value, list)}


def dump_states(states: Sequence[ManagedEntitlement]) -> str:
    """All that the vendor's object may be, as the directory stores it.

    Once a change is confirmed that is one state. Before a change is sent its result is added, so
    that whatever became of it is known as ours, and taken back if it is not wanted any more.
    """
    return orjson.dumps(
        [{"displayName": each.display_name, "attributes": each.attributes} for each in states]
    ).decode()


def load_states(text: str | None) -> list[ManagedEntitlement]:
    """The inverse of `dump_states`."""
    return [
        ManagedEntitlement(each["displayName"], each["attributes"])
        for each in orjson.loads(text or "[]")
    ]


@dataclass(frozen=True, slots=True)
class VendorGroups:
    """Brings the vendor's objects of one target to what the groups say."""

    target: Target
    directory: Directory
    owner: str
    now: Callable[[], int]
    request_repair: Callable[[Connection, ResourceRow], object]
    """Has a group converge once more; called within the transaction."""

    def converge(self, operation: OperationRow, *, seconds: float, members_left: bool) -> None:
        """Create, rename or, once no member is left to be released, delete the group's object.

        Raises `VendorError`. Creating finds an object of the same name, and so does deleting after
        a create that was not heard of again: a crash in between leaves neither a second object nor
        an orphan.
        """
        self.target.connector.find_out()
        with self.directory.read() as connection:
            found = resources.by_pks(connection, [operation.resource_pk])
        if not found or is_settled(self.target, found[0]):
            return
        deleting = found[0].disposition != Disposition.PRESENT.value
        if deleting and members_left:
            return
        row = self._lease(found[0], seconds)
        try:
            # Somebody may have done it, or wanted something else, before the lease was ours.
            if not is_settled(self.target, row):
                self._bring(operation, row, deleting=deleting)
        finally:
            self._give_back(row)

    def _bring(self, operation: OperationRow, row: ResourceRow, *, deleting: bool) -> None:
        if row.disposition != Disposition.PRESENT.value:
            if deleting:  # else its own operation knows whether members are left
                self._delete(row)
        elif row.native_id is None:
            self._create(operation, row)
        else:
            self._update(row)

    def _lease(self, row: ResourceRow, seconds: float) -> ResourceRow:
        until = self.now() + round((seconds + leases.LEASE_MARGIN_S) * 1000)
        with self.directory.write() as connection:
            taken = leases.take(connection, [row.pk], owner=self.owner, now=self.now(), until=until)
            if not taken:
                raise NotYet(f"another request is changing the group {_name(row)}")
            (fresh,) = resources.by_pks(connection, [row.pk])
        return fresh

    def _give_back(self, row: ResourceRow) -> None:
        """End the lease; if it was lost, calls of ours may have come after those of the holder."""
        with self.directory.write() as connection:
            keep(connection, now=self.now())
            if leases.give_back(connection, row.pk, row.fence) is not None:
                return
            for fresh in resources.by_pks(connection, [row.pk]):
                # Added even if it is there already: two states are never taken for settled.
                states = [*load_states(fresh.observed), wanted_object(self.target, row)]
                columns: dict[str, object] = {"observed": dump_states(states)}
                if fresh.native_id is None:  # whoever comes next searches for what we created
                    columns["attempted_at"] = self.now()
                resources.change(connection, row.pk, **columns)
                self.request_repair(connection, fresh)

    def _change(self, connection: Connection, row: ResourceRow, **columns: object) -> None:
        """Write what was done or is about to be, unless somebody else is at work by now."""
        if not leases.is_held(connection, row.pk, row.fence):
            raise NotYet(
                f"the vendor took so long that another request took over the group {_name(row)}"
            )
        resources.change(connection, row.pk, **columns)

    def _create(self, operation: OperationRow, row: ResourceRow) -> None:
        refusal = self.target.refuses_new_groups
        if refusal is not None:  # which was not known when the bridge was started
            raise VendorRejected(refusal)
        (kind,) = self.target.capabilities.managed_kinds
        wanted = wanted_object(self.target, row)
        found = self._find(kind, wanted.display_name, row)
        # One that appeared after a create was tried is our own, not somebody else's.
        origin = "adopted" if found and row.attempted_at is None else "created"
        entitlement = found or self._create_object(kind, wanted, row)
        bare = ManagedEntitlement(wanted.display_name)
        with self.directory.write() as connection:
            self._change(
                connection,
                row,
                native_id=str(entitlement),
                observed=dump_states([bare]),
                origin=origin,
                attempted_at=None,
            )
            keys = entitlement_keys(frozenset({entitlement}))
            regrant(connection, self.target.name, row.pk, keys, operation=operation.pk)
            (fresh,) = resources.by_pks(connection, [row.pk])
        if wanted != bare:
            self._update(fresh)

    def _find(self, kind: str, name: str, row: ResourceRow) -> Entitlement | None:
        found = self.target.connector.find_entitlement(kind, name)
        if found is None:
            return None
        rival = self._group_of(found)
        if rival is not None:
            raise VendorConflict(
                f"{found}, which is called {name} at {self.target.name}, already belongs to the "
                f"group {rival.scim_id}"
            )
        return found

    def _group_of(self, entitlement: Entitlement) -> ResourceRow | None:
        with self.directory.read() as connection:
            name, native_id = self.target.name, str(entitlement)
            return resources.find_by_native_id(connection, name, "Group", native_id)

    def _create_object(
        self, kind: str, wanted: ManagedEntitlement, row: ResourceRow
    ) -> Entitlement:
        with self.directory.write() as connection:
            self._change(connection, row, attempted_at=self.now())
        try:
            return self.target.connector.create_entitlement(kind, wanted)
        except OutcomeUnknown:
            raise
        except VendorError as error:
            with self.directory.write() as connection:
                self._change(connection, row, attempted_at=row.attempted_at)
            if row.attempted_at is None or not isinstance(error, VendorConflict):
                raise
            # The create that was attempted before was only late.
            found = self._find(kind, wanted.display_name, row)
            if found is None:
                raise
            return found

    def _update(self, row: ResourceRow) -> None:
        before, after = load_states(row.observed), wanted_object(self.target, row)
        attempted = before if after in before else [*before, after]
        with self.directory.write() as connection:
            self._change(connection, row, observed=dump_states(attempted))
        entitlement = parse_entitlement(str(row.native_id))
        self.target.connector.update_entitlement(entitlement, attempted, after)
        with self.directory.write() as connection:
            self._change(connection, row, observed=dump_states([after]))

    def _delete(self, row: ResourceRow) -> None:
        """Delete the object; one that a refused POST merely found is left as it was found."""
        if row.native_id is None:
            self._delete_attempted(row)
            return
        entitlement = parse_entitlement(row.native_id)
        if row.confirmed is not None or row.origin == "created":
            self.target.connector.delete_entitlement(entitlement)
        else:
            states = load_states(row.observed)
            bare = ManagedEntitlement(states[0].display_name)
            self.target.connector.update_entitlement(entitlement, states, bare)
        with self.directory.write() as connection:
            self._change(connection, row, native_id=None, observed=None)

    def _delete_attempted(self, row: ResourceRow) -> None:
        """Delete what a create has left of which nothing was heard, unless a group has it now."""
        for kind in sorted(self.target.capabilities.managed_kinds):
            found = self.target.connector.find_entitlement(kind, _name(row))
            if found is not None and self._group_of(found) is None:
                self.target.connector.delete_entitlement(found)
        with self.directory.write() as connection:
            self._change(connection, row, attempted_at=None)


def _name(row: ResourceRow) -> str:
    return str(parse_document(row.desired)["displayName"])
