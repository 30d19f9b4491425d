"""Deactivating and deleting users, and accounts that are missing or vanish."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.connectors.interface import (
    Account,
    Created,
    Entitlement,
    EntitlementDetails,
    HeldGrant,
)
from scimbridge.errors import (
    Forbidden,
    InvalidValue,
    NotFound,
    TemporarilyUnavailable,
    Unsupported,
    VendorNotFound,
    VendorRejected,
    VendorUnavailable,
)
from scimbridge.provisioning.correlate import derived_id
from tests.conftest import World
from tests.provisioning.conftest import CALLER, JANE, READER, ROE, Bench, Opener, lose_the_answer
from tests.provisioning.fake_vendor import ADOPTING, DISABLING, LAGGING

# --- deactivating ------------------------------------------------------------------------------


def test_an_account_is_disabled_and_enabled_where_the_vendor_can(open_bench: Opener) -> None:
    bench = open_bench(DISABLING)
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.held["n1"].add(Entitlement("role", "by hand"))

    bench.patch_user(jane, active=False)
    assert [each.active for each in bench.vendor.people.values()] == [False]
    assert bench.vendor.roles(JANE) == set()
    bench.patch_user(jane, active=True)

    assert [each.active for each in bench.vendor.people.values()] == [True]
    assert bench.vendor.roles(JANE) == {"reader", "by hand"}


def test_a_vendor_that_will_not_disable_is_asked_again(open_bench: Opener) -> None:
    bench = open_bench(DISABLING)
    jane = bench.post_user()
    with (
        bench.failing("set_active", VendorRejected("last administrator")),
        pytest.raises(InvalidValue),
    ):
        bench.patch_user(jane, active=False)

    bench.recover()

    assert not bench.vendor.people["n1"].active


def test_access_that_cannot_be_taken_away_is_named_and_keeps_the_user_active(
    bench: Bench,
) -> None:
    jane = bench.post_user()
    parent = Entitlement("user-group", "soc")
    bench.vendor.inherited = frozenset(
        {
            HeldGrant(READER, direct=False, via="group SOC"),
            HeldGrant(Entitlement("role", "admin"), direct=False),
            HeldGrant(Entitlement("role", "x"), direct=False, source=READER),
        }
    )
    bench.vendor.held["n1"] = {READER, parent}

    with pytest.raises(Unsupported) as caught:
        bench.patch_user(jane, active=False)

    assert "role:reader through group SOC" in caught.value.detail
    assert "role:admin through another tenant or group" in caught.value.detail
    assert "role:x" not in caught.value.detail
    assert bench.vendor.held["n1"] == set()
    assert bench.shown("Users", jane).get("active") is not False
    bench.vendor.inherited = frozenset()
    bench.recover()
    assert bench.shown("Users", jane)["active"] is False


def test_inherited_access_of_an_account_that_is_deleted_is_no_hindrance(open_bench: Opener) -> None:
    bench = open_bench(deactivate="delete")
    jane = bench.post_user()
    bench.vendor.inherited = frozenset({HeldGrant(READER, direct=False, via="group SOC")})

    bench.patch_user(jane, active=False)

    assert bench.vendor.people == {}
    assert bench.shown("Users", jane)["active"] is False


def test_a_new_user_that_is_inactive_has_an_account_without_access(open_bench: Opener) -> None:
    bench = open_bench(DISABLING)

    jane = bench.post_user(active=False)

    assert bench.shown("Users", jane)["active"] is False
    assert not bench.vendor.people["n1"].active


def test_where_deactivating_deletes_an_inactive_user_has_no_account(open_bench: Opener) -> None:
    bench = open_bench(deactivate="delete")

    jane = bench.post_user(active=False)
    assert bench.vendor.people == {}
    bench.patch_user(jane, active=True)

    assert bench.vendor.roles(JANE) == set()


# --- accounts that nobody can create or delete -------------------------------------------------


def test_a_person_without_account_is_refused_where_none_can_be_created(
    open_bench: Opener,
) -> None:
    bench = open_bench(ADOPTING)

    with pytest.raises(InvalidValue, match="sign in once"):
        bench.post_user()

    assert bench.pending() == []


def test_a_person_may_wait_for_an_account_and_gets_all_access_with_it(open_bench: Opener) -> None:
    bench = open_bench(ADOPTING, missing_user="pending")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.make("x1", JANE)

    bench.provider.observer.observe()
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.row(jane).native_id == "x1"


def test_deleting_where_no_account_can_be_deleted_takes_all_access(open_bench: Opener) -> None:
    bench = open_bench(ADOPTING)
    bench.vendor.make("x1", JANE, READER)
    jane = bench.post_user()

    bench.users.delete(jane, CALLER)

    assert not bench.vendor.people["x1"].active
    assert bench.vendor.held["x1"] == set()
    with pytest.raises(NotFound):
        bench.shown("Users", jane)


def test_a_renamed_person_leaves_an_account_without_access_where_none_is_deleted(
    open_bench: Opener,
) -> None:
    bench = open_bench(ADOPTING, rename="recreate")
    for native_id, name in (("x1", JANE), ("x2", ROE)):
        bench.vendor.make(native_id, name)
    jane = bench.post_user()
    bench.post_group("Readers", jane)

    bench.patch_user(jane, userName=ROE)

    assert bench.vendor.roles(ROE) == {"reader"}
    assert bench.vendor.roles(JANE) == set()
    assert not bench.vendor.people["x1"].active


# --- accounts that vanish ----------------------------------------------------------------------


@pytest.mark.parametrize("call", ["update", "grant", "revoke"])
def test_an_account_deleted_by_hand_is_made_anew_when_it_is_needed(bench: Bench, call: str) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers", *[jane][: call == "revoke"])
    bench.vendor.people.clear()

    if call == "update":
        bench.patch_user(jane, displayName="Jane")
    elif call == "grant":
        bench.join(group, jane)
    else:
        bench.leave(group, jane)

    assert bench.row(jane).native_id == "n2"
    assert bench.vendor.roles(JANE) == ({"reader"} if call == "grant" else set())


def test_deactivating_whose_account_was_deleted_by_hand_makes_no_other(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.people.clear()

    bench.patch_user(jane, active=False)
    bench.patch_user(jane, displayName="Jane")

    assert bench.shown("Users", jane)["active"] is False
    assert bench.vendor.people == {}
    assert bench.pending() == []
    bench.patch_user(jane, active=True)
    assert bench.vendor.roles(JANE) == {"reader"}


def test_deactivating_whose_account_somebody_made_anew_takes_its_access(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.people = {"x1": Account(JANE, native_id="x1")}
    bench.vendor.held["x1"] = {READER}

    bench.patch_user(jane, active=False)

    assert bench.vendor.held["x1"] == set()
    assert bench.row(jane).native_id == "x1"


def test_deactivating_while_a_new_account_may_not_be_seen_yet_waits_for_it(
    open_bench: Opener,
) -> None:
    bench = open_bench(LAGGING)
    jane = bench.post_user()
    group = bench.post_group("Readers")
    bench.vendor.people.clear()
    bench.vendor.invisible = True
    lose_the_answer(bench)
    with pytest.raises(TemporarilyUnavailable):
        bench.join(group, jane)
    bench.vendor.held["n2"].add(Entitlement("role", "default"))

    with pytest.raises(TemporarilyUnavailable, match="interrupted"):
        bench.patch_user(jane, active=False)
    bench.vendor.invisible = False
    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    assert bench.shown("Users", jane)["active"] is False
    assert bench.pending() == []


def test_who_is_renamed_and_deactivated_at_once_has_an_account_and_what_was_given_by_hand_later(
    open_bench: Opener,
) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.vendor.held["n1"].add(READER)

    bench.patch_user(jane, userName=ROE, active=False)
    assert bench.vendor.roles(ROE) == set()
    assert len(bench.vendor.people) == 1
    bench.patch_user(jane, active=True)

    assert bench.vendor.roles(ROE) == {"reader"}


def test_an_account_that_is_there_lacks_what_it_should_hold_for_good(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers")

    with (
        bench.failing("grant", VendorNotFound("no role reader")),
        pytest.raises(InvalidValue, match="no role reader"),
    ):
        bench.join(group, jane)


def test_an_account_of_which_nobody_knows_whether_it_is_there_is_tried_later(
    bench: Bench,
) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers")

    with (
        bench.failing("grant", VendorNotFound("no such user")),
        bench.failing("read_account", VendorUnavailable("down")),
        pytest.raises(TemporarilyUnavailable, match="down"),
    ):
        bench.join(group, jane)
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}


# --- what only the vendor knows ----------------------------------------------------------------


def test_a_protected_role_is_not_given_with_a_new_account(open_bench: Opener) -> None:
    bench = open_bench(protected_entitlements=("role:reader",))
    group = bench.post_group("Friends", derived_id("t", "User", "n1"))
    bench.rename_group(group, "Readers")

    with pytest.raises(Forbidden):
        bench.post_user()

    assert bench.vendor.people == {}


def test_a_protected_role_stops_a_creation_before_it_begins(open_bench: Opener) -> None:
    bench = open_bench(protected_entitlements=("role:admin",))
    admin = EntitlementDetails(Entitlement("role", "admin"), "Administrators")
    bench.vendor.catalogue.append(admin)
    bench.provider.observer.refresh_catalogue()

    with pytest.raises(Forbidden):
        bench.post_user(roles=[{"value": "admin"}])

    assert "create_account" not in bench.vendor.calls
    assert bench.pending() == []


def test_roles_that_came_with_the_account_are_not_given_again(bench: Bench) -> None:
    bench.post_group("Readers", derived_id("t", "User", "n1"))
    create = bench.vendor.create_account

    def with_roles(account: Account, entitlements: frozenset[Entitlement]) -> Created:
        created = create(account, entitlements)
        bench.vendor.held[created.native_id].add(READER)
        return replace(created, granted=frozenset({READER}))

    bench.vendor.__dict__["create_account"] = with_roles

    bench.post_user()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert "grant" not in bench.vendor.calls


def test_who_is_deactivated_once_more_loses_what_was_given_by_hand_meanwhile(world: World) -> None:
    jane = str(world.scim.create_user("jane@example.com")["id"])
    world.scim.set_active(jane, False)
    world.vendor.grant("jane@example.com", "falconhost_admin")

    assert world.scim.set_active(jane, False).status_code == 200

    assert world.vendor.roles("jane@example.com") == set()
