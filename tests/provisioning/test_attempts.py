"""A create whose outcome is not known, of an account that nobody wants any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.connectors.interface import Account
from scimbridge.errors import TemporarilyUnavailable
from tests.provisioning.conftest import CALLER, Bench, Opener, lose_the_answer, once
from tests.provisioning.fake_vendor import LAGGING, SETTLE_S

A_DAY_S = 86_400
A_MONTH_S = 30 * 86_400


def logins(bench: Bench) -> list[str]:
    return sorted(each.user_name for each in bench.vendor.people.values())


@pytest.fixture
def bench(open_bench: Opener) -> Bench:
    """At a vendor whose search lags and whose logins never change."""
    return open_bench(LAGGING, rename="recreate")


@pytest.fixture
def jane(bench: Bench) -> str:
    """Somebody whose rename to Roe reached the vendor, and whose answer was lost."""
    user = bench.post_user("jane@example.com")
    lose_the_answer(bench)
    with pytest.raises(TemporarilyUnavailable):
        bench.patch_user(user, userName="roe@example.com")
    assert logins(bench) == ["jane@example.com", "roe@example.com"]
    return user


def test_the_account_of_a_rename_that_another_one_overtook_goes(bench: Bench, jane: str) -> None:
    bench.patch_user(jane, userName="moe@example.com")

    assert logins(bench) == ["moe@example.com"]
    assert bench.pending() == []


def test_another_account_is_not_made_before_the_first_one_can_be_seen(
    bench: Bench, jane: str
) -> None:
    bench.vendor.invisible = True
    with pytest.raises(TemporarilyUnavailable, match=r"creating roe@example\.com was interrupted"):
        bench.patch_user(jane, userName="moe@example.com")
    assert "moe@example.com" not in logins(bench)

    bench.vendor.invisible = False
    bench.recover()

    assert logins(bench) == ["moe@example.com"]


def test_an_account_that_never_came_is_not_waited_for_beyond_the_settle_window(
    bench: Bench, jane: str
) -> None:
    del bench.vendor.people["n2"]
    bench.clock.advance(SETTLE_S)

    bench.patch_user(jane, userName="moe@example.com")

    assert logins(bench) == ["moe@example.com"]


def test_a_deletion_takes_both_accounts(bench: Bench, jane: str) -> None:
    bench.users.delete(jane, CALLER)

    assert logins(bench) == []


def test_a_deletion_takes_what_it_sees_at_once_and_is_over_with_the_rest(
    bench: Bench, jane: str
) -> None:
    bench.vendor.invisible = True
    with pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)
    assert logins(bench) == ["roe@example.com"]

    bench.vendor.invisible = False
    bench.recover()

    assert logins(bench) == []
    assert bench.pending() == []


def test_a_rename_that_is_given_up_leaves_the_former_account_alone(bench: Bench, jane: str) -> None:
    give_up(bench)

    assert logins(bench) == ["jane@example.com"]
    assert bench.row(jane).native_id == "n1"
    assert bench.pending() == []


def test_an_own_account_that_somebody_renamed_by_hand_does_not_go(bench: Bench, jane: str) -> None:
    former = bench.vendor.people["n1"]
    del bench.vendor.people["n2"]
    bench.vendor.people["n1"] = replace(former, user_name="roe@example.com")

    give_up(bench)

    assert list(bench.vendor.people) == ["n1"]
    assert bench.row(jane).native_id == "n1"


def test_a_creation_that_is_given_up_leaves_no_account(bench: Bench) -> None:
    lose_the_answer(bench)
    with pytest.raises(TemporarilyUnavailable):
        bench.post_user("jane@example.com")

    give_up(bench)

    assert logins(bench) == []
    assert bench.pending() == []


@pytest.mark.parametrize("exists", [False, True])
def test_a_creation_that_is_given_up_while_the_account_is_searched_for_makes_none(
    bench: Bench, exists: bool
) -> None:
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.post_user("jane@example.com")
    if exists:
        made_by_hand = Account("jane@example.com", native_id="x1")
        bench.vendor.people["x1"] = made_by_hand

    def give_up() -> None:
        del bench.vendor.meanwhile["find_account"]
        bench.recover(after_s=2)

    bench.vendor.meanwhile["find_account"] = give_up
    bench.recover(after_s=A_DAY_S - 1)

    assert bench.vendor.people == ({"x1": made_by_hand} if exists else {})
    assert "create_account" not in bench.vendor.calls
    assert bench.lines()[-1] == "create abandoned"
    assert bench.pending() == []


def test_a_creation_that_is_given_up_while_the_account_is_made_leaves_none(bench: Bench) -> None:
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.post_user("jane@example.com")

    def give_up() -> None:
        del bench.vendor.meanwhile["create_account"]
        bench.recover(after_s=2)

    bench.vendor.meanwhile["create_account"] = give_up
    bench.recover(after_s=A_DAY_S - 1)
    bench.recover()

    assert bench.vendor.people == {}
    assert bench.pending() == []


def test_an_account_that_somebody_else_wants_by_now_is_left_to_them(
    bench: Bench, jane: str
) -> None:
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName="moe@example.com")
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.post_user("roe@example.com")

    bench.recover()

    assert bench.row(bench.post_user("roe@example.com")).native_id == "n2"
    assert logins(bench) == ["moe@example.com", "roe@example.com"]
    assert bench.pending() == []


def test_an_account_that_somebody_else_has_by_now_is_left_to_them(bench: Bench, jane: str) -> None:
    with bench.failing("find_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, userName="moe@example.com")
    roe = bench.post_user("roe@example.com")

    bench.recover()

    assert bench.row(roe).native_id == "n2"
    assert logins(bench) == ["moe@example.com", "roe@example.com"]


def test_who_lost_the_lease_retires_nothing(bench: Bench, jane: str) -> None:
    def overtaken() -> None:
        bench.patch_user(jane, userName="roe@example.com")

    once(bench, "find_account", overtaken)

    bench.patch_user(jane, userName="moe@example.com")
    bench.recover()

    assert bench.row(jane).native_id == "n2"
    assert logins(bench) == ["roe@example.com"]
    assert bench.pending() == []


def give_up(bench: Bench) -> None:
    """Have the vendor be down for longer than anything is tried, and then be well."""
    with bench.failing("find_account"):
        bench.recover(after_s=A_MONTH_S)
    bench.recover()
