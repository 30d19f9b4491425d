"""The Cortex XDR connector: what both generations have in common, and the choice between them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from scimbridge.connectors.breaker import Breaker
from scimbridge.connectors.cortex_xdr.assignments import AccountLocks, Action, apply
from scimbridge.connectors.cortex_xdr.auth import Nonce, fresh_nonce
from scimbridge.connectors.cortex_xdr.client import CortexXdrClient
from scimbridge.connectors.cortex_xdr.iam import IamTenant
from scimbridge.connectors.cortex_xdr.iam_groups import UserGroups
from scimbridge.connectors.cortex_xdr.mapping import (
    USER_GROUP,
    could_be_user,
    normal_id,
    to_account,
)
from scimbridge.connectors.cortex_xdr.rbac import CAPABILITIES as V1_CAPABILITIES
from scimbridge.connectors.cortex_xdr.rbac import READ_ONLY, RbacTenant
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import (
    Account,
    Assignment,
    Capabilities,
    Connector,
    Created,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
    ManagedEntitlement,
)
from scimbridge.errors import VendorNotFound, VendorRejected, VendorUnavailable
from scimbridge.scim.filters import Filter

logger = logging.getLogger(__name__)

Generation = Literal["v1", "iam"]

_UNKNOWN = replace(V1_CAPABILITIES, complete=False)


class CortexXdrConnector(Connector):
    """See `Connector`. One instance serves one target for the life of the process.

    With ``generation = "auto"`` the first call that needs it asks the tenant which routes it has.
    """

    def __init__(
        self, settings: CortexXdrSettings, wiring: Wiring, *, nonce: Nonce = fresh_nonce
    ) -> None:
        self._settings = settings
        self._wiring = wiring
        self._client = CortexXdrClient(settings, wiring, nonce=nonce)
        self._locks = AccountLocks()
        self._choosing = threading.Lock()
        self._chosen = None if settings.generation == "auto" else self._open(settings.generation)

    @property
    def capabilities(self) -> Capabilities:
        """See `Connector.capabilities`."""
        return _UNKNOWN if self._chosen is None else self._chosen.capabilities

    def find_out(self) -> None:
        """See `Connector.find_out`: which generation the tenant is of."""
        self._tenant()

    @property
    def breaker(self) -> Breaker:
        """The target's circuit breaker, for health and metrics."""
        return self._client.breaker

    def close(self) -> None:
        """Close the connections to the vendor."""
        self._client.close()

    # --- observe ---------------------------------------------------------------------------

    def check(self) -> None:
        """See `Connector.check`.

        The right to write is proven by changing a user that cannot exist.
        """
        self._tenant().check()

    def accounts(self, where: Filter | None = None) -> Iterator[Account]:
        """See `Connector.accounts`. The vendor has no filters: all are given."""
        yield from map(to_account, self._tenant().users())

    def find_account(self, user_name: str) -> Account | None:
        """See `Connector.find_account`."""
        return self.read_account(user_name) if could_be_user(user_name) else None

    def read_account(self, native_id: str) -> Account | None:
        """See `Connector.read_account`."""
        user = self._tenant().find_user(normal_id(native_id))
        return None if user is None else to_account(user)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """See `Connector.entitlements`."""
        yield from self._tenant().entitlements()

    def grants(self, native_id: str) -> frozenset[HeldGrant]:
        """See `Connector.grants`."""
        held = self._tenant().grants(normal_id(native_id))
        if held is None:
            raise VendorNotFound(f"{self._wiring.target}: no Cortex XDR user {native_id}")
        return held

    # --- act -------------------------------------------------------------------------------

    def create_account(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        """See `Connector.create_account`: the vendor has no such call."""
        raise VendorRejected(
            f"Cortex XDR has no API to create users; add {account.user_name} in the Customer "
            "Support Portal or let them sign in once through SSO, then try again"
        )

    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        """See `Connector.update_account`."""
        normal_id(account.native_id or "")
        names = changed & self._tenant().capabilities.account_attributes
        if names:
            self._iam("the names of users").update(account, names)

    def set_active(self, native_id: str, *, active: bool) -> None:
        """See `Connector.set_active`."""
        user_id = normal_id(native_id)
        self._iam("the status of users").set_active(user_id, active=active)

    def delete_account(self, native_id: str) -> None:
        """See `Connector.delete_account`: the vendor has no such call."""
        if self.read_account(native_id) is not None:
            raise VendorRejected(
                f"Cortex XDR has no API to delete users; remove {native_id} in the Customer "
                "Support Portal"
            )

    def grant(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.grant`."""
        self._apply("grant", assignments)

    def revoke(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.revoke`."""
        self._apply("revoke", assignments)

    def find_entitlement(self, kind: str, display_name: str) -> Entitlement | None:
        """See `Connector.find_entitlement`."""
        return self._groups(kind).find(display_name)

    def create_entitlement(self, kind: str, wanted: ManagedEntitlement) -> Entitlement:
        """See `Connector.create_entitlement`."""
        return self._groups(kind).create(wanted.display_name)

    def update_entitlement(
        self,
        entitlement: Entitlement,
        before: Sequence[ManagedEntitlement],
        after: ManagedEntitlement,
    ) -> None:
        """See `Connector.update_entitlement`. There is nothing but the name."""
        if {each.display_name for each in before} != {after.display_name}:
            self._groups(entitlement.kind).rename(entitlement, after.display_name)

    def delete_entitlement(self, entitlement: Entitlement) -> None:
        """See `Connector.delete_entitlement`."""
        self._groups(entitlement.kind).delete(entitlement)

    # --- below the contract ----------------------------------------------------------------

    def _apply(self, action: Action, assignments: Sequence[Assignment]) -> None:
        tenant = self._tenant()
        if isinstance(tenant, IamTenant):
            apply(action, assignments, tenant, self._locks)
        else:
            apply(action, assignments, tenant, self._locks)

    def _tenant(self) -> RbacTenant | IamTenant:
        """The tenant in its generation, which is found out once."""
        if self._chosen is None:
            left = remaining()
            if not self._choosing.acquire(timeout=-1 if left is None else left):
                raise VendorUnavailable(
                    f"{self._wiring.target}: no time was left to find out the generation"
                )
            try:
                self._chosen = self._chosen or self._choose()
            finally:
                self._choosing.release()
        return self._chosen

    def _choose(self) -> RbacTenant | IamTenant:
        generation: Generation = "iam" if self._client.has_platform_iam() else "v1"
        tenant = self._open(generation)
        if isinstance(tenant, RbacTenant):
            tenant.check_read()  # that one generation is missing does not prove the other
        logger.info("%s: the tenant's generation is %s", self._wiring.target, generation)
        return tenant

    def _open(self, generation: Generation) -> RbacTenant | IamTenant:
        kind = IamTenant if generation == "iam" else RbacTenant
        return kind(self._client, self._settings, self._wiring)

    def _iam(self, what: str) -> IamTenant:
        tenant = self._tenant()
        if not isinstance(tenant, IamTenant):
            raise VendorRejected(f"{what} cannot be changed on this tenant (v1 generation)")
        return tenant

    def _groups(self, kind: str) -> UserGroups:
        tenant = self._tenant()
        if kind != USER_GROUP:
            raise VendorRejected(f"Cortex XDR manages no entitlements of the kind {kind!r}")
        if not isinstance(tenant, IamTenant):
            raise VendorRejected(READ_ONLY)
        return tenant.groups
