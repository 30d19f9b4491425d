"""Whether a request has the shape that the vendor's specification gives it.

The facts are those of Rapid7's published specification (console 6.6.55): routes, parameters, body
members, types and enumerations.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests

_PAGING = {"page", "size", "sort"}
_INT32 = 2**31

_QUERIES: Mapping[str, set[str]] = {
    "GET /api/3/users": _PAGING,
    "GET /api/3/sites": _PAGING,
    "GET /api/3/asset_groups": _PAGING | {"name", "type"},
}
"""What may be asked; any other operation takes no query."""

_ROLE = {
    "id": (str, True),
    "name": (str, True),
    "description": (str, True),
    "privileges": ([str], False),
}
_USER = {
    "login": (str, True),
    "name": (str, True),
    "email": (str, False),
    "enabled": (bool, False),
    # Said to be required, and left out by all of Rapid7's own tools where it does not change.
    "password": (str, False),
    "passwordResetOnLogin": (bool, False),
    "locale": ({"default": (str, False), "reports": (str, False)}, False),
    "authentication": ({"type": (str, True), "id": (int, False)}, False),
    "role": (
        {
            "id": (str, True),
            "allSites": (bool, False),
            "allAssetGroups": (bool, False),
            "superuser": (bool, False),
        },
        True,
    ),
}
_BODIES: Mapping[str, Any] = {
    "POST /api/3/users": _USER,
    "PUT /api/3/users/{id}": _USER,
    "PUT /api/3/users/{id}/2FA": str,
    "PUT /api/3/users/{id}/password": str,
    "PUT /api/3/users/{id}/sites": [int],
    "PUT /api/3/users/{id}/asset_groups": [int],
    "PUT /api/3/roles/{id}": _ROLE,
}
"""Member to type and whether it is required; any other operation takes no body."""

_NO_BODY = (
    "GET /api/3/users",
    "GET /api/3/users/{id}",
    "DELETE /api/3/users/{id}",
    "DELETE /api/3/users/{id}/lock",
    "GET /api/3/users/{id}/2FA",
    "POST /api/3/users/{id}/2FA",
    "GET /api/3/users/{id}/privileges",
    "GET /api/3/users/{id}/sites",
    "DELETE /api/3/users/{id}/sites",
    "PUT /api/3/users/{id}/sites/{siteId}",
    "DELETE /api/3/users/{id}/sites/{siteId}",
    "GET /api/3/users/{id}/asset_groups",
    "DELETE /api/3/users/{id}/asset_groups",
    "PUT /api/3/users/{id}/asset_groups/{assetGroupId}",
    "DELETE /api/3/users/{id}/asset_groups/{assetGroupId}",
    "GET /api/3/sites",
    "GET /api/3/asset_groups",
    "GET /api/3/roles",
    "GET /api/3/roles/{id}",
    "DELETE /api/3/roles/{id}",
    "GET /api/3/roles/{id}/users",
    "GET /api/3/privileges",
    "GET /api/3/privileges/{id}",
    "GET /api/3/privileges/{id}/users",
    "GET /api/3/authentication_sources",
    "GET /api/3/authentication_sources/{id}",
    "GET /api/3/authentication_sources/{id}/users",
)
KNOWN = (*_BODIES, *_NO_BODY)
"""All operations that can be checked, by method and path."""

_TEXT_IDS = ("/roles/", "/privileges/")


def check_request(request: requests.PreparedRequest) -> None:
    """Fail unless ``request`` is one that the specification allows."""
    url = urlsplit(request.url or "")
    if url.path == "/":
        return  # the start page, which belongs to no API
    operation = _operation(str(request.method), url.path)
    query = parse_qs(url.query, keep_blank_values=True)
    assert set(query) <= _QUERIES.get(operation, set()), f"{operation}: {url.query}"
    assert all(values[0].isdecimal() for name, values in query.items() if name != "sort")
    assert 1 <= int(query.get("size", ["1"])[0]) <= 500
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.headers["Accept"] == "application/json"
    if operation in _BODIES:
        assert request.headers["Content-Type"] == "application/json"
        _check(json.loads(request.body or b""), _BODIES[operation], operation)
    else:
        assert not request.body, f"{operation} takes no body"


def _operation(method: str, path: str) -> str:
    for operation in KNOWN:
        known, _, route = operation.partition(" ")
        identifier = "[^/]+" if any(each in route for each in _TEXT_IDS) else "[0-9]+"
        if known == method and re.fullmatch(re.sub(r"{\w+}", identifier, route), path):
            assert not {".", ".."} & set(unquote(path).split("/"))
            return operation
    raise AssertionError(f"{method} {path} is no operation of the console")


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        assert set(value) <= set(shape), f"{where}: {set(value) - set(shape)}"
        for name, (kind, required) in shape.items():
            assert name in value or not required, f"{where}: {name} is missing"
            if name in value:
                _check(value[name], kind, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        assert len({str(each) for each in value}) == len(value), f"{where}: twice the same"
        for each in value:
            _check(each, shape[0], f"{where}[]")
    else:
        assert type(value) is shape, f"{where}: {value!r}"
        assert shape is not int or 0 < value < _INT32, where
