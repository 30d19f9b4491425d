"""Beyond the removal budget nothing of a request is done, and nothing else is held up."""

from __future__ import annotations

import pytest

from scimbridge.connectors.interface import Account
from scimbridge.errors import Forbidden, TemporarilyUnavailable
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener
from tests.provisioning.removal_budget.conftest import (
    HOUR,
    OPERATOR,
    Removal,
    deactivate,
    delete,
    end,
    everything,
    everything_of,
    leave,
    rename_away,
    staff,
    used,
)


def test_beyond_the_budget_nothing_at_all_is_taken(strict: Bench) -> None:
    users = staff(strict, 3)
    group = strict.post_group("Both", *users)
    strict.vendor.calls.clear()
    before = everything(strict)

    with pytest.raises(Forbidden) as refused:
        strict.patch_group(group, {"op": "replace", "path": "members", "value": []})

    assert "3 accounts at t, where 0 of the 2" in refused.value.detail
    assert "`scimbridge guard resume t`" in refused.value.detail
    assert everything(strict) == before
    assert strict.vendor.calls == []


def test_fifty_may_lose_access_in_an_hour_unless_the_configuration_says_otherwise(
    bench: Bench,
) -> None:
    users = staff(bench, 51)
    group = bench.post_group("Readers", *users)

    with pytest.raises(Forbidden, match="51 accounts at t, where 0 of the 50"):
        bench.groups.delete(group, CALLER)
    bench.provider.pauses.resume(OPERATOR)
    bench.leave(group, users[0])
    bench.clock.advance(HOUR + 1)
    bench.groups.delete(group, CALLER)

    assert used(bench) == 50


@pytest.mark.parametrize("remove", [deactivate, delete, leave, end, rename_away])
def test_every_kind_of_removal_is_refused_without_a_trace(
    open_bench: Opener, remove: Removal
) -> None:
    bench = open_bench(removal_budget_accounts=0, removal_budget_percent=0.0)
    user = bench.post_user()
    bench.post_group("Both", user)
    before = everything(bench)

    for _ in range(2):
        with pytest.raises(Forbidden, match=r"1 account at t|are paused until an operator"):
            remove(bench, user)

    assert everything(bench) == before


def test_a_refused_post_leaves_no_trace_either(open_bench: Opener) -> None:
    bench = open_bench(removal_budget_accounts=0, removal_budget_percent=0.0)
    bench.vendor.create_account(Account(user_name=JANE), frozenset())
    bench.provider.observer.observe()
    before = everything(bench)

    with pytest.raises(Forbidden):
        bench.post_user(active=False)

    assert everything(bench) == before


def test_after_a_trip_removals_wait_and_additions_go_on(strict: Bench) -> None:
    users = staff(strict, 4)
    group = strict.post_group("Readers", *users[:3])
    with pytest.raises(Forbidden):
        strict.patch_group(group, {"op": "remove", "path": "members"})

    with pytest.raises(
        Forbidden, match="okta asked to take access from 3 accounts, with 0 of 2 used"
    ):
        strict.leave(group, users[0])  # the budget would have had room for one
    strict.join(group, users[3])
    strict.post_user("new@example.com")

    assert strict.members(group) == set(users)


def test_what_was_counted_leaves_the_window_with_time(strict: Bench) -> None:
    first, second, third = staff(strict, 3)
    strict.patch_user(first, active=False)
    strict.clock.advance(HOUR / 2)
    strict.patch_user(second, active=False)
    strict.clock.advance(HOUR / 2)

    strict.patch_user(third, active=False)

    assert used(strict) == 2
    assert {row[0] for row in everything_of(strict, "removals", "scim_id")} == {second, third}


def test_an_account_that_loses_something_again_stays_in_the_window(strict: Bench) -> None:
    user, other, third = staff(strict, 3)
    readers = strict.post_group("Readers", user)
    strict.leave(readers, user)
    strict.clock.advance(HOUR - 1)
    strict.patch_user(user, active=False)
    strict.clock.advance(HOUR - 1)
    strict.patch_user(other, active=False)

    with pytest.raises(Forbidden):
        strict.patch_user(third, active=False)


def test_the_share_is_of_the_active_users_that_an_idp_wrote_to(open_bench: Opener) -> None:
    bench = open_bench(removal_budget_accounts=1, removal_budget_percent=50.0)
    users = staff(bench, 6)
    for user in users[:5]:
        bench.provider.endpoints["Users"].answered(user)
    bench.patch_user(users[0], active=False)  # leaves four that are managed and active
    bench.provider.pauses.resume(OPERATOR)
    bench.clock.advance(HOUR + 1)

    bench.patch_user(users[1], active=False)
    bench.patch_user(users[2], active=False)

    with pytest.raises(Forbidden, match="2 of the 2"):
        bench.patch_user(users[3], active=False)


def test_a_tenant_that_grew_within_the_window_has_the_larger_budget(open_bench: Opener) -> None:
    bench = open_bench(removal_budget_accounts=1, removal_budget_percent=50.0)
    users = staff(bench, 6)
    bench.patch_user(users[0], active=False)
    for user in users:
        bench.provider.endpoints["Users"].answered(user)

    bench.patch_user(users[1], active=False)

    assert used(bench) == 2


def test_switched_off_nothing_is_counted(open_bench: Opener) -> None:
    bench = open_bench(removal_budget=False, removal_budget_accounts=0, removal_budget_percent=0.0)
    users = staff(bench, 3, active=True)
    for user in users:
        bench.users.delete(user, CALLER)
    bench.post_user("idle@example.com", active=False)

    assert used(bench) == 0
    assert bench.provider.pauses.standing().limit is None


def test_a_removal_that_was_accepted_goes_on_while_removals_are_paused(strict: Bench) -> None:
    users = staff(strict, 4)
    with strict.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        strict.users.delete(users[0], CALLER)
    group = strict.post_group("Both", *users[1:])
    with pytest.raises(Forbidden):
        strict.groups.delete(group, CALLER)

    strict.recover()

    assert len(strict.vendor.people) == 3
    assert strict.pending() == []


def test_repeating_an_accepted_removal_is_not_refused_while_removals_are_paused(
    strict: Bench,
) -> None:
    users = staff(strict, 4)
    with strict.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        strict.users.delete(users[0], CALLER)
    with pytest.raises(Forbidden):
        strict.groups.delete(strict.post_group("Both", *users[1:]), CALLER)

    strict.users.delete(users[0], CALLER)

    assert len(strict.vendor.people) == 3
