"""Writing groups. A group is a bundle of entitlements; its members' accounts are what converges.

Members are rows, never a document: a change costs what changes, not what the group holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from scimbridge.connectors.deadline import deadline
from scimbridge.directory import memberships, resources
from scimbridge.directory.grants import Key
from scimbridge.directory.journal import Caller, OperationRow
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import Forbidden, Mutability
from scimbridge.provisioning.claims import require_free, taken
from scimbridge.provisioning.correlate import group_key, random_id
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.entitlements import parse_entitlement
from scimbridge.provisioning.group_rules import (
    check_limits,
    check_object,
    check_protected,
    require_mapping,
)
from scimbridge.provisioning.mapping import Document
from scimbridge.provisioning.plan import Disposition
from scimbridge.provisioning.regranting import regrant, unsettle
from scimbridge.provisioning.users import changed_names
from scimbridge.provisioning.vendor_groups import is_managed, lessened, takes_away
from scimbridge.provisioning.work import dump_document, parse_document
from scimbridge.provisioning.writes import Writes, patched
from scimbridge.scim.members import Member, MemberChange, members_of, split_members
from scimbridge.scim.messages import merge_put
from scimbridge.scim.operations import Operation


@dataclass(frozen=True, slots=True)
class _Joining:
    """A change of membership: who joins or leaves, and who is called otherwise from now on."""

    wanted: Mapping[str, bool]
    named: Collection[str] = ()
    """Whom the request is about, whether or not that changes anything."""
    displays: Mapping[str, str | None] = field(default_factory=dict)
    renamed: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one target. Documents are valid and normalised (`scimbridge.scim.messages`).

    Every method raises `ScimError`; after `TemporarilyUnavailable` the intent is kept and goes on
    in the background.
    """

    writes: Writes

    def create(self, document: Document, caller: Caller) -> str:
        """Create the group, or link the vendor's entitlement of the same name; returns its id."""
        target = self.writes.target
        members = members_of(document)
        name = document["displayName"]
        key = group_key(name)
        while True:
            self.writes.claims.await_rivals(target.name, "Group", key)
            with self.writes.pauses.intent(caller) as connection:
                row = resources.find_by_any_key(connection, target.name, "Group", key)
                if row is not None and self.writes.claims.is_being_created(connection, row):
                    continue
                if row is not None and (target.config.unique_group_names or not row.claimed):
                    require_free(row)
                else:
                    row = self._insert(connection, document, key)
                require_mapping(self.writes.target, row, name)
                change = MemberChange(replace=True, add=members)
                wanted = self._with_object(row, without_members(document))
                intent = self._want(connection, row, wanted, change, caller)
            self._finish(row, intent)
            return str(row.scim_id)

    def replace(
        self,
        scim_id: str,
        document: Document,
        caller: Caller,
        if_match: Collection[str] | None = None,
    ) -> None:
        """PUT (RFC 7644 section 3.5.1): ``document`` takes the place of the one before."""
        with self.writes.pauses.intent(caller) as connection:
            row = self.writes.get_for_write(connection, "Group", scim_id, if_match)
            group_type = self.writes.target.group_type
            after = merge_put(parse_document(row.desired), without_members(document), group_type)
            after = self._with_object(row, after)
            change = MemberChange(replace=True, add=members_of(document))
            intent = self._want(connection, row, after, change, caller, kind="replace")
        self._finish(row, intent)

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None = None,
    ) -> None:
        """PATCH (RFC 7644 section 3.5.2): all operations or none."""
        target = self.writes.target
        rest, change = split_members(operations, target.group_type)
        with self.writes.pauses.intent(caller) as connection:
            row = self.writes.get_for_write(connection, "Group", scim_id, if_match)
            before = parse_document(row.desired)
            after = (
                patched(rest, before, scim_id, target.group_type, target.dialect)
                if rest
                else before
            )
            intent = self._want(connection, row, after, change, caller, kind="patch")
        self._finish(row, intent)

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None = None) -> None:
        """DELETE: returns once nobody has anything through the group any more."""
        with self.writes.pauses.intent(caller) as connection:
            row = self.writes.get_for_deletion(connection, "Group", scim_id, if_match)
            if row.native_id is not None and not is_managed(self.writes.target, row):
                raise Forbidden(
                    f"{row.display} is {row.native_id} of the vendor itself and cannot be deleted "
                    "through SCIM; remove its members instead"
                )
            if row.native_id is not None:
                self.writes.target.guard.check(parse_entitlement(row.native_id), "delete")
            row = self._change(
                connection,
                row,
                disposition=Disposition.DELETED.value,
                generation=row.generation + 1,
            )
            operation = self.writes.record(
                connection, caller, row, kind="delete", generation=row.generation, removal=True
            )
            leaving = _Joining(dict.fromkeys(memberships.wanted(connection, row.pk), False))
            name = parse_document(row.desired)["displayName"]
            granted = memberships.granted_by(connection, row.pk)
            losing = self._losing(connection, row, name, leaving, granted)
            with self.writes.removals.counted(connection, losing):
                self._change_members(connection, row, leaving, operation.pk, granted)
            over = self._confirm_at_once(connection, operation, row)
        if not over:
            self.writes.operations.see_through(operation.pk)

    # --- the intent ------------------------------------------------------------------------

    def _want(
        self,
        connection: Connection,
        row: ResourceRow,
        after: Document,
        change: MemberChange,
        caller: Caller,
        kind: str = "create",
    ) -> list[int]:
        """Record what is wanted; returns the operations to wait for, oldest first.

        These are the request's own, unless that is over, and those of earlier requests for the
        same members: a repeated request must not be answered before the first is done.
        """
        before = parse_document(row.desired)
        joining = self._member_changes(connection, row, change)
        members = joining.wanted
        if joining.renamed and memberships.rename(connection, row.pk, joining.renamed):
            row = self._change(connection, row, revision=row.revision + 1)
        renamed = after["displayName"] != before["displayName"]
        new = row.confirmed is None
        if after == before and not members and row.settled and not new and row.claimed:
            return sorted(memberships.operations_on(connection, row.pk, joining.named))
        itself = new or after != before
        if itself:
            self._check_change(connection, row, before, after)
            check_object(self.writes.target, row, before, after)
            check_protected(self.writes.target, row, before, after)
        row = self._change(
            connection,
            row,
            desired=row.desired if after == before else dump_document(after),
            desired_key=self._unique_key(after),
            generation=row.generation + itself,
            # A POST claims the group once it is answered; every other write does so now.
            claimed=row.claimed if kind == "create" else 1,
        )
        removal = bool(members) and not any(members.values()) and after == before
        removal |= itself and not new and self._takes_away(row, before, after)
        operation = self.writes.record(
            connection,
            caller,
            row,
            kind=kind,
            generation=row.generation,
            removal=removal,
            detail={
                "changed": changed_names(before, after),
                "added": sum(members.values()),
                "removed": len(members) - sum(members.values()),
            },
        )
        granted = memberships.granted_by(connection, row.pk)
        losing = self._losing(connection, row, after["displayName"], joining, granted)
        given_less = lessened(self.writes.target, row, before, after)
        with self.writes.removals.counted(connection, losing, given_less):
            if new or renamed:
                granted = self._remap(connection, row, after["displayName"], granted, operation.pk)
            self._change_members(connection, row, joining, operation.pk, granted)
        if new or renamed or any(members.values()):
            check_limits(connection, self.writes.target, row, granted)
        # Who joins or leaves by this request waits for it alone.
        others = set(joining.named) - members.keys()
        waiting = memberships.operations_on(connection, row.pk, others)
        if not self._confirm_at_once(connection, operation, row):
            waiting.add(operation.pk)
        return sorted(waiting)

    def _member_changes(
        self, connection: Connection, row: ResourceRow, change: MemberChange
    ) -> _Joining:
        """What ``change`` means for the members that there are; real changes only."""
        if change.replace or change.needs_members:
            current = {
                member.member_id: Member(member.member_id, member.resource_type, member.display)
                for member in memberships.wanted_members(connection, row.pk)
            }
            after = change.apply(current)
            held, named = set(current), set(after)
            gone, joining = held - named, {name: after[name] for name in named - held}
            staying = {name: after[name] for name in named & held}
            about: Collection[str] = memberships.unfinished(connection, row.pk)
        else:
            about = {*change.add, *change.remove}
            held = memberships.wanted_among(connection, row.pk, about)
            gone = set(change.remove) & held
            joining = {name: change.add[name] for name in change.add.keys() - held}
            staying = {name: change.add[name] for name in change.renewed & held}
        return _Joining(
            wanted=dict.fromkeys(gone, False) | dict.fromkeys(joining, True),
            named=about,
            displays={name: member.display for name, member in joining.items()},
            renamed={name: each.display for name, each in staying.items() if each.display},
        )

    def _change(self, connection: Connection, row: ResourceRow, **columns: Any) -> ResourceRow:
        """``row`` with these columns; those that differ are written."""
        new = {name: each for name, each in columns.items() if getattr(row, name) != each}
        if not new:
            return row
        resources.change(connection, row.pk, **new)
        return replace(row, **new)

    def _change_members(
        self,
        connection: Connection,
        row: ResourceRow,
        change: _Joining,
        operation: int,
        granted: Collection[Key],
    ) -> None:
        if not change.wanted:
            return
        generations: dict[str, int] = {}
        if granted:
            generations = unsettle(connection, self.writes.target.name, change.wanted)
        memberships.want(
            connection,
            row.pk,
            change.wanted,
            operation_pk=operation,
            generations=generations,
            displays=change.displays,
        )

    def _losing(
        self,
        connection: Connection,
        row: ResourceRow,
        name: str,
        change: _Joining,
        granted: set[Key],
    ) -> list[int]:
        """The users who may lose access: who leaves, or everybody if ``name`` grants less than
        is ``granted``.
        """
        leaving = {member for member, wanted in change.wanted.items() if granted and not wanted}
        kept = self.writes.target.mapping.granted_by(name, row.native_id)
        if granted - set(entitlement_keys(kept)):
            leaving |= memberships.wanted(connection, row.pk)
        found = resources.by_ids(connection, self.writes.target.name, leaving)
        return [each.pk for each in found.values() if each.resource_type == "User"]

    def _takes_away(self, row: ResourceRow, before: Document, after: Document) -> bool:
        """Whether the members lose something: by a name that grants less, or by the attributes."""
        granted_by = self.writes.target.mapping.granted_by
        had, has = (granted_by(each["displayName"], row.native_id) for each in (before, after))
        return bool(had - has) or takes_away(self.writes.target, before, after)

    def _remap(
        self,
        connection: Connection,
        row: ResourceRow,
        name: str,
        granted: set[Key],
        operation: int,
    ) -> set[Key]:
        """Record what the group's name stands for, and return it.

        If that is something else than was ``granted``, all members are affected.
        """
        keys = entitlement_keys(self.writes.target.mapping.granted_by(name, row.native_id))
        if set(keys) != granted:
            regrant(connection, self.writes.target.name, row.pk, keys, operation=operation)
        return set(keys)

    def _confirm_at_once(
        self, connection: Connection, operation: OperationRow, row: ResourceRow
    ) -> bool:
        """A change that affects no account is over in the transaction of its intent."""
        return self.writes.outcomes.finish_group_in(connection, operation, row)

    def _finish(self, row: ResourceRow, intent: Sequence[int]) -> None:
        if not intent:
            return
        with deadline(self.writes.operations.deadline_s):
            for operation in intent:
                self.writes.operations.see_through(operation)
        self.writes.reread(row.pk)

    # --- rules -----------------------------------------------------------------------------

    def _check_change(
        self, connection: Connection, row: ResourceRow, before: Document, after: Document
    ) -> None:
        name, key = after["displayName"], group_key(after["displayName"])
        if key == group_key(before["displayName"]):
            return
        if row.native_id is not None and not is_managed(self.writes.target, row):
            raise Mutability(
                f"{before['displayName']} is {row.native_id} of the vendor itself and cannot be "
                f"renamed to {name} through SCIM"
            )
        if self.writes.target.config.unique_group_names:
            rival = resources.find_by_any_key(connection, self.writes.target.name, "Group", key)
            if rival is not None and rival.pk != row.pk:
                raise taken("Group", name)
        require_mapping(self.writes.target, row, name)

    def _with_object(self, row: ResourceRow, document: Document) -> Document:
        """``document`` with the vendor's own attributes as they are, if it says nothing of them.

        IdPs that do not know an extension leave it out of every POST and PUT (RFC 7644 section
        3.5.1 leaves open what that means), and must not wipe what the vendor shows.
        """
        target, before = self.writes.target, parse_document(row.desired)
        urn = target.group_extension
        if urn is None or urn in document or urn not in before:
            return document
        kept = document | {urn: before[urn]}
        return kept | {"schemas": target.group_type.schemas_of(kept)}

    def _unique_key(self, document: Document) -> str | None:
        if not self.writes.target.config.unique_group_names:
            return None
        return group_key(document["displayName"])

    def _insert(self, connection: Connection, document: Document, key: str) -> ResourceRow:
        now = self.writes.now()
        pk = resources.create(
            connection,
            target=self.writes.target.name,
            resource_type="Group",
            scim_id=random_id(),
            desired_key=key if self.writes.target.config.unique_group_names else None,
            desired=dump_document(without_members(document)),
            generation=0,
            created=now,
            last_modified=now,
        )
        (row,) = resources.by_pks(connection, [pk])
        return row


def without_members(document: Mapping[str, Any]) -> Document:
    """A Group document as the directory stores it."""
    return {name: value for name, value in document.items() if name != "members"}
