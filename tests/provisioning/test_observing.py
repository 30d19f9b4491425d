"""Looking at the vendor: what is found becomes visible, and nothing is changed there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails
from scimbridge.directory import leases, resources
from scimbridge.directory.resources import ResourceRow
from scimbridge.errors import TemporarilyUnavailable, VendorUnavailable
from scimbridge.provisioning.correlate import derived_id
from scimbridge.provisioning.observe import LEASE_S
from tests.provisioning.conftest import JANE, ROE, Bench, Opener


def stock(bench: Bench, *names: str) -> None:
    for number, name in enumerate(names, 1):
        bench.vendor.make(f"x{number}", name)


def rows(bench: Bench, kind: str) -> list[ResourceRow]:
    with bench.directory.read() as connection:
        return list(resources.visible(connection, "t", kind))


def offer(bench: Bench, *roles: tuple[str, str]) -> None:
    bench.vendor.catalogue = [
        EntitlementDetails(Entitlement("role", native_id), name) for native_id, name in roles
    ]


def names(bench: Bench) -> list[str | None]:
    return [row.display for row in rows(bench, "Group")]


# --- accounts ----------------------------------------------------------------------------------


def test_every_account_becomes_a_user_whose_id_a_rebuilt_directory_gives_again(
    bench: Bench,
) -> None:
    stock(bench, JANE, ROE)

    assert bench.provider.observer.observe()

    assert [row.scim_id for row in rows(bench, "User")] == [
        derived_id("t", "User", native_id) for native_id in ("x1", "x2")
    ]
    assert {"grant", "revoke", "update_account", "create_account"}.isdisjoint(bench.vendor.calls)


def test_observing_again_changes_nothing(bench: Bench) -> None:
    stock(bench, JANE)
    offer(bench, ("admin", "Administrators"))
    bench.provider.observer.observe()
    before = rows(bench, "User") + rows(bench, "Group")

    bench.provider.observer.observe()

    assert rows(bench, "User") + rows(bench, "Group") == before


def test_a_user_is_as_old_as_the_account(bench: Bench) -> None:
    made = datetime(2020, 2, 2, tzinfo=UTC)
    bench.vendor.people["x1"] = Account(JANE, native_id="x1", created=made)

    bench.provider.observer.observe()

    (row,) = rows(bench, "User")
    assert row.created == made.timestamp() * 1000


def test_a_found_account_is_nobodys_until_it_is_written(bench: Bench) -> None:
    stock(bench, JANE)
    bench.provider.observer.observe()
    bench.clock.advance(60)

    jane = bench.post_user(displayName="Jane")

    assert jane == derived_id("t", "User", "x1")
    assert bench.vendor.people["x1"].display_name == "Jane"


def test_who_was_never_written_is_shown_as_the_account_is_now(bench: Bench) -> None:
    stock(bench, JANE)
    bench.provider.observer.observe()
    bench.vendor.people["x1"] = Account("jenny@example.com", given_name="Jenny", native_id="x1")

    bench.provider.observer.observe()

    (row,) = rows(bench, "User")
    shown = orjson.loads(str(row.confirmed))
    assert (shown["userName"], shown["name"]) == ("jenny@example.com", {"givenName": "Jenny"})
    assert row.confirmed_key == "jenny@example.com"
    assert row.scim_id == derived_id("t", "User", "x1")


def test_who_was_written_is_shown_as_was_asked(bench: Bench) -> None:
    stock(bench, JANE)
    bench.provider.observer.observe()
    bench.post_user(displayName="Jane")
    bench.vendor.people["x1"] = replace(bench.vendor.people["x1"], display_name="Jenny")

    bench.provider.observer.observe()

    (row,) = rows(bench, "User")
    assert orjson.loads(str(row.confirmed))["displayName"] == "Jane"


def test_a_login_that_changed_hands_is_free_once_its_former_owner_was_seen(bench: Bench) -> None:
    stock(bench, JANE, ROE)
    bench.provider.observer.observe()
    bench.vendor.people["x1"] = Account("old@example.com", native_id="x1")
    bench.vendor.people["x2"] = Account(JANE, native_id="x2")
    bench.vendor.people = dict(reversed(bench.vendor.people.items()))

    bench.provider.observer.observe()
    assert {row.confirmed_key for row in rows(bench, "User")} == {"old@example.com", ROE}
    bench.provider.observer.observe()

    assert {row.confirmed_key for row in rows(bench, "User")} == {"old@example.com", JANE}


def test_a_person_on_whom_a_request_works_is_left_to_it(bench: Bench) -> None:
    """The account is there already, the record of it is not."""
    with bench.failing("create_account"), pytest.raises(TemporarilyUnavailable):
        bench.post_user()
    stock(bench, JANE)

    bench.provider.observer.observe()
    bench.recover()

    (row,) = rows(bench, "User")
    assert row.native_id == "x1"
    assert bench.pending() == []


def test_a_link_to_nobody_or_to_somebody_known_finds_nothing_new(bench: Bench) -> None:
    observer = bench.provider.observer
    assert not observer.link(JANE)
    stock(bench, JANE)

    assert observer.link(JANE)
    assert not observer.link(JANE)


# --- when --------------------------------------------------------------------------------------


def test_only_one_process_observes_at_a_time(bench: Bench) -> None:
    now = bench.clock()
    with bench.directory.write() as connection:
        leases.take_target(connection, "t", owner="other", now=now, until=now + LEASE_S * 1000)

    assert not bench.provider.observer.observe()
    assert bench.vendor.calls == []
    bench.clock.advance(LEASE_S + 1)
    assert bench.provider.observer.observe()


def test_it_is_due_until_it_succeeded_and_again_after_a_while(open_bench: Opener) -> None:
    bench = open_bench(observe_every_s=100)
    observer = bench.provider.observer
    with bench.failing("accounts"), pytest.raises(VendorUnavailable):
        observer.observe()
    assert observer.is_due()

    observer.observe()

    assert not observer.is_due()
    bench.clock.advance(100)
    assert observer.is_due()


def test_a_target_is_registered_once(bench: Bench) -> None:
    bench.provider.observer.observe()
    bench.provider.observer.register()

    assert not bench.provider.observer.is_due()


# --- entitlements ------------------------------------------------------------------------------


def test_every_entitlement_that_can_be_given_becomes_a_group(bench: Bench) -> None:
    offer(bench, ("admin", "Administrators"))
    hidden = EntitlementDetails(Entitlement("role", "x"), "Hidden", assignable=False)
    bench.vendor.catalogue.append(hidden)

    bench.provider.observer.observe()

    assert names(bench) == ["Administrators"]


def test_entitlements_and_groups_of_one_name_are_told_apart(bench: Bench) -> None:
    bench.post_group("Readers")
    offer(bench, ("a", "READERS"), ("b", "Others"), ("c", "others"))

    bench.provider.observer.observe()

    assert names(bench) == ["Readers", "READERS (role:a)", "Others", "others (role:c)"]


def test_joining_the_group_of_an_entitlement_gives_it(bench: Bench) -> None:
    offer(bench, ("admin", "Administrators"))
    bench.provider.observer.observe()
    (group,) = [str(row.scim_id) for row in rows(bench, "Group")]

    bench.join(group, bench.post_user())

    assert bench.vendor.roles(JANE) == {"admin"}


def test_an_entitlement_is_found_under_its_mapped_name_too(bench: Bench) -> None:
    offer(bench, ("admin", "Analysts"))
    bench.provider.observer.observe()
    (group,) = [str(row.scim_id) for row in rows(bench, "Group")]

    bench.join(group, bench.post_user())

    assert bench.vendor.roles(JANE) == {"admin", "analyst"}


def test_a_role_that_one_look_at_the_catalogue_did_not_show_is_not_taken(bench: Bench) -> None:
    offer(bench, ("analyst", "Analyst"), ("reader", "Reader"))
    bench.provider.observer.observe()
    jane = bench.post_user(roles=[{"value": "analyst"}])
    offer(bench, ("reader", "Reader"))
    bench.provider.observer.observe()

    bench.patch_user(jane, title="Boss")
    assert bench.vendor.roles(JANE) == {"analyst"}
    bench.patch_user(jane, roles=[])

    assert bench.vendor.roles(JANE) == set()


# --- another configuration ---------------------------------------------------------------------


def test_a_changed_mapping_reaches_those_who_are_members_already(open_bench: Opener) -> None:
    bench = open_bench()
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.post_group("Friends", jane)
    changed = {"Readers": ("role:auditor",), "friends": ("role:guest",)}

    again = open_bench(vendor=bench.vendor, groups=changed)
    again.recover()

    assert again.vendor.roles(JANE) == {"auditor", "guest"}
    assert again.pending() == []


def test_the_same_mapping_again_asks_for_nothing(open_bench: Opener) -> None:
    bench = open_bench()
    bench.post_group("Readers", bench.post_user())
    lines = bench.lines()

    again = open_bench(vendor=bench.vendor)

    assert again.pending() == []
    assert again.lines() == lines


def test_less_in_a_mapping_is_a_removal_and_never_given_up(open_bench: Opener) -> None:
    bench = open_bench()
    bench.post_group("Readers", bench.post_user())

    again = open_bench(vendor=bench.vendor, groups={})
    with again.failing("revoke"):
        again.recover(after_s=2 * 86_400)
        again.recover(after_s=2 * 86_400)
    again.recover()

    assert again.vendor.roles(JANE) == set()


def test_an_account_made_again_by_hand_for_whom_it_was_deleted_is_deleted_once(
    open_bench: Opener,
) -> None:
    bench = open_bench(deactivate="delete")
    bench.patch_user(bench.post_user(), active=False)
    stock(bench, JANE)

    for _ in range(2):
        bench.provider.observer.observe()
        bench.recover()

    assert bench.vendor.people == {}
    assert bench.lines().count("first sign-in done") == 1
