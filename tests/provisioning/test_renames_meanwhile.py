"""A rename while somebody else is at work at the account, where no login ever changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from scimbridge.connectors.interface import Account, Capabilities, Entitlement
from scimbridge.errors import NotFound, OutcomeUnknown, TemporarilyUnavailable
from tests.provisioning.conftest import CALLER, JANE, READER, ROE, Bench, Opener, once
from tests.provisioning.fake_vendor import ADOPTING, PLAIN

ADMIN, AUDITOR = Entitlement("role", "admin"), Entitlement("role", "auditor")


def roles(bench: Bench) -> dict[str, set[str]]:
    """What each account at the vendor holds."""
    return {each.user_name: bench.vendor.roles(each.user_name) for each in accounts(bench)}


def accounts(bench: Bench) -> list[Account]:
    return list(bench.vendor.people.values())


def during(bench: Bench, call: str, action: Callable[[], None]) -> None:
    """Have ``action`` be wanted at the vendor's next ``call``; it waits for whoever made that."""

    def run() -> None:
        del bench.vendor.meanwhile[call]
        with pytest.raises(TemporarilyUnavailable, match="took too long"):
            action()

    bench.vendor.meanwhile[call] = run


@pytest.fixture
def recreating(open_bench: Opener) -> Bench:
    return open_bench(rename="recreate", deactivate="delete", deadline_s=0.05)


@pytest.mark.parametrize("call", ["find_account", "create_account"])
def test_a_rename_while_the_account_is_created_leaves_the_new_login_alone_with_the_roles(
    recreating: Bench, call: str
) -> None:
    bench = recreating
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.patch_user(jane, active=False)
    during(bench, call, lambda: bench.patch_user(jane, userName=ROE))

    bench.patch_user(jane, active=True)

    assert roles(bench) == {ROE: {"reader"}}
    assert bench.shown("Users", jane)["userName"] == ROE
    assert bench.pending() == []


def test_a_rename_while_an_account_is_adopted_leaves_the_new_login_alone_with_the_roles(
    recreating: Bench,
) -> None:
    bench = recreating
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.patch_user(jane, active=False)
    bench.vendor.make("x1", JANE, READER)
    during(bench, "find_account", lambda: bench.patch_user(jane, userName=ROE))

    bench.patch_user(jane, active=True)

    assert roles(bench) == {ROE: {"reader"}}
    assert bench.pending() == []


def test_of_two_renames_the_second_wins_while_the_first_goes_back_to_the_former_account(
    recreating: Bench,
) -> None:
    bench = recreating
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("create_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=ROE)
    during(bench, "find_account", lambda: bench.patch_user(jane, userName="max@example.com"))

    bench.patch_user(jane, userName=JANE)

    assert roles(bench) == {"max@example.com": {"reader"}}
    assert bench.pending() == []


@pytest.mark.parametrize(("call", "origin"), [("find_account", "hand"), ("create_account", "us")])
def test_a_rename_that_is_given_up_while_it_binds_an_account_leaves_only_one_made_by_hand(
    recreating: Bench, call: str, origin: str
) -> None:
    bench = recreating
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=ROE)
    if origin == "hand":
        bench.vendor.make("x1", ROE)

    def give_up() -> None:
        del bench.vendor.meanwhile[call]
        bench.recover(after_s=2)

    bench.vendor.meanwhile[call] = give_up
    bench.recover(after_s=86_399)
    bench.recover()

    assert roles(bench) == {JANE: {"reader"}} | ({ROE: set()} if origin == "hand" else {})
    assert bench.row(jane).native_id == "n1"
    assert bench.pending() == []


def test_a_rename_while_roles_are_given_gives_them_to_the_new_account_too(
    recreating: Bench,
) -> None:
    bench = recreating
    jane = bench.post_user()
    group = bench.post_group("Readers")
    during(bench, "grant", lambda: bench.patch_user(jane, userName=ROE))

    bench.join(group, jane)
    bench.recover()

    assert roles(bench) == {ROE: {"reader"}}
    assert bench.pending() == []


