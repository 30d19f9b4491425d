"""The control routes that every simulator serves under ``/_sim``, to callers on loopback only.

===========================  ==========================================================
``GET /_sim/requests``       ``{"requests": [...]}`` in the order of arrival
``DELETE /_sim/requests``    clears that log
``GET /_sim/state``          ``{"accounts": [...], "grants": [...], "groups": [...], ...}``
``POST /_sim/accounts``      a list of accounts to create as if by hand
``POST /_sim/grants``        ``{"account", "entitlement", "kind"?}``: an administrator grants
``DELETE /_sim/grants``      the same body: an administrator revokes
``POST /_sim/faults``        one fault, see `scimbridge.simulation.faults.Fault`
``DELETE /_sim/faults``      nothing fails any more
``POST /_sim/latency``       ``{"ms": n}``: every answer is late by that
``GET, POST /_sim/switches``   names and values
``POST /_sim/reset``         everything back to the seed
===========================  ==========================================================
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from scimbridge.errors import ConfigError
from scimbridge.simulation.faults import parse_fault
from scimbridge.simulation.instrument import CONTROL_PREFIX
from scimbridge.simulation.simulator import Simulator

Answer = tuple[Response, int]


def control_blueprint(simulator: Simulator[Any]) -> Blueprint:
    """The control routes for ``simulator``."""
    routes = Blueprint("control", __name__, url_prefix=CONTROL_PREFIX)
    routes.before_request(_refuse_strangers)
    routes.register_error_handler(ConfigError, _explain)
    _add_observation(routes, simulator)
    _add_conditions(routes, simulator)
    _add_console(routes, simulator)
    return routes


def _add_observation(routes: Blueprint, simulator: Simulator[Any]) -> None:
    @routes.get("/requests")
    def requests_seen() -> Response:
        return jsonify(requests=[seen.as_dict() for seen in simulator.log.requests()])

    @routes.delete("/requests")
    def forget_requests() -> Response:
        simulator.log.clear()
        return jsonify(requests=[])

    @routes.get("/state")
    def state() -> Response:
        return jsonify(simulator.state.snapshot())


def _add_conditions(routes: Blueprint, simulator: Simulator[Any]) -> None:
    @routes.post("/faults")
    def add_fault() -> Answer:
        fault, count = parse_fault(_json())
        simulator.faults.add(fault, count=count)
        return jsonify(count=count), 201

    @routes.delete("/faults")
    def clear_faults() -> Response:
        simulator.faults.clear()
        return jsonify({})

    @routes.post("/latency")
    def set_latency() -> Response:
        milliseconds = _json_object().get("ms")
        if not isinstance(milliseconds, int | float) or milliseconds < 0:
            raise ConfigError(f"'ms' is {milliseconds!r}; give milliseconds, 0 or more")
        simulator.faults.latency_s = milliseconds / 1000
        return jsonify(ms=milliseconds)

    @routes.get("/switches")
    def switches() -> Response:
        return jsonify(simulator.switches.as_dict())

    @routes.post("/switches")
    def set_switches() -> Response:
        simulator.switches.set(_json_object())
        return switches()

    @routes.post("/reset")
    def reset() -> Response:
        simulator.reset()
        return jsonify({})


def _add_console(routes: Blueprint, simulator: Simulator[Any]) -> None:
    @routes.post("/accounts")
    def add_accounts() -> Answer:
        specs = _json()
        if not isinstance(specs, list) or not all(isinstance(spec, dict) for spec in specs):
            raise ConfigError("accounts are given as a JSON list of objects")
        return jsonify(accounts=[simulator.state.add_account(spec) for spec in specs]), 201

    @routes.post("/grants")
    def add_grant() -> Answer:
        return _change_grant(simulator.state.add_grant), 201

    @routes.delete("/grants")
    def remove_grant() -> Response:
        return _change_grant(simulator.state.remove_grant)


def _change_grant(change: Callable[[str, str | None, str], None]) -> Response:
    body = _json_object()
    missing = [key for key in ("account", "entitlement") if not isinstance(body.get(key), str)]
    if missing:
        raise ConfigError(*(f"{key!r} is missing; give a string" for key in missing))
    change(body["account"], body.get("kind"), body["entitlement"])
    return jsonify(body)


def _json() -> Any:
    return request.get_json(force=True, silent=True)


def _json_object() -> dict[str, Any]:
    body = _json()
    if not isinstance(body, dict):
        raise ConfigError(f"the body of {request.path} is a JSON object")
    return body


def _refuse_strangers() -> Answer | None:
    caller = request.remote_addr or ""
    try:
        on_loopback = ipaddress.ip_address(caller).is_loopback
    except ValueError:
        on_loopback = False
    if on_loopback:
        return None
    return jsonify(error=f"{CONTROL_PREFIX} answers callers on loopback only, not {caller!r}"), 403


def _explain(error: Exception) -> Answer:
    return jsonify(error=str(error)), 400
