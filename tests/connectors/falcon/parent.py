"""A simulated Flight Control parent, and the connector of a target that manages its groups."""

from __future__ import annotations

import json
from typing import Any

from falcon_tenant import Tenant

from scimbridge.connectors.interface import Assignment, Entitlement

SOC = Entitlement("user-group", "2b7e9d40c6f1483fa5d8e03b71c9f624")
NO_GROUP = Entitlement("user-group", "f" * 32)


class Parent(Tenant):
    """A tenant with the seeded user group ``SOC``."""

    def __init__(self, *, falcon_api: str = "current", **switches: Any) -> None:
        super().__init__(**switches)
        self.falcon = self.connector(flight_control=True, falcon_api=falcon_api)

    @property
    def control(self) -> Any:
        """The simulator's Flight Control state."""
        return self.simulator.state.flight_control

    def members(self, group: Entitlement = SOC) -> set[str]:
        return set(self.control.user_groups[group.native_id].members)

    def people(self, count: int) -> list[str]:
        """The uuids of new users."""
        added = (
            self.simulator.state.add_account({"user_name": f"user{number}@example.com"})
            for number in range(count)
        )
        return [account["native_id"] for account in added]

    def grant(self, *uuids: str, group: Entitlement = SOC) -> None:
        self.falcon.grant([Assignment(uuid, group) for uuid in uuids])

    def revoke(self, *uuids: str, group: Entitlement = SOC) -> None:
        self.falcon.revoke([Assignment(uuid, group) for uuid in uuids])

    def calls(self) -> list[str]:
        """Method and route of every call but for tokens, since the last time."""
        seen = self.asked()
        self.simulator.log.clear()
        return seen

    def bodies(self, method: str, path: str) -> list[Any]:
        """What the ``resources`` of these calls held."""
        seen = self.simulator.log.requests()
        wanted = [each for each in seen if (each.method, each.path) == (method, path)]
        return [item for each in wanted for item in json.loads(each.body)["resources"]]