@pytest.mark.parametrize("able", [ADOPTING, PLAIN])
def test_a_former_login_with_a_line_break_is_not_taken_for_that_of_somebody_else(
    open_bench: Opener, able: Capabilities
) -> None:
    bench = open_bench(able, missing_user="pending", rename="recreate")
    jane = bench.post_user()
    bench.vendor.make("x1", ROE, READER)
    call = "create_account" if able.can_create_accounts else "find_account"
    with bench.failing(call, OutcomeUnknown("no answer")):
        for name in (f"max\n{ROE}", "max@example.com"):
            with pytest.raises(TemporarilyUnavailable):
                bench.patch_user(jane, userName=name)

    bench.recover()

    assert bench.shown("Users", jane)["userName"] == "max@example.com"
    assert roles(bench)[ROE] == {"reader"}


@pytest.mark.parametrize("then", [JANE, "max@example.com"])
def test_an_account_that_a_rename_came_upon_stays_when_another_rename_follows(
    open_bench: Opener, then: str
) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.held["n1"].add(ADMIN)
    bench.vendor.make("x1", ROE, AUDITOR)
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=ROE)
    assert bench.vendor.roles(ROE) == {"reader", "admin", "auditor"}

    bench.patch_user(jane, userName=then)
    bench.recover()

    assert roles(bench) == {then: {"reader", "admin"}, ROE: {"auditor"}}
    assert bench.pending() == []


def test_what_a_rename_did_not_get_to_give_is_not_taken(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.make("x1", ROE, READER)
    with bench.failing("grants"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=ROE)

    bench.patch_user(jane, userName="max@example.com")
    bench.recover()

    assert roles(bench) == {"max@example.com": {"reader"}, ROE: {"reader"}}


def test_an_account_that_somebody_without_one_came_upon_stays_when_another_rename_follows(
    recreating: Bench,
) -> None:
    bench = recreating
    jane = bench.post_user()
    bench.patch_user(jane, active=False)
    bench.vendor.make("x1", ROE, READER)
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName=ROE, displayName="Jane", active=True)

    bench.patch_user(jane, userName="max@example.com")
    bench.recover()

    assert roles(bench) == {"max@example.com": set(), ROE: {"reader"}}


def test_an_account_that_is_found_while_another_rename_comes_stays(recreating: Bench) -> None:
    bench = recreating
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.make("x1", ROE, AUDITOR)
    during(bench, "find_account", lambda: bench.patch_user(jane, userName="max@example.com"))

    bench.patch_user(jane, userName=ROE)
    bench.recover()

    assert roles(bench) == {"max@example.com": {"reader"}, ROE: {"auditor"}}
    assert bench.pending() == []


@pytest.fixture
def with_both_accounts(open_bench: Opener) -> Bench:
    """Where accounts come by themselves: there is one of either login."""
    bench = open_bench(ADOPTING, rename="recreate")
    bench.vendor.make("n1", JANE)
    bench.vendor.make("n2", ROE)
    return bench


def test_what_arrives_at_an_account_after_a_rename_has_left_it_is_taken(
    with_both_accounts: Bench,
) -> None:
    bench = with_both_accounts
    jane = bench.post_user()
    group = bench.post_group("Readers")
    once(bench, "grant", lambda: bench.patch_user(jane, userName=ROE))

    bench.join(group, jane)
    assert roles(bench) == {JANE: {"reader"}, ROE: {"reader"}}, "the late grant came through"
    bench.recover()

    assert roles(bench) == {JANE: set(), ROE: {"reader"}}
    assert bench.pending() == []


def test_what_is_taken_late_from_an_account_that_is_hers_again_is_given_back(
    with_both_accounts: Bench,
) -> None:
    bench = with_both_accounts
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    once(bench, "revoke", lambda: bench.patch_user(jane, userName=JANE))

    bench.patch_user(jane, userName=ROE)
    assert roles(bench)[JANE] == set(), "the late removal came through"
    bench.recover()

    assert roles(bench) == {JANE: {"reader"}, ROE: set()}
    assert bench.pending() == []


def test_the_account_that_appears_after_a_rename_gets_what_the_former_one_had(
    open_bench: Opener,
) -> None:
    able = replace(ADOPTING, can_delete_accounts=True)
    bench = open_bench(able, rename="recreate", missing_user="pending")
    bench.vendor.make("n1", JANE)
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.patch_user(jane, userName=ROE)
    bench.vendor.make("n2", ROE)

    bench.patch_user(jane, displayName="Jane")

    assert roles(bench) == {ROE: {"reader"}}


