"""Cortex XDR (Platform IAM) from the IdP's request to the tenant's user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from scimbridge.directory import schema
from scimbridge.simulation.faults import Fault
from scimbridge.simulation.server import serve
from tests.bridge.other_vendors import VendorWorld, open_vendor_world
from tests.bridge.timeless import TimelessWorld, patch_op
from tests.conftest import Scim

ADA = "ada.byron@example.com"
MARRIED = "ada.lovelace@example.com"
AUTO = {'generation = "iam"': 'generation = "auto"'}
V1 = {'generation = "iam"': 'generation = "v1"'}
DOWN = Fault(method="*", route="*", status=503)
CREATE_GROUPS = {'missing_user = "pending"': 'missing_user = "pending"\nunmapped_groups = "create"'}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VendorWorld]:
    with open_vendor_world(tmp_path, "cortex") as opened:
        opened.simulator.state.add_account({"user_name": ADA})
        yield opened


def test_a_post_adopts_whoever_has_signed_in(world: VendorWorld) -> None:
    user = world.scim.create_user(ADA)["id"]
    world.scim.create_group("SEC Analysts", user)

    assert world.held(ADA) == {"role:investigator"}


def test_whoever_has_not_signed_in_yet_is_provisioned_at_the_first_look_after_it(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user("new@example.com")["id"]
    world.scim.create_group("SEC Analysts", user)

    world.simulator.state.add_account({"user_name": "new@example.com"})
    world.bridge.providers["cortex"].observer.observe()
    world.bridge.providers["cortex"].operations.recover()

    assert world.held("new@example.com") == {"role:investigator"}


def test_whoever_has_not_signed_in_is_refused_where_that_is_the_policy(tmp_path: Path) -> None:
    replaced = {'missing_user = "pending"': 'missing_user = "reject"'}
    with open_vendor_world(tmp_path, "cortex", **replaced) as world:
        answer = world.scim("POST", "/Users", {"userName": "new@example.com"})

        assert answer.status_code == 400
        assert "sign in once" in answer.json()["detail"]
        assert world.scim("GET", "/Users?count=0").json()["totalResults"] == 0


def test_whoever_was_removed_since_the_last_look_is_refused_where_that_is_the_policy(
    tmp_path: Path,
) -> None:
    replaced = {'missing_user = "pending"': 'missing_user = "reject"', **V1}
    with open_vendor_world(tmp_path, "cortex", **replaced) as world:
        state = world.simulator.state
        state.add_account({"user_name": ADA})
        world.bridge.providers["cortex"].observer.observe()
        del state.users[ADA]
        # Not the process that looked: that keeps the list for a moment.
        with world.another_process() as bridge, serve(bridge.app) as served:
            scim = Scim(f"{served.url}/cortex/scim/v2", world.scim.token)
            answer = scim("POST", "/Users", {"userName": ADA})

        assert answer.status_code == 400
        assert "sign in once" in answer.json()["detail"]


def test_deletion_takes_all_access_of_an_account_that_cannot_be_deleted(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(ADA)["id"]
    world.scim.create_group("SEC Analysts", user)

    assert world.scim("DELETE", f"/Users/{user}").status_code == 204

    assert world.held(ADA) == set()
    assert world.scim("GET", f"/Users/{user}").status_code == 404


def test_access_that_cannot_be_taken_is_told_and_not_reported_as_done(world: VendorWorld) -> None:
    found = world.scim("GET", '/Users?filter=userName eq "yuki.tanaka@example.com"').json()
    user = found["Resources"][0]["id"]

    answer = world.scim.set_active(user, False)

    assert answer.status_code == 501
    assert "AAD Security Readers" in answer.json()["detail"]
    assert world.scim("GET", f"/Users/{user}").json()["active"] is True


def signed_in_since_the_last_look(world: VendorWorld) -> str:
    """Somebody who was given access by hand meanwhile; returns the SCIM id."""
    user = str(world.scim.create_user("new@example.com")["id"])
    account = {"user_name": "new@example.com", "groups": ["SOC"], "roles": ["viewer"]}
    world.simulator.state.add_account(account)
    return user


def test_deletion_takes_all_access_of_an_account_that_came_since_the_last_look(
    world: VendorWorld,
) -> None:
    user = signed_in_since_the_last_look(world)

    assert world.scim("DELETE", f"/Users/{user}").status_code == 204

    assert world.held("new@example.com") == set()


def test_a_rename_takes_all_access_of_an_account_that_came_since_the_last_look(
    world: VendorWorld,
) -> None:
    user = signed_in_since_the_last_look(world)

    rename = {"op": "replace", "path": "userName", "value": ADA}
    answer = world.scim.patch(f"/Users/{user}", rename)

    assert answer.status_code == 200
    assert world.held("new@example.com") == set()


@pytest.mark.parametrize("last", ["third@example.com", "first@example.com"])
def test_of_two_renames_in_one_outage_both_former_logins_lose_all_access(
    tmp_path: Path, last: str
) -> None:
    world = TimelessWorld(tmp_path, {}, target="cortex")
    world.begin()
    _, user = world.send("POST", "/Users", {"userName": "first@example.com"})
    logins = ("first@example.com", "second@example.com")
    for login in logins:
        account = {"user_name": login, "groups": ["SOC"], "roles": ["viewer"]}
        world.simulator.state.add_account(account)
    given = world.held(logins[0])
    world.simulator.faults.add(DOWN, count=1000)

    for login in (logins[1], last):
        rename = patch_op({"op": "replace", "path": "userName", "value": login})
        assert world.send("PATCH", f"/Users/{user['id']}", rename)[0] == 429
    world.heal()

    assert world.get(f"/Users/{user['id']}")["userName"] == last
    wanted = {each: given if each == last else set() for each in logins}
    assert {each: world.held(each) for each in logins} == wanted
    world.close()


def test_what_was_given_by_hand_waits_for_the_first_sign_in_under_a_new_name(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(ADA)["id"]
    world.simulator.state.add_grant(ADA, "user-group", "Threat Hunters")
    given = world.held(ADA)
    world.scim.patch(f"/Users/{user}", {"op": "replace", "path": "userName", "value": MARRIED})
    taken = given - world.held(ADA)

    world.simulator.state.add_account({"user_name": MARRIED})
    world.bridge.providers["cortex"].observer.observe()
    world.bridge.providers["cortex"].operations.recover()

    assert taken == given
    assert world.held(MARRIED) == given


def test_a_rename_that_leaves_access_behind_is_told_and_not_reported_as_done(
    world: VendorWorld,
) -> None:
    found = world.scim("GET", '/Users?filter=userName eq "raj.patel@example.com"').json()
    user = found["Resources"][0]["id"]

    rename = {"op": "replace", "path": "userName", "value": ADA}
    answer = world.scim.patch(f"/Users/{user}", rename)

    assert answer.status_code == 501
    assert "SOC Level 1" in answer.json()["detail"]
    assert world.scim("GET", f"/Users/{user}").json()["userName"] == "raj.patel@example.com"


def test_whoever_never_signed_in_is_deleted_all_the_same(world: VendorWorld) -> None:
    user = world.scim.create_user("new@example.com")["id"]

    assert world.scim("DELETE", f"/Users/{user}").status_code == 204
    assert world.scim("GET", f"/Users/{user}").status_code == 404


def test_the_account_that_a_rename_leaves_behind_is_seen_as_another_user(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(ADA)["id"]
    world.scim.patch(f"/Users/{user}", {"op": "replace", "path": "userName", "value": MARRIED})

    world.bridge.providers["cortex"].observer.observe()

    found = world.scim("GET", f'/Users?filter=userName eq "{ADA}"').json()["Resources"]
    assert [each["active"] for each in found] == [False]
    assert found[0]["id"] != user
    assert world.scim("GET", f"/Users/{user}").json()["userName"] == MARRIED


def test_the_account_that_a_rename_leaves_behind_can_be_given_to_somebody_else(
    world: VendorWorld,
) -> None:
    user = world.scim.create_user(ADA)["id"]
    world.scim.patch(f"/Users/{user}", {"op": "replace", "path": "userName", "value": MARRIED})

    other = world.scim.create_user(ADA)["id"]
    world.scim.create_group("SEC Analysts", other)

    assert other != user
    assert world.held(ADA) == {"role:investigator"}


def test_a_group_that_maps_to_nothing_becomes_one_of_the_tenant(tmp_path: Path) -> None:
    with open_vendor_world(tmp_path, "cortex", **CREATE_GROUPS) as world:
        world.simulator.state.add_account({"user_name": ADA})
        user = world.scim.create_user(ADA)["id"]

        group = world.scim.create_group("Blue Team", user)
        names = {each["name"] for each in world.simulator.state.snapshot()["groups"]}
        held = world.held(ADA, kind="user-group")
        renamed = world.scim.patch(
            f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": "Purple Team"}
        )
        after = {each["name"] for each in world.simulator.state.snapshot()["groups"]}
        deleted = world.scim("DELETE", f"/Groups/{group}")

        assert "Blue Team" in names
        assert len(held) == 1
        assert renamed.status_code == 200
        assert "Purple Team" in after
        assert "Blue Team" not in after
        assert deleted.status_code == 204
        assert "Purple Team" not in {
            each["name"] for each in world.simulator.state.snapshot()["groups"]
        }
        assert world.held(ADA) == set()


def test_a_name_that_is_taken_at_the_tenant_is_adopted_rather_than_duplicated(
    tmp_path: Path,
) -> None:
    with open_vendor_world(tmp_path, "cortex", **CREATE_GROUPS) as world:
        before = len(world.simulator.state.snapshot()["groups"])

        world.scim.create_group("SOC")

        assert len(world.simulator.state.snapshot()["groups"]) == before


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[tuple[VendorWorld, Scim, dict[str, str]]]:
    """A bridge with ``generation = "auto"`` that starts while the tenant is down, and ids."""
    with open_vendor_world(tmp_path, "cortex", **AUTO) as world:
        world.simulator.state.add_account({"user_name": ADA})
        user = world.scim.create_user(ADA)["id"]
        found = world.scim("GET", '/Groups?filter=displayName eq "Investigator"').json()
        ids = {"user": user, "role": found["Resources"][0]["id"]}
        assert world.scim.add_members(ids["role"], user).status_code == 200
        world.simulator.faults.add(DOWN, count=1000)
        with world.another_process() as bridge, serve(bridge.app) as served:
            yield (
                replace(world, bridge=bridge),
                Scim(f"{served.url}/cortex/scim/v2", world.scim.token),
                ids,
            )


def test_a_bridge_that_starts_while_the_tenant_is_down_answers_what_it_knows(
    restarted: tuple[VendorWorld, Scim, dict[str, str]],
) -> None:
    _, scim, ids = restarted

    assert scim("GET", f"/Users/{ids['user']}").json()["userName"] == ADA
    assert scim("GET", "/Roles").json()["totalResults"] > 0
    for path in ("/ServiceProviderConfig", "/Schemas", "/ResourceTypes"):
        assert scim("GET", path).status_code == 200


@pytest.mark.parametrize("offboarding", ["deactivate", "delete", "leave"])
def test_an_offboarding_that_a_tenant_has_not_heard_of_since_the_start_is_carried_out(
    restarted: tuple[VendorWorld, Scim, dict[str, str]], offboarding: str
) -> None:
    world, scim, ids = restarted
    if offboarding == "deactivate":
        answer = scim.set_active(ids["user"], False)
    elif offboarding == "delete":
        answer = scim("DELETE", f"/Users/{ids['user']}")
    else:
        answer = scim.remove_member(ids["role"], ids["user"])
    assert answer.status_code == 429
    assert world.held(ADA) == {"role:investigator"}
    with world.bridge.directory.read() as connection:
        told = connection.execute(select(schema.passes.c.calls).order_by(schema.passes.c.pk.desc()))
        assert '"status":503' in told.scalars().first()
    world.simulator.faults.clear()

    with world.bridge.directory.write() as connection:
        connection.exec_driver_sql("UPDATE operations SET next_attempt = 0")
    world.bridge.providers["cortex"].operations.recover()

    assert world.held(ADA) == set()


def test_a_new_name_for_a_login_waits_for_the_tenant_to_say_whether_it_can_have_one(
    restarted: tuple[VendorWorld, Scim, dict[str, str]],
) -> None:
    _, scim, ids = restarted

    rename = {"op": "replace", "path": "userName", "value": "new@example.com"}
    answer = scim.patch(f"/Users/{ids['user']}", rename)

    assert answer.status_code == 429
    assert "has not answered since the bridge was started" in answer.json()["detail"]
