"""A worker whose user was deleted while it was stalled: what it gives late does not stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scimbridge.connectors.interface import Account
from scimbridge.errors import NotFound, TemporarilyUnavailable
from tests.provisioning.conftest import CALLER, JANE, READER, ROE, Bench, Opener, once
from tests.provisioning.fake_vendor import ADOPTING


@pytest.fixture
def lasting(open_bench: Opener) -> Bench:
    """A vendor whose accounts cannot be deleted, with an account for Jane."""
    bench = open_bench(ADOPTING)
    bench.vendor.make("n1", JANE)
    return bench


@pytest.fixture
def jane(lasting: Bench) -> str:
    return lasting.post_user()


def give_late(bench: Bench, jane: str) -> None:
    """Jane joins a group, and is deleted before the grant reaches the vendor."""
    group = bench.post_group("Readers")
    once(bench, "grant", lambda: bench.users.delete(jane, CALLER))
    bench.join(group, jane)
    assert bench.vendor.roles(JANE) == {"reader"}, "the late grant came through"


def give_late_to_a_row_that_is_somebody_elses(bench: Bench) -> None:
    """The same, and Roe gets the number of Jane's row meanwhile."""
    group = bench.post_group("Readers")
    jane = bench.post_user()

    def replace_jane() -> None:
        bench.users.delete(jane, CALLER)
        bench.post_user(ROE)

    once(bench, "grant", replace_jane)
    bench.join(group, jane)


def test_a_grant_that_arrives_after_the_deletion_is_taken_again(lasting: Bench, jane: str) -> None:
    give_late(lasting, jane)
    lasting.recover()

    assert lasting.vendor.roles(JANE) == set()
    assert lasting.pending() == []
    assert lasting.lines()[-1] == "repair done"
    assert lasting.post_user() == jane, "nothing is left that stands in the way"


def test_a_late_grant_that_cannot_be_taken_now_is_taken_later(lasting: Bench, jane: str) -> None:
    give_late(lasting, jane)
    with lasting.failing("revoke"):
        lasting.recover()
    assert lasting.pending() == ["repair"]
    with pytest.raises(TemporarilyUnavailable, match="being deleted"):
        lasting.post_user()
    lasting.recover()

    assert lasting.vendor.roles(JANE) == set()
    assert lasting.pending() == []


def test_what_was_given_by_hand_since_the_deletion_stays(lasting: Bench, jane: str) -> None:
    give_late(lasting, jane)
    lasting.vendor.held["n1"].add(replace(READER, native_id="auditor"))
    # Looking at the vendor must not make a user of the account meanwhile, nor lose the record.
    lasting.provider.observer.observe()
    lasting.recover()

    assert lasting.vendor.roles(JANE) == {"auditor"}


def test_a_late_grant_is_taken_from_whom_the_account_belongs_to_since(
    lasting: Bench, jane: str
) -> None:
    group = lasting.post_group("Readers")

    def delete_and_post() -> None:
        lasting.users.delete(jane, CALLER)
        lasting.post_group("Analysts", lasting.post_user())

    once(lasting, "grant", delete_and_post)
    lasting.join(group, jane)
    assert lasting.vendor.roles(JANE) == {"analyst", "reader"}
    lasting.recover()

    assert lasting.vendor.roles(JANE) == {"analyst"}
    assert lasting.pending() == []


def test_a_late_grant_is_taken_although_somebody_else_has_the_login_since(
    lasting: Bench, jane: str
) -> None:
    group = lasting.post_group("Readers")

    def hand_the_login_over() -> None:
        lasting.users.delete(jane, CALLER)
        lasting.vendor.people["n1"] = Account("former@example.com", native_id="n1")
        lasting.vendor.make("n2", JANE)
        lasting.post_user()

    once(lasting, "grant", hand_the_login_over)
    lasting.join(group, jane)
    assert lasting.vendor.roles("former@example.com") == {"reader"}
    lasting.recover()

    assert lasting.vendor.roles("former@example.com") == set()
    assert lasting.pending() == []


def test_a_late_grant_is_taken_although_somebody_else_has_the_row_since(lasting: Bench) -> None:
    lasting.vendor.make("n2", ROE)

    give_late_to_a_row_that_is_somebody_elses(lasting)
    lasting.recover()

    assert lasting.vendor.roles(JANE) == lasting.vendor.roles(ROE) == set()
    assert lasting.pending() == []


def test_what_a_deletion_took_is_not_given_to_whom_the_account_belongs_to_since(
    lasting: Bench, jane: str
) -> None:
    lasting.vendor.held["n1"].add(replace(READER, native_id="auditor"))

    def delete_and_post() -> None:
        lasting.users.delete(jane, CALLER)
        lasting.clock.advance(1)
        assert lasting.post_user() == jane

    once(lasting, "revoke", delete_and_post)
    lasting.patch_user(jane, active=False)
    lasting.recover()

    assert lasting.vendor.roles(JANE) == set()
    assert lasting.pending() == []


def test_whoever_has_the_row_since_is_left_alone(lasting: Bench) -> None:
    lasting.vendor.make("n2", ROE, READER)

    give_late_to_a_row_that_is_somebody_elses(lasting)
    lasting.recover()

    assert lasting.vendor.roles(ROE) == {"reader"}, "given by hand"


def test_a_user_who_is_found_again_after_a_deletion_has_other_leases(lasting: Bench) -> None:
    def look() -> None:
        account = lasting.vendor.people["n1"]
        lasting.vendor.people["n1"] = replace(account, created=datetime(2020, 1, 1, tzinfo=UTC))
        lasting.provider.observer.observe()

    look()
    jane = lasting.post_user()
    former = lasting.row(jane)
    lasting.users.delete(jane, CALLER)
    lasting.clock.advance(1)

    look()

    assert lasting.row(jane).pk == former.pk
    assert lasting.row(jane).fence > former.fence


def test_who_waited_for_an_account_and_comes_back_late_has_nothing_to_repair(
    open_bench: Opener,
) -> None:
    bench = open_bench(ADOPTING, missing_user="pending")
    jane = bench.post_user()
    once(bench, "find_account", lambda: bench.patch_user(jane, displayName="Second"))

    bench.patch_user(jane, displayName="First")

    assert bench.pending() == []


def test_an_account_that_is_enabled_after_the_deletion_is_disabled_again(
    lasting: Bench, jane: str
) -> None:
    lasting.patch_user(jane, active=False)
    once(lasting, "set_active", lambda: lasting.users.delete(jane, CALLER))

    with pytest.raises(NotFound):
        lasting.patch_user(jane, active=True)
    assert lasting.vendor.people["n1"].active, "the late call came through"
    lasting.recover()

    assert not lasting.vendor.people["n1"].active
    assert lasting.pending() == []


def test_attributes_that_arrive_after_the_deletion_need_nothing(lasting: Bench, jane: str) -> None:
    once(lasting, "update_account", lambda: lasting.users.delete(jane, CALLER))

    with pytest.raises(NotFound):
        lasting.patch_user(jane, displayName="Late")

    assert lasting.pending() == []
