"""Groups as bundles of Falcon roles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import World, open_world

ROLE_ACTION = "POST /user-management/entities/user-role-actions/v1"
READ_ONLY = "falconhost_read_only"


@pytest.fixture
def jane(world: World) -> str:
    return str(world.scim.create_user("jane@example.com")["id"])


def test_joining_a_group_grants_what_its_name_stands_for(world: World, jane: str) -> None:
    world.scim.create_group("sec falcon ANALYSTS", jane)

    assert world.vendor.roles("jane@example.com") == {"falconhost_analyst", READ_ONLY}


def test_a_role_from_two_groups_survives_leaving_one_of_them(world: World, jane: str) -> None:
    analysts = world.scim.create_group("SEC Falcon Analysts", jane)
    readers = world.scim.create_group("SEC Falcon Readers", jane)

    world.scim.remove_member(analysts, jane)
    assert world.vendor.roles("jane@example.com") == {READ_ONLY}
    world.scim.remove_member(readers, jane)

    assert world.vendor.roles("jane@example.com") == set()


def test_a_role_given_by_hand_is_left_alone(world: World, jane: str) -> None:
    world.vendor.grant("jane@example.com", "event_viewer")
    group = world.scim.create_group("SEC Falcon Readers", jane)

    world.scim.remove_member(group, jane)

    assert world.vendor.roles("jane@example.com") == {"event_viewer"}


def test_deleting_a_group_takes_what_it_gave(world: World, jane: str) -> None:
    group = world.scim.create_group("SEC Falcon Readers", jane)

    assert world.scim("DELETE", f"/Groups/{group}").status_code == 204

    assert world.vendor.roles("jane@example.com") == set()
    assert world.scim("GET", f"/Groups/{group}").status_code == 404


def test_renaming_a_group_gives_its_members_what_the_new_name_stands_for(
    world: World, jane: str
) -> None:
    group = world.scim.create_group("SEC Falcon Readers", jane)

    answer = world.scim.patch(
        f"/Groups/{group}",
        {"op": "replace", "value": {"id": group, "displayName": "SEC Falcon Analysts"}},
    )

    assert answer.json()["displayName"] == "SEC Falcon Analysts"
    assert world.vendor.roles("jane@example.com") == {"falconhost_analyst", READ_ONLY}


def test_the_vendors_roles_are_groups_that_can_be_linked(world: World, jane: str) -> None:
    world.provider.observer.refresh_catalogue()
    found = world.scim("GET", '/Groups?filter=displayName eq "Event Viewer"').json()
    assert found["totalResults"] == 1, world.scim("GET", "/Groups").text

    world.scim.add_members(found["Resources"][0]["id"], jane)

    assert world.vendor.roles("jane@example.com") == {"event_viewer"}


def test_a_role_of_the_vendor_cannot_be_deleted_or_renamed_as_a_group(world: World) -> None:
    world.provider.observer.refresh_catalogue()
    found = world.scim("GET", '/Groups?filter=displayName eq "Event Viewer"').json()
    group = found["Resources"][0]["id"]

    renamed = world.scim.patch(
        f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": "Mine"}
    )

    assert renamed.status_code == 400
    assert renamed.json()["scimType"] == "mutability"
    assert world.scim("DELETE", f"/Groups/{group}").status_code == 403


def test_one_more_member_of_a_group_of_five_thousand_is_one_call(world: World, jane: str) -> None:
    others = [f"stranger-{number}" for number in range(5_000)]
    group = world.scim.create_group("SEC Falcon Readers", *others)
    world.vendor.forget_calls()

    assert world.scim.add_members(group, jane).status_code == 200

    assert world.vendor.calls() == [ROLE_ACTION]
    assert world.vendor.roles("jane@example.com") == {READ_ONLY}


def test_three_hundred_members_in_one_patch_are_granted_without_reading_them(
    tmp_path: Path,
) -> None:
    with open_world(tmp_path, deadline_s=54) as world:
        users = world.scim.create_users(300)
        group = world.scim.create_group("SEC Falcon Readers")
        world.vendor.forget_calls()

        assert world.scim.add_members(group, *users).status_code == 200

        assert world.vendor.calls() == [ROLE_ACTION] * 300
        shown = world.scim("GET", f"/Groups/{group}").json()["members"]
        assert {member["value"] for member in shown} == set(users)


def test_a_group_that_grants_nothing_calls_nobody(world: World, jane: str) -> None:
    world.vendor.forget_calls()
    group = world.scim.create_group("Everyone", jane)

    assert world.scim.remove_member(group, jane).status_code == 200

    assert world.vendor.calls() == []


def test_a_member_shows_its_groups(world: World, jane: str) -> None:
    group = world.scim.create_group("SEC Falcon Readers", jane)

    shown = world.scim("GET", f"/Users/{jane}").json()["groups"]

    assert [(each["value"], each["display"]) for each in shown] == [(group, "SEC Falcon Readers")]


def test_a_refused_grant_changes_nothing(world: World, jane: str) -> None:
    """The mapping names a role that the vendor does not have: all or nothing."""
    broken = world.scim.create_group("SEC Broken")

    answer = world.scim.add_members(broken, jane)

    assert answer.status_code == 400
    assert "no_such_role" in answer.json()["detail"]
    assert "members" not in world.scim("GET", f"/Groups/{broken}").json()
    assert world.vendor.roles("jane@example.com") == set()


def test_a_refused_patch_undoes_what_it_had_already_granted(world: World, jane: str) -> None:
    readers = world.scim.create_group("SEC Falcon Readers", jane)

    answer = world.scim.patch(
        f"/Groups/{readers}", {"op": "replace", "path": "displayName", "value": "SEC Broken"}
    )

    assert answer.status_code == 400
    assert world.scim("GET", f"/Groups/{readers}").json()["displayName"] == "SEC Falcon Readers"
    assert world.vendor.roles("jane@example.com") == {READ_ONLY}


def test_a_deleted_user_leaves_every_group(world: World, jane: str) -> None:
    group = world.scim.create_group("SEC Falcon Readers", jane)

    world.scim("DELETE", f"/Users/{jane}")

    assert "members" not in world.scim("GET", f"/Groups/{group}").json()


def test_a_member_that_nobody_knows_does_not_stop_the_others(world: World, jane: str) -> None:
    group = world.scim.create_group("SEC Falcon Readers")

    assert world.scim.add_members(group, "nobody", jane).status_code == 200

    assert world.vendor.roles("jane@example.com") == {READ_ONLY}


def test_who_leaves_as_the_group_gets_a_name_without_access_loses_it(world: World) -> None:
    jane = world.scim.create_user("jane@example.com")["id"]
    group = world.scim.create_group("SEC Falcon Readers", jane)

    answer = world.scim("PUT", f"/Groups/{group}", {"displayName": "Lunch", "members": []})

    assert answer.status_code == 200
    assert world.vendor.roles("jane@example.com") == set()


@pytest.mark.parametrize("how", ["leaves", "the group is deleted"])
def test_what_a_hanging_renaming_takes_is_waited_for_by_who_asks_next(
    world: World, how: str
) -> None:
    jane = world.scim.create_user("jane@example.com")["id"]
    group = world.scim.create_group("SEC Falcon Readers", jane)
    world.vendor.fault("* *", status=429, count=20)
    rename = {"op": "replace", "path": "displayName", "value": "Lunch"}
    assert world.scim.patch(f"/Groups/{group}", rename).status_code == 429

    if how == "leaves":
        answer = world.scim.remove_member(group, jane)
    else:
        answer = world.scim("DELETE", f"/Groups/{group}")

    assert answer.status_code == 429
    world.vendor.simulator.faults.reset()
    world.recover()
    assert world.vendor.roles("jane@example.com") == set()
