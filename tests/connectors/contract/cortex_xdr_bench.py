"""Cortex XDR with Platform IAM for the contract suite; `cortex_xdr_v1_bench` is without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench import CALL_TIMEOUT_S, Bench

from scimbridge.config import Secret
from scimbridge.connectors.cortex_xdr.connector import CortexXdrConnector
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.cortex_xdr.simulator import create_simulator
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.simulation.server import Served
from scimbridge.simulation.simulator import Simulator

TLS = False
ROLES = {
    "Instance Administrator": "instance_administrator",
    "Viewer": "viewer",
}
"""Display name, which is the id in v1, to id."""


@dataclass(kw_only=True)
class CortexXdrBench(Bench):
    """The simulator's state names entitlements in both ways; ``key`` is that of the generation."""

    key: str

    def held_by(self, account_id: str) -> set[Entitlement]:
        return {
            Entitlement(grant["kind"], grant[self.key])
            for grant in self.simulator.state.snapshot()["grants"]
            if grant["account"] == account_id and grant.get("direct", True)
        }


def open_simulator() -> Simulator[Any]:
    """A tenant of Cortex XDR 5."""
    return create_simulator(switches={"generation": 5})


def open_bench(simulator: Simulator[Any], served: Served) -> Bench:
    """The seeded tenant; roles have ids."""
    return bench_for(simulator, served, key="entitlement", roles=ROLES)


def bench_for(
    simulator: Simulator[Any], served: Served, *, key: str, roles: dict[str, str]
) -> Bench:
    """The seeded tenant as an advanced key sees it, which finds out the generation by itself."""
    given = simulator.credentials

    def open_connector(wiring: Wiring, api_key: str = given["api_key"]) -> CortexXdrConnector:
        settings = CortexXdrSettings(
            base_url=served.url,
            api_key=Secret(api_key),
            api_key_id=given["api_key_id"],
            key_type="advanced",
            call_timeout_s=CALL_TIMEOUT_S,
        )
        return CortexXdrConnector(settings, wiring)

    return CortexXdrBench(
        simulator=simulator,
        open_connector=open_connector,
        open_stranger=lambda wiring: open_connector(wiring, "wrong"),
        secrets=(given["api_key"],),
        account_id="omar.haddad@example.com",
        user_name="omar.haddad@example.com",
        other_account_id="raj.patel@example.com",
        held=Entitlement("role", roles["Instance Administrator"]),
        free=Entitlement("role", roles["Viewer"]),
        unknown_entitlement=Entitlement("role", "no_such_role"),
        unknown_id="nobody@example.com",
        no_ids=("", "..", "../users", "omar.haddad", "a b@example.com", "a@b@c", "a@b\n"),
        newcomer=Account(user_name="new.hire@example.com", given_name="New", family_name="Hire"),
        is_write=lambda seen: (
            seen.method in ("PATCH", "DELETE") or str(seen.route).endswith("/set_user_role")
        ),
        key=key,
    )
