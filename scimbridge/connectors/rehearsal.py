"""A connector that only looks: what it is told to do is written down and not done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

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
    Record,
    RecordPage,
    RecordQuery,
)
from scimbridge.scim.filters import Filter


class Rehearsal(Connector):
    """Passes questions on to a real connector, and answers for what it made up itself."""

    def __init__(self, real: Connector) -> None:
        self._real = real
        self._accounts: dict[str, Account] = {}
        self._records: dict[tuple[str, str], Record | None] = {}
        self.told: list[str] = []
        """What the vendor would have been told, in words and in order."""

    # --- observe ---------------------------------------------------------------------------

    @property
    def capabilities(self) -> Capabilities:
        """See `Connector.capabilities`."""
        return self._real.capabilities

    def find_out(self) -> None:
        """See `Connector.find_out`."""
        self._real.find_out()

    def check(self) -> None:
        """See `Connector.check`."""
        self._real.check()

    def accounts(self, where: Filter | None = None) -> Iterator[Account]:
        """See `Connector.accounts`."""
        return self._real.accounts(where)

    def find_account(self, user_name: str) -> Account | None:
        """See `Connector.find_account`."""
        return self._real.find_account(user_name)

    def read_account(self, native_id: str) -> Account | None:
        """See `Connector.read_account`."""
        return self._accounts.get(native_id) or self._real.read_account(native_id)

    def entitlements(self) -> Iterator[EntitlementDetails]:
        """See `Connector.entitlements`."""
        return self._real.entitlements()

    def grants(self, native_id: str) -> frozenset[HeldGrant]:
        """See `Connector.grants`."""
        return frozenset() if native_id in self._accounts else self._real.grants(native_id)

    def records(
        self, type: str, where: Filter | None = None, *, owner: str | None = None
    ) -> Iterator[Record]:
        """See `Connector.records`."""
        return self._real.records(type, where, owner=owner)

    def record_page(
        self, type: str, query: RecordQuery, *, owner: str | None = None
    ) -> RecordPage | None:
        """See `Connector.record_page`."""
        return self._real.record_page(type, query, owner=owner)

    def read_record(self, type: str, record_id: str, *, owner: str | None = None) -> Record | None:
        """See `Connector.read_record`."""
        if (type, record_id) in self._records:
            return self._records[type, record_id]
        return self._real.read_record(type, record_id, owner=owner)

    def passed_on(self, attributes: Mapping[str, Any]) -> frozenset[Entitlement]:
        """See `Connector.passed_on`."""
        return self._real.passed_on(attributes)

    # --- act -------------------------------------------------------------------------------

    def create_account(self, account: Account, entitlements: frozenset[Entitlement]) -> Created:
        """See `Connector.create_account`."""
        native_id = str(uuid4())
        self._accounts[native_id] = account
        self.told.append(f"create the account {account.user_name}")
        return Created(native_id)

    def update_account(self, account: Account, changed: frozenset[str]) -> None:
        """See `Connector.update_account`."""
        names = ", ".join(sorted(changed))
        self.told.append(f"update {names} of {self._name(str(account.native_id))}")

    def set_active(self, native_id: str, *, active: bool) -> None:
        """See `Connector.set_active`."""
        self.told.append(f"{'enable' if active else 'disable'} {self._name(native_id)}")

    def delete_account(self, native_id: str) -> None:
        """See `Connector.delete_account`."""
        self.told.append(f"delete {self._name(native_id)}")

    def grant(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.grant`."""
        self.told += [
            f"grant {each.entitlement} to {self._name(each.account_id)}" for each in assignments
        ]

    def revoke(self, assignments: Sequence[Assignment]) -> None:
        """See `Connector.revoke`."""
        self.told += [
            f"revoke {each.entitlement} from {self._name(each.account_id)}" for each in assignments
        ]

    def find_entitlement(self, kind: str, display_name: str) -> Entitlement | None:
        """See `Connector.find_entitlement`."""
        return self._real.find_entitlement(kind, display_name)

    def entitlement_attributes(
        self, entitlements: Collection[Entitlement]
    ) -> Mapping[Entitlement, Mapping[str, Any]]:
        """See `Connector.entitlement_attributes`."""
        return self._real.entitlement_attributes(entitlements)

    def create_entitlement(self, kind: str, wanted: ManagedEntitlement) -> Entitlement:
        """See `Connector.create_entitlement`."""
        self.told.append(f"create the {kind} {wanted.display_name}")
        return Entitlement(kind, str(uuid4()))

    def update_entitlement(
        self,
        entitlement: Entitlement,
        before: Sequence[ManagedEntitlement],
        after: ManagedEntitlement,
    ) -> None:
        """See `Connector.update_entitlement`."""
        self.told.append(f"update {entitlement}, called {after.display_name}")

    def delete_entitlement(self, entitlement: Entitlement) -> None:
        """See `Connector.delete_entitlement`."""
        self.told.append(f"delete {entitlement}")

    def create_record(self, type: str, record: Record) -> str:
        """See `Connector.create_record`."""
        record_id = str(uuid4())
        self._records[type, record_id] = {**record, "id": record_id}
        self.told.append(f"create the {type} {_record_name(record)}")
        return record_id

    def update_record(self, type: str, before: Record, after: Record) -> None:
        """See `Connector.update_record`."""
        names = sorted(
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        )
        self._records[type, str(before["id"])] = after
        self.told.append(f"update {', '.join(names)} of the {type} {_record_name(before)}")

    def delete_record(self, type: str, record_id: str) -> None:
        """See `Connector.delete_record`."""
        self._records[type, record_id] = None
        self.told.append(f"delete the {type} {record_id}")

    def _name(self, native_id: str) -> str:
        invented = self._accounts.get(native_id)
        return f"account {native_id}" if invented is None else f"the new {invented.user_name}"


def _record_name(record: Record) -> str:
    return str(record.get("displayName") or record.get("name") or record.get("id") or "")
