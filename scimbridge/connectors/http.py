"""One HTTP exchange with a vendor: what every vendor client needs and none should write again.

Redirects are never followed, cookies never kept, netrc never read (a session of requests would put
its login in place of ours); the proxies of the environment are used. One line is logged for each
call, without query, bodies or headers, which hold names and secrets.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import orjson
import requests
import requests.adapters
import urllib3

from scimbridge.connectors.breaker import Breaker, ShutBy
from scimbridge.connectors.deadline import remaining
from scimbridge.connectors.retry import Attempts, RetryBudget
from scimbridge.connectors.trace import current
from scimbridge.connectors.wire import BoundedAdapter
from scimbridge.errors import OutcomeUnknown, VendorDenied, VendorRejected, VendorUnavailable

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
LARGEST_BODY = 32 * 1024 * 1024
_SHOWN_LENGTH = 200
USER_AGENT = f"scimbridge/{version('scimbridge')}"
_HEADERS = {
    **requests.utils.default_headers(),
    "User-Agent": USER_AGENT,
    "Accept": "application/json",
}

OnCall = Callable[[str, str, int | None, float], None]
"""Told of each exchange: method, route, status (None: no answer), seconds. Must not raise."""

Event = Literal["retry", "breaker opened"]

Authorize = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""Adds the credentials to a request that is ready to be sent."""

Scalar = str | int | bool
Params = Mapping[str, Scalar | Sequence[Scalar] | None]
"""Query parameters: None is left out, a sequence becomes a repeated key."""


def _no_call(_method: str, _route: str, _status: int | None, _seconds: float) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the composition root, or a test, gives to every connector beside its settings."""

    target: str
    """The target's name in the configuration, for logs and errors."""
    default_role: str | None = None
    """What an account holds that is left with no role, where the vendor demands one."""
    on_call: OnCall = _no_call
    on_event: Callable[[Event], None] = lambda _event: None
    """Told of what is done because calls fail. Must not raise."""
    on_shut: Callable[[ShutBy, float], None] = lambda _by, _seconds: None
    """See `Breaker`."""
    open_adapter: Callable[[], requests.adapters.BaseAdapter] = BoundedAdapter
    clock: Callable[[], float] = time.monotonic
    """Seconds that never go back: token life, cooldowns, durations."""
    now: Callable[[], float] = time.time
    """Seconds since the epoch: what a vendor's "not before" is compared with."""
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform


def open_attempts(wiring: Wiring) -> tuple[Attempts, Breaker]:
    """The retry rule of one target, and its breaker for whoever reports health."""
    breaker = Breaker(
        wiring.target,
        clock=wiring.clock,
        on_open=lambda: wiring.on_event("breaker opened"),
        on_shut=wiring.on_shut,
    )
    budget = RetryBudget(clock=wiring.clock)
    attempts = Attempts(
        breaker,
        budget,
        clock=wiring.clock,
        sleep=wiring.sleep,
        uniform=wiring.uniform,
        on_retry=lambda: wiring.on_event("retry"),
    )
    return attempts, breaker


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response, of any status."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The parsed body. Raises `ValueError` if it is not JSON: empty, HTML, not UTF-8."""
        return orjson.loads(self.body)

    def excerpt(self, page: str = "probably a proxy's") -> str:
        """The answer in one short line; of HTML only that it is a web page; ``page``: whose."""
        if "html" in self.headers.get("Content-Type", "").lower():
            return f"answered {self.status} with a web page, {page}"
        text = " ".join(self.body[: 4 * _SHOWN_LENGTH].decode(errors="replace").split())
        shown = "".join(each for each in text if each.isprintable())[:_SHOWN_LENGTH]
        return f"answered {self.status}: {shown}" if shown else f"answered {self.status}"


def checked_id(native_id: str, pattern: re.Pattern[str], noun: str) -> str:
    """``native_id`` if it has the vendor's form, so that no ``..`` ever becomes part of a path.

    Raises `VendorRejected`: quoting does not help, since ``..`` is made of unreserved characters
    and requests resolves it.
    """
    if pattern.fullmatch(native_id) is None:
        raise VendorRejected(f"{native_id!r} is not the id of a {noun}")
    return native_id


