"""Changing users, as far as the simulators cannot show it."""

from __future__ import annotations

import pytest

from scimbridge.directory import journal
from scimbridge.errors import (
    Forbidden,
    InvalidValue,
    Mutability,
    NotFound,
    PreconditionFailed,
    TemporarilyUnavailable,
    Uniqueness,
    VendorRejected,
)
from scimbridge.provisioning.correlate import derived_id
from scimbridge.provisioning.withdrawal import Withdrawal
from scimbridge.scim import urns
from scimbridge.scim.attributes import user_type
from tests.provisioning.conftest import CALLER, JANE, ROE, Bench, Opener, operations
from tests.provisioning.fake_vendor import RENAMING


def test_put_replaces_what_it_does_not_name(bench: Bench) -> None:
    jane = bench.post_user(title="CISO", displayName="Jane")

    document = {"schemas": [urns.USER], "userName": JANE, "displayName": "J."}
    bench.users.replace(jane, document, CALLER)

    shown = bench.shown("Users", jane)
    assert "title" not in shown
    assert bench.vendor.people["n1"].display_name == "J."


def test_who_is_inactive_without_active_is_shown_without_what_the_bridge_remembers_of_it(
    bench: Bench,
) -> None:
    name = 'a","~inactive":true,"b'
    jane = bench.post_user(displayName=name, active=False)
    before = bench.shown("Users", jane)

    unassign = operations(user_type(), {"op": "remove", "path": "active"})
    bench.users.patch(jane, unassign, CALLER)

    after = bench.shown("Users", jane)
    assert after.keys() == before.keys() - {"active"}
    assert after["displayName"] == name


def test_a_write_that_changes_nothing_claims_an_account_that_was_found(bench: Bench) -> None:
    bench.vendor.make("x1", JANE)
    bench.provider.observer.observe()
    jane = derived_id("t", "User", "x1")

    bench.patch_user(jane, userName=JANE)

    assert bench.row(jane).claimed == 1
    assert bench.lines() == []
    with pytest.raises(Uniqueness):
        bench.post_user()


def test_a_login_is_changed_in_place_where_the_vendor_can(open_bench: Opener) -> None:
    bench = open_bench(RENAMING)
    jane = bench.post_user()

    bench.patch_user(jane, userName=ROE)

    assert bench.vendor.people["n1"].user_name == ROE
    assert bench.row(jane).native_id == "n1"


@pytest.mark.parametrize("rename", ["recreate", "refuse"])
def test_a_login_cannot_become_that_of_another_user(open_bench: Opener, rename: str) -> None:
    bench = open_bench(rename=rename)
    jane = bench.post_user()
    bench.post_user(ROE)

    with pytest.raises(Uniqueness, match=ROE):
        bench.patch_user(jane, userName=ROE.upper())


def test_a_login_cannot_change_where_the_policy_refuses(bench: Bench) -> None:
    with pytest.raises(Mutability, match='rename = "recreate"'):
        bench.patch_user(bench.post_user(), userName=ROE)


def test_a_login_may_change_its_case_everywhere(bench: Bench) -> None:
    jane = bench.post_user()

    bench.patch_user(jane, userName=JANE.upper())

    assert bench.shown("Users", jane)["userName"] == JANE.upper()
    assert set(bench.vendor.people) == {"n1"}


def test_an_account_cannot_be_given_a_protected_name(open_bench: Opener) -> None:
    bench = open_bench(RENAMING, protected_accounts=(ROE,))

    with pytest.raises(Forbidden):
        bench.patch_user(bench.post_user(), userName=ROE)


def test_a_refused_rename_back_and_forth_ends_with_the_first_account(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("create_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=ROE)

    bench.patch_user(jane, userName=JANE)

    assert set(bench.vendor.people) == {"n1"}
    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.row(jane).native_id == "n1"


def test_of_two_former_accounts_the_second_waits_for_the_first(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    with bench.failing("delete_account"):
        for name in (ROE, "max@example.com"):
            with pytest.raises(TemporarilyUnavailable):
                bench.patch_user(jane, userName=name)
    assert set(bench.vendor.people) == {"n1", "n2", "n3"}

    bench.recover()

    assert set(bench.vendor.people) == {"n3"}
    assert bench.pending() == []


def test_roles_cannot_be_told_from_text_while_the_vendor_was_never_seen(bench: Bench) -> None:
    with bench.failing("entitlements"), pytest.raises(TemporarilyUnavailable):
        bench.post_user(roles=[{"value": "admin"}])

    assert bench.vendor.people == {}


def test_a_write_on_another_version_is_refused(bench: Bench) -> None:
    jane = bench.post_user()

    with pytest.raises(PreconditionFailed):
        bench.users.delete(jane, CALLER, ['W/"99"'])


def test_every_visible_change_is_a_new_version(bench: Bench) -> None:
    jane = bench.post_user()
    versions = [bench.shown("Users", jane)["meta"]["version"]]
    for change in (
        lambda: bench.patch_user(jane, title="CISO"),
        lambda: bench.post_group("Friends", jane),
        lambda: bench.patch_user(jane, displayName="Jane"),
    ):
        change()
        versions.append(bench.shown("Users", jane)["meta"]["version"])

    assert len(set(versions)) == 4


def test_a_version_counts_what_changed_while_the_vendor_was_called(bench: Bench) -> None:
    jane = bench.post_user()
    before = bench.row(jane).revision

    def join() -> None:
        del bench.vendor.meanwhile["update_account"]
        bench.post_group("Friends", jane)

    bench.vendor.meanwhile["update_account"] = join
    bench.patch_user(jane, displayName="Jane")

    assert bench.row(jane).revision == before + 2


def test_a_user_that_is_being_deleted_cannot_be_changed_any_more(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)

    with pytest.raises(NotFound):
        bench.patch_user(jane, displayName="Jane")


def test_a_refusal_while_an_earlier_one_is_still_being_undone_changes_nothing(
    bench: Bench,
) -> None:
    jane = bench.post_user(displayName="Jane")
    with bench.failing("update_account", VendorRejected("bad name")):
        for name in ("First", "Second"):
            with pytest.raises(InvalidValue):
                bench.patch_user(jane, displayName=name)
        assert bench.pending() == ["undo", "undo"]

    bench.recover()

    assert bench.vendor.people["n1"].display_name == "Jane"
    assert bench.pending() == []


def test_a_withdrawal_that_another_worker_made_is_not_made_again(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, displayName="Jane")
    with bench.directory.read() as connection:
        (operation,) = journal.due(connection, "t", now=bench.clock() + 10**9, limit=1)
    gone = TemporarilyUnavailable("given up")

    withdrawals = [
        Withdrawal(bench.outcomes).withdraw(operation.pk, gone, status=journal.ABANDONED)
        for _ in range(2)
    ]

    assert withdrawals[0] is not None
    assert withdrawals[1] is None