@pytest.mark.parametrize("call", ["grant", "delete_account"])
def test_what_an_account_had_stays_after_a_late_worker_that_came_upon_it(
    open_bench: Opener, call: str
) -> None:
    bench = open_bench(rename="recreate")
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    bench.vendor.make("x1", ROE, AUDITOR)
    leave_meanwhile(bench, jane, call)

    bench.patch_user(jane, userName=ROE)
    bench.recover()

    assert roles(bench) == {"max@example.com": {"reader"}, ROE: {"auditor"}}
    assert bench.pending() == []


def leave_meanwhile(bench: Bench, jane: str, call: str) -> None:
    """Have another rename be done before the vendor's next ``call`` arrives."""

    def leave() -> None:
        bench.patch_user(jane, userName="max@example.com", active=True)
        bench.recover()
        assert bench.vendor.roles(ROE) == {"auditor"}

    once(bench, call, leave)


@pytest.fixture
def adopting(open_bench: Opener) -> Bench:
    """Where accounts come by themselves and can be disabled; that of the new login has a role."""
    bench = open_bench(ADOPTING, rename="recreate")
    bench.vendor.make("n1", JANE)
    bench.vendor.make("x1", ROE, AUDITOR)
    bench.vendor.make("x2", "max@example.com")
    return bench


def test_what_is_taken_late_from_an_account_that_a_rename_came_upon_is_given_back(
    adopting: Bench,
) -> None:
    bench, jane = adopting, adopting.post_user()
    leave_meanwhile(bench, jane, "revoke")

    bench.patch_user(jane, userName=ROE, active=False)
    assert bench.vendor.roles(ROE) == set(), "the late removal came through"
    bench.recover()

    assert bench.vendor.roles(ROE) == {"auditor"}
    assert bench.pending() == []


def test_what_is_taken_late_from_an_account_that_a_rename_made_theirs_is_given_back(
    adopting: Bench,
) -> None:
    bench, jane = adopting, adopting.post_user()
    once(bench, "revoke", lambda: bench.patch_user(jane, active=True))

    bench.patch_user(jane, userName=ROE, active=False)
    assert bench.vendor.roles(ROE) == set(), "the late removal came through"
    bench.recover()

    assert bench.vendor.roles(ROE) == {"auditor"}
    assert bench.pending() == []


@pytest.mark.parametrize("enabled", [True, False])
def test_an_account_is_as_it_was_after_a_late_worker_that_came_upon_it(
    adopting: Bench, enabled: bool
) -> None:
    bench, jane = adopting, adopting.post_user()
    bench.vendor.set_active("x1", active=enabled)
    bench.post_group("Readers", jane)
    leave_meanwhile(bench, jane, "grant")

    bench.patch_user(jane, userName=ROE)
    bench.recover()

    assert bench.vendor.people["x1"].active == enabled
    assert bench.vendor.roles(ROE) == {"auditor"}
    assert bench.pending() == []


def test_a_deletion_takes_all_from_an_account_that_a_late_worker_came_upon(
    adopting: Bench,
) -> None:
    bench, jane = adopting, adopting.post_user()
    bench.post_group("Readers", jane)
    once(bench, "grant", lambda: bench.users.delete(jane, CALLER))

    with pytest.raises(NotFound):
        bench.patch_user(jane, userName=ROE)
    assert bench.vendor.roles(ROE) == {"auditor", "reader"}, "the late grants came through"
    bench.recover()

    assert bench.vendor.roles(ROE) == set()
    assert not bench.vendor.people["x1"].active
    assert bench.pending() == []


@pytest.mark.parametrize("able", [ADOPTING, PLAIN])
def test_what_arrives_at_an_account_that_was_found_after_its_release_is_taken(
    open_bench: Opener, able: Capabilities
) -> None:
    bench = open_bench(able, rename="recreate", deadline_s=0.05)
    bench.vendor.make("n1", JANE)
    bench.vendor.make("x1", ROE, AUDITOR)
    bench.vendor.make("x2", "max@example.com")
    jane = bench.post_user()
    bench.post_group("Readers", jane)

    def leave() -> None:
        del bench.vendor.meanwhile["grant"]
        with pytest.raises(TemporarilyUnavailable, match="took too long"):
            bench.patch_user(jane, userName="max@example.com")
        bench.recover(after_s=1)
        assert bench.pending() == ["patch", "patch"], "the account that was found is released"

    bench.vendor.meanwhile["grant"] = leave
    bench.patch_user(jane, userName=ROE)
    bench.recover()

    assert bench.vendor.roles(ROE) == {"auditor"}
    assert bench.vendor.roles("max@example.com") == {"reader"}
    assert bench.pending() == []
