"""A transport for `requests` that calls a WSGI application in process, without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from scimbridge.simulation.faults import ConnectionDropped
from scimbridge.simulation.instrument import SLEEP

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class WsgiAdapter(HTTPAdapter):
    """Mount it on a session: ``session.mount("http://vendor.test", WsgiAdapter(app))``.

    Hangs and latency of a simulator cost no time: they are added up and, if they exceed the
    request's read time-out, end in `requests.ReadTimeout` - after the request has had its effect,
    as with a real vendor that is merely slow. An answer that breaks off is a
    `requests.ConnectionError` like one that never begins.
    """

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """See `requests.adapters.HTTPAdapter.send`."""
        waited: list[float] = []
        environ = _environ(request)
        environ[SLEEP] = waited.append
        try:
            chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        except ConnectionDropped as error:
            raise requests.ConnectionError(
                "connection closed before the end of a response"
            ) from error
        read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout
        if read_timeout is not None and sum(waited) > read_timeout:
            raise requests.ReadTimeout(f"no answer within {read_timeout} s", request=request)
        code, _, reason = status.partition(" ")
        raw = HTTPResponse(
            body=BytesIO(b"".join(chunks)),
            headers=HTTPHeaderDict(list(headers)),
            status=int(code),
            reason=reason,
            preload_content=False,
        )
        return self.build_response(request, raw)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url or "")
    body = request.body or b""
    builder = EnvironBuilder(
        method=request.method or "GET",
        base_url=f"{url.scheme}://{url.netloc}",
        path=url.path or "/",
        query_string=url.query,
        headers=list(request.headers.items()),
        input_stream=BytesIO(body.encode() if isinstance(body, str) else bytes(body)),
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    return builder.get_environ()
