"""Writing down what a vendor call is about to drop although somebody gave it by hand.

What the bridge gave needs no such record: it is asserted again after every call whose outcome is
not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scimbridge.connectors.interface import Entitlement
from scimbridge.directory import grants, leases
from scimbridge.directory.engine import Directory
from scimbridge.errors import NotYet
from scimbridge.provisioning.correlation import entitlement_keys
from scimbridge.provisioning.work import Work


@dataclass(frozen=True, slots=True)
class Keeper:
    """Records for one pass; see `scimbridge.connectors.dropped.Keeper`."""

    directory: Directory
    work: Mapping[str | None, Work]
    """By the native ids of the accounts."""

    def dropping(self, native_id: str, entitlements: frozenset[Entitlement]) -> None:
        """See `scimbridge.connectors.dropped.Keeper.dropping`."""
        item = self.work[native_id]
        lost = item.by_hand_among(entitlements)
        new = lost - item.dropped
        item.owed |= lost
        item.swept |= entitlements - lost
        if not new:
            return
        with self.directory.write() as connection:
            if not leases.is_held(connection, item.row.pk, item.row.fence):
                raise NotYet("somebody else has taken the account over")
            rows = [(item.row.pk, key) for key in entitlement_keys(new)]
            added = grants.add(connection, grants.TAKING, rows)
        # What was revoked, or asserted meanwhile, keeps the record by which a late call is undone.
        item.dropped |= {Entitlement(*key) for key in added}

    def restored(self, native_id: str, entitlements: frozenset[Entitlement]) -> None:
        """See `scimbridge.connectors.dropped.Keeper.restored`."""
        self.work[native_id].owed -= entitlements
