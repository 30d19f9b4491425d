"""Who holds something at the vendor right now, and what of it the bridge gave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import grants, resources
from scimbridge.directory.engine import Directory
from scimbridge.provisioning.targets import Target


@dataclass(frozen=True, slots=True)
class Holder:
    """One account that holds an entitlement."""

    native_id: str
    user_name: str
    scim_id: str | None
    """None if the bridge does not know the account yet."""
    given: bool
    """Whether the bridge gave it, or is giving it."""


def holders(target: Target, directory: Directory, entitlement: Entitlement) -> Iterator[Holder]:
    """All accounts that hold ``entitlement`` by the vendor's own word. Raises `VendorError`."""
    key = (entitlement.kind, entitlement.native_id)
    for native_id in target.connector.holders(entitlement):
        with directory.read() as connection:
            row = resources.find_by_native_id(connection, target.name, "User", native_id)
            recorded = grants.of_resources(connection, [row.pk], settling_since=0) if row else {}
        if row is None:
            account = target.connector.read_account(native_id)
            if account is not None:
                yield Holder(native_id, account.user_name, None, given=False)
            continue
        given = recorded[row.pk].get(key) in (grants.HELD, grants.ASSERTED)
        yield Holder(native_id, str(row.confirmed_key), row.scim_id, given)
