"""Responses: the media type, the version and location headers, and the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response, request

from scimbridge.errors import NotAcceptable

SCIM_JSON = "application/scim+json"
JSON = "application/json"


def scim_response(body: Mapping[str, Any] | str | None, *, status: int = 200) -> Response:
    """``body`` (a document, or JSON already), or an empty response."""
    data = body or b"" if body is None or isinstance(body, str) else orjson.dumps(body)
    response = Response(data, status=status)
    if body is None:
        del response.headers["Content-Type"]
    else:
        # Exactly this and no charset: at least one client compares the header as a string.
        response.headers["Content-Type"] = _negotiated()
    return response


def require_acceptable() -> None:
    """Raise `NotAcceptable` if the client takes neither of the two media types of SCIM."""
    if request.accept_mimetypes and not _accepted():
        raise NotAcceptable(
            f"Accept is {request.headers['Accept']!r}; this server sends {SCIM_JSON} and {JSON}"
        )


def _negotiated() -> str:
    return _accepted() or SCIM_JSON


def _accepted() -> str | None:
    ranges = [(text.partition(";")[0].strip(), q) for text, q in request.accept_mimetypes]
    if not ranges:
        return SCIM_JSON
    for offered in (SCIM_JSON, JSON):
        # Parameters such as charset do not count: both types are UTF-8 by definition.
        if any(q and text in (offered, "application/*", "*/*") for text, q in ranges):
            return offered
    return None
