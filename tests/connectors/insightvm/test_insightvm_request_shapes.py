"""The check that every request of the connector's tests goes through knows the whole API."""

from __future__ import annotations

import pytest
import requests
from request_shapes import KNOWN, check_request
from shape_checks import OPERATIONS

# Access is never changed from the side of sites and asset groups; the rest is not about users.
NOT_CALLED = {
    each
    for each in OPERATIONS
    if each == "GET /api/3"
    or each.partition("/api/3/")[2].startswith("administration/")
    or (each.partition("/api/3/")[2].startswith(("sites/", "asset_groups/")))
}


def test_every_operation_of_users_can_be_checked() -> None:
    assert OPERATIONS.keys() - NOT_CALLED == set(KNOWN)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/3/users/1", {}),
        ("GET", "/api/3/users/x", None),
        ("PUT", "/api/3/users/1", {"login": "x"}),
        ("PUT", "/api/3/users/1/sites", ["1"]),
        ("PUT", "/api/3/users/1/sites", [1, 1]),
        ("GET", "/api/3/users?page=0&size=501", None),
        ("DELETE", "/api/3/users/1/lock", {}),
    ],
)
def test_what_the_specification_does_not_allow_is_noticed(
    method: str, path: str, body: object
) -> None:
    headers = {"Authorization": "Basic x", "Accept": "application/json"}
    request = requests.Request(method, f"https://c{path}", headers=headers, json=body).prepare()

    with pytest.raises(AssertionError):
        check_request(request)
