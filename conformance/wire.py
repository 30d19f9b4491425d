"""HTTP as the transcript says it: the target, the headers and the body leave exactly as given.

`requests` would normalise percent-encoding and add headers that the client under imitation does not
send, hence http.client. One connection per request, so that no stale connection is mistaken for a
failure of the server.
"""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.model import Json

MAX_THROTTLED_TRIES = 4
MAX_WAIT_S = 60


class ForeignUrlError(ValueError):
    """The server pointed to another origin, to which the token must not be sent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it left."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it came, its body decompressed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    elapsed_ms: int

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        """The body as UTF-8; what is not UTF-8 shows as replacement characters."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Json:
        """The body as JSON, or None if it is empty or not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came of it."""

    label: str
    request: Request
    response: Response | None
    error: str = ""
    """Why there is no response; empty if there is one."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to one service provider."""

    base_url: str
    """Absolute, without a trailing slash, query or fragment."""
    token: str = field(repr=False)
    timeout_s: float = 60.0
    """Okta closes the connection after 60 s (Okta SCIM FAQ)."""
    tls: ssl.SSLContext | None = None
    sleep: Callable[[float], None] = time.sleep

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        label: str = "",
    ) -> Exchange:
        """Send one request to ``path`` below the base URL, or to an absolute URL of its origin.

        Never raises for what the network or the server does. A 429 with Retry-After in seconds is
        waited for, as the clients do; raises `ForeignUrlError` for an absolute URL elsewhere.
        """
        request = Request(method, self._target(path), headers, body)
        for attempt in range(1, MAX_THROTTLED_TRIES + 1):
            exchange = self._exchange(request, label or f"{method} {path}")
            wait = _throttled_for(exchange.response)
            if wait is None or attempt == MAX_THROTTLED_TRIES:
                break
            self.sleep(wait)
        return exchange

    def _target(self, path: str) -> str:
        base = urlsplit(self.base_url)
        if path.startswith("/"):
            return base.path + path
        url = urlsplit(path)
        if (url.scheme, url.netloc) != (base.scheme, base.netloc):
            raise ForeignUrlError(f"{path} is not on {base.scheme}://{base.netloc}")
        return url.path + (f"?{url.query}" if url.query else "")

    def _exchange(self, request: Request, label: str) -> Exchange:
        started = time.monotonic()
        connection = self._connect()
        try:
            _put(connection, request)
            answer = connection.getresponse()
            body = answer.read()
            headers = tuple(answer.getheaders())
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            return Exchange(label, request, None, f"{type(error).__name__}: {error}")
        finally:
            connection.close()
        elapsed = round((time.monotonic() - started) * 1000)
        response = Response(answer.status, headers, _inflated(body, headers), elapsed)
        return Exchange(label, request, response)

    def _connect(self) -> http.client.HTTPConnection:
        url = urlsplit(self.base_url)
        if url.scheme == "https":
            return http.client.HTTPSConnection(
                url.netloc, timeout=self.timeout_s, context=self.tls or ssl.create_default_context()
            )
        return http.client.HTTPConnection(url.netloc, timeout=self.timeout_s)


def _put(connection: http.client.HTTPConnection, request: Request) -> None:
    connection.putrequest(request.method, request.target, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    if request.body is not None:
        connection.putheader("Content-Length", str(len(request.body)))
    connection.endheaders(request.body)


def _inflated(body: bytes, headers: tuple[tuple[str, str], ...]) -> bytes:
    encodings = {v.strip().lower() for k, v in headers if k.lower() == "content-encoding"}
    try:
        return gzip.decompress(body) if body and "gzip" in encodings else body
    except (OSError, EOFError):
        return body


def _throttled_for(response: Response | None) -> int | None:
    """Seconds to wait before the request may be repeated, or None if it need not be."""
    if response is None or response.status != 429:
        return None
    seconds = response.header("Retry-After") or ""
    return min(int(seconds), MAX_WAIT_S) if seconds.isdigit() else None
