"""The HTTP half of the Cortex XDR connector: one call with its credentials and its retries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from scimbridge.connectors.cortex_xdr.auth import Authorization, Nonce, fresh_nonce
from scimbridge.connectors.cortex_xdr.envelope import Call, parse_json, read_payload
from scimbridge.connectors.cortex_xdr.settings import CortexXdrSettings
from scimbridge.connectors.http import Answer, Http, Wiring, open_attempts
from scimbridge.errors import VendorUnavailable

_RBAC = "/public_api/v1/rbac/"
_IAM = "/platform/iam/v1/"
_NOT_GIVEN = frozenset({400, 403, 404, 500})


class CortexXdrClient:
    """Calls one tenant's API. Safe between threads."""

    def __init__(
        self, settings: CortexXdrSettings, wiring: Wiring, *, nonce: Nonce = fresh_nonce
    ) -> None:
        verify = True if settings.ca_file is None else str(settings.ca_file)
        self._url = settings.url
        self._wiring = wiring
        self._http = Http(wiring, timeout=settings.call_timeout_s, verify=verify)
        self._authorization = Authorization(settings, wiring.now, nonce)
        self._attempts, self.breaker = open_attempts(wiring)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def rbac(self, operation: str, request_data: Mapping[str, Any]) -> Any:
        """The ``reply`` of a v1 route. All of them may be repeated: they read, or set a state.

        Raises the `VendorError` that fits any other answer.
        """
        return self._send("POST", _RBAC + operation, {}, request_data, "reply")

    def iam(
        self,
        method: str,
        route: str,
        request_data: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = True,
        **ids: str,
    ) -> Any:
        """The ``data`` of a Platform IAM route such as ``user/{user_email}``, with its ``ids``.

        Only ``repeatable`` calls are retried; any other whose outcome is open raises
        `OutcomeUnknown`.
        """
        return self._send(method, _IAM + route, ids, request_data, "data", repeatable=repeatable)

    def iam_list(self, route: str) -> list[Any]:
        """All there is on a Platform IAM route such as ``user``: it knows no pages."""
        rows = self.iam("GET", route)
        if not isinstance(rows, list):
            raise VendorUnavailable(f"{self._wiring.target}: GET {_IAM}{route} gave no list")
        return rows

    def iam_user(self, email: str) -> Any:
        """The record of one user; None if the tenant does not give it, whatever that means.

        How it says that there is no such user is not documented: it may be by the statuses with
        which it refuses a key, or fails. The list of all users tells these apart.
        """
        route = _IAM + "user/{user_email}"
        call = Call(self._wiring.target, "GET", route, repeatable=True)

        def attempt() -> Any:
            answer = self._exchange(call, _filled(route, {"user_email": email}), None)
            if answer.status in _NOT_GIVEN:
                return None
            return read_payload(answer, call, "data", self._wiring.now)

        return self._attempts.run(attempt, repeatable=True)

    def has_platform_iam(self) -> bool:
        """Whether the tenant has the Platform IAM routes, be it that the key may not use them.

        Raises a `VendorError` if its answer tells neither.
        """
        route = _IAM + "user-group"
        call = Call(self._wiring.target, "GET", route, repeatable=True)

        def attempt() -> bool:
            answer = self._exchange(call, route, None)
            if answer.status == 403:
                return True
            if answer.status == 404 or (answer.status == 200 and parse_json(answer) is None):
                return False
            read_payload(answer, call, "data", self._wiring.now)
            return True

        return self._attempts.run(attempt, repeatable=True)

    def _send(
        self,
        method: str,
        route: str,
        ids: Mapping[str, str],
        request_data: Mapping[str, Any] | None,
        key: str,
        *,
        repeatable: bool = True,
    ) -> Any:
        call = Call(self._wiring.target, method, route, repeatable)
        path = _filled(route, ids)

        def attempt() -> Any:
            answer = self._exchange(call, path, request_data)
            return read_payload(answer, call, key, self._wiring.now)

        return self._attempts.run(attempt, repeatable=repeatable)

    def _exchange(self, call: Call, path: str, request_data: Mapping[str, Any] | None) -> Answer:
        return self._http.send(
            call.method,
            self._url + path,
            route=call.route,
            repeatable=call.repeatable,
            json=None if request_data is None else {"request_data": request_data},
            headers={"Content-Type": "application/json"},
            authorize=self._authorization,
        )


def _filled(route: str, ids: Mapping[str, str]) -> str:
    return route.format_map({name: quote(value, safe="") for name, value in ids.items()})
