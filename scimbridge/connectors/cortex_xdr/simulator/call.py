"""One request as a route sees it, and the reading of its body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Request

from scimbridge.connectors.cortex_xdr.simulator.answers import Answer, Family, Refusal
from scimbridge.connectors.cortex_xdr.simulator.state import CortexState
from scimbridge.simulation.switches import Switches


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request; the state's lock is held."""

    state: CortexState
    key_id: str
    data: Mapping[str, Any]
    """``request_data`` of the body; empty for routes without a body."""
    path: Mapping[str, str]
    """The variable parts of the path."""

    @property
    def switches(self) -> Switches:
        """The simulator's switches."""
        return self.state.switches


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the vendor's API."""

    method: str
    path: str
    permission: str
    view: Callable[[Call], Answer]
    data_required: bool = True
    """The body must hold ``request_data``; matters for methods with a body only."""

    @property
    def family(self) -> Family:
        """Which generation of routes it belongs to."""
        return Family.of(self.path)


def request_data(request: Request, route: Route, switches: Switches) -> Mapping[str, Any]:
    """``request_data`` of the body. Raises `Refusal`: 400, on the v1 routes also 500."""
    if route.method in ("GET", "DELETE"):
        return {}
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise Refusal(400)
    if route.family is Family.IAM and not set(body) <= {"request_data"}:
        raise Refusal(400, f"unexpected fields {sorted(set(body) - {'request_data'})}")
    data = body.get("request_data", None if route.data_required else {})
    if not isinstance(data, dict):
        is_iam = route.family is Family.IAM
        status = 400 if is_iam else switches["missing_request_data_status"]
        raise Refusal(status, "request_data param is missing")
    return data
