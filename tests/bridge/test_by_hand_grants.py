"""What an administrator gave by hand, and what becomes of it when the bridge touches it."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.conftest import World, open_world

JANE = "jane@example.com"


def take_by_hand(world: World, user_name: str, role: str) -> None:
    account = world.vendor.accounts()[user_name]["native_id"]
    body = {"account": account, "entitlement": role}
    requests.delete(f"{world.vendor.url}/_sim/grants", json=body, timeout=5).raise_for_status()


def rename(world: World, user: str, user_name: str) -> None:
    operation = {"op": "replace", "path": "userName", "value": user_name}
    assert world.scim.patch(f"/Users/{user}", operation).status_code == 200


def call(world: World, user: str, name: str) -> None:
    operation = {"op": "replace", "path": "name.givenName", "value": name}
    assert world.scim.patch(f"/Users/{user}", operation).status_code == 200


def test_what_a_rename_carried_over_and_somebody_took_stays_taken(world: World) -> None:
    user = world.scim.create_user(JANE)["id"]
    world.vendor.grant(JANE, "event_viewer")
    rename(world, user, "jane.roe@example.com")
    assert world.vendor.roles("jane.roe@example.com") == {"event_viewer"}

    take_by_hand(world, "jane.roe@example.com", "event_viewer")
    call(world, user, "Joan")

    assert world.vendor.roles("jane.roe@example.com") == set()


def test_what_nobody_asked_for_is_taken_once_and_for_all(tmp_path: Path) -> None:
    with open_world(tmp_path, policy='unmanaged_grants = "revoke"') as world:
        user = world.scim.create_user(JANE)["id"]
        world.vendor.grant(JANE, "event_viewer")

        for name in ("Joan", "Jean", "Jane"):
            call(world, user, name)
            assert world.vendor.roles(JANE) == set()
