"""A connector in front of the simulator, and what the simulator itself says of the outcome."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scimbridge.config import Secret
from scimbridge.connectors.cortex_xdr.connector import CortexXdrConnector
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.cortex_xdr.simulator import create_simulator
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Assignment, Entitlement
from scimbridge.errors import PartialFailure, VendorError
from scimbridge.simulation.faults import Fault
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.wsgi_adapter import WsgiAdapter

DANA, OMAR, LENA, RAJ, YUKI, NOA = (
    f"{name}@example.com"
    for name in (
        "dana.keller",
        "omar.haddad",
        "lena.fischer",
        "raj.patel",
        "yuki.tanaka",
        "noa.levi",
    )
)
"""Account Admin; Instance Administrator; Investigator in SOC and, by hand, in SOC Level 1;
Responder whom the IdP put into SOC Level 1; no role, from Active Directory; disabled."""

V1, IAM = 3, 5
_BEGINNING = re.compile(r"^/(public_api/v1/rbac|platform/iam/v1)/")


@dataclass(frozen=True)
class CortexTenant:
    """The seeded tenant and a connector to it."""

    simulator: Simulator[Any]
    connector: CortexXdrConnector

    def rows(self, account_id: str) -> list[dict[str, Any]]:
        grants = self.simulator.state.snapshot()["grants"]
        return [grant for grant in grants if grant["account"] == account_id]

    def role(self, account_id: str) -> str:
        """The display name of the direct role, or nothing."""
        names = [row["name"] for row in self.rows(account_id) if row["kind"] == "role"]
        return names[0] if names else ""

    def groups(self, account_id: str, *, direct: bool | None = None) -> set[str]:
        """The names of the groups that the account is in, directly or not if that matters."""
        return {
            row["name"]
            for row in self.rows(account_id)
            if row["kind"] == "user-group" and direct in (None, row["direct"])
        }

    def group(self, name: str) -> Entitlement:
        groups = self.simulator.state.snapshot()["groups"]
        (native_id,) = (group["native_id"] for group in groups if group["name"] == name)
        return Entitlement("user-group", native_id)

    def group_names(self) -> set[str]:
        return {group["name"] for group in self.simulator.state.snapshot()["groups"]}

    def account(self, account_id: str) -> dict[str, Any]:
        accounts = self.simulator.state.snapshot()["accounts"]
        (found,) = (each for each in accounts if each["native_id"] == account_id)
        return dict(found)

    def calls(self) -> list[str]:
        """Method and route, less what all routes begin with, of the requests since `forget`."""
        seen = self.simulator.log.requests()
        return [f"{each.method} {_BEGINNING.sub('', each.route or '')}" for each in seen]

    def forget(self) -> None:
        self.simulator.log.clear()

    def fails(self, match: str, *, count: int = 50, **how: Any) -> None:
        method, _, route = match.partition(" ")
        self.simulator.faults.add(Fault(method=method, route=route or "*", **how), count=count)


@contextmanager
def open_tenant(
    of_generation: int,
    *,
    switches: dict[str, Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
    **settings: Any,
) -> Iterator[CortexTenant]:
    """A tenant of this generation, in process."""
    simulator = create_simulator(switches={"generation": of_generation, **(switches or {})})
    settings = {"generation": "iam" if of_generation == IAM else "v1", **settings}
    connector = open_connector(simulator, clock, **settings)
    try:
        yield CortexTenant(simulator, connector)
    finally:
        connector.close()


@contextmanager
def another_connector(tenant: CortexTenant, **settings: Any) -> Iterator[CortexXdrConnector]:
    """One that another process would have: it knows nothing of what the first one does."""
    connector = open_connector(tenant.simulator, **settings)
    try:
        yield connector
    finally:
        connector.close()


def open_connector(
    simulator: Simulator[Any], clock: Callable[[], float] = time.monotonic, **settings: Any
) -> CortexXdrConnector:
    given = simulator.credentials
    settings = {
        "base_url": "http://localhost",
        "api_key": Secret(given["api_key"]),
        "api_key_id": given["api_key_id"],
        "key_type": given["key_type"],
        **settings,
    }
    wiring = Wiring(
        target="prod",
        open_adapter=lambda: WsgiAdapter(simulator.app),
        clock=clock,
        sleep=lambda _seconds: None,
        uniform=lambda low, _high: low,
    )
    return CortexXdrConnector(CortexXdrSettings(**settings), wiring)


def role(native_id: str) -> Entitlement:
    return Entitlement("role", native_id)


def grant(tenant: CortexTenant, account_id: str, *entitlements: Entitlement) -> None:
    tenant.connector.grant([Assignment(account_id, each) for each in entitlements])


def revoke(tenant: CortexTenant, account_id: str, *entitlements: Entitlement) -> None:
    tenant.connector.revoke([Assignment(account_id, each) for each in entitlements])


def only_failure(error: PartialFailure) -> VendorError:
    (failure,) = error.failures.values()
    assert isinstance(failure, VendorError)
    return failure
