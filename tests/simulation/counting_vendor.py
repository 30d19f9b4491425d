"""The smallest simulated vendor: one counter, for the tests of what all simulators share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, request

from scimbridge.errors import ConfigError
from scimbridge.simulation.assembly import assemble
from scimbridge.simulation.clock import ManualClock
from scimbridge.simulation.simulator import Simulator
from scimbridge.simulation.switches import Switch, Switches

BASE = "http://vendor.test"
SWITCHES = (
    Switch("status", 400, "a choice", (400, 409)),
    Switch("lag_s", 0.0, "a number"),
    Switch("strict", True, "a flag"),
    Switch("scopes", ["read"], "a list"),
    Switch("text", "", "a text"),
)


class Counter:
    """A state with one number in it."""

    def __init__(self) -> None:
        self.value = 0
        self.grants: set[tuple[str, str | None, str]] = set()

    def snapshot(self) -> dict[str, Any]:
        return {"accounts": [], "grants": sorted(self.grants), "groups": [], "value": self.value}

    def reset(self) -> None:
        self.value = 0

    def add_account(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        if "user_name" not in spec:
            raise ConfigError("user_name is missing; give a login")
        return {"native_id": "1", **spec}

    def add_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        self.grants.add((account, kind, entitlement))

    def remove_grant(self, account: str, kind: str | None, entitlement: str) -> None:
        self.grants.discard((account, kind, entitlement))


def vendor(**switches: Any) -> Simulator[Counter]:
    """The simulated vendor: ``POST /count/<by>`` adds, ``GET /count`` shows."""
    app = Flask("vendor")
    counter = Counter()
    chosen = Switches(SWITCHES, switches)

    def refuse(status: int) -> Response:
        return Response(f"vendor says {status}", status)

    simulator = assemble(
        app,
        counter,
        chosen,
        credentials={},
        refuse=refuse,
        secret_bodies={"/secret"},
        clock=ManualClock(1000.0),
    )

    @app.post("/count/<int:by>")
    def count(by: int) -> Response:
        counter.value += by
        return jsonify(value=counter.value)

    @app.get("/count")
    def show() -> Response:
        return jsonify(value=counter.value, query=request.args.to_dict(flat=False))

    @app.put("/secret")
    def secret() -> Response:
        return jsonify(length=len(request.get_data()))

    @app.get("/broken")
    def broken() -> Response:
        raise RuntimeError("a bug in the simulator")

    return simulator