class Http:
    """Sends single requests to the hosts of one target. Safe between threads."""

    def __init__(self, wiring: Wiring, *, timeout: float, verify: bool | str = True) -> None:
        """``timeout``: most seconds of one call; ``verify``: as in requests, sent with each call.

        (An environment variable would override the session's value, not the call's.)
        """
        self._wiring = wiring
        self._timeout = timeout
        self._verify = verify
        self._adapter = wiring.open_adapter()
        self._ways: dict[str, Mapping[str, Any]] = {}

    def close(self) -> None:
        """Close the pooled connections."""
        self._adapter.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        route: str,
        repeatable: bool,
        params: Params | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        authorize: Authorize = lambda request: request,
    ) -> Answer:
        """One request, one answer of whatever status.

        ``route`` names the call in logs and metrics: the path with its ids left out.
        Raises `VendorUnavailable` if no whole answer came in time; `OutcomeUnknown` instead if the
        request is not ``repeatable`` and may have arrived; `VendorDenied` if the vendor's
        certificate is not trusted.
        """
        allowed = self._allowed(method, route)
        status: int | None = None
        started = self._wiring.clock()
        try:
            request = requests.Request(
                method,
                url,
                params=_query(params or {}),
                data=form if json is None else orjson.dumps(json),
                headers={**_HEADERS, **(headers or {})},
                auth=authorize,
            ).prepare()
            # Not by a session, which reads the environment for each call anew: a third of its time.
            timeout = (min(CONNECT_SECONDS, allowed), allowed)
            with self._adapter.send(request, timeout=timeout, **self._way(url)) as response:
                status = response.status_code
                return Answer(status, response.headers, _body(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._translated(error, f"{method} {route}", repeatable=repeatable) from error
        finally:
            seconds = self._wiring.clock() - started
            logger.info(
                "%s: %s %s -> %s (%d ms)",
                self._wiring.target,
                method,
                route,
                status or "no answer",
                seconds * 1000,
            )
            self._wiring.on_call(method, route, status, seconds)
            trace = current()
            if trace is not None:
                trace.add(method, route, status, seconds)

    def _allowed(self, method: str, route: str) -> float:
        left = remaining()
        if left is None:
            return self._timeout
        if left <= 0:
            raise VendorUnavailable(
                f"{self._wiring.target}: no time was left to call {method} {route}"
            )
        return min(self._timeout, left)

    def _way(self, url: str) -> Mapping[str, Any]:
        """How a host is reached, by the settings and the environment: proxies, certificates."""
        origin = "/".join(url.split("/", 3)[:3])
        way = self._ways.get(origin)
        if way is None:
            way = self._ways[origin] = requests.Session().merge_environment_settings(
                origin, {}, stream=True, verify=self._verify, cert=None
            )
        return way

    def _translated(
        self, error: Exception, call: str, *, repeatable: bool
    ) -> VendorUnavailable | VendorDenied:
        """What a network error means to the bridge; the only place that decides it."""
        causes = tuple(_causes(error))
        target = self._wiring.target
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
            return VendorDenied(
                f"{target}: the vendor's certificate is not trusted ({causes[-1]}); "
                "if a proxy inspects TLS, name its CA file in the target's settings"
            )
        reason = f"{target}: {call}: {_in_words(causes)}"
        if repeatable or any(isinstance(cause, _UNSENT) for cause in causes):
            return VendorUnavailable(reason)
        return OutcomeUnknown(f"{reason}; it may have been done all the same")


_UNSENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
)
"""Raised before the first byte of a request is sent."""

_TIMED_OUT = (TimeoutError, urllib3.exceptions.ReadTimeoutError, requests.Timeout)


def _query(params: Params) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        if value is None:
            continue
        values = [value] if isinstance(value, str | int) else value
        pairs.extend((name, _plain(each)) for each in values)
    return pairs


def _plain(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise requests.exceptions.ContentDecodingError(
                f"the answer is larger than {LARGEST_BODY} bytes"
            )
    return bytes(body)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made from: requests wraps urllib3, which wraps the socket's."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        reason = getattr(cause, "reason", None)
        cause = (
            reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__
        )


def _in_words(causes: Sequence[BaseException]) -> str:
    if any(isinstance(cause, _TIMED_OUT) for cause in causes):
        return "no answer in time"
    root = causes[-1]
    return f"{type(root).__name__}: {root}"
