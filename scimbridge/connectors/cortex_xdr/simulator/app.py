"""The simulated Cortex XDR as a Flask application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from scimbridge.connectors.cortex_xdr.simulator import iam_groups, iam_roles, iam_users, rbac
from scimbridge.connectors.cortex_xdr.simulator.answers import Family, Refusal
from scimbridge.connectors.cortex_xdr.simulator.auth import authenticate
from scimbridge.connectors.cortex_xdr.simulator.call import Call, Route, request_data
from scimbridge.connectors.cortex_xdr.simulator.gateway import Gateway
from scimbridge.connectors.cortex_xdr.simulator.seed import Seed
from scimbridge.connectors.cortex_xdr.simulator.state import CortexState
from scimbridge.connectors.cortex_xdr.simulator.switches import SWITCHES
from scimbridge.simulation.assembly import assemble
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.switches import Switches

ROUTES = (*rbac.ROUTES, *iam_users.ROUTES, *iam_groups.ROUTES, *iam_roles.ROUTES)
"""Every operation of both generations."""


def create_simulator(
    *, switches: Mapping[str, Any] | None = None, clock: Clock = time.time
) -> Simulator[CortexState]:
    """A Cortex tenant in memory; ``switches`` are those of `.switches.SWITCHES` to be set.

    ``credentials`` hold an advanced key (``api_key``, ``api_key_id``, ``key_type``) and a standard
    one (the same with ``standard_`` in front). Raises `scimbridge.errors.ConfigError` for a switch
    that does not exist or does not fit.
    """
    chosen = Switches(SWITCHES, switches)
    seed = Seed()
    state = CortexState(seed, clock, chosen)
    gateway = Gateway(state)
    app = Flask(__name__, static_folder=None)
    advanced, standard = seed.keys
    simulator = assemble(
        app,
        state,
        chosen,
        credentials={
            "api_key": advanced.secret,
            "api_key_id": advanced.key_id,
            "key_type": "advanced",
            "standard_api_key": standard.secret,
            "standard_api_key_id": standard.key_id,
            "standard_key_type": "standard",
        },
        refuse=lambda status: gateway.fault(status, Family.of(request.path)),
        clock=clock,
    )
    # The vendor's documents end the v1 paths without a slash, its own clients with one.
    app.url_map.strict_slashes = False
    for route in ROUTES:
        _add_route(app, state, gateway, route)
    _add_common(app, state, gateway)
    return simulator


def _add_route(app: Flask, state: CortexState, gateway: Gateway, route: Route) -> None:
    def answer(path: Mapping[str, str]) -> Response:
        key = gateway.admit(request, route)
        data = request_data(request, route, state.switches)
        answered = route.view(Call(state, key.key_id, data, path))
        response = jsonify(answered.body)
        response.status_code = answered.status
        return response

    app.add_url_rule(
        route.path,
        f"{route.method} {route.path}",
        lambda **path: _guarded(state, gateway, lambda: answer(path)),
        methods=[route.method],
        provide_automatic_options=False,
    )


def _add_common(app: Flask, state: CortexState, gateway: Gateway) -> None:
    @app.get("/api_keys/validate")
    def validate() -> Response:
        def answer() -> Response:
            authenticate(state, request.headers)
            return jsonify(True)

        return _guarded(state, gateway, answer)

    @app.errorhandler(HTTPException)
    def unknown_route(error: HTTPException) -> Response:
        return gateway.refuse(Refusal(error.code or 500), Family.of(request.path))


def _guarded(state: CortexState, gateway: Gateway, answer: Callable[[], Response]) -> Response:
    # One request at a time: what the vendor does in transactions. Faults wait outside of it.
    with state.lock:
        try:
            return answer()
        except Refusal as refusal:
            return gateway.refuse(refusal, Family.of(request.path))
