"""InsightVM from the IdP's request to the console's user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scimbridge.directory import journal
from scimbridge.simulation.faults import Fault
from tests.bridge.other_vendors import VendorWorld, open_vendor_world

JANE = "jane@example.com"
EXTENSION = "urn:scimbridge:params:scim:schemas:extension:insightvm:2.0:User"
SITES = "/api/3/users/{id}/sites"
ASSET_GROUPS = "/api/3/users/{id}/asset_groups"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VendorWorld]:
    with open_vendor_world(tmp_path, "insightvm") as opened:
        yield opened


def test_a_new_user_has_the_default_role_and_joins_what_the_group_stands_for(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(JANE, displayName="Jane Doe")["id"]
    assert world.held(JANE) == {"role:user"}

    world.scim.create_group("SEC Analysts", user)

    assert world.held(JANE) == {"role:security-manager", "site:1", "site:2"}


def test_the_ranking_decides_between_two_groups_and_leaving_gives_the_other(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(JANE)["id"]
    analysts = world.scim.create_group("SEC Analysts", user)
    world.scim.create_group("SEC Readers", user)
    assert world.held(JANE, kind="role") == {"role:security-manager"}

    world.scim.remove_member(analysts, user)

    assert world.held(JANE) == {"role:user", "site:1"}


def test_deactivation_disables_and_reactivation_enables_with_the_same_access(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Analysts", user)
    before = world.held(JANE)

    assert world.scim.set_active(user, False).status_code == 200
    accounts = {each["user_name"]: each for each in world.simulator.state.snapshot()["accounts"]}
    assert accounts[JANE]["enabled"] is False
    assert world.scim.set_active(user, True).status_code == 200

    assert world.held(JANE) == before


def test_a_rename_keeps_the_user_and_its_access(world: VendorWorld) -> None:
    user = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Analysts", user)

    world.scim.patch(f"/Users/{user}", {"op": "replace", "path": "userName", "value": "roe@x.io"})

    assert world.held("roe@x.io") == {"role:security-manager", "site:1", "site:2"}


def test_access_given_by_hand_survives_every_write(world: VendorWorld) -> None:
    user = world.scim.create_user(JANE)["id"]
    world.simulator.state.add_grant(JANE, "site", "4")
    group = world.scim.create_group("SEC Analysts", user)

    world.scim.patch(f"/Users/{user}", {"op": "replace", "value": {"displayName": "J. Doe"}})
    world.scim.remove_member(group, user)

    assert "site:4" in world.held(JANE)


def test_finding_a_user_among_twenty_thousand_is_forty_calls_at_first_and_one_afterwards(
    world: VendorWorld,
) -> None:
    for number in range(20_000):
        world.simulator.state.add_account({"user_name": f"u{number}", "role": "user"})
    world.forget()

    first = world.scim("GET", '/Users?filter=userName eq "u19999"').json()
    cost = len(world.calls())
    world.forget()
    second = world.scim("GET", '/Users?filter=userName eq "u777"').json()

    assert (first["totalResults"], second["totalResults"]) == (1, 1)
    assert cost <= 42, world.calls()
    assert len(world.calls()) <= 1


READ = ["GET /api/3/users/{id}"]
READ_LISTS = [f"GET {SITES}", f"GET {ASSET_GROUPS}"]
WRITE = ["PUT /api/3/users/{id}"]


@pytest.mark.parametrize(
    ("access_by_hand", "calls"),
    [("false", READ + WRITE + READ), ("true", READ + READ_LISTS + WRITE + READ)],
)
def test_one_member_of_a_role_group_is_three_calls_unless_access_by_hand_must_be_kept(
    tmp_path: Path, access_by_hand: str, calls: list[str]
) -> None:
    setting = f"access_by_hand = {access_by_hand}\ndefault_role ="
    with open_vendor_world(tmp_path, "insightvm", **{"default_role =": setting}) as world:
        user = world.scim.create_user(JANE)["id"]
        found = world.scim("GET", '/Groups?filter=displayName eq "Security Manager"').json()
        world.forget()

        answer = world.scim.add_members(found["Resources"][0]["id"], user)

        assert answer.status_code == 200
        assert world.held(JANE) == {"role:security-manager"}
        assert world.calls() == calls


def test_a_role_that_means_access_to_all_is_three_calls_with_the_next_one(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(JANE)["id"]
    admins = world.scim.create_group("SEC Admins", user)
    world.forget()

    world.scim.remove_member(admins, user)

    assert world.held(JANE) == {"role:user"}
    assert world.calls() == READ + WRITE + READ


def test_what_the_bridge_gave_outlives_a_change_of_role_although_no_list_is_read(
    tmp_path: Path,
) -> None:
    setting = {"default_role =": "access_by_hand = false\ndefault_role ="}
    with open_vendor_world(tmp_path, "insightvm", **setting) as world:
        user = world.scim.create_user(JANE)["id"]
        world.scim.create_group("SEC Readers", user)

        analysts = world.scim.create_group("SEC Analysts", user)
        assert world.held(JANE) == {"role:security-manager", "site:1", "site:2"}
        world.scim.remove_member(analysts, user)

        assert world.held(JANE) == {"role:user", "site:1"}


def test_a_user_is_unlocked_although_the_bridge_has_not_seen_the_lock(world: VendorWorld) -> None:
    user = world.scim.create_user(JANE, **{EXTENSION: {"locked": False}})["id"]
    state = world.simulator.state
    state.save(replace(state.find_user(JANE), locked=True))

    unlock = {"op": "replace", "path": f"{EXTENSION}:locked", "value": False}
    answer = world.scim.patch(f"/Users/{user}", unlock)

    assert answer.status_code == 200
    assert state.find_user(JANE).locked is False


@pytest.mark.parametrize("said", [{"displayName": "Jane Doe"}, {f"{EXTENSION}:locale": "de-DE"}])
def test_a_patch_that_does_not_speak_of_the_lock_costs_no_more_than_before(
    world: VendorWorld, said: dict[str, str]
) -> None:
    known = {"displayName": "Jane Doe", EXTENSION: {"locked": False, "locale": "de-DE"}}
    user = world.scim.create_user(JANE, **known)["id"]
    world.forget()

    assert world.scim.patch(f"/Users/{user}", {"op": "replace", "value": said}).status_code == 200

    assert world.calls() == []


def test_access_that_could_not_be_put_back_is_given_again_by_another_process(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Analysts", user)
    world.simulator.state.add_grant(JANE, "site", "4")
    before = world.held(JANE)
    world.simulator.faults.add(Fault(method="PUT", route=SITES, status=503), count=50)
    name = {"op": "replace", "value": {"displayName": "J. Doe"}}
    assert world.scim.patch(f"/Users/{user}", name).status_code == 429
    assert world.held(JANE) < before
    world.simulator.faults.clear()

    with world.another_process() as bridge:
        provider = bridge.providers["insightvm"]
        with bridge.directory.write() as connection:
            connection.exec_driver_sql("UPDATE operations SET next_attempt = 0")
        provider.operations.recover()

    assert world.held(JANE) == before


def test_an_adopted_person_in_a_role_with_access_to_all_is_written_in_full(
    world: VendorWorld,
) -> None:
    world.simulator.state.add_account({"user_name": JANE, "password": "Chosen-by-hand-1"})
    user = world.scim.create_user(JANE)["id"]
    world.scim.create_group("SEC Admins", user)
    with world.bridge.directory.write() as connection:
        # As after a crash: nothing is known of the account.
        connection.exec_driver_sql("UPDATE resources SET dirty = 1 WHERE resource_type = 'User'")

    name = {"op": "replace", "value": {"displayName": "J. Doe"}}
    answer = world.scim.patch(f"/Users/{user}", name)

    assert answer.status_code == 200
    assert world.held(JANE) == {"role:global-admin"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_password_reaches_the_console(world: VendorWorld, method: str) -> None:
    user = world.scim.create_user(JANE)["id"]
    body = {"userName": JANE, "password": "Correct-Horse-7-Battery"}
    world.forget()

    if method == "PUT":
        answer = world.scim("PUT", f"/Users/{user}", body)
    else:
        change = {"op": "replace", "path": "password", "value": body["password"]}
        answer = world.scim.patch(f"/Users/{user}", change)

    assert answer.status_code == 200
    # Nothing else was to be changed.
    assert "PUT /api/3/users/{id}" in world.calls()


@pytest.mark.parametrize("meanwhile", ["nothing", "the background"])
def test_a_post_that_is_repeated_shows_the_account_that_the_first_one_took_over(
    world: VendorWorld, meanwhile: str
) -> None:
    world.simulator.state.add_account({"user_name": JANE, "password": "Chosen-by-hand-1"})
    user = {"userName": JANE, "name": {"givenName": "Jane", "familyName": "Doe"}}
    world.simulator.faults.add(Fault("PUT", "/api/3/users/{id}", status=503), count=9)
    assert world.scim("POST", "/Users", user).status_code == 429
    world.simulator.faults.reset()
    if meanwhile == "the background":
        provider = world.bridge.providers["insightvm"]
        with world.bridge.directory.write() as connection:
            found = journal.due(connection, "insightvm", now=10**14, limit=9)
            journal.make_due(connection, [each.pk for each in found], now=0)
        assert provider.operations.recover() == 1

    created = world.scim("POST", "/Users", user)

    assert created.status_code == 201
    assert created.json()[EXTENSION]["authenticationSource"] == "Builtin Users"
