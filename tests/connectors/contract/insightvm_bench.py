"""InsightVM for the contract suite."""

from __future__ import annotations

from typing import Any

from bench import CALL_TIMEOUT_S, Bench

from scimbridge.config import Secret
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.insightvm.connector import InsightVMConnector
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.insightvm.simulator import create_simulator
from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.simulation.server import Served
from scimbridge.simulation.simulator import Simulator

TLS = True
open_simulator = create_simulator


def open_bench(simulator: Simulator[Any], served: Served) -> Bench:
    """The seeded console as its Global Administrator for the bridge sees it."""
    given = simulator.credentials

    def open_connector(wiring: Wiring, password: str = given["password"]) -> InsightVMConnector:
        settings = InsightVMSettings(
            base_url=served.url,
            username=given["user_name"],
            password=Secret(password),
            verify=served.certificate or True,
            call_timeout_s=CALL_TIMEOUT_S,
        )
        return InsightVMConnector(settings, wiring)

    return Bench(
        simulator=simulator,
        open_connector=open_connector,
        open_stranger=lambda wiring: open_connector(wiring, "wrong"),
        secrets=(given["password"], "Basic "),
        account_id="4",
        user_name="tomas.ruiz",
        other_account_id="3",
        held=Entitlement("site", "2"),
        free=Entitlement("site", "3"),
        unknown_entitlement=Entitlement("site", "4711"),
        unknown_id="4711",
        no_ids=("", "..", "../users", "0", "3a", "1\n", "-1", "3/lock"),
        newcomer=Account(
            user_name="new.hire",
            display_name="New Hire",
            email="New.Hire@example.com",
            attributes={
                "locked": False,
                "authenticationSource": "Builtin Users",
                "locale": "en-US",
            },
        ),
        is_write=lambda seen: seen.method != "GET",
        create=("POST", "/api/3/users"),
    )
