"""Looking at the vendor: accounts and entitlements that exist there become visible resources."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from scimbridge.connectors.interface import (
    Account,
    Entitlement,
    EntitlementDetails,
    ManagedEntitlement,
)
from scimbridge.directory import grants, journal, leases, memberships, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.resources import ResourceRow
from scimbridge.directory.schema import targets
from scimbridge.errors import Forbidden
from scimbridge.provisioning.correlate import derived_id, group_key, user_key
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.entitlements import entitlement_id
from scimbridge.provisioning.mapping import display_of, from_account, is_active
from scimbridge.provisioning.outcome import BRIDGE, Outcomes
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.progress import OnProgress, unseen
from scimbridge.provisioning.regranting import regrant
from scimbridge.provisioning.removals import Removals
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.vendor_groups import dump_states
from scimbridge.provisioning.work import dump_account, dump_document, parse_document

logger = logging.getLogger(__name__)

LEASE_S = 900
"""How long one observation of a whole tenant may take before another one may start."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Brings what exists at one target's vendor into the directory. Changes nothing there."""

    target: Target
    directory: Directory
    outcomes: Outcomes
    removals: Removals
    pauses: Pauses
    owner: str
    now: Callable[[], int]

    def link(self, user_name: str) -> bool:
        """Make the account with this login a visible user; False if there is none or it is known.

        Raises `VendorError`.
        """
        account = self.target.connector.find_account(user_name)
        if account is None:
            return False
        with self.directory.write() as connection:
            return self._link(connection, account)

    def observe(self, on_progress: OnProgress = unseen) -> bool:
        """Read the whole catalogue and all accounts; False if another process is at it.

        ``on_progress`` is told how many accounts were read. Raises `VendorError`.
        """
        name, now = self.target.name, self.now()
        until = now + LEASE_S * 1000
        with self.directory.write() as connection:
            taken = leases.take_target(connection, name, owner=self.owner, now=now, until=until)
        if not taken:
            return False
        done = None
        try:
            self.refresh_catalogue()
            for number, account in enumerate(self.target.connector.accounts(), 1):
                on_progress(number, None)
                if self._is_ghost(account, since=now):
                    continue
                with self.directory.write() as connection:
                    self._link(connection, account)
            done = now
        finally:
            with self.directory.write() as connection:
                leases.give_back_target(
                    connection, name, owner=self.owner, until=until, observed_at=done
                )
        return True

    def _is_ghost(self, account: Account, *, since: int) -> bool:
        """Whether the account, which a page of a list shows, was deleted since that was read."""
        name, native_id = self.target.name, str(account.native_id)
        with self.directory.read() as connection:
            if resources.find_by_native_id(connection, name, "User", native_id) is not None:
                return False
            if not journal.deleted_since(connection, name, since):
                return False
        return self.target.connector.read_account(native_id) is None

    def is_due(self) -> bool:
        """Whether the last complete observation is older than ``observe_every_s``."""
        with self.directory.read() as connection:
            last = connection.execute(
                select(targets.c.observed_at).where(targets.c.name == self.target.name)
            ).scalar_one()
        return last is None or self.now() - last >= self.target.config.observe_every_s * 1000

    def register(self) -> None:
        """Have a row for the target, and its groups stand for what the configuration says now.

        A mapping whose change is beyond the removal budget stays as it was, until the next start:
        a misspelt name must not empty a group, and the bridge has to come up all the same.
        """
        with self.directory.write() as connection:
            known = connection.execute(
                select(targets.c.name).where(targets.c.name == self.target.name)
            ).first()
            if known is None:
                connection.execute(
                    insert(targets).values(name=self.target.name, reconciled_at=self.now())
                )
        try:
            with self.pauses.intent(BRIDGE) as connection:
                self._remap(connection)
        except Forbidden as error:
            logger.error(
                "the changed groups of %s in the configuration are not in force, and what groups "
                "grant there stays as it was: %s. The change is tried again at the next start; "
                "correct [targets.%s.groups] first if it is not meant",
                self.target.name,
                error.detail,
                self.target.name,
            )

    def _remap(self, connection: Connection) -> None:
        """All changed groups at once: a role may have moved from one to another."""
        target, changed = self.target.name, []
        members: set[str] = set()
        for row in list(resources.visible(connection, target, "Group")):
            name = parse_document(row.desired)["displayName"]
            keys = entitlement_keys(self.target.mapping.granted_by(name, row.native_id))
            if set(keys) != memberships.granted_by(connection, row.pk):
                changed.append((row, keys))
                members |= memberships.wanted(connection, row.pk)
        found = resources.by_ids(connection, target, members).values()
        users = [each.pk for each in found if each.resource_type == "User"]
        with self.removals.counted(connection, users):
            for row, keys in changed:
                operation = self.outcomes.record(
                    connection,
                    BRIDGE,
                    resource_pk=row.pk,
                    resource_type="Group",
                    kind="remap",
                    generation=row.generation,
                    removal=True,
                )
                regrant(connection, target, row.pk, keys, operation=operation)

    def refresh_catalogue(self) -> None:
        """Read the vendor's entitlements, and show each as a group of its own."""
        self.target.connector.find_out()
        self.target.connector.prepare()
        found = list(self.target.connector.entitlements())
        attributes = self._attributes_of_new(found)
        with self.directory.write() as connection:
            grants.replace_catalogue(
                connection,
                self.target.name,
                {
                    (item.entitlement.kind, item.entitlement.native_id): (
                        item.display_name,
                        item.description,
                        item.assignable,
                    )
                    for item in found
                },
            )
            self._show_groups(connection, found, attributes)

    def _attributes_of_new(
        self, found: Iterable[EntitlementDetails]
    ) -> Mapping[Entitlement, Mapping[str, Any]]:
        """What the vendor says of its objects that are about to be shown for the first time."""
        managed = self.target.policy.capabilities.managed_kinds
        listed = [item.entitlement for item in found if item.entitlement.kind in managed]
        with self.directory.read() as connection:
            new = [each for each in listed if self._group_of(connection, each) is None]
        return self.target.connector.entitlement_attributes(new) if new else {}

    def _group_of(self, connection: Connection, entitlement: Entitlement) -> ResourceRow | None:
        name, native_id = self.target.name, str(entitlement)
        return resources.find_by_native_id(connection, name, "Group", native_id)

    def _link(self, connection: Connection, account: Account) -> bool:
        assert account.native_id is not None  # noqa: S101 - an account that was read has one
        name, key = self.target.name, user_key(account.user_name)
        bound = resources.find_by_native_id(connection, name, "User", account.native_id)
        if bound is not None:
            self._refresh(connection, bound, account)
            return False
        if grants.retiree(connection, name, account.native_id) is not None:
            return False  # about to be deleted
        known = resources.find_by_any_key(connection, name, "User", key)
        if known is not None:
            if known.native_id is None and known.settled:
                if self._ends_on_sight(known):
                    resources.change(connection, known.pk, native_id=account.native_id)
                # The account that the person was waiting for, or one re-created by hand.
                self.outcomes.request_repair(connection, known, kind="first sign-in")
            return False
        document = from_account(account, extension=self.target.extension)
        text = dump_document(document)
        created = _milliseconds(account, self.now())
        resources.create(
            connection,
            target=name,
            resource_type="User",
            scim_id=derived_id(name, "User", account.native_id),
            desired_key=key,
            confirmed_key=key,
            desired=text,
            confirmed=text,
            confirmed_generation=1,
            origin="adopted",
            native_id=account.native_id,
            observed=dump_account(account),
            display=display_of(document),
            created=created,
            last_modified=created,
        )
        return True

    def _refresh(self, connection: Connection, row: ResourceRow, account: Account) -> None:
        """Show a user whom nobody has written yet as the vendor shows the account now.

        Otherwise a later write would be planned from what the account was when it was first seen.
        What was written is what is desired, though the IdP may not have been answered.
        """
        observed = dump_account(account)
        written = row.claimed or row.converged_at or not row.settled
        if written or row.observed == observed:
            return
        document = from_account(account, extension=self.target.extension)
        key = user_key(account.user_name)
        rival = resources.find_by_any_key(connection, self.target.name, "User", key)
        if rival is not None and rival.pk != row.pk:
            return  # the login changed hands; it is free for this one once the other is renamed
        text = dump_document(document)
        resources.change(
            connection,
            row.pk,
            desired=text,
            confirmed=text,
            desired_key=key,
            confirmed_key=key,
            observed=observed,
            display=display_of(document),
            revision=row.revision + 1,
            last_modified=self.now(),
        )

    def _ends_on_sight(self, row: ResourceRow) -> bool:
        """Whether the person was deactivated by deletion, and is to have no account at all."""
        deletes = self.target.policy.capabilities.can_delete_accounts
        inactive = not is_active(parse_document(row.desired))
        return inactive and deletes and self.target.policy.deactivate == "delete"

    def _show_groups(
        self,
        connection: Connection,
        found: Iterable[EntitlementDetails],
        attributes: Mapping[Entitlement, Mapping[str, Any]],
    ) -> None:
        name, extension = self.target.name, self.target.group_extension
        for item in found:
            native_id = str(item.entitlement)
            if self._group_of(connection, item.entitlement) is not None or not item.assignable:
                continue
            display = self._free_name(connection, item)
            document: dict[str, Any] = {"displayName": display}
            shown = attributes.get(item.entitlement, {})
            if extension and shown:
                document[extension] = dict(shown)
            document["schemas"] = self.target.group_type.schemas_of(document)
            text = dump_document(document)
            key = group_key(display)
            pk = resources.create(
                connection,
                target=name,
                resource_type="Group",
                scim_id=entitlement_id(name, item.entitlement.kind, item.entitlement.native_id),
                desired_key=key,
                confirmed_key=key,
                desired=text,
                confirmed=text,
                confirmed_generation=1,
                origin="adopted",
                native_id=native_id,
                observed=dump_states([ManagedEntitlement(display, shown)]),
                display=display,
                created=self.now(),
                last_modified=self.now(),
            )
            granted = self.target.mapping.granted_by(display, native_id)
            memberships.set_granted_by(connection, pk, entitlement_keys(granted))

    def _free_name(self, connection: Connection, item: EntitlementDetails) -> str:
        """The entitlement's name, told apart if a group of that name exists already."""
        rival = resources.find_by_any_key(
            connection, self.target.name, "Group", group_key(item.display_name)
        )
        if rival is None:
            return item.display_name
        return f"{item.display_name} ({item.entitlement})"


def _milliseconds(account: Account, default: int) -> int:
    return default if account.created is None else round(account.created.timestamp() * 1000)
