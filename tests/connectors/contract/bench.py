"""What a vendor brings to the contract suite: its simulator, and a connector to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Account, Connector, Entitlement
from scimbridge.simulation.faults import Fault
from scimbridge.simulation.simulator import Simulator

CALL_TIMEOUT_S = 50
"""What every connector lets a call take: far more than a test does, where a deadline holds."""


def quick_wiring(**changes: Any) -> Wiring:
    """Retries without their pauses."""
    changes = {"sleep": lambda _seconds: None, "uniform": lambda low, _high: low, **changes}
    return Wiring(target="contract", **changes)


@dataclass(kw_only=True)
class Bench:
    """One vendor, ready to be put to the test. Native ids and names are those of the seed."""

    simulator: Simulator[Any]
    open_connector: Callable[[Wiring], Connector]
    open_stranger: Callable[[Wiring], Connector]
    """A connector whose credentials the vendor does not know."""
    secrets: tuple[str, ...]
    """Texts that neither a log line nor an error may show."""
    account_id: str
    """An account that holds ``held`` and does not hold ``free``."""
    user_name: str
    other_account_id: str
    held: Entitlement
    free: Entitlement
    unknown_entitlement: Entitlement
    unknown_id: str
    """A native id of the vendor's form that nobody has."""
    no_ids: tuple[str, ...]
    """Texts that can be nobody's native id."""
    newcomer: Account
    """An account that can be created."""
    is_write: Callable[[Any], bool]
    """Whether a `RecordedRequest` changes something at the vendor."""
    create: tuple[str, str] = ("", "")
    """Method and route template by which accounts are created."""
    connector: Connector = field(init=False)

    def __post_init__(self) -> None:
        self.connector = self.open_connector(quick_wiring())

    def close(self) -> None:
        """Close the connections to the simulator."""
        self.connector.close()

    def asked(self) -> list[str]:
        """Method and route of all requests since `forget`."""
        return [f"{each.method} {each.route}" for each in self.simulator.log.requests()]

    def writes(self) -> list[str]:
        """Method and route of all requests since `forget` that change something."""
        seen = self.simulator.log.requests()
        return [f"{each.method} {each.route}" for each in seen if self.is_write(each)]

    def forget(self) -> None:
        """Start counting requests here."""
        self.simulator.log.clear()

    def warm_up(self) -> None:
        """Get what is fetched once (token, tenant id), so that faults and counts hit the rest."""
        self.connector.check()
        self.forget()

    def fails(self, *, count: int = 1, **how: Any) -> None:
        """Let the next requests of any route fail."""
        self.simulator.faults.add(Fault(**how), count=count)

    def held_by(self, account_id: str) -> set[Entitlement]:
        """What the account holds directly, by the vendor's own state."""
        held = [
            Entitlement(grant["kind"], grant["entitlement"])
            for grant in self.simulator.state.snapshot()["grants"]
            if grant["account"] == account_id and grant.get("direct", True)
        ]
        kinds = self.connector.capabilities.entitlement_kinds
        return {entitlement for entitlement in held if entitlement.kind in kinds}

    def user_names(self) -> list[str]:
        """The logins in the vendor's own state."""
        return [each["user_name"] for each in self.simulator.state.snapshot()["accounts"]]
