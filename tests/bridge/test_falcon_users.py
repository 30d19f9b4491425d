"""Users at Falcon, from the IdP's request to the vendor's account and back."""

from __future__ import annotations

import pytest

from tests.conftest import ENTERPRISE, World

NAME = {"givenName": "Jane", "familyName": "Doe"}


def test_a_created_user_has_an_account_with_the_name(world: World) -> None:
    world.scim.create_user("jane@example.com", name=NAME)

    account = world.vendor.accounts()["jane@example.com"]
    assert (account["given_name"], account["family_name"]) == ("Jane", "Doe")


def test_what_the_vendor_cannot_hold_is_echoed(world: World) -> None:
    user = world.scim.create_user(
        "jane@example.com",
        externalId="00u1",
        title="Analyst",
        **{ENTERPRISE: {"department": "SOC", "manager": {"value": "26118915"}}},
    )

    shown = world.scim("GET", f"/Users/{user['id']}").json()
    assert shown["externalId"] == "00u1"
    assert shown["title"] == "Analyst"
    assert shown[ENTERPRISE]["manager"]["value"] == "26118915"


def test_creating_a_user_with_three_roles_is_two_writes(world: World) -> None:
    world.provider.observer.refresh_catalogue()
    world.vendor.forget_calls()

    world.scim.create_user(
        "jane@example.com",
        roles=[
            {"value": "falconhost_analyst"},
            {"value": "falconhost_read_only"},
            {"value": "event_viewer"},
        ],
    )

    assert world.vendor.calls(method="POST") == [
        "POST /user-management/entities/users/v1",
        "POST /user-management/entities/user-role-actions/v1",
    ]
    assert len(world.vendor.roles("jane@example.com")) == 3


def test_a_role_that_the_vendor_does_not_have_is_kept_and_grants_nothing(world: World) -> None:
    user = world.scim.create_user("jane@example.com", roles=[{"value": "Engineer"}])

    assert user["roles"] == [{"value": "Engineer"}]
    assert world.vendor.roles("jane@example.com") == set()


def test_a_second_post_conflicts(world: World) -> None:
    world.scim.create_user("jane@example.com")

    answer = world.scim("POST", "/Users", {"schemas": [], "userName": "JANE@example.com"})

    assert answer.status_code == 409
    assert answer.json()["scimType"] == "uniqueness"
    assert len(world.vendor.accounts()) == 5


def test_a_get_finds_an_account_that_exists_at_the_vendor_only(world: World) -> None:
    answer = world.scim("GET", '/Users?filter=userName eq "mara.lind@example.com"').json()

    assert answer["totalResults"] == 1
    assert answer["Resources"][0]["name"]["familyName"] == "Lind"


def test_a_post_adopts_an_account_that_exists_at_the_vendor_only(world: World) -> None:
    before = world.vendor.accounts()["mara.lind@example.com"]["native_id"]

    world.scim.create_user("mara.lind@example.com", name={"givenName": "M", "familyName": "L"})

    accounts = world.vendor.accounts()
    assert accounts["mara.lind@example.com"]["native_id"] == before
    assert accounts["mara.lind@example.com"]["family_name"] == "L"
    assert "POST /user-management/entities/users/v1" not in world.vendor.calls()


def test_a_post_after_a_get_adopts_with_the_id_that_the_get_showed(world: World) -> None:
    found = world.scim("GET", '/Users?filter=userName eq "mara.lind@example.com"').json()

    user = world.scim.create_user("mara.lind@example.com", name=NAME)

    assert user["id"] == found["Resources"][0]["id"]
    assert len(world.vendor.accounts()) == 4


def test_a_patch_adopts_an_account_that_a_get_showed(world: World) -> None:
    found = world.scim("GET", '/Users?filter=userName eq "mara.lind@example.com"').json()
    user = found["Resources"][0]["id"]

    answer = world.scim.patch(
        f"/Users/{user}", {"op": "replace", "path": "name.familyName", "value": "Lindt"}
    )

    assert answer.status_code == 200
    assert world.vendor.accounts()["mara.lind@example.com"]["family_name"] == "Lindt"


def test_a_change_of_the_name_is_one_call(world: World) -> None:
    user = world.scim.create_user("jane@example.com", name=NAME)
    world.vendor.forget_calls()

    world.scim.patch(f"/Users/{user['id']}", {"op": "replace", "value": {"name.givenName": "J"}})

    assert world.vendor.calls() == ["PATCH /user-management/entities/users/v1"]
    account = world.vendor.accounts()["jane@example.com"]
    assert (account["given_name"], account["family_name"]) == ("J", "Doe")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "title", "value": "CISO"},
        {"op": "replace", "path": "name.givenName", "value": "Jane"},
        {"op": "add", "path": "active", "value": "True"},
    ],
    ids=["an attribute that the vendor lacks", "the same name", "the same state"],
)
def test_what_changes_nothing_at_the_vendor_calls_nobody(
    world: World, operation: dict[str, object]
) -> None:
    user = world.scim.create_user("jane@example.com", name=NAME)
    world.vendor.forget_calls()

    assert world.scim.patch(f"/Users/{user['id']}", operation).status_code == 200

    assert world.vendor.calls() == []


