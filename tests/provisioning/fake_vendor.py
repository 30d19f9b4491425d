"""A vendor for what the simulators cannot be made to show: disabling, refusing, odd timing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scimbridge.connectors.interface import (
    Account,
    Assignment,
    Capabilities,
    Connector,
    Created,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
)
from scimbridge.errors import VendorConflict, VendorNotFound
from scimbridge.scim.filters import Filter

PLAIN = Capabilities(frozenset({"given_name", "family_name", "display_name"}), ("role",))
SETTLE_S = 90
LAGGING = replace(PLAIN, settle_seconds=float(SETTLE_S))
"""The search shows an account only so long after it was made."""
DISABLING = replace(PLAIN, can_disable_accounts=True)
RENAMING = replace(
    PLAIN,
    account_attributes=PLAIN.account_attributes | {"user_name"},
    can_rename_accounts=True,
)
ADOPTING = replace(DISABLING, can_create_accounts=False, can_delete_accounts=False)


@dataclass
class FakeVendor(Connector):
    """Accounts and grants in memory. ``meanwhile`` runs before each call and may raise."""

    able: Capabilities = PLAIN
    people: dict[str, Account] = field(default_factory=dict)
    held: dict[str, set[Entitlement]] = field(default_factory=dict)
    inherited: frozenset[HeldGrant] = frozenset()
    catalogue: list[EntitlementDetails] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    invisible: bool = False
    later: Capabilities = PLAIN
    """What it turns out to be able to do, where ``able`` is not complete."""

    @property
    def capabilities(self) -> Capabilities:
        return self.able

    def find_out(self) -> None:
        if not self.able.complete:
            self._call("find_out")
            self.able = self.later

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.meanwhile.get(name, lambda: None)()

    def make(self, native_id: str, user_name: str, *held: Entitlement) -> None:
        """Somebody makes an account by hand."""
        self.people[native_id] = Account(user_name, native_id=native_id)
        self.held[native_id] = set(held)

    def roles(self, user_name: str) -> set[str]:
        """What the account of this login holds."""
        (native_id,) = [key for key, each in self.people.items() if each.user_name == user_name]
        return {item.native_id for item in self.held[native_id]}

    def check(self) -> None:
        self._call("check")

    def accounts(self, where: Filter | None = None) -> Iterator[Account]:
        self._call("accounts")
        yield from list(self.people.values())

    def find_account(self, user_name: str) -> Account | None:
        self._call("find_account")
        found = (a for a in self.people.values() if a.user_name.lower() == user_name.lower())
        return None if self.invisible else next(found, None)

    def read_account(self, native_id: str) -> Account | None:
        self._call("read_account")
        return self.people.get(native_id)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        self._call("entitlements")
        yield from self.catalogue

    def grants(self, native_id: str) -> frozenset[HeldGrant]:
        self._call("grants")
        self._require(native_id)
        return frozenset(HeldGrant(item) for item in self.held[native_id]) | self.inherited

    def _require(self, native_id: str) -> None:
        if native_id not in self.people:
            raise VendorNotFound(f"no account {native_id}")

    def create_account(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        self._call("create_account")
        if account.user_name in {each.user_name for each in self.people.values()}:
            raise VendorConflict(f"{account.user_name} is taken")
        native_id = f"n{len(self.held) + 1}"
        self.people[native_id] = replace(account, native_id=native_id, secrets={})
        self.held[native_id] = set()
        return Created(native_id)

    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        self._call("update_account")
        assert account.native_id is not None
        self._require(account.native_id)
        self.people[account.native_id] = replace(account, secrets={})

    def set_active(self, native_id: str, *, active: bool) -> None:
        self._call("set_active")
        self._require(native_id)
        self.people[native_id] = replace(self.people[native_id], active=active)

    def delete_account(self, native_id: str) -> None:
        self._call("delete_account")
        self.people.pop(native_id, None)

    def grant(self, assignments: Sequence[Assignment]) -> None:
        self._call("grant")
        for item in assignments:
            self._require(item.account_id)
            self.held[item.account_id].add(item.entitlement)

    def revoke(self, assignments: Sequence[Assignment]) -> None:
        self._call("revoke")
        for item in assignments:
            self._require(item.account_id)
            self.held[item.account_id].discard(item.entitlement)
