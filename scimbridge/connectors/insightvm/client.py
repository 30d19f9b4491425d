"""The HTTP half of the InsightVM connector: credentials, one call with its retries, paging."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import requests

from scimbridge.connectors.http import Http, Params, Wiring, open_attempts
from scimbridge.connectors.insightvm.answers import PRIVILEGE, Call, read_answer
from scimbridge.connectors.insightvm.settings import InsightVMSettings
from scimbridge.connectors.insightvm.totp import one_time_code
from scimbridge.errors import VendorDenied, VendorError, VendorNotFound, VendorUnavailable

logger = logging.getLogger(__name__)

PAGE = 500
"""The most that the console gives at once."""

_SCANS = 3
_FIRST_HOLD_S = 60.0
_LONGEST_HOLD_S = 3600.0

Row = Mapping[str, Any]


class InsightVMClient:
    """Calls one console's API. Safe between threads."""

    def __init__(self, settings: InsightVMSettings, wiring: Wiring) -> None:
        verify = settings.verify if isinstance(settings.verify, bool) else str(settings.verify)
        if verify is False:
            logger.warning(
                "%s: the console's certificate is not checked (verify = false), so anybody "
                "between can read the bridge's password; name the certificate's file instead",
                wiring.target,
            )
        self._settings = settings
        self._wiring = wiring
        self._http = Http(wiring, timeout=settings.call_timeout_s, verify=verify)
        self._attempts, self.breaker = open_attempts(wiring)
        self._refusals = _Refusals(wiring)

    def close(self) -> None:
        """Close the pooled connections."""
        self._http.close()

    def call(
        self,
        method: str,
        route: str,
        *,
        at: Mapping[str, str] | None = None,
        params: Params | None = None,
        json: Any = None,
        repeatable: bool = True,
    ) -> Row:
        """The object that the console answers with; else raises a `VendorError`.

        ``at`` fills the route's placeholders. Only ``repeatable`` calls are retried; any other
        whose outcome is open raises `OutcomeUnknown`. A collection that is not found is one that
        the bridge's account may not see: `VendorDenied`.
        """
        try:
            return self._call(method, route, at or {}, params, json, repeatable=repeatable)
        except VendorNotFound as error:
            if at:
                raise
            raise VendorDenied(f"{error.reason} - {PRIVILEGE}") from error

    def pages(self, route: str) -> Iterator[Row]:
        """All rows of a paged collection, each id once, read again while it changes meanwhile.

        The console keeps no cursor, so that rows move between pages when others come and go.
        """
        seen: set[Any] = set()
        for _ in range(_SCANS):
            scan = _Scan()
            for page in self._scan(route, scan):
                yield from (row for row in page if row.get("id") not in seen)
                seen.update(row.get("id") for row in page)
            if scan.settled:
                return
        logger.warning("%s: GET %s changes faster than it is read", self._wiring.target, route)

    def _scan(self, route: str, scan: _Scan) -> Iterator[list[Row]]:
        number = 0
        while number == 0 or number < scan.pages:
            params: Params = {"page": number, "size": PAGE}
            try:
                body = self._call("GET", route, {}, params, None, repeatable=True)
            except VendorNotFound as error:
                if number == 0:
                    raise VendorDenied(f"{error.reason} - {PRIVILEGE}") from error
                scan.settled = False  # fewer pages than there were when the last one was read
                return
            rows = scan.take(body, number)
            if rows is None:
                raise VendorUnavailable(
                    f"{self._wiring.target}: GET {route} gives something else than page {number}"
                )
            yield rows
            number += 1

    def _call(
        self,
        method: str,
        route: str,
        at: Mapping[str, str],
        params: Params | None,
        json: Any,
        *,
        repeatable: bool,
    ) -> Row:
        call = Call(self._wiring.target, method, route, repeatable)
        path = route.format_map({name: quote(value, safe="") for name, value in at.items()})

        def attempt() -> Row:
            self._refusals.check(call)
            answer = self._http.send(
                method,
                self._settings.base_url + path,
                route=route,
                repeatable=repeatable,
                params=params,
                json=json,
                headers={} if json is None else {"Content-Type": "application/json"},
                authorize=self._authorize,
            )
            if answer.status == 401 and self._in_maintenance():
                raise VendorUnavailable(
                    f"{call}: the console is in maintenance mode", retry_after=_FIRST_HOLD_S
                )
            self._refusals.note(refused=answer.status == 401)
            return read_answer(answer, call, self._wiring.now())

        return self._attempts.run(attempt, repeatable=repeatable)

    def _in_maintenance(self) -> bool:
        """Whether a 401 says nothing of the credentials: the console gives it in maintenance too.

        Its start page then says so, which the PowerShell module Rapid7Nexpose goes by as well.
        """
        try:
            page = self._http.send("GET", f"{self._settings.base_url}/", route="/", repeatable=True)
        except VendorError:
            return False
        return b"maintenance" in page.body.lower()

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        login = f"{self._settings.username}:{self._settings.password.reveal()}"
        encoded = base64.b64encode(login.encode()).decode()
        request.headers["Authorization"] = f"Basic {encoded}"
        if self._settings.two_factor_key is not None:
            seed = self._settings.two_factor_key.reveal()
            request.headers["Token"] = one_time_code(seed, self._wiring.now())
        return request


class _Scan:
    """One reading of all pages, and whether they fitted together."""

    def __init__(self) -> None:
        self.pages = 0
        self.settled = True
        self._total: object = None
        self._ids: set[Any] = set()

    def take(self, body: Row, number: int) -> list[Row] | None:
        """The rows of page ``number``, each with an ``id``; None if ``body`` is not that page."""
        page, rows = body.get("page"), body.get("resources")
        if not isinstance(page, Mapping) or not isinstance(rows, list):
            return None
        if page.get("number") != number or not isinstance(page.get("totalPages"), int):
            return None
        if not all(isinstance(row, Mapping) and "id" in row for row in rows):
            return None
        self.pages = page["totalPages"]
        total, ids = page.get("totalResources"), {row["id"] for row in rows}
        if (number and total != self._total) or ids & self._ids:
            self.settled = False
        self._total = total
        self._ids |= ids
        return rows


class _Refusals:
    """Keeps a wrong password from being sent so often that the console locks the account.

    After a 401 nothing is sent for a minute, then for twice as long after each further one.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._clock = wiring.clock
        self._lock = threading.Lock()
        self._hold = 0.0
        self._until = 0.0

    def check(self, call: Call) -> None:
        """Raise `VendorDenied` while the credentials count as refused."""
        with self._lock:
            left = self._until - self._clock()
            if self._hold and left > 0:
                raise VendorDenied(
                    f"{call}: not called for another {left:.0f} s, because the console has refused "
                    "the bridge's credentials and locks accounts that keep trying"
                )

    def note(self, *, refused: bool) -> None:
        """Learn from an answer."""
        with self._lock:
            if not refused:
                self._hold = 0.0
                return
            self._hold = min(max(_FIRST_HOLD_S, 2 * self._hold), _LONGEST_HOLD_S)
            self._until = self._clock() + self._hold
