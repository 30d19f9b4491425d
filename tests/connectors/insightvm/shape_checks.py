"""Whether an answer has the shape that the vendor's specification gives it.

``shapes.json`` holds, of Rapid7's published specification (console 6.6.55), the members and types
of every object, the enumerations, and for every operation its success and its errors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import requests

_SHAPES = json.loads(Path(__file__).with_name("shapes.json").read_text())
OPERATIONS: dict[str, dict[str, Any]] = _SHAPES["operations"]
"""By method and path, such as ``GET /api/3/users/{id}``."""

# The specification's guide names these for any operation, whether it lists them there or not.
_GENERAL_ERRORS = {400, 401, 402, 404, 405, 406, 408, 409, 410, 413, 415, 500, 503}
_LIMITS = {"int32": 2**31, "int64": 2**63}


def check_answer(
    answer: requests.Response, method: str, route: str | None, *, success: set[int]
) -> None:
    """Fail unless ``answer`` is one that the operation can give.

    ``success`` are the codes that are allowed beside the one that the specification lists.
    """
    operation = OPERATIONS.get(f"{method} {route}")
    if answer.status_code == 204:
        assert not answer.content
        return
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.text.startswith("{\n  "), "not pretty-printed"
    body = answer.json()
    if answer.status_code >= 400:
        assert answer.status_code in _GENERAL_ERRORS
        assert set(body) == {"status", "message", "links"}
        assert body["status"] == str(answer.status_code)
        _check(body["message"], "string", "message")
    else:
        assert operation is not None, f"{method} {route} is no operation"
        assert answer.status_code in {operation["status"], *success}
        _check(body, operation["answer"], operation["answer"])
    _check(body["links"], ["Link"], "links")
    assert all(link["href"].startswith(_root(answer)) for link in body["links"])
    assert any(link["rel"] == "self" for link in body["links"])


def _root(answer: requests.Response) -> str:
    return "/".join((answer.request.url or "").split("/")[:4])


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, list):
        assert isinstance(value, list), f"{where}: {value!r}"
        for position, each in enumerate(value):
            _check(each, shape[0], f"{where}[{position}]")
    elif shape in _LIMITS:
        assert type(value) is int, f"{where}: {value!r}"
        assert -_LIMITS[shape] <= value < _LIMITS[shape], f"{where}: {value!r}"
    elif shape in _SHAPES["enumerations"]:
        assert value in _SHAPES["enumerations"][shape], f"{where}: {value!r}"
    elif shape in _SHAPES["objects"]:
        _check_object(value, _SHAPES["objects"][shape], where)
    else:
        expected = {"string": str, "boolean": bool, "double": float}[shape]
        assert type(value) is expected, f"{where}: {value!r}"


def _check_object(value: Any, shape: dict[str, Any], where: str) -> None:
    assert isinstance(value, dict), f"{where}: {value!r}"
    assert set(value) >= set(shape.get("required", ())), f"{where}: {sorted(value)}"
    assert set(value) <= set(shape["members"]), f"{where}: {sorted(value)}"
    for name, member in value.items():
        _check(member, shape["members"][name], f"{where}.{name}")
