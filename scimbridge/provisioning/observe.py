"""Looking at the vendor: accounts and entitlements that exist there become visible resources."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from scimbridge.provisioning.correlate import group_key
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.entitlements import entitlement_id
from scimbridge.provisioning.linking import Linking, batches
from scimbridge.provisioning.outcome import BRIDGE, Outcomes
from scimbridge.provisioning.pauses import Pauses
from scimbridge.provisioning.progress import OnProgress, unseen
from scimbridge.provisioning.regranting import regrant
from scimbridge.provisioning.removals import Removals
from scimbridge.provisioning.targets import Target
from scimbridge.provisioning.vendor_groups import dump_states
from scimbridge.provisioning.work import dump_document, parse_document

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
    linking: Linking
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
            return self.linking.link(connection, account)

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
            for batch in batches(_told(self.target.connector.accounts(), on_progress)):
                self._take_in(batch, since=now)
            done = now
        finally:
            with self.directory.write() as connection:
                leases.give_back_target(
                    connection, name, owner=self.owner, until=until, observed_at=done
                )
        return True

    def _take_in(self, accounts: Sequence[Account], *, since: int) -> None:
        """Link accounts that pages of a list show; ``since`` is when the first was asked for."""
        with self.directory.write() as connection:
            doubtful: list[Account] = []
            if journal.deleted_since(connection, self.target.name, since):
                doubtful = self.linking.unknown(connection, accounts)
            ids = {each.native_id for each in doubtful}
            certain = [each for each in accounts if each.native_id not in ids]
            self.linking.link_all(connection, certain)
        for account in doubtful:
            # It may have been deleted after the page that shows it was asked for.
            if self.target.connector.read_account(str(account.native_id)) is not None:
                with self.directory.write() as connection:
                    self.linking.link(connection, account)

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
            with self.pauses.bounded(BRIDGE) as connection:
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
                regrant(connection, target, row.pk, keys, operation=operation.pk)

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


def _told(accounts: Iterable[Account], on_progress: OnProgress) -> Iterator[Account]:
    for number, account in enumerate(accounts, 1):
        on_progress(number, None)
        yield account
