"""A Flight Control parent for the contract suite: user groups are what is given and taken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import falcon_bench
from bench import CALL_TIMEOUT_S, Bench

from scimbridge.config import Secret
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Entitlement
from scimbridge.simulation.server import Served
from scimbridge.simulation.simulator import Simulator

TLS = falcon_bench.TLS
FREE = "0a4c7e19b35d4f82a6e1c9d07f3b8256"


def open_simulator() -> Simulator[Any]:
    """The seeded tenant; `open_bench` adds a user group."""
    return falcon_bench.open_simulator()


def open_bench(simulator: Simulator[Any], served: Served) -> Bench:
    """The parent as an API client with the scopes of Flight Control sees it."""
    given = simulator.credentials
    groups = simulator.state.flight_control.user_groups
    (soc,) = groups.values()
    groups[FREE] = replace(soc, group_id=FREE, name="Hunters", members=())

    def open_connector(wiring: Wiring, secret: str = given["client_secret"]) -> FalconConnector:
        settings = FalconSettings(
            base_url=served.url + given["base_path"],
            client_id=given["client_id"],
            client_secret=Secret(secret),
            flight_control=True,
            call_timeout_s=CALL_TIMEOUT_S,
        )
        return FalconConnector(settings, wiring)

    plain = falcon_bench.open_bench(simulator, served)
    plain.close()
    return replace(
        plain,
        open_connector=open_connector,
        open_stranger=lambda wiring: open_connector(wiring, "wrong"),
        held=Entitlement("user-group", soc.group_id),
        free=Entitlement("user-group", FREE),
        unknown_entitlement=Entitlement("user-group", "f" * 32),
    )
