"""The HTTP half of the Falcon connector: tokens, one call with its retries, paging."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import requests

from scimbridge.connectors.falcon.auth import Token, TokenSource
from scimbridge.connectors.falcon.envelope import Call, Reply, item_failure, read_reply
from scimbridge.connectors.falcon.settings import FalconSettings
from scimbridge.connectors.http import Answer, Http, Params, Wiring, open_attempts
from scimbridge.errors import VendorError, VendorUnavailable

PAGE = 500
"""The most that a query of user management gives at once."""

_SCOPES = MappingProxyType(
    {
        "/user-management/": ("User management", "usermgmt"),
        "/user-roles/": ("User management", "usermgmt"),
        "/users/": ("User management", "usermgmt"),
        "/mssp/": ("Flight Control", "mssp"),
        "/policy/": ("Response policies", "response-policies"),
        "/sensors/": ("Sensor Download", "sensor-installers"),
    }
)
"""Route prefix to what the console calls the scope, and its name in the API."""


class FalconClient:
    """Calls one CID's API. Safe between threads."""

    def __init__(self, settings: FalconSettings, wiring: Wiring) -> None:
        verify = True if settings.ca_file is None else str(settings.ca_file)
        self._wiring = wiring
        self._http = Http(wiring, timeout=settings.call_timeout_s, verify=verify)
        self._tokens = TokenSource(self._http, settings, wiring)
        self._attempts, self.breaker = open_attempts(wiring)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def call(
        self,
        method: str,
        route: str,
        *,
        params: Params | None = None,
        json: Any = None,
        repeatable: bool = True,
    ) -> Reply:
        """The envelope of a call all of whose items succeeded; else raises a `VendorError`."""
        reply = self.call_items(method, route, params=params, json=json, repeatable=repeatable)
        if reply.errors:
            raise self.item_failure(method, route, reply, repeatable=repeatable)
        return reply

    def call_items(
        self,
        method: str,
        route: str,
        *,
        params: Params | None = None,
        json: Any = None,
        repeatable: bool = True,
    ) -> Reply:
        """Like `call`, but a success (207 or any other 2xx) may hold ``errors`` of single items.

        Only ``repeatable`` calls are retried; any other whose outcome is open raises
        `OutcomeUnknown`.
        """
        call = self._call(method, route, repeatable=repeatable)

        def attempt() -> Reply:
            answer = self._authorized(call, params, json)
            return read_reply(answer, call, self._wiring.now)

        return self._attempts.run(attempt, repeatable=repeatable)

    def pages(self, route: str, params: Params) -> Iterator[tuple[Any, ...]]:
        """The pages of a query, none of them empty; a row may be on two of them.

        The cursor is our own: ``meta.pagination.offset`` echoes the request on some routes and is
        the next offset on others.
        """
        offset = 0
        last: tuple[Any, ...] = ()
        last_total = 0
        while True:
            reply = self.call("GET", route, params={**params, "offset": offset, "limit": PAGE})
            page = reply.resources
            if not page:
                return
            if page == last:
                raise VendorUnavailable(
                    f"{self._wiring.target}: GET {route} gives the same page for every offset",
                    trace_id=reply.trace_id,
                )
            yield page
            total = reply.total or 0
            if total < last_total:
                # As many rows as have gone may have moved from this page to the one before.
                offset = max(0, offset - (last_total - total))
            else:
                offset += len(page)
            last, last_total = page, total
            if reply.total is not None and offset >= reply.total:
                return

    def item_failure(
        self, method: str, route: str, reply: Reply, *, repeatable: bool = True
    ) -> VendorError:
        """The error that sums up ``reply.errors``."""
        call = self._call(method, route, repeatable=repeatable)
        return item_failure(reply.errors, call, reply.trace_id)

    def _call(self, method: str, route: str, *, repeatable: bool) -> Call:
        return Call(self._wiring.target, method, route, _scope(method, route), repeatable)

    def _authorized(self, call: Call, params: Params | None, json: Any) -> Answer:
        """One exchange; a refused token is renewed and the call made once more.

        That is safe for any call: the gateway refuses before the service sees the request.
        """
        token = self._tokens.token()
        answer = self._exchange(call, token, params, json)
        if answer.status in (401, 403) and self._tokens.refused(token, answer.status):
            answer = self._exchange(call, self._tokens.token(), params, json)
        return answer

    def _exchange(self, call: Call, token: Token, params: Params | None, json: Any) -> Answer:
        def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token.value}"
            return request

        return self._http.send(
            call.method,
            token.base_url + call.route,
            route=call.route,
            repeatable=call.repeatable,
            params=params,
            json=json,
            # Also without a body: gofalcon ``falcon/api_client.go`` works around a refusal.
            headers={"Content-Type": "application/json"},
            authorize=authorize,
        )


def _scope(method: str, route: str) -> str:
    """What to tick in the console for this call. Some reads are POSTs to ``.../GET/vN``."""
    right = "read" if method == "GET" or "/GET/" in route else "write"
    for prefix, (label, slug) in _SCOPES.items():
        if route.startswith(prefix):
            return f"{label}: {right} ({slug}:{right})"
    return f"for {route}: {right}"
