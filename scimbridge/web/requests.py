"""Reading requests: ids, bodies, query parameters and preconditions."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Request, request

from scimbridge.errors import InvalidSyntax, PayloadTooLarge, UnsupportedMediaType
from scimbridge.logs import request_id
from scimbridge.scim.messages import parse_json
from scimbridge.web.errors import too_large

_MEDIA_TYPES = ("application/scim+json", "application/json")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_ETAG = re.compile(r'(?:W/)?("[^"]*")|\*')


def assign_request_id(asked: Request) -> None:
    """Take over the caller's X-Request-Id if it is harmless, else make one.

    It stays set when the request has ended, for what is logged after the answer is out; the next
    request of the thread has another one.
    """
    given = asked.environ.get("HTTP_X_REQUEST_ID", "")
    request_id.set(given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16))


def json_body() -> Any:
    """The parsed body. Raises `UnsupportedMediaType`, `PayloadTooLarge` or `InvalidSyntax`."""
    if request.mimetype not in _MEDIA_TYPES:
        sent = request.mimetype or "nothing"
        raise UnsupportedMediaType(f"Content-Type is {sent}; send application/scim+json")
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        # Unpacking would take a bound of its own: a few kilobytes can hold gigabytes.
        raise UnsupportedMediaType(f"Content-Encoding is {coding}; send the body as it is")
    data = request.get_data(cache=False)
    limit = request.max_content_length
    if limit is not None and request.content_length is None and len(data) >= limit:
        # Of a body in chunks werkzeug reads as much as the limit and tells nobody (3.1).
        raise PayloadTooLarge(too_large(limit))
    if not data.strip():
        raise InvalidSyntax("the body is empty; a JSON object is expected")
    return parse_json(data)


def if_match() -> frozenset[str] | None:
    """The versions of If-Match; None without the header."""
    return _versions(request.environ.get("HTTP_IF_MATCH"))


def if_none_match() -> frozenset[str] | None:
    """The versions of If-None-Match; None without the header."""
    return _versions(request.environ.get("HTTP_IF_NONE_MATCH"))


def _versions(value: str | None) -> frozenset[str] | None:
    if value is None:
        return None
    # Compared weakly (RFC 9110 section 8.8.3.2): ours are all weak, and some proxies drop the W/.
    return frozenset(f"W/{tag[1]}" if tag[1] else "*" for tag in _ETAG.finditer(value))