def test_no_change_means_no_new_version(world: World) -> None:
    user = world.scim.create_user("jane@example.com", title="Analyst")

    answer = world.scim.patch(
        f"/Users/{user['id']}", {"op": "add", "path": "title", "value": "Analyst"}
    )

    assert answer.json()["meta"] == user["meta"]


def test_deactivating_takes_every_role_and_reactivating_restores_exactly_those(
    world: World,
) -> None:
    user = world.scim.create_user("jane@example.com", name=NAME)["id"]
    world.scim.create_group("SEC Falcon Analysts", user)
    world.vendor.grant("jane@example.com", "event_viewer")
    before = world.vendor.roles("jane@example.com")

    assert world.scim.set_active(user, False).status_code == 200
    assert world.vendor.roles("jane@example.com") == set()
    assert world.scim.set_active(user, True).status_code == 200

    assert before == {"falconhost_analyst", "falconhost_read_only", "event_viewer"}
    assert world.vendor.roles("jane@example.com") == before


def test_a_role_given_by_hand_is_nobodys_business_again_after_reactivation(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    world.vendor.grant("jane@example.com", "event_viewer")
    world.scim.set_active(user, False)
    world.scim.set_active(user, True)

    group = world.scim.create_group("SEC Falcon Readers", user)
    world.scim.remove_member(group, user)

    assert world.vendor.roles("jane@example.com") == {"event_viewer"}


def test_what_changes_while_inactive_is_what_reactivation_gives(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]
    analysts = world.scim.create_group("SEC Falcon Analysts", user)
    readers = world.scim.create_group("SEC Falcon Readers")
    world.scim.set_active(user, False)
    world.scim.remove_member(analysts, user)
    world.scim.add_members(readers, user)
    assert world.vendor.roles("jane@example.com") == set()

    world.scim.set_active(user, True)

    assert world.vendor.roles("jane@example.com") == {"falconhost_read_only"}


def test_deleting_a_user_deletes_the_account(world: World) -> None:
    user = world.scim.create_user("jane@example.com")["id"]

    assert world.scim("DELETE", f"/Users/{user}").status_code == 204

    assert "jane@example.com" not in world.vendor.accounts()
    assert world.scim("GET", f"/Users/{user}").status_code == 404
    assert world.scim("DELETE", f"/Users/{user}").status_code == 404


def test_a_deleted_users_name_is_free_again(world: World) -> None:
    first = world.scim.create_user("jane@example.com")["id"]
    world.scim("DELETE", f"/Users/{first}")

    second = world.scim.create_user("jane@example.com")["id"]

    assert second != first


def test_a_rename_recreates_the_account_with_the_same_access(world: World) -> None:
    user = world.scim.create_user("jane@example.com", name=NAME)["id"]
    world.scim.create_group("SEC Falcon Analysts", user)
    world.vendor.grant("jane@example.com", "event_viewer")

    answer = world.scim.patch(
        f"/Users/{user}", {"op": "replace", "path": "userName", "value": "jane.roe@example.com"}
    )

    assert answer.json()["id"] == user
    assert "jane@example.com" not in world.vendor.accounts()
    assert world.vendor.roles("jane.roe@example.com") == {
        "falconhost_analyst",
        "falconhost_read_only",
        "event_viewer",
    }


def test_an_account_deleted_by_hand_is_created_again_when_it_is_needed(world: World) -> None:
    user = world.scim.create_user("jane@example.com", name=NAME)["id"]
    group = world.scim.create_group("SEC Falcon Readers", user)
    world.vendor.simulator.state.users.clear()
    analysts = world.scim.create_group("SEC Falcon Analysts")

    assert world.scim.add_members(analysts, user).status_code == 200

    assert world.vendor.roles("jane@example.com") == {"falconhost_analyst", "falconhost_read_only"}
    assert world.scim("GET", f"/Groups/{group}").json()["members"][0]["value"] == user


def test_a_leaver_whose_account_was_deleted_by_hand_is_given_no_other(world: World) -> None:
    user = world.scim.create_user("jane@example.com", name=NAME)["id"]
    world.scim.create_group("SEC Falcon Readers", user)
    world.vendor.simulator.state.users.clear()

    assert world.scim.set_active(user, False).status_code == 200

    assert world.vendor.accounts() == {}
