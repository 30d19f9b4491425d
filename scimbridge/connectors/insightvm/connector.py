"""The InsightVM connector: the users of one Security Console, their roles and their access."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from scimbridge.connectors.breaker import Breaker
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.access import AccessLists
from scimbridge.connectors.insightvm.catalogue import Catalogue
from scimbridge.connectors.insightvm.client import InsightVMClient
from scimbridge.connectors.insightvm.creation import Creation
from scimbridge.connectors.insightvm.custom_roles import CustomRoles
from scimbridge.connectors.insightvm.grants import GrantActions
from scimbridge.connectors.insightvm.mapping import (
    ASSET_GROUP,
    LISTS,
    PRIVILEGE,
    ROLE,
    SITE,
    Edit,
    cannot_lock,
    checked_entitlement_id,
    checked_user_id,
    edited,
    to_account,
    to_edit,
)
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.insightvm.source_records import RECORD_TYPES, SourceRecords
from scimbridge.connectors.insightvm.two_factor import TwoFactor
from scimbridge.connectors.insightvm.user_writes import OpenUser, UserWriter
from scimbridge.connectors.insightvm.users import USER, Users
from scimbridge.connectors.interface import (
    Account,
    Assignment,
    Capabilities,
    Connector,
    Created,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
    Record,
)
from scimbridge.errors import AccessRemains, VendorNotFound, VendorRejected
from scimbridge.scim.filters import Filter

_FIELDS = frozenset({"user_name", "display_name", "email", "attributes"})
_OWN_PASSWORD = "/api/3/users/{id}/password"  # noqa: S105 - a route
_PASSWORD = "password"  # noqa: S105 - the name of a secret
_TWO_FACTOR_KEY = "twoFactorKey"

CAPABILITIES = Capabilities(
    account_attributes=_FIELDS,
    entitlement_kinds=(ROLE, SITE, ASSET_GROUP),
    single_valued_kinds=frozenset({ROLE}),
    # A role that means access to all of them swallows the lists.
    dependent_kinds=frozenset(LISTS),
    volatile_attributes=frozenset({"locked"}),
    can_disable_accounts=True,
    revoke_on_disable=False,
    can_rename_accounts=True,
    takes_passwords=True,
    record_types=dict.fromkeys(RECORD_TYPES, frozenset()),
)


class InsightVMConnector(Connector):
    """See `Connector`. One instance serves one target for the life of the process."""

    def __init__(self, settings: InsightVMSettings, wiring: Wiring) -> None:
        self._settings = settings
        self._target = wiring.target
        self._default_role = wiring.default_role or "user"
        self._client = InsightVMClient(settings, wiring)
        self._users = Users(self._client, wiring.target, wiring.clock)
        self._lists = AccessLists(self._client, wiring.target)
        self._two_factor = TwoFactor(self._client, wiring.target)
        self.catalogue = Catalogue(self._client, wiring.target, wiring.clock)
        """Roles, privileges and authentication sources, for resource types of their own."""
        self._sources = SourceRecords(self.catalogue, self._users)
        self._writer = UserWriter(
            self._client,
            self._users,
            self.catalogue,
            target=wiring.target,
            own_login=settings.username,
            access_by_hand=settings.access_by_hand,
        )
        self._grants = GrantActions(self._writer, self._default_role)
        self._creation = Creation(
            self._client,
            self._users,
            self.catalogue,
            target=wiring.target,
            default_role=self._default_role,
            default_source=settings.authentication_source,
        )
        self._custom_roles = CustomRoles(
            self._client, self.catalogue, settings.roles, wiring.target
        )

    @property
    def capabilities(self) -> Capabilities:
        """See `Connector.capabilities`."""
        return CAPABILITIES

    @property
    def breaker(self) -> Breaker:
        """The target's circuit breaker, for health and metrics."""
        return self._client.breaker

    def close(self) -> None:
        """Close the connections to the vendor."""
        self._client.close()

    # --- observe ---------------------------------------------------------------------------

    def check(self) -> None:
        """See `Connector.check`. Whoever may list users may also change them."""
        self._users.prove_privilege()
        self.catalogue.roles()
        self.catalogue.default_role(self._default_role)
        if self._settings.authentication_source is not None:
            self._creation.check_source(self._settings.authentication_source)

    def accounts(self, where: Filter | None = None) -> Iterator[Account]:
        """See `Connector.accounts`. The console filters nothing, so these are always all."""
        return map(to_account, self._users.all())

    def find_account(self, user_name: str) -> Account | None:
        """See `Connector.find_account`, and `Users.called` for what it costs."""
        user = self._users.called(user_name)
        return None if user is None else to_account(user)

    def read_account(self, native_id: str) -> Account | None:
        """See `Connector.read_account`."""
        user = self._users.find(native_id)
        return None if user is None else to_account(user)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """See `Connector.entitlements`."""
        return self.catalogue.entitlements()

    def grants(self, native_id: str) -> frozenset[HeldGrant]:
        """See `Connector.grants`. Access to all sites or asset groups is not a grant of each."""
        edit = to_edit(self._users.get(native_id))
        held = {Entitlement(ROLE, edit.role_id)} if edit.role_id else set()
        for kind in LISTS:
            if not edit.has_all(kind):
                held |= {Entitlement(kind, each) for each in self._lists.read(kind, native_id)}
        return frozenset(map(HeldGrant, held))

    def holders(self, entitlement: Entitlement) -> Iterator[str]:
        """See `Connector.holders`. Of the kind ``privilege`` as well, which comes with a role."""
        checked_entitlement_id(entitlement)
        if entitlement.kind == ROLE:
            yield from self.catalogue.holders_of_role(entitlement.native_id)
        elif entitlement.kind == PRIVILEGE:
            yield from self.catalogue.holders_of_privilege(entitlement.native_id)
        elif entitlement.kind in LISTS:
            yield from super().holders(entitlement)
        else:
            raise VendorRejected(f"InsightVM has no entitlements of the kind {entitlement.kind!r}")

    def permissions(self, native_id: str) -> frozenset[str]:
        """See `Connector.permissions`: the privileges of the role."""
        return self.catalogue.privileges_of(checked_user_id(native_id))

    # --- act -------------------------------------------------------------------------------

    def prepare(self) -> None:
        """See `Connector.prepare`."""
        self._custom_roles.converge()

    def create_account(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        """See `Connector.create_account`. The role comes with the creation."""
        return self._creation.create(account, entitlements)

    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        """See `Connector.update_account`.

        A password is sent only to accounts whose password the console holds.
        """
        if account.native_id is None:
            raise VendorRejected(f"{account.user_name!r} has no native id to be updated by")
        if not changed & (_FIELDS | {_PASSWORD, _TWO_FACTOR_KEY}):
            return
        native_id = checked_user_id(account.native_id)
        with self._writer.open(native_id) as user:
            before = user.edit
            wanted = self._with_source(
                edited(before, account, changed, user.role), account, changed
            )
            password = account.secrets.get(_PASSWORD) if wanted.source.local else None
            user.put(wanted, password=password)
            if wanted.login != before.login:
                self._users.drop(before.login, native_id)
                self._users.add(wanted.login, native_id)
            if "attributes" in changed:
                _lock(user, account.attributes.get("locked"))
            if _TWO_FACTOR_KEY in account.secrets:
                self._two_factor.set_key(native_id, account.secrets[_TWO_FACTOR_KEY])

    def set_active(self, native_id: str, *, active: bool) -> None:
        """See `Connector.set_active`. Who is enabled is unlocked too."""
        with self._writer.open(checked_user_id(native_id)) as user:
            user.put(replace(user.edit, enabled=active), removal=not active)
            if active:
                _lock(user, False)

    def delete_account(self, native_id: str) -> None:
        """See `Connector.delete_account`."""
        try:
            with self._writer.open(checked_user_id(native_id)) as user:
                self._client.call("DELETE", USER, at={"id": native_id})
                login = user.edit.login
        except VendorNotFound:
            return
        self._users.drop(login, native_id)
        if self._users.find(native_id) is not None:
            raise AccessRemains(
                f"{self._target}: user {login} ({native_id}) was deleted and is still there"
            )

    def grant(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.grant`."""
        self._grants.apply("grant", assignments)

    def revoke(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.revoke`. Whose role is taken has the default role instead."""
        self._grants.apply("revoke", assignments)

    def change_own_password(self, password: str) -> None:
        """See `Connector.change_own_password`. Nobody else's can be set that way."""
        own = self._users.called(self._settings.username)
        if own is None:
            raise VendorNotFound(f"{self._target}: no InsightVM user {self._settings.username}")
        # Repeated with the old password after it has worked, it would count as a wrong one.
        at = {"id": str(own["id"])}
        self._client.call("PUT", _OWN_PASSWORD, at=at, json=password, repeatable=False)

    # --- further resource types ------------------------------------------------------------

    def records(
        self, type: str, where: Filter | None = None, *, owner: str | None = None
    ) -> Iterator[Record]:
        """See `Connector.records`."""
        return self._sources.records(type, owner)

    def read_record(self, type: str, record_id: str, *, owner: str | None = None) -> Record | None:
        """See `Connector.read_record`."""
        return self._sources.read(type, record_id, owner)

    # --- below the contract ----------------------------------------------------------------

    def _with_source(self, edit: Edit, account: Account, changed: frozenset[str]) -> Edit:
        """``edit`` with the authentication source that ``account`` wants.

        Of the console's own two the role decides, so that changing between them is no change.
        """
        name: Any = account.attributes.get("authenticationSource")
        if "attributes" not in changed or not name or name == edit.source.name:
            return edit
        source = self.catalogue.source_called(name)
        if source.local and edit.source.local:
            return edit
        return replace(edit, source=source)


def _lock(user: OpenUser, wanted: Any) -> None:
    locked = user.user.get("locked") is True
    if wanted is False and locked:
        user.unlock()
    if wanted is True and not locked:
        raise cannot_lock(user.edit.login)
