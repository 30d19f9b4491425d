"""Falcon for the contract suite."""

from __future__ import annotations

from typing import Any, Literal

from bench import CALL_TIMEOUT_S, Bench

from scimbridge.config import Secret
from scimbridge.connectors.falcon.connector import FalconConnector
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.falcon.simulator import create_simulator
from scimbridge.connectors.http import Wiring
from scimbridge.connectors.interface import Account, Entitlement
from scimbridge.simulation.server import Served
from scimbridge.simulation.simulator import Simulator

TLS = False
open_simulator = create_simulator


def open_bench(simulator: Simulator[Any], served: Served) -> Bench:
    """The seeded tenant as the API client of its parent CID sees it."""
    create = "/user-management/entities/users/v1"
    return bench_for(simulator, served, falcon_api="current", create=create)


def bench_for(
    simulator: Simulator[Any],
    served: Served,
    *,
    falcon_api: Literal["current", "legacy"],
    create: str,
) -> Bench:
    """The seeded tenant, by one generation of the routes; ``create``: that of new users."""
    given = simulator.credentials

    def open_connector(wiring: Wiring, secret: str = given["client_secret"]) -> FalconConnector:
        settings = FalconSettings(
            base_url=served.url + given["base_path"],
            client_id=given["client_id"],
            client_secret=Secret(secret),
            falcon_api=falcon_api,
            call_timeout_s=CALL_TIMEOUT_S,
        )
        return FalconConnector(settings, wiring)

    return Bench(
        simulator=simulator,
        open_connector=open_connector,
        open_stranger=lambda wiring: open_connector(wiring, "wrong"),
        secrets=(given["client_secret"], "Bearer "),
        account_id="7b02d4a6-51ce-4f38-8e6d-1d93c5b7f026",
        user_name="tomas.ruiz@example.com",
        other_account_id="3c9f1b7e-2a54-4d0e-9b1c-60f7a8e2d413",
        held=Entitlement("role", "falconhost_analyst"),
        free=Entitlement("role", "event_viewer"),
        unknown_entitlement=Entitlement("role", "no_such_role"),
        unknown_id="ffffffff-ffff-4fff-8fff-ffffffffffff",
        no_ids=("", "..", "../users", "7b02d4a6", "a' or '1", "1\n"),
        newcomer=Account(user_name="new.hire@example.com", given_name="New", family_name="Hire"),
        is_write=lambda seen: (
            seen.method != "GET" and "/GET/" not in seen.route and "/oauth2/" not in seen.route
        ),
        create=("POST", create),
    )
