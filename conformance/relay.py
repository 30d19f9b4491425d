"""The way by which scim2-tester reaches the server: a WSGI application that forwards to the wire.

scim2-client talks to WSGI applications without any HTTP library of its own, so every request of the
suite passes the same recorder and the same ledger as the transcripts' do.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from conformance.ledger import Ledger
from conformance.wire import Exchange, Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# RFC 3986 section 3.3: what may stand in a path unencoded; URNs in /Schemas/{urn} stay readable.
_PATH_CHARACTERS = "/:@!$&'()*+,;=-._~"
_BODY_HEADERS = {"CONTENT_TYPE": "Content-Type"}


class Relay:
    """Forwards WSGI requests to the server and remembers the exchanges."""

    def __init__(self, wire: Wire, ledger: Ledger) -> None:
        self.exchanges: list[Exchange] = []
        self._wire = wire
        self._ledger = ledger

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward one request; answers 502 when the server gives no response."""
        exchange = self._wire.send(
            environ["REQUEST_METHOD"],
            self._path(environ),
            headers={"Authorization": f"Bearer {self._wire.token}", **_headers(environ)},
            body=environ["wsgi.input"].read() or None,
        )
        self.exchanges.append(exchange)
        self._ledger.record(exchange)
        response = exchange.response
        if response is None:
            start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
            return [exchange.error.encode()]
        start_response(f"{response.status} {_phrase(response.status)}", list(response.headers))
        return [response.body]

    def _path(self, environ: WSGIEnvironment) -> str:
        raw = environ["PATH_INFO"].encode("latin-1")
        path = quote(raw, safe=_PATH_CHARACTERS).removeprefix(urlsplit(self._wire.base_url).path)
        query = environ.get("QUERY_STRING", "")
        return f"{path or '/'}?{query}" if query else path or "/"


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").title(): value
        for key, value in environ.items()
        if key.startswith("HTTP_") and key != "HTTP_HOST"
    }
    for key, name in _BODY_HEADERS.items():
        if key in environ:
            headers[name] = environ[key]
    return headers


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
