"""The simulated Falcon as a Flask application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from scimbridge.connectors.falcon.simulator import (
    auth,
    groups,
    legacy,
    links,
    policies,
    policy_queries,
    roles,
    sensors,
    user_actions,
    users,
)
from scimbridge.connectors.falcon.simulator.call import Call, Route
from scimbridge.connectors.falcon.simulator.envelope import (
    GATEWAY,
    TOKEN_ROUTES,
    ErrorItem,
    Family,
    Refusal,
    render,
    render_refusal,
)
from scimbridge.connectors.falcon.simulator.gateway import Gateway
from scimbridge.connectors.falcon.simulator.seed import Seed
from scimbridge.connectors.falcon.simulator.state import FalconState
from scimbridge.connectors.falcon.simulator.switches import SWITCHES
from scimbridge.simulation.assembly import assemble
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.instrument import CONTROL_PREFIX
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.switches import Switches

ROUTES = (
    *users.ROUTES,
    *roles.ROUTES,
    *user_actions.ROUTES,
    *legacy.ROUTES,
    *groups.ROUTES,
    *links.ROUTES,
    *policies.ROUTES,
    *policy_queries.ROUTES,
    *sensors.ROUTES,
)
"""Every operation behind the gateway."""


def create_simulator(
    *, switches: Mapping[str, Any] | None = None, clock: Clock = time.time
) -> Simulator[FalconState]:
    """A Falcon tenant in memory; ``switches`` are those of `.switches.SWITCHES` to be set.

    Raises `scimbridge.errors.ConfigError` for a switch that does not exist or does not fit.
    """
    chosen = Switches(SWITCHES, switches)
    seed = Seed()
    state = FalconState(seed, clock, chosen)
    gateway = Gateway(state)
    app = Flask(__name__, static_folder=None)
    client = seed.clients[0]
    simulator = assemble(
        app,
        state,
        chosen,
        credentials={
            "client_id": client.client_id,
            "client_secret": client.secret,
            "cid": client.cid,
            "base_path": "",
        },
        refuse=gateway.fault,
        clock=clock,
    )
    _add_common(app, gateway, chosen)
    _add_token_routes(app, state, gateway)
    for route in ROUTES:
        _add_route(app, state, gateway, route)
    return simulator


def _add_common(app: Flask, gateway: Gateway, switches: Switches) -> None:
    @app.after_request
    def finish(response: BaseResponse) -> BaseResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return response
        gateway.add_headers(response)
        if response.status_code == 200 and switches["garbage"]:
            response.data = "<html>proxy</html>" if switches["garbage"] == "html" else ""
            response.content_type = "text/html"
        return response

    @app.errorhandler(HTTPException)
    def unknown_route(error: HTTPException) -> Response:
        status = error.code or 500
        return render_refusal(status, [ErrorItem(status, f"{status}: {error.name}")], GATEWAY)


def _add_token_routes(app: Flask, state: FalconState, gateway: Gateway) -> None:
    @app.post("/oauth2/token")
    def token() -> Response:
        return _guarded(state, TOKEN_ROUTES, lambda: auth.issue_token(state, gateway, request))

    @app.post("/oauth2/revoke")
    def revoke() -> Response:
        return _guarded(state, TOKEN_ROUTES, lambda: auth.revoke_token(state, request))


def _add_route(app: Flask, state: FalconState, gateway: Gateway, route: Route) -> None:
    def answer() -> Response:
        call = Call(state, gateway.admit(request, route), request)
        null_errors = state.switches["success_errors"] == "null"
        return render(route.view(call), route.family, null_errors=null_errors)

    app.add_url_rule(
        route.path,
        f"{route.method} {route.path}",
        lambda: _guarded(state, route.family, answer),
        methods=[route.method],
        provide_automatic_options=False,
    )


def _guarded(state: FalconState, family: Family, answer: Callable[[], Response]) -> Response:
    g.started = time.perf_counter()
    # One request at a time: what the vendor does in transactions. Faults wait outside of it.
    with state.lock:
        try:
            return answer()
        except Refusal as refusal:
            return render_refusal(refusal.status, refusal.errors, refusal.family or family)
