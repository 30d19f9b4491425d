"""The gateway in front of every Falcon API: bearer token, rate limits, scopes, common headers."""

from __future__ import annotations

import math

from flask import Request, Response, g
from werkzeug.wrappers import Response as BaseResponse

from scimbridge.connectors.falcon.simulator.call import Route
from scimbridge.connectors.falcon.simulator.envelope import (
    GATEWAY,
    ErrorItem,
    Refusal,
    render_refusal,
    trace_id,
)
from scimbridge.connectors.falcon.simulator.rate_limit import Allowance
from scimbridge.connectors.falcon.simulator.records import Token
from scimbridge.connectors.falcon.simulator.state import FalconState

_SCOPE_MESSAGES = {
    "new": "access denied, scope not permitted",
    "old": "access denied, authorization failed",
}
_FAULT_MESSAGES = {
    401: "access denied, invalid bearer token",
    403: "access denied, authorization failed",
    429: "API rate limit exceeded.",
}


class Gateway:
    """Lets requests through to the routes, or refuses them. The state's lock is held."""

    def __init__(self, state: FalconState) -> None:
        self._state = state

    def admit(self, request: Request, route: Route) -> Token:
        """The token of a request that may go on to ``route``. Raises `Refusal`."""
        token = self._bearer(request)
        self.count(f"cid {token.client.cid}", self._state.switches["rate_limit_per_minute"])
        granted = token.client.scopes & set(self._state.switches["scopes"])
        if route.scope not in granted:
            message = _SCOPE_MESSAGES[self._state.switches["scope_message"]]
            raise Refusal(403, message, family=GATEWAY)
        if route.scope.startswith("mssp:") and not self._is_parent(token.cid):
            raise Refusal(403, "access denied, authorization failed", family=GATEWAY)
        return token

    def count(self, bucket: str, limit: int) -> None:
        """Count a request against a limit. Raises `Refusal` 429."""
        g.allowance = self._state.limiter.take(bucket, limit)
        if g.allowance.retry_at is not None:
            raise Refusal(429, _FAULT_MESSAGES[429], family=GATEWAY)

    def fault(self, status: int) -> Response:
        """The gateway's own answer with the status that a fault asks for."""
        if status == 429:
            limit = self._state.switches["rate_limit_per_minute"]
            g.allowance = Allowance(limit, 0, retry_at=self._state.clock() + 1)
        message = _FAULT_MESSAGES.get(status, "simulated fault")
        response = render_refusal(status, [ErrorItem(status, message)], GATEWAY)
        self.add_headers(response)
        return response

    def add_headers(self, response: BaseResponse) -> None:
        """Set what every answer carries."""
        response.headers["X-CS-TRACEID"] = trace_id()
        if region := self._state.switches["region_header"]:
            response.headers["X-Cs-Region"] = region
        allowance: Allowance | None = g.get("allowance")
        if allowance is None:
            return
        response.headers["X-Ratelimit-Limit"] = str(allowance.limit)
        response.headers["X-Ratelimit-Remaining"] = str(allowance.remaining)
        unit = self._state.switches["retry_after"]
        if allowance.retry_at is not None and unit != "absent":
            # The specification says milliseconds; live it is seconds (psfalcon, class/Class.ps1).
            factor = 1000 if unit == "milliseconds" else 1
            retry_at = math.ceil(allowance.retry_at * factor)
            response.headers["X-Ratelimit-Retryafter"] = str(retry_at)

    def _bearer(self, request: Request) -> Token:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._state.tokens.get(value.strip()) if scheme.lower() == "bearer" else None
        if token is not None and token.expires > self._state.clock():
            return token
        switches = self._state.switches
        self.count(f"ip {request.remote_addr}", switches["anonymous_rate_limit_per_minute"])
        # The live service answers 403 at times (falcon-installer #94).
        status = switches["bad_token_status"]
        raise Refusal(status, _FAULT_MESSAGES[status], family=GATEWAY)

    def _is_parent(self, cid: str) -> bool:
        return bool(self._state.switches["flight_control"] and self._state.children(cid))
