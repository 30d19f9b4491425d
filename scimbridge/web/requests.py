"""Reading requests: ids, bodies, query parameters and preconditions."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from flask import g, request

from scimbridge.errors import InvalidSyntax, UnsupportedMediaType
from scimbridge.scim.messages import parse_json

_MEDIA_TYPES = ("application/scim+json", "application/json")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_ETAG = re.compile(r'(?:W/)?"[^"]*"|\*')


def assign_request_id() -> None:
    """Take over the caller's X-Request-Id if it is harmless, else make one."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def json_body() -> Any:
    """The parsed body. Raises `UnsupportedMediaType` or `InvalidSyntax`."""
    if request.mimetype not in _MEDIA_TYPES:
        sent = request.mimetype or "nothing"
        raise UnsupportedMediaType(f"Content-Type is {sent}; send application/scim+json")
    data = request.get_data(cache=False)
    if not data.strip():
        raise InvalidSyntax("the body is empty; a JSON object is expected")
    return parse_json(data)


def json_object() -> Mapping[str, Any]:
    """The parsed body, which must be an object."""
    body = json_body()
    if not isinstance(body, dict):
        raise InvalidSyntax(f"the body is {type(body).__name__}; a JSON object is expected")
    return body


def if_match() -> frozenset[str] | None:
    """The versions of If-Match; None without the header."""
    return _versions("If-Match")


def if_none_match() -> frozenset[str] | None:
    """The versions of If-None-Match; None without the header."""
    return _versions("If-None-Match")


def _versions(header: str) -> frozenset[str] | None:
    value = request.headers.get(header)
    return None if value is None else frozenset(_ETAG.findall(value))
