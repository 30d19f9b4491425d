"""A rename while somebody else is at work at the account, where no login ever changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scimbridge.connectors.interface import Account, Capabilities
from scimbridge.errors import OutcomeUnknown, TemporarilyUnavailable
from tests.provisioning.conftest import JANE, READER, ROE, Bench, Opener
from tests.provisioning.fake_vendor import ADOPTING, PLAIN


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
