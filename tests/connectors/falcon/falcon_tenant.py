"""A simulated tenant, and the connector to it, in one process."""

from __future__ import annotations

import json
from typing import Any

from scimbridge.config import Secret
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Entitlement
from scimbridge.connectors.registry import VENDORS
from scimbridge.scim.attributes import ResourceType, parse_resource_type
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.wsgi_adapter import WsgiAdapter

MARA = "3c9f1b7e-2a54-4d0e-9b1c-60f7a8e2d413"
TOMAS = "7b02d4a6-51ce-4f38-8e6d-1d93c5b7f026"
OKAFOR = "e58a90c3-6f17-4b2d-a4e0-94b6d2c17f85"
NOBODY = "ffffffff-ffff-4fff-8fff-ffffffffffff"


class Tenant:
    """A simulated tenant and what was asked of it."""

    def __init__(self, **switches: Any) -> None:
        self.simulator: Simulator[Any] = create_simulator(switches=switches)
        self.now = 0.0

    def connector(self, **changes: Any) -> FalconConnector:
        given = self.simulator.credentials
        keys: dict[str, Any] = {
            "base_url": "http://127.0.0.1:1",
            "client_id": given["client_id"],
            "client_secret": Secret(given["client_secret"]),
            "cid": given["cid"],
            **changes,
        }
        wiring = Wiring(
            target="falcon",
            open_adapter=lambda: WsgiAdapter(self.simulator.app),
            sleep=lambda _seconds: None,
            uniform=lambda low, _high: low,
        )
        return FalconConnector(FalconSettings(**keys), wiring)

    def asked(self) -> list[str]:
        seen = self.simulator.log.requests()
        return [f"{each.method} {each.path}" for each in seen if each.path != "/oauth2/token"]

    def add(self, *names: str) -> None:
        for name in names:
            self.simulator.state.add_account({"user_name": name})

    def roles_of(self, account_id: str) -> set[str]:
        grants = self.simulator.state.snapshot()["grants"]
        return {
            each["entitlement"]
            for each in grants
            if (each["account"], each["kind"]) == (account_id, "role") and each["direct"]
        }


def role(name: str) -> Entitlement:
    return Entitlement("role", name)


def resource_type(name: str) -> ResourceType:
    """One of the further resource types."""
    path = VENDORS["falcon"].resource_types[name]
    return parse_resource_type(json.loads(path.read_text(encoding="utf-8")))
