"""A vendor that has yet to say what it can do, and may be down while the bridge starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.connectors.interface import Entitlement, EntitlementDetails
from scimbridge.errors import InvalidValue, ServerFault, TemporarilyUnavailable, VendorDenied
from scimbridge.provisioning.background import observe
from tests.provisioning.conftest import JANE, Bench, Opener
from tests.provisioning.fake_vendor import PLAIN, FakeVendor

UNKNOWN = replace(PLAIN, complete=False)
RENAMING = replace(PLAIN, account_attributes=frozenset({"user_name"}), can_rename_accounts=True)
ANALYST = Entitlement("role", "analyst")


@pytest.fixture
def settled(open_bench: Opener) -> tuple[Bench, str, str]:
    """A bridge with a user in the vendor's own group, started again since; and their ids."""
    catalogue = [EntitlementDetails(ANALYST, "Analyst")]
    bench = open_bench(vendor=FakeVendor(catalogue=catalogue))
    bench.provider.observer.refresh_catalogue()
    jane, group = bench.post_user(), bench.post_group("Analyst")
    bench.join(group, jane)
    bench.vendor.able = UNKNOWN
    return open_bench(vendor=bench.vendor), jane, group


def test_a_vendor_that_answers_is_asked_before_anything_is_planned(
    settled: tuple[Bench, str, str],
) -> None:
    bench, jane, _ = settled

    bench.patch_user(jane, displayName="Jane Doe")

    assert bench.vendor.calls.count("find_out") == 1
    assert bench.shown("Users", jane)["displayName"] == "Jane Doe"


def test_what_needs_no_call_waits_as_well_since_nobody_can_know_that(
    settled: tuple[Bench, str, str],
) -> None:
    bench, jane, _ = settled
    with bench.failing("find_out"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, nickName="J")
    assert "nickName" not in bench.shown("Users", jane)

    bench.recover()

    assert bench.shown("Users", jane)["nickName"] == "J"


def test_whoever_leaves_a_group_of_the_vendor_s_own_loses_it_once_the_vendor_answers(
    settled: tuple[Bench, str, str],
) -> None:
    bench, jane, group = settled
    with bench.failing("find_out"), pytest.raises(TemporarilyUnavailable):
        bench.leave(group, jane)
    assert bench.vendor.roles(JANE) == {"analyst"}

    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    assert bench.pending() == []


def test_a_rename_is_recorded_only_once_it_is_known_what_that_means(
    settled: tuple[Bench, str, str],
) -> None:
    bench, jane, _ = settled
    bench.vendor.later = RENAMING
    with pytest.raises(TemporarilyUnavailable, match="has not answered since"):
        bench.patch_user(jane, userName="roe@example.com")
    assert bench.pending() == []

    observe(bench.provider)
    bench.patch_user(jane, userName="roe@example.com")

    assert bench.vendor.roles("roe@example.com") == {"analyst"}


def test_credentials_that_are_refused_withdraw_nothing(settled: tuple[Bench, str, str]) -> None:
    bench, jane, _ = settled

    with bench.failing("find_out", VendorDenied("the key is wrong")), pytest.raises(ServerFault):
        bench.patch_user(jane, displayName="Jane Doe")
    bench.recover()

    assert bench.shown("Users", jane)["displayName"] == "Jane Doe"


def test_a_comparison_asks_first(settled: tuple[Bench, str, str]) -> None:
    bench, _, _ = settled
    bench.clock.advance(3600)
    bench.vendor.calls.clear()

    assert list(bench.provider.reconciler.run("report")) == []
    assert bench.vendor.calls[0] == "find_out"


def test_a_vendor_that_turns_out_to_create_no_groups_has_new_ones_refused(
    open_bench: Opener,
) -> None:
    bench = open_bench(UNKNOWN, unmapped_groups="create")

    with pytest.raises(InvalidValue, match='write "track" or "reject"'):
        bench.post_group("Blue Team")
