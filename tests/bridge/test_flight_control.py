"""User groups of a Flight Control parent, through SCIM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import World, open_world

TOMAS = "tomas.ruiz@example.com"
SOC = "2b7e9d40c6f1483fa5d8e03b71c9f624"
MEMBERS = "/mssp/entities/user-group-members/v1"


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, policy="flight_control = true") as world:
        world.provider.observer.observe()
        yield world


def user_of(world: World, user_name: str) -> str:
    found = world.scim("GET", f'/Users?filter=userName eq "{user_name}"').json()
    return str(found["Resources"][0]["id"])


def group_of(world: World, name: str) -> str:
    found = world.scim("GET", f'/Groups?filter=displayName eq "{name}"').json()
    return str(found["Resources"][0]["id"])


def members(world: World, name: str = "SOC") -> set[str]:
    """The logins of the members, by the vendor's own state."""
    state = world.vendor.get("/_sim/state")
    logins = {each["native_id"]: each["user_name"] for each in state["accounts"]}
    (group,) = [each for each in state["groups"] if each["name"] == name]
    return {logins[uuid] for uuid in group["members"]}


def test_a_deactivation_takes_what_flight_control_gives_and_gives_it_back(parent: World) -> None:
    user = user_of(parent, TOMAS)

    assert parent.scim.set_active(user, False).status_code == 200
    assert members(parent) == set()
    assert parent.scim.set_active(user, True).status_code == 200

    assert members(parent) == {TOMAS}


def test_a_user_group_of_the_vendor_is_a_group_whose_members_come_and_go(parent: World) -> None:
    jane = parent.scim.create_user("jane@example.com")["id"]
    soc = group_of(parent, "SOC")
    parent.vendor.forget_calls()

    assert parent.scim.add_members(soc, jane).status_code == 200
    assert members(parent) == {TOMAS, "jane@example.com"}
    assert parent.scim.remove_member(soc, jane).status_code == 200

    assert members(parent) == {TOMAS}
    assert parent.vendor.calls() == [f"POST {MEMBERS}", f"DELETE {MEMBERS}"]


def test_a_mapped_group_puts_its_members_into_a_user_group(tmp_path: Path) -> None:
    groups = f'"First Line" = ["user-group:{SOC}"]'
    with open_world(tmp_path, policy="flight_control = true", groups=groups) as world:
        jane = world.scim.create_user("jane@example.com")["id"]

        world.scim.create_group("First Line", jane)

        assert members(world) == {TOMAS, "jane@example.com"}
