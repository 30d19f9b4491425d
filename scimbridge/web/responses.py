"""Responses: the media type, the version and location headers, and the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from flask import Request, Response
from werkzeug.datastructures import Headers

from scimbridge.errors import NotAcceptable
from scimbridge.web.current import current

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SCIM_JSON = "application/scim+json"
JSON = "application/json"


class _Complete(Response):
    """A response with a body and with the headers as they go out.

    Werkzeug would look for URLs among them that are none yet, at a tenth of the cost of a read.
    """

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """The headers; the length of the body has been among them from the start."""
        return self.headers

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """The body as it is, if it is sent and nothing is to be done after it."""
        if self._on_close or environ["REQUEST_METHOD"] == "HEAD":
            return super().get_app_iter(environ)
        return self.response  # type: ignore[return-value]  # always a list of bytes


def scim_response(
    body: Mapping[str, Any] | str | None,
    *,
    status: int = 200,
    headers: Sequence[tuple[str, str]] = (),
) -> Response:
    """``body`` (a document, or JSON already), or an empty response; with further ``headers``."""
    if body is None:
        response = Response(b"", status=status, headers=headers)
        del response.headers["Content-Type"]
        return response
    data = body.encode() if isinstance(body, str) else orjson.dumps(body)
    # Exactly this and no charset: at least one client compares the header as a string.
    said = Headers()
    said.add("Content-Type", _accepted(current()) or SCIM_JSON)
    said.add("Content-Length", str(len(data)))
    for name, value in headers:
        said.add(name, value)
    return _Complete([data], status=status, headers=said)


def require_acceptable(asked: Request) -> None:
    """Raise `NotAcceptable` if the client takes neither of the two media types of SCIM."""
    if not _accepted(asked):
        raise NotAcceptable(
            f"Accept is {asked.headers['Accept']!r}; this server sends {SCIM_JSON} and {JSON}"
        )


def _accepted(asked: Request) -> str | None:
    if "HTTP_ACCEPT" not in asked.environ:
        return SCIM_JSON
    ranges = [(text.partition(";")[0].strip(), q) for text, q in asked.accept_mimetypes]
    if not ranges:
        return SCIM_JSON
    for offered in (SCIM_JSON, JSON):
        # Parameters such as charset do not count: both types are UTF-8 by definition.
        if any(q and text in (offered, "application/*", "*/*") for text, q in ranges):
            return offered
    return None
