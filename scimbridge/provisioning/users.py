"""Writing users: the intent is recorded durably, the account converged, and only then answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from scimbridge.directory import journal, resources
from scimbridge.directory.journal import Caller
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import Mutability
from scimbridge.provisioning.claims import require_free, require_not_leaving, taken
from scimbridge.provisioning.correlate import user_key
from scimbridge.provisioning.correlation import with_another_attempt
from scimbridge.provisioning.leaving import leave
from scimbridge.provisioning.mapping import (
    Document,
    is_active,
    keep_inactive,
    take_secrets,
    with_attributes,
)
from scimbridge.provisioning.plan import Disposition
from scimbridge.provisioning.work import dump_document, parse_document
from scimbridge.provisioning.writes import Writes, patched
from scimbridge.scim.messages import merge_put
from scimbridge.scim.operations import Operation


@dataclass(frozen=True, slots=True)
class Users:
    """The users of one target. Documents are valid and normalised (`scimbridge.scim.messages`).

    Every method raises `ScimError`; after `TemporarilyUnavailable` the intent is kept and goes on
    in the background.
    """

    writes: Writes

    def create(self, document: Document, caller: Caller) -> str:
        """Create the user, adopting an account that exists; returns the id. Raises `Uniqueness`."""
        document, secrets = take_secrets(document, self.writes.target.user_type)
        self.writes.require_catalogue(document)
        key = user_key(document["userName"])
        self.writes.target.guard.check_account(document["userName"])
        if not is_active(document) and self.writes.target.config.removal_budget:
            self.writes.see_account(document["userName"])
        while (intent := self._intend_creation(document, key, caller)) is None:
            self.writes.claims.await_rivals(self.writes.target.name, "User", key)
        pk, operation = intent
        self.writes.operations.see_through(operation, secrets={pk: secrets})
        return str(self.writes.reread(pk).scim_id)

    def _intend_creation(
        self, document: Document, key: str, caller: Caller
    ) -> tuple[int, int] | None:
        """Primary keys of the user and of the operation; None if another request was faster."""
        with self.writes.pauses.intent(caller) as connection:
            row = resources.find_by_any_key(connection, self.writes.target.name, "User", key)
            if row is None:
                row = self._insert(connection, document, key)
            elif self.writes.claims.is_being_created(connection, row):
                return None
            else:
                require_free(row)
                document = self._with_account(connection, row, document)
                # What the vendor holds may have changed since it was looked at.
                with self.writes.removals.counted(connection, [row.pk]):
                    row = self._want(connection, row, document, dirty=row.dirty + 1)
            operation = self.writes.record(
                connection,
                caller,
                row,
                kind="create",
                generation=row.generation,
                detail={"userName": document["userName"]},
            )
        return row.pk, operation.pk

    def replace(
        self,
        scim_id: str,
        document: Document,
        caller: Caller,
        if_match: Collection[str] | None = None,
    ) -> None:
        """PUT (RFC 7644 section 3.5.1): ``document`` takes the place of the one before."""
        user_type = self.writes.target.user_type
        _, secrets = take_secrets(document, user_type)

        def change(current: Document) -> Document:
            return merge_put(current, document, user_type)

        self._change(scim_id, change, caller, "replace", if_match, sent=secrets)

    def patch(
        self,
        scim_id: str,
        operations: Sequence[Operation],
        caller: Caller,
        if_match: Collection[str] | None = None,
    ) -> None:
        """PATCH (RFC 7644 section 3.5.2): all operations or none."""
        target = self.writes.target

        def change(current: Document) -> Document:
            return patched(operations, current, scim_id, target.user_type, target.dialect)

        self._change(scim_id, change, caller, "patch", if_match)

    def delete(self, scim_id: str, caller: Caller, if_match: Collection[str] | None = None) -> None:
        """DELETE: returns once the account, or all of its access, is gone."""
        with self.writes.pauses.intent(caller) as connection:
            row = self.writes.get_for_deletion(connection, "User", scim_id, if_match)
            user_name = parse_document(row.desired)["userName"]
            self.writes.target.guard.check_account(user_name)
            generation = row.generation + 1
            with self.writes.removals.counted(connection, [row.pk]):
                resources.change(
                    connection, row.pk, disposition=Disposition.DELETED.value, generation=generation
                )
            operation = self.writes.record(
                connection,
                caller,
                row,
                kind="delete",
                generation=generation,
                removal=True,
                detail={"userName": user_name},
            )
        self.writes.operations.see_through(operation.pk)

    def _change(
        self,
        scim_id: str,
        change: Callable[[Document], Document],
        caller: Caller,
        kind: str,
        if_match: Collection[str] | None,
        sent: Mapping[str, str] | None = None,
    ) -> None:
        """``sent`` are secrets that ``change`` leaves out."""
        with self.writes.pauses.intent(caller) as connection:
            row = self.writes.get_for_write(connection, "User", scim_id, if_match)
            before = parse_document(row.desired)
            after, secrets = take_secrets(change(before), self.writes.target.user_type)
            secrets |= sent or {}
            after = keep_inactive(before, after)
            # A PUT repeats what its sender once read; a PATCH names what it wants.
            insists = kind == "patch" and self._names_volatile(before, change)
            unchanged = after == before and row.settled and not secrets
            again = unchanged and not is_active(after)
            if unchanged and not insists and not again:
                if not row.claimed:
                    resources.change(connection, row.pk, claimed=1)
                return
            self._check_change(connection, row, before, after)
            # Who is deactivated once more is looked at: somebody may have let her in by hand.
            doubt = insists or again
            with self.writes.removals.counted(connection, _losing(row, before, after)):
                wanted = self._want(connection, row, after, claimed=1, dirty=row.dirty + doubt)
            removal = not is_active(after) and (again or is_active(before))
            operation = self.writes.record(
                connection,
                caller,
                wanted,
                kind="deactivate" if removal else kind,
                generation=wanted.generation,
                removal=removal,
                detail={"changed": changed_names(before, after)},
            )
            if row.settled and not secrets:
                self.writes.outcomes.confirm_at_once(connection, row.pk)
        self.writes.operations.see_through(operation.pk, secrets={row.pk: secrets})
        self.writes.reread(row.pk)

    def _names_volatile(self, before: Document, change: Callable[[Document], Document]) -> bool:
        """Whether a change names what the vendor may have changed since it was looked at."""
        urn = self.writes.target.extension or ""
        known = before.get(urn) or {}
        volatile = self.writes.target.capabilities.volatile_attributes & known.keys()
        if not volatile:
            return False
        silent = {name: value for name, value in known.items() if name not in volatile}
        named = change(before | {urn: silent}).get(urn) or {}
        return bool(volatile & named.keys())

    def _check_change(
        self, connection: Connection, row: ResourceRow, before: Document, after: Document
    ) -> None:
        target = self.writes.target
        target.guard.check_account(before["userName"])
        key = user_key(after["userName"])
        if key == row.desired_key:
            return
        target.guard.check_account(after["userName"])
        rival = resources.find_by_any_key(connection, target.name, "User", key)
        if rival is not None and rival.pk != row.pk:
            require_not_leaving(rival)
            raise taken("User", key)
        if not target.policy.capabilities.can_rename_accounts and target.config.rename == "refuse":
            raise Mutability(
                f"userName cannot change from {before['userName']} to {after['userName']}: "
                f'logins are immutable at {target.name}. Set rename = "recreate" in the '
                "bridge's configuration to have the account re-created with the same access"
            )

    def _with_account(
        self, connection: Connection, row: ResourceRow, document: Document
    ) -> Document:
        """``document`` with what the vendor showed of the account that an earlier POST bound."""
        urn = self.writes.target.extension
        shown = parse_document(row.desired).get(urn or "")
        if urn is None or not shown or row.native_id is None:
            return document
        if journal.last_creation(connection, row.pk) is None:
            return document
        return with_attributes(document, shown, urn, self.writes.target.user_type)

    def _want(
        self, connection: Connection, row: ResourceRow, document: Document, **columns: Any
    ) -> ResourceRow:
        """Make ``document`` the desired one, retiring the account if the login changes."""
        key = user_key(document["userName"])
        leaves = key != row.desired_key and not self.writes.target.capabilities.can_rename_accounts
        if leaves:
            columns |= self._without_account(row)
        resources.change(
            connection,
            row.pk,
            desired=dump_document(document),
            desired_key=key,
            generation=row.generation + 1,
            **columns,
        )
        if leaves and row.native_id is not None:
            leave(self.writes.outcomes, connection, row)
        (wanted,) = resources.by_pks(connection, [row.pk])
        return wanted

    def _without_account(self, row: ResourceRow) -> dict[str, object]:
        """What the directory has of a person whose new login takes another account."""
        if row.native_id is not None:
            # Whoever is at work is so at the former account: none of that is true of the new one.
            dirty = row.dirty + 1
            return {"native_id": None, "observed": None, "origin": None, "dirty": dirty}
        if self.writes.target.capabilities.can_create_accounts:
            return {}
        # Whoever had none may have come by an account since the vendor was looked at.
        login = parse_document(row.desired)["userName"]
        return with_another_attempt(row, login, now=self.writes.now())

    def _insert(self, connection: Connection, document: Document, key: str) -> ResourceRow:
        now = self.writes.now()
        pk = resources.create(
            connection,
            target=self.writes.target.name,
            resource_type="User",
            desired_key=key,
            desired=dump_document(document),
            created=now,
            last_modified=now,
        )
        (row,) = resources.by_pks(connection, [pk])
        return row


def _losing(row: ResourceRow, before: Document, after: Document) -> list[int]:
    """The user, if the change may take access away: of most changes that is seen at a glance."""
    named = ("roles", "entitlements")
    same = all(before.get(name) == after.get(name) for name in named)
    return [] if same and is_active(after) else [row.pk]


def changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The top-level attributes that differ, for the audit log: names, never values."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
