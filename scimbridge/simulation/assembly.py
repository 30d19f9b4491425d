"""How the parts of a simulated vendor are put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

from flask import Flask, Response

from scimbridge.simulation.clock import Clock
from scimbridge.simulation.control import control_blueprint
from scimbridge.simulation.faults import FaultPlan
from scimbridge.simulation.instrument import instrument
from scimbridge.simulation.request_log import RequestLog
from scimbridge.simulation.simulator import Simulator, StateT
from scimbridge.simulation.switches import Switches


def assemble(
    app: Flask,
    state: StateT,
    switches: Switches,
    *,
    credentials: Mapping[str, str],
    refuse: Callable[[int], Response],
    secret_bodies: Collection[str] = (),
    clock: Clock = time.time,
) -> Simulator[StateT]:
    """Put log, faults, latency and control routes around a vendor's ``app``.

    Call it before ``app`` gets hooks of its own, so that a fault has the last word over them.
    ``refuse`` renders the vendor's own body for an error status; ``secret_bodies`` are the route
    templates whose whole body is a secret.
    """
    simulator = Simulator(app, state, credentials, switches, FaultPlan(), RequestLog())
    instrument(
        app,
        simulator.log,
        simulator.faults,
        refuse=refuse,
        secret_bodies=secret_bodies,
        clock=clock,
    )
    app.register_blueprint(control_blueprint(simulator))
    return simulator
