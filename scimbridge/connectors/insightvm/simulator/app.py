"""The simulated console as a Flask application."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from scimbridge.connectors.insightvm.simulator import (
    access,
    console,
    holders,
    roles,
    seed,
    sources,
    two_factor,
    users,
)
from scimbridge.connectors.insightvm.simulator.answers import Refusal, render, render_error
from scimbridge.connectors.insightvm.simulator.call import API, Call, Route
from scimbridge.connectors.insightvm.simulator.gate import authenticate, authorize, negotiate
from scimbridge.connectors.insightvm.simulator.state import ConsoleState
from scimbridge.connectors.insightvm.simulator.switches import SWITCHES
from scimbridge.simulation.assembly import assemble
from scimbridge.simulation.clock import Clock
from scimbridge.simulation.instrument import CONTROL_PREFIX
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.switches import Switches

ROUTES = (
    *console.ROUTES,
    *users.ROUTES,
    *two_factor.ROUTES,
    *access.ROUTES,
    *holders.ROUTES,
    *roles.ROUTES,
    *sources.ROUTES,
)
"""Every operation of the API."""


def create_simulator(
    *, switches: Mapping[str, Any] | None = None, clock: Clock = time.time
) -> Simulator[ConsoleState]:
    """A console in memory; ``switches`` are those of `.switches.SWITCHES` to be set.

    Raises `scimbridge.errors.ConfigError` for a switch that does not exist or does not fit.
    """
    chosen = Switches(SWITCHES, switches)
    state = ConsoleState(clock, chosen)
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    simulator = assemble(
        app,
        state,
        chosen,
        credentials={"user_name": seed.SERVICE_LOGIN, "password": seed.SERVICE_PASSWORD},
        refuse=lambda status: render_error(request, Refusal(status, "Simulated fault.")),
        secret_bodies=(f"/{API}/users/{{id}}/password", f"/{API}/users/{{id}}/2FA"),
        clock=clock,
    )
    _add_common(app, state)
    _add_login_page(app, chosen)
    for route in ROUTES:
        _add_route(app, state, route)
    return simulator


def _add_common(app: Flask, state: ConsoleState) -> None:
    @app.after_request
    def finish(response: BaseResponse) -> BaseResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return response
        response.headers["Cache-Control"] = "no-store, must-revalidate"
        garbage = state.switches["garbage"]
        if garbage and 200 <= response.status_code < 300:
            response.data = "<html>proxy</html>" if garbage == "html" else ""
            response.content_type = "text/html"
        return response

    @app.errorhandler(HTTPException)
    def unknown_route(error: HTTPException) -> Response:
        def refuse() -> Response:
            # Without credentials nobody learns what exists.
            authenticate(state, request)
            raise Refusal(error.code or 500, f"{error.name}: {request.method} {request.path}")

        return _guarded(state, refuse)


def _add_login_page(app: Flask, switches: Switches) -> None:
    @app.get("/")
    def login_page() -> str:
        if switches["console"] == "maintenance":
            return "<html><title>Security Console</title>Running in maintenance mode</html>"
        return "<html><title>Security Console</title>Log on</html>"


def _add_route(app: Flask, state: ConsoleState, route: Route) -> None:
    def answer(arguments: Mapping[str, Any]) -> Response:
        call = Call(state, authenticate(state, request), request, arguments)
        authorize(call, route.who)
        negotiate(request)
        return render(route.view(call), request.method, state.switches["success_codes"])

    app.add_url_rule(
        f"/{API}{route.path}",
        f"{route.method} {route.path}",
        lambda **arguments: _guarded(state, lambda: answer(arguments)),
        methods=[route.method],
        provide_automatic_options=False,
    )


def _guarded(state: ConsoleState, answer: Callable[[], Response]) -> Response:
    # One request at a time: what the vendor does in transactions. Faults wait outside of it.
    with state.lock:
        try:
            return answer()
        except Refusal as refusal:
            return render_error(request, refusal)
