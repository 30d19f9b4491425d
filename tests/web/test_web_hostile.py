"""Whatever is sent, nothing breaks and nothing changes. The table is in `tests.web.hostile`."""

from __future__ import annotations

import json

import pytest

from tests.conftest import CORE_USER, World
from tests.web.hostile import TEXTS, inputs, try_all


def test_no_hostile_input_is_answered_5xx_or_changes_anything(world: World) -> None:
    world.provider.observer.refresh_catalogue()
    world.scim.create_group("SEC Residents", world.scim.create_user("r@example.com")["id"])

    report = try_all(world)

    assert (report.server_errors, report.injected, report.changed) == ([], [], False)
    assert report.tried == len(list(inputs())) > 1000


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_hostile_name_is_refused_or_reaches_the_vendor_as_a_value_alone(
    shared: World, text: str
) -> None:
    shared.vendor.forget_calls()
    body = {
        "schemas": [CORE_USER],
        "userName": f"{text}@example.com"[-200:],
        "displayName": text,
        "name": {"givenName": text, "familyName": text},
    }

    answer = shared.scim("POST", "/Users", json.dumps(body).encode())

    assert answer.status_code in (201, 400), answer.text
    routes = {call.partition(" ")[2] for call in shared.vendor.calls()}
    assert all(route.startswith("/user-management/") and ".." not in route for route in routes)
    if answer.status_code == 201:
        assert shared.scim("DELETE", f"/Users/{answer.json()['id']}").status_code == 204


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("jane.doe@example.com", "JANE.DOE@example.com"),
        ("kelvin@example.com", "\u212aelvin@example.com"),
        ("wide@example.com", "\uff37\uff29\uff24\uff25@example.com"),
        ("zo\u00eb@example.com", "zoe\u0308@example.com"),
    ],
)
def test_a_name_that_looks_the_same_is_the_same(shared: World, one: str, same: str) -> None:
    user = shared.scim.create_user(one)["id"]

    answer = shared.scim("POST", "/Users", {"schemas": [CORE_USER], "userName": same})

    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert shared.scim("DELETE", f"/Users/{user}").status_code == 204
