"""Which accounts lose access by a write, and which do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails
from scimbridge.errors import (
    InvalidValue,
    ServerFault,
    TemporarilyUnavailable,
    VendorDenied,
    VendorRejected,
)
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener, raiser
from tests.provisioning.fake_vendor import PLAIN
from tests.provisioning.removal_budget.conftest import (
    OPERATOR,
    Removal,
    deactivate,
    delete,
    empty,
    end,
    everything_of,
    grant_less,
    leave,
    rename_away,
    staff,
    used,
)


@pytest.mark.parametrize("remove", [deactivate, delete, leave, empty, end, rename_away, grant_less])
def test_an_account_counts_however_it_loses_access(bench: Bench, remove: Removal) -> None:
    user = bench.post_user()
    bench.post_group("Both", user)

    remove(bench, user)

    assert used(bench) == 1


def test_a_role_that_is_no_longer_asked_for_counts(bench: Bench) -> None:
    bench.vendor.catalogue = [EntitlementDetails(Entitlement("role", "analyst"), "Analyst", "")]
    user = bench.post_user(roles=[{"value": "analyst"}])

    bench.patch_user(user, title="Boss")
    assert used(bench) == 0
    bench.patch_user(user, roles=[])

    assert used(bench) == 1


def test_posting_a_known_account_as_inactive_counts(bench: Bench) -> None:
    bench.vendor.create_account(Account(user_name=JANE), frozenset())
    bench.provider.observer.observe()

    bench.post_user(active=False)

    assert used(bench) == 1


def test_posting_an_account_as_inactive_counts_although_it_was_not_seen_before(
    bench: Bench,
) -> None:
    bench.vendor.create_account(Account(user_name=JANE), frozenset())

    bench.post_user(active=False)

    assert used(bench) == 1


def test_a_person_without_an_account_is_posted_as_inactive_for_nothing(bench: Bench) -> None:
    bench.post_user(active=False)

    assert used(bench) == 0


def test_a_vendor_that_cannot_be_asked_is_told_of_before_anything_is_recorded(
    bench: Bench,
) -> None:
    bench.vendor.meanwhile["find_account"] = raiser(VendorDenied("no scope"))

    with pytest.raises(ServerFault, match="no scope"):
        bench.post_user(active=False)

    assert everything_of(bench, "operations", "pk") == []


def test_an_account_counts_once_however_often_it_loses_something(strict: Bench) -> None:
    (user,) = staff(strict, 1)
    readers, analysts = strict.post_group("Readers", user), strict.post_group("Analysts", user)

    strict.leave(readers, user)
    strict.leave(analysts, user)
    strict.patch_user(user, active=False)
    strict.patch_user(user, active=True)
    strict.users.delete(user, CALLER)

    assert used(strict) == 1


def test_who_has_nothing_to_lose_does_not_count(bench: Bench) -> None:
    gone, idle, nested = staff(bench, 3)
    tracked = bench.post_group("Nobody", idle)
    both = bench.post_group("Both", idle, tracked, "unknown")
    readers = bench.post_group("Readers", gone, idle)
    bench.patch_user(gone, active=False)
    assert used(bench) == 1
    bench.provider.pauses.resume(OPERATOR)

    bench.users.delete(gone, CALLER)  # no access left
    bench.leave(tracked, idle)  # grants nothing
    bench.leave(readers, idle)  # another group grants it too
    bench.leave(both, tracked)  # not a person
    bench.leave(both, "unknown")
    bench.leave(both, nested)  # was no member
    bench.rename_group(readers, "READERS")

    assert used(bench) == 0


def test_who_waits_for_an_account_has_nothing_to_lose(open_bench: Opener) -> None:
    bench = open_bench(replace(PLAIN, can_create_accounts=False), missing_user="pending")
    user = bench.post_user()

    bench.users.delete(user, CALLER)

    assert used(bench) == 0


def test_what_was_never_given_does_not_count_when_it_is_taken_back(open_bench: Opener) -> None:
    bench = open_bench(unmanaged_grants="revoke")
    user = bench.post_user()
    group = bench.post_group("Readers")
    with bench.failing("grants"), pytest.raises(TemporarilyUnavailable):
        bench.join(group, user)

    bench.leave(group, user)

    assert used(bench) == 0


def test_a_rename_that_makes_the_account_again_does_not_count(open_bench: Opener) -> None:
    bench = open_bench(rename="recreate")
    user = bench.post_user()
    bench.post_group("Both", user)

    bench.patch_user(user, userName="jane.roe@example.com")

    assert bench.vendor.roles("jane.roe@example.com") == {"analyst", "reader"}
    assert used(bench) == 0


def test_a_better_role_in_place_of_a_lesser_does_not_count(open_bench: Opener) -> None:
    able = replace(PLAIN, single_valued_kinds=frozenset({"role"}))
    bench = open_bench(able, role_ranking=("role:analyst", "role:reader"))
    user = bench.post_user()
    bench.post_group("Readers", user)

    bench.post_group("Analysts", user)

    assert used(bench) == 0


def test_what_a_refusal_takes_back_is_not_held_by_a_spent_budget(open_bench: Opener) -> None:
    bench = open_bench(removal_budget_accounts=0, removal_budget_percent=0.0)
    user = bench.post_user()
    group = bench.post_group("Both")
    grant, done = bench.vendor.grant, []

    def grant_one_then_refuse(assignments: Any) -> None:
        done.append(grant(assignments[:1]))
        raise VendorRejected("one role too many")

    bench.vendor.grant = grant_one_then_refuse  # type: ignore[method-assign]
    with pytest.raises(InvalidValue, match="one role too many"):
        bench.join(group, user)

    assert done
    assert bench.vendor.roles(JANE) == set()
