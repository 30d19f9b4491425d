"""Renames to an account that exists: the vendor refuses, or the former account is gone by then."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Entitlement, EntitlementDetails
from scimbridge.errors import InvalidValue, TemporarilyUnavailable, VendorRejected
from tests.provisioning.conftest import JANE, READER, Bench, Opener
from tests.provisioning.fake_vendor import ADOPTING, DISABLING

NEW = "new@example.com"
ADMIN, AUDITOR = Entitlement("role", "admin"), Entitlement("role", "auditor")


@pytest.fixture
def adopting(open_bench: Opener) -> Bench:
    """At a vendor whose accounts can be neither created nor deleted."""
    return open_bench(ADOPTING, rename="recreate")


@pytest.fixture
def recreating(open_bench: Opener) -> Bench:
    """Where a rename creates another account, and deletes the former one."""
    return open_bench(rename="recreate")


def reader(bench: Bench) -> str:
    """Jane, who reads."""
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    return jane


def reader_with_both_accounts(bench: Bench) -> str:
    """The same, and the account of the login that she is about to have."""
    bench.vendor.make("n1", JANE)
    bench.vendor.make("n2", NEW)
    return reader(bench)


def refuse_to_rename(bench: Bench, jane: str, call: str) -> None:
    refused = VendorRejected("she is the last administrator")
    with bench.failing(call, refused), pytest.raises(InvalidValue, match="last administrator"):
        bench.patch_user(jane, userName=NEW)


def test_an_account_that_a_refused_rename_adopted_is_released(recreating: Bench) -> None:
    bench, jane = recreating, reader(recreating)
    bench.vendor.held["n1"].add(ADMIN)
    bench.vendor.make("x2", NEW, AUDITOR)

    refuse_to_rename(bench, jane, "delete_account")
    bench.recover()

    assert bench.shown("Users", jane)["userName"] == JANE
    assert bench.vendor.roles(NEW) == {"auditor"}, "what was there before, and nothing of hers"
    assert bench.vendor.roles(JANE) == {"reader", "admin"}
    assert bench.pending() == []


def test_an_adopted_account_is_released_although_that_fails_at_first(recreating: Bench) -> None:
    bench, jane = recreating, reader(recreating)
    bench.vendor.make("x2", NEW)
    refuse_to_rename(bench, jane, "delete_account")
    with bench.failing("revoke"):
        bench.recover()
    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        bench.post_user(NEW)
    bench.recover()

    assert bench.vendor.roles(NEW) == set()
    assert bench.post_user(NEW) != jane


def test_a_refused_rename_is_undone_where_accounts_cannot_be_deleted(adopting: Bench) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)

    refuse_to_rename(bench, jane, "set_active")
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.vendor.roles(NEW) == set()
    assert bench.pending() == []


def test_a_former_account_that_is_gone_does_not_hinder_the_rename(adopting: Bench) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=NEW)
    del bench.vendor.people["n1"]

    bench.recover()

    assert bench.shown("Users", jane)["userName"] == NEW
    assert bench.vendor.roles(NEW) == {"reader"}
    assert bench.pending() == []


def test_what_an_inactive_person_had_on_either_account_goes_back_to_that_one(
    adopting: Bench,
) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)
    bench.vendor.held["n1"].add(ADMIN)
    bench.vendor.held["n2"].add(AUDITOR)
    bench.patch_user(jane, active=False)

    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=NEW, displayName="Jane")
    with bench.failing("update_account", VendorRejected("a bad name")):
        bench.recover()
    bench.recover()
    assert bench.vendor.roles(JANE) == set()
    assert bench.vendor.roles(NEW) == {"auditor"}
    assert bench.pending() == []

    bench.patch_user(jane, active=True)

    assert bench.vendor.roles(JANE) == {"reader", "admin"}


def test_what_a_deactivation_took_from_the_new_account_comes_back_with_an_activation(
    adopting: Bench,
) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)
    bench.vendor.held["n1"].add(ADMIN)
    bench.vendor.held["n2"].add(AUDITOR)
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=NEW, displayName="Jane", active=False)
    assert bench.vendor.roles(NEW) == set()

    bench.patch_user(jane, active=True)

    assert bench.vendor.roles(NEW) == {"reader", "admin", "auditor"}
    assert bench.vendor.roles(JANE) == set()
    assert bench.pending() == []


def test_a_refused_rename_of_somebody_without_an_account_leaves_them_without(
    open_bench: Opener,
) -> None:
    bench = open_bench(rename="recreate", deactivate="delete")
    jane = bench.post_user()
    bench.patch_user(jane, active=False)
    bench.vendor.make("x1", NEW, AUDITOR)

    refused = VendorRejected("a bad name")
    with bench.failing("update_account", refused), pytest.raises(InvalidValue):
        bench.patch_user(jane, userName=NEW, displayName="Jane", active=True)
    bench.recover()

    assert list(bench.vendor.people) == ["x1"]
    assert bench.vendor.roles(NEW) == {"auditor"}
    assert bench.row(jane).native_id is None
    assert bench.pending() == []


def test_a_login_whose_account_is_being_left_can_be_had_again_later(recreating: Bench) -> None:
    bench, jane = recreating, reader(recreating)
    bench.vendor.make("x2", NEW)
    refuse_to_rename(bench, jane, "delete_account")

    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        bench.patch_user(jane, userName=NEW)
    bench.recover()
    bench.patch_user(jane, userName=NEW)

    assert bench.vendor.roles(NEW) == {"reader"}
    assert list(bench.vendor.people) == ["x2"]


def test_two_renames_that_fail_leave_no_account_of_either_login(
    recreating: Bench,
) -> None:
    bench, jane = recreating, reader(recreating)
    del bench.vendor.people["n1"]
    bench.patch_user(jane, active=False)
    with bench.failing("grant"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName="roe@example.com", active=True)

    with bench.failing("grant", VendorRejected("no licence")), pytest.raises(InvalidValue):
        bench.patch_user(jane, userName=NEW)
    bench.recover()

    assert not {"n2", "n3"} & bench.vendor.people.keys(), "what the renames made"
    assert bench.pending() == []


def test_an_account_that_is_made_in_place_of_one_that_is_gone_goes_with_a_refusal(
    recreating: Bench,
) -> None:
    bench, jane = recreating, reader(recreating)
    bench.vendor.make("x2", NEW)
    with bench.failing("grant"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=NEW)
    del bench.vendor.people["x2"]

    with bench.failing("delete_account", VendorRejected("she is the last administrator")):
        bench.recover()
    bench.recover()

    assert list(bench.vendor.people) == ["n1"]
    assert bench.pending() == []


def test_a_refusal_of_anything_else_keeps_the_account_without_a_search(recreating: Bench) -> None:
    bench, jane = recreating, recreating.post_user()

    refused = VendorRejected("a bad name")
    with bench.failing("find_account"), bench.failing("update_account", refused):
        with pytest.raises(InvalidValue):
            bench.patch_user(jane, displayName="Jane")
        del bench.vendor.meanwhile["update_account"]
        bench.recover()

    assert bench.pending() == []


def test_an_account_that_was_disabled_is_so_again_when_the_rename_to_it_is_refused(
    adopting: Bench,
) -> None:
    bench, jane = adopting, reader_with_both_accounts(adopting)
    bench.vendor.held["n2"].add(AUDITOR)
    bench.vendor.set_active("n2", active=False)

    refuse_to_rename(bench, jane, "revoke")
    bench.recover()

    assert bench.vendor.people["n2"].active is False
    assert bench.vendor.people["n1"].active
    assert bench.pending() == []


def test_an_account_that_was_disabled_is_so_again_when_its_adoption_is_refused(
    open_bench: Opener,
) -> None:
    bench = open_bench(DISABLING)
    bench.vendor.catalogue = [EntitlementDetails(READER, "Reader")]
    bench.provider.observer.refresh_catalogue()
    bench.vendor.make("n1", JANE, AUDITOR)
    bench.vendor.set_active("n1", active=False)

    with bench.failing("grant", VendorRejected("no licence")), pytest.raises(InvalidValue):
        bench.post_user(roles=[{"value": "role:reader"}])
    bench.recover()

    assert bench.vendor.people["n1"].active is False
    assert bench.vendor.roles(JANE) == {"auditor"}
    assert bench.pending() == []


def test_what_the_new_account_had_goes_to_nobody_once_that_is_gone(recreating: Bench) -> None:
    bench, jane = recreating, reader(recreating)
    bench.vendor.make("x2", NEW, AUDITOR)
    with bench.failing("delete_account"):
        with pytest.raises(TemporarilyUnavailable):
            bench.patch_user(jane, userName=NEW)
        del bench.vendor.people["x2"]
        bench.recover()

    bench.patch_user(jane, userName=JANE)

    assert bench.vendor.roles(JANE) == {"reader"}
