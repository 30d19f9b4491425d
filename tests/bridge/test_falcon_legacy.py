"""A Falcon target on the deprecated routes, from the IdP's request to the vendor's account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import World, open_world

JANE = "jane@example.com"
NAME = {"givenName": "Jane", "familyName": "Doe"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, policy='falcon_api = "legacy"') as opened:
        yield opened
        assert not [call for call in opened.vendor.calls() if "/user-management/" in call]


def test_a_person_joins_changes_leaves_and_comes_back(world: World) -> None:
    user = world.scim.create_user(JANE, name=NAME)["id"]
    group = world.scim.create_group("SEC Falcon Analysts", user)
    before = world.vendor.roles(JANE)
    assert before == {"falconhost_analyst", "falconhost_read_only"}

    world.scim.patch(f"/Users/{user}", {"op": "replace", "path": "name.givenName", "value": "J"})
    assert world.vendor.accounts()[JANE]["given_name"] == "J"
    assert world.scim.set_active(user, False).status_code == 200
    assert world.vendor.roles(JANE) == set()
    assert world.scim.set_active(user, True).status_code == 200
    assert world.vendor.roles(JANE) == before
    world.scim.remove_member(group, user)
    assert world.vendor.roles(JANE) == set()
    assert world.scim("DELETE", f"/Users/{user}").status_code == 204

    assert JANE not in world.vendor.accounts()


def test_a_post_adopts_an_account_that_exists_at_the_vendor_only(world: World) -> None:
    before = world.vendor.accounts()["mara.lind@example.com"]["native_id"]

    world.scim.create_user("Mara.Lind@example.com", name=NAME)

    assert world.vendor.accounts()["mara.lind@example.com"]["native_id"] == before
    assert "POST /users/entities/users/v1" not in world.vendor.calls()


def test_a_role_given_by_hand_goes_with_a_deactivation_and_comes_back(world: World) -> None:
    user = world.scim.create_user(JANE, name=NAME)["id"]
    world.vendor.grant(JANE, "event_viewer")

    world.scim.set_active(user, False)
    assert world.vendor.roles(JANE) == set()
    world.scim.set_active(user, True)

    assert world.vendor.roles(JANE) == {"event_viewer"}


def test_a_deactivation_is_not_reported_while_the_route_is_not_there(world: World) -> None:
    user = world.scim.create_user(JANE, name=NAME, roles=[{"value": "event_viewer"}])["id"]
    body = {"meta": {"powered_by": "crowdstrike-api-gateway"}, "errors": [{"code": 404}]}
    world.vendor.fault("DELETE /user-roles/entities/user-roles/v1", status=404, body=body, count=99)

    assert world.scim.set_active(user, False).status_code >= 400
    assert world.vendor.roles(JANE) == {"event_viewer"}


def test_the_catalogue_shows_the_roles_by_their_names(world: World) -> None:
    world.provider.observer.refresh_catalogue()

    roles = world.scim("GET", "/Roles?count=100").json()["Resources"]

    assert "Help Desk" in {each["displayName"] for each in roles}
