"""Grants that expire by themselves, and access that comes through Flight Control."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATCH_OP, World, open_world

TOMAS = "tomas.ruiz@example.com"


def user_of(world: World, user_name: str) -> str:
    found = world.scim("GET", f'/Users?filter=userName eq "{user_name}"').json()
    return str(found["Resources"][0]["id"])


def temporary_roles(world: World) -> set[str]:
    state: dict[str, Any] = world.vendor.get("/_sim/state")
    return {each["entitlement"] for each in state["grants"] if each.get("expires_at")}


def holder_of_a_temporary_role(world: World) -> str:
    state: dict[str, Any] = world.vendor.get("/_sim/state")
    (account,) = {each["account"] for each in state["grants"] if each.get("expires_at")}
    names = {each["native_id"]: each["user_name"] for each in state["accounts"]}
    return str(names[account])


def test_a_temporary_role_is_taken_with_all_access_and_not_given_again(world: World) -> None:
    login = holder_of_a_temporary_role(world)
    temporary = temporary_roles(world)
    user = user_of(world, login)

    assert world.scim.set_active(user, False).status_code == 200
    assert not temporary & world.vendor.roles(login)
    assert world.scim.set_active(user, True).status_code == 200

    assert not temporary & world.vendor.roles(login)


def test_a_temporary_role_is_left_alone_where_unmanaged_grants_are_revoked(tmp_path: Path) -> None:
    with open_world(tmp_path, policy='unmanaged_grants = "revoke"') as world:
        login = holder_of_a_temporary_role(world)
        temporary = temporary_roles(world)
        user = user_of(world, login)

        world.scim.patch(f"/Users/{user}", {"op": "replace", "value": {"name.givenName": "X"}})

        assert temporary <= world.vendor.roles(login)


@pytest.mark.parametrize("active", [True, False])
def test_removing_active_neither_activates_nor_deactivates(world: World, active: bool) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.scim.create_group("SEC Falcon Readers", user)
    world.scim.set_active(user, active)
    before = world.vendor.roles("jane@example.com")

    answer = world.scim.patch(f"/Users/{user}", {"op": "remove", "path": "active"})

    assert answer.status_code == 200
    assert "active" not in answer.json()
    assert world.vendor.roles("jane@example.com") == before


def test_an_app_role_that_entra_sends_as_json_in_a_string_is_granted(world: World) -> None:
    world.provider.observer.refresh_catalogue()
    user = world.scim.create_user("jane@example.com")["id"]
    value = '{"id":"06b0","value":"event_viewer","displayName":"Viewer"}'
    operation = {"op": "Add", "path": "roles", "value": [{"value": value}]}

    world.scim("PATCH", f"/Users/{user}", {"schemas": [PATCH_OP], "Operations": [operation]})

    assert world.vendor.roles("jane@example.com") == {"event_viewer"}


def test_a_role_revoked_just_now_does_not_come_back_although_reads_still_show_it(
    world: World,
) -> None:
    world.provider.observer.refresh_catalogue()
    user = world.scim.create_user("jane@example.com", roles=[{"value": "event_viewer"}])["id"]
    world.vendor.switch(grants_lag_s=3600)
    world.scim.patch(f"/Users/{user}", {"op": "remove", "path": "roles"})
    assert world.vendor.roles("jane@example.com") == set()

    world.scim.set_active(user, False)
    world.scim.set_active(user, True)
    world.scim.patch(
        f"/Users/{user}", {"op": "replace", "path": "userName", "value": "roe@example.com"}
    )

    assert world.vendor.roles("roe@example.com") == set()


def test_a_role_is_granted_by_a_bridge_that_has_not_looked_at_the_vendor_yet(world: World) -> None:
    world.scim.create_user("jane@example.com", roles=[{"value": "event_viewer"}])

    assert world.vendor.roles("jane@example.com") == {"event_viewer"}
