"""What stands in front of every route: API key, rate limit, generation, licence, permission."""

from __future__ import annotations

import math

from flask import Request, Response
from werkzeug.http import http_date

from scimbridge.connectors.cortex_xdr.simulator.answers import Family, Refusal, render_refusal
from scimbridge.connectors.cortex_xdr.simulator.auth import authenticate
from scimbridge.connectors.cortex_xdr.simulator.call import Route
from scimbridge.connectors.cortex_xdr.simulator.records import ApiKey
from scimbridge.connectors.cortex_xdr.simulator.state import CortexState


class RateLimited(Refusal):
    """One request too many."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(429)
        self.wait_s = wait_s


class Absent(Refusal):
    """A tenant of generation 3 has no Platform IAM."""

    def __init__(self) -> None:
        super().__init__(404)


class Gateway:
    """Lets requests through to the routes, or refuses them. The state's lock is held."""

    def __init__(self, state: CortexState) -> None:
        self._state = state

    def admit(self, request: Request, route: Route) -> ApiKey:
        """The API key of a request that may go on to ``route``. Raises `Refusal`."""
        switches = self._state.switches
        key = authenticate(self._state, request.headers)
        wait_s = self._state.limiter.take(key.key_id, switches["rate_limit_per_minute"])
        if wait_s:
            raise RateLimited(wait_s)
        if route.family is Family.IAM and switches["generation"] == 3:
            raise Absent
        if route.family is Family.V1 and switches["licence"] == "prevent":
            raise Refusal(402)
        if route.permission not in key.permissions & set(switches["key_permissions"]):
            raise Refusal(403)
        return key

    def refuse(self, refusal: Refusal, family: Family) -> Response:
        """The answer to a refused request."""
        switches = self._state.switches
        if isinstance(refusal, Absent) and switches["iam_absent"] == "html":
            return Response("<!doctype html><title>Cortex XDR</title>", mimetype="text/html")
        response = render_refusal(refusal, family, switches)
        if isinstance(refusal, RateLimited) and switches["retry_after"] != "absent":
            response.headers["Retry-After"] = self._retry_after(refusal.wait_s)
        return response

    def fault(self, status: int, family: Family) -> Response:
        """The vendor's own body for a status that a fault asks for."""
        return self.refuse(RateLimited(1.0) if status == 429 else Refusal(status), family)

    def _retry_after(self, wait_s: float) -> str:
        if self._state.switches["retry_after"] == "date":
            return http_date(math.ceil(self._state.clock() + wait_s))
        return str(math.ceil(wait_s))
