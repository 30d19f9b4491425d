"""Finding or creating accounts: each person gets one, once, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.errors import (
    DirectoryError,
    InvalidValue,
    OutcomeUnknown,
    TemporarilyUnavailable,
    Uniqueness,
    VendorConflict,
    VendorRejected,
)
from scimbridge.provisioning.correlate import derived_id
from tests.provisioning.conftest import (
    CALLER,
    DOWN,
    JANE,
    ROE,
    Bench,
    Opener,
    lose_the_answer,
)
from tests.provisioning.fake_vendor import LAGGING, PLAIN, SETTLE_S

ROLES_ALONE = replace(PLAIN, account_attributes=frozenset(), can_create_accounts=False)


def test_an_account_that_exists_is_adopted(bench: Bench) -> None:
    bench.vendor.make("x1", JANE.upper())

    user = bench.post_user()

    assert bench.row(user).native_id == "x1"
    assert bench.row(user).origin == "adopted"
    assert "create_account" not in bench.vendor.calls


def test_a_known_account_is_read_where_a_post_has_nothing_to_write(open_bench: Opener) -> None:
    bench = open_bench(ROLES_ALONE)
    bench.vendor.make("x1", JANE)
    bench.provider.observer.observe()
    bench.vendor.calls.clear()

    bench.post_user()

    assert bench.vendor.calls == ["read_account"]


def test_a_known_account_that_is_gone_is_missed_by_a_post_that_has_nothing_to_write(
    open_bench: Opener,
) -> None:
    bench = open_bench(ROLES_ALONE)
    bench.vendor.make("x1", JANE)
    bench.provider.observer.observe()
    del bench.vendor.people["x1"]

    with pytest.raises(InvalidValue, match="has no account at t"):
        bench.post_user()


def test_an_account_that_appears_after_a_lost_answer_is_our_own(bench: Bench) -> None:
    lose_the_answer(bench)
    with pytest.raises(TemporarilyUnavailable):
        bench.post_user()

    user = bench.post_user()

    assert bench.row(user).origin == "created"
    assert len(bench.vendor.people) == 1


def test_an_interrupted_create_is_not_repeated_before_the_search_can_be_trusted(
    open_bench: Opener,
) -> None:
    bench = open_bench(LAGGING)
    bench.vendor.invisible = True
    lose_the_answer(bench)
    with pytest.raises(TemporarilyUnavailable):
        bench.post_user()

    with pytest.raises(TemporarilyUnavailable, match="interrupted") as caught:
        bench.post_user()

    assert caught.value.retry_after == SETTLE_S
    assert bench.vendor.calls.count("create_account") == 1


def test_after_the_vendors_search_has_settled_the_create_is_repeated(open_bench: Opener) -> None:
    bench = open_bench(LAGGING)
    with (
        bench.failing("create_account", OutcomeUnknown("no answer")),
        pytest.raises(TemporarilyUnavailable),
    ):
        bench.post_user()
    bench.clock.advance(SETTLE_S)

    bench.post_user()

    assert len(bench.vendor.people) == 1


def test_a_create_that_surely_failed_is_repeated_at_once(open_bench: Opener) -> None:
    bench = open_bench(LAGGING)
    with bench.failing("create_account"), pytest.raises(TemporarilyUnavailable):
        bench.post_user()

    bench.post_user()

    assert len(bench.vendor.people) == 1


def test_a_login_that_was_taken_between_search_and_create_is_adopted(bench: Bench) -> None:
    bench.vendor.meanwhile["create_account"] = lambda: bench.vendor.make("x1", JANE)

    user = bench.post_user()

    assert bench.row(user).native_id == "x1"


def test_a_login_that_is_taken_by_nobody_whom_we_see_is_a_conflict(bench: Bench) -> None:
    bench.vendor.make("x1", JANE)
    bench.vendor.invisible = True

    with pytest.raises(Uniqueness, match="where the bridge cannot see it"):
        bench.post_user()

    bench.vendor.people.clear()
    assert bench.post_user()


def test_an_own_account_that_is_not_visible_yet_is_no_conflict(open_bench: Opener) -> None:
    bench = open_bench(LAGGING)
    lose_the_answer(bench)
    bench.vendor.invisible = True
    with pytest.raises(TemporarilyUnavailable):
        bench.post_user()
    bench.clock.advance(SETTLE_S)

    with pytest.raises(TemporarilyUnavailable, match="not visible yet"):
        bench.post_user()
    bench.vendor.invisible = False
    user = bench.post_user()

    assert bench.row(user).origin == "created"
    assert len(bench.vendor.people) == 1


def test_a_vendor_that_fails_while_a_conflict_is_looked_into_is_asked_later(
    bench: Bench,
) -> None:
    def conflict() -> None:
        bench.vendor.meanwhile["find_account"] = down
        raise VendorConflict("taken")

    def down() -> None:
        raise DOWN

    bench.vendor.meanwhile["create_account"] = conflict

    with pytest.raises(TemporarilyUnavailable, match="maintenance"):
        bench.post_user()


def test_an_account_belongs_to_one_user(bench: Bench) -> None:
    """The vendor renamed a login by hand; the account is known under the former one."""
    bench.post_user()
    bench.vendor.people["n1"] = replace(bench.vendor.people["n1"], user_name="roe@example.com")

    with pytest.raises(Uniqueness, match="already belongs to the user"):
        bench.post_user("roe@example.com")


def test_a_refused_account_leaves_nothing_behind(bench: Bench) -> None:
    with (
        bench.failing("create_account", VendorRejected("bad domain")),
        pytest.raises(InvalidValue, match="bad domain"),
    ):
        bench.post_user()

    assert bench.pending() == []
    assert bench.lines() == ["create wanted", "create failed"]
    assert bench.post_user()


def test_a_refused_part_of_a_creation_takes_the_created_account_away_again(bench: Bench) -> None:
    group = bench.post_group("Readers")
    bench.post_user("first@example.com")  # makes the id of the next one known
    bench.join(group, derived_id("t", "User", "n2"))
    with bench.failing("grant", VendorRejected("no licence")), pytest.raises(InvalidValue):
        bench.post_user()

    assert set(bench.vendor.people) == {"n1"}
    assert bench.pending() == []


def test_a_refused_part_of_an_adoption_leaves_the_account_where_it_was(bench: Bench) -> None:
    bench.vendor.make("x1", JANE)
    with (
        bench.failing("update_account", VendorRejected("bad name")),
        pytest.raises(InvalidValue),
    ):
        bench.post_user(displayName="Jane")

    assert set(bench.vendor.people) == {"x1"}
    assert bench.pending() == []


def test_an_account_that_is_about_to_go_is_not_adopted_by_another_person(
    open_bench: Opener,
) -> None:
    """A refused rename leaves an account of the new name, whose deletion is still to come."""
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    refused = VendorRejected("bad name")
    with (
        bench.failing("delete_account"),
        bench.failing("update_account", refused),
        bench.failing("grants", refused),
        pytest.raises(InvalidValue),
    ):
        bench.patch_user(jane, userName="roe@example.com")
    assert set(bench.vendor.people) == {"n1", "n2"}

    bench.provider.observer.observe()
    with pytest.raises(TemporarilyUnavailable):
        bench.post_user("roe@example.com")
    bench.recover()
    roe = bench.post_user("roe@example.com")

    assert set(bench.vendor.people) == {"n1", bench.row(roe).native_id}
    assert bench.row(jane).native_id == "n1"


def test_a_user_whose_directory_fails_is_told_to_come_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DirectoryError("disk full")

    jane = bench.post_user()
    monkeypatch.setattr("scimbridge.directory.grants.put", fail)

    with pytest.raises(DirectoryError):
        bench.patch_user(jane, displayName="Jane", active=False)


def test_an_account_of_somebody_who_is_about_to_go_is_waited_for(bench: Bench) -> None:
    jane = bench.post_user()
    bench.vendor.people["n1"] = replace(bench.vendor.people["n1"], user_name=ROE)
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)

    with pytest.raises(TemporarilyUnavailable, match="a user who is about to go"):
        bench.post_user(ROE)
    bench.recover()

    assert bench.row(bench.post_user(ROE)).native_id == "n2"
    assert list(bench.vendor.people) == ["n2"]
