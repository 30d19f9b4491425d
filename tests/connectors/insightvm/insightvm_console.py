"""A simulated console and connectors to it, in process; every request's shape is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import requests
from request_shapes import check_request

from scimbridge.config import Secret
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.connector import InsightVMConnector
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.insightvm.simulator import create_simulator
from scimbridge.connectors.interface import Assignment, Entitlement
from scimbridge.errors import PartialFailure, VendorError
from scimbridge.simulation.clock import ManualClock
from scimbridge.simulation.faults import Fault
from scimbridge.simulation.wsgi_adapter import WsgiAdapter

ADMIN, SERVICE, MARA, TOMAS, INES, PAT, LENA = map(str, range(1, 8))
"""The seed: a Global Administrator; the bridge's own; a Security Manager with sites 1 and 2 and
asset group 1; an LDAP user with site 2 and asset groups 2 and 3; a SAML user whose custom role
forces all sites; a disabled Site Owner with site 3; a locked user with all asset groups."""
NOBODY = "4711"


class CheckedAdapter(WsgiAdapter):
    """Fails a test whose connector sends what the console's specification does not allow."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        check_request(request)
        return super().send(request, *args, **kwargs)


class Console:
    """A simulated console, and what was asked of it."""

    def __init__(self, **switches: Any) -> None:
        self.clock = ManualClock()
        self.simulator = create_simulator(switches=switches, clock=self.clock)
        self.slept: list[float] = []

    def connector(self, *, default_role: str | None = None, **changes: Any) -> InsightVMConnector:
        given = self.simulator.credentials
        keys: dict[str, Any] = {
            "base_url": "https://console.test:3780",
            "username": given["user_name"],
            "password": Secret(given["password"]),
            **changes,
        }
        wiring = Wiring(
            target="console",
            default_role=default_role,
            open_adapter=lambda: CheckedAdapter(self.simulator.app),
            clock=self.clock,
            now=self.clock,
            sleep=self.slept.append,
            uniform=lambda low, _high: low,
        )
        return InsightVMConnector(InsightVMSettings(**keys), wiring)

    def asked(self) -> list[str]:
        """Method and path of all requests since `forget`."""
        return [f"{each.method} {each.path}" for each in self.simulator.log.requests()]

    def writes(self) -> list[str]:
        """Those that change something."""
        return [each for each in self.asked() if not each.startswith("GET ")]

    def forget(self) -> None:
        """Start counting requests here."""
        self.simulator.log.clear()

    def fails(self, *, count: int = 1, **how: Any) -> None:
        """Let the next matching requests fail."""
        self.simulator.faults.add(Fault(**how), count=count)

    def account(self, native_id: str) -> Mapping[str, Any]:
        """A user in the console's own state."""
        accounts = self.simulator.state.snapshot()["accounts"]
        found: Mapping[str, Any] = next(each for each in accounts if each["native_id"] == native_id)
        return found

    def user_names(self) -> list[str]:
        """The logins in the console's own state."""
        return [each["user_name"] for each in self.simulator.state.snapshot()["accounts"]]

    def held(self, native_id: str) -> set[str]:
        """What a user holds by the console's own state, as ``kind:id``."""
        grants = self.simulator.state.snapshot()["grants"]
        return {
            f"{each['kind']}:{each['entitlement']}"
            for each in grants
            if each["account"] == native_id
        }

    def bodies(self, method: str, path: str) -> list[str]:
        """The bodies of what was asked, without secrets."""
        seen = self.simulator.log.requests()
        return [each.body for each in seen if (each.method, each.path) == (method, path)]


def update(connector: InsightVMConnector, native_id: str, **fields: Any) -> None:
    """Change these fields of an account as it is."""
    account = connector.read_account(native_id)
    assert account is not None
    connector.update_account(replace(account, **fields), frozenset(fields))


def only(console: Console, native_id: str, **expected: Any) -> None:
    """Fail unless exactly ``expected`` of a user differs from the seed."""
    seed = Console().account(native_id)
    assert console.account(native_id) == {**seed, **expected}


def gives(native_id: str, *entitlements: str) -> list[Assignment]:
    """Assignments of ``kind:id`` to one account."""
    parts = [each.partition(":") for each in entitlements]
    return [Assignment(native_id, Entitlement(kind, name)) for kind, _, name in parts]


def failure(
    connector: InsightVMConnector, action: str, assignments: list[Assignment]
) -> VendorError:
    """The one error of one failed assignment."""
    act = connector.grant if action == "grant" else connector.revoke
    with pytest.raises(PartialFailure) as caught:
        act(assignments)
    (error,) = caught.value.failures.values()
    assert isinstance(error, VendorError)
    return error
