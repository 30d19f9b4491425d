"""How many accounts may lose access: who counts, when it is too many, and what is left then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from scimbridge.connectors.interface import Account, Entitlement, EntitlementDetails
from scimbridge.directory import guards
from scimbridge.directory.schema import metadata
from scimbridge.errors import (
    Forbidden,
    InvalidValue,
    ServerFault,
    TemporarilyUnavailable,
    VendorDenied,
    VendorRejected,
)
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener, raiser
from tests.provisioning.fake_vendor import PLAIN

HOUR = 3600
OPERATOR = replace(CALLER, actor="os:root")


@pytest.fixture
def strict(open_bench: Opener) -> Bench:
    """Two accounts an hour may lose access."""
    return open_bench(removal_budget_accounts=2, removal_budget_percent=0.0)


def staff(bench: Bench, number: int, **attributes: Any) -> list[str]:
    """Ids of new users."""
    return [bench.post_user(f"user{n}@example.com", **attributes) for n in range(number)]


def used(bench: Bench) -> int:
    return bench.provider.pauses.standing().used


def everything(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """All rows but those that tell of the refusal itself."""
    with bench.directory.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name not in ("audit", "guards")
        }


# --- who counts ----------------------------------------------------------------------------------

Removal = Callable[[Bench, str], None]


def deactivate(bench: Bench, user: str) -> None:
    bench.patch_user(user, active=False)


def delete(bench: Bench, user: str) -> None:
    bench.users.delete(user, CALLER)


def leave(bench: Bench, _user: str) -> None:
    bench.leave(group_of(bench), bench.row(_user).scim_id or "")


def empty(bench: Bench, _user: str) -> None:
    bench.patch_group(group_of(bench), {"op": "replace", "path": "members", "value": []})


def end(bench: Bench, _user: str) -> None:
    bench.groups.delete(group_of(bench), CALLER)


def rename_away(bench: Bench, _user: str) -> None:
    bench.rename_group(group_of(bench), "Nobody")


def grant_less(bench: Bench, _user: str) -> None:
    bench.rename_group(group_of(bench), "Readers")


def group_of(bench: Bench) -> str:
    (group,) = [
        row[0]
        for row in everything_of(bench, "resources", "scim_id", "resource_type")
        if row[1] == "Group"
    ]
    return str(group)


def everything_of(bench: Bench, table: str, *names: str) -> list[tuple[Any, ...]]:
    columns = [metadata.tables[table].columns[name] for name in names]
    with bench.directory.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


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


# --- too many ------------------------------------------------------------------------------------


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


def remapped(open_bench: Opener, bench: Bench, **groups: tuple[str, ...]) -> Bench:
    """The bridge started again with other ``groups`` in its configuration."""
    again = open_bench(
        vendor=bench.vendor, groups=groups, removal_budget_accounts=2, removal_budget_percent=0.0
    )
    again.recover(after_s=60)
    return again


def holding(bench: Bench, role: str) -> int:
    return sum(Entitlement("role", role) in held for held in bench.vendor.held.values())


def test_a_misspelt_group_in_the_configuration_takes_nothing_beyond_the_budget(
    open_bench: Opener, strict: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    strict.post_group("Analysts", *staff(strict, 3))

    again = remapped(open_bench, strict, Analystz=("role:analyst",))

    assert holding(again, "analyst") == 3
    assert again.pending() == []
    assert again.provider.pauses.standing().removals_paused_at is not None
    assert "3 accounts at t, where 0 of the 2" in caplog.text
    assert "correct [targets.t.groups]" in caplog.text


def test_a_change_of_the_mapping_that_was_held_is_made_at_the_start_after_resuming(
    open_bench: Opener, strict: Bench
) -> None:
    strict.post_group("Analysts", *staff(strict, 3))
    again = remapped(open_bench, strict)
    assert holding(remapped(open_bench, again), "analyst") == 3

    again.provider.pauses.resume(OPERATOR, allow=3)
    resumed = remapped(open_bench, again)

    assert holding(resumed, "analyst") == 0
    assert used(resumed) == 3


def test_a_change_of_the_mapping_that_takes_nothing_is_made_while_removals_are_paused(
    open_bench: Opener, strict: Bench
) -> None:
    users = staff(strict, 3)
    group = strict.post_group("Analysts", *users)
    with pytest.raises(Forbidden):
        strict.groups.delete(group, CALLER)

    again = remapped(open_bench, strict, Analysts=("role:analyst", "role:reader"))

    assert holding(again, "reader") == 3


def test_a_role_that_moves_to_another_group_of_the_same_people_is_not_counted(
    open_bench: Opener, strict: Bench
) -> None:
    users = staff(strict, 3)
    strict.post_group("Analysts", *users)
    strict.post_group("Nobody", *users)

    again = remapped(open_bench, strict, Nobody=("role:analyst",))

    assert holding(again, "analyst") == 3
    assert used(again) == 0
    assert again.provider.pauses.standing().removals_paused_at is None


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


# --- what an operator decides --------------------------------------------------------------------


def test_after_resuming_the_same_request_succeeds(strict: Bench) -> None:
    users = staff(strict, 3)
    for user in users[:2]:
        strict.patch_user(user, active=False)
    with pytest.raises(Forbidden):
        strict.users.delete(users[2], CALLER)

    strict.provider.pauses.resume(OPERATOR)
    strict.users.delete(users[2], CALLER)

    assert used(strict) == 1
    assert strict.provider.pauses.standing().removals_paused_at is None


def test_more_than_the_budget_can_be_allowed_for_one_window(strict: Bench) -> None:
    users = staff(strict, 7)
    group = strict.post_group("Both", *users[:3])
    strict.provider.pauses.resume(OPERATOR, allow=3)

    strict.groups.delete(group, CALLER)
    with pytest.raises(Forbidden, match="3 of the 3"):
        strict.users.delete(users[3], CALLER)
    strict.provider.pauses.resume(OPERATOR, allow=3)
    strict.clock.advance(HOUR + 1)
    for user in users[3:5]:
        strict.users.delete(user, CALLER)

    with pytest.raises(Forbidden, match="2 of the 2"):
        strict.users.delete(users[5], CALLER)


def test_who_was_counted_may_lose_the_rest_although_the_allowance_has_ended(
    strict: Bench,
) -> None:
    users = staff(strict, 3)
    group = strict.post_group("Both", *users)
    strict.provider.pauses.resume(OPERATOR, allow=3)
    strict.clock.advance(HOUR / 2)
    strict.groups.delete(group, CALLER)
    strict.clock.advance(HOUR / 2 + 1)

    strict.users.delete(users[0], CALLER)

    assert used(strict) == 3


def test_a_smaller_allowance_takes_nothing_from_the_budget(strict: Bench) -> None:
    strict.provider.pauses.resume(OPERATOR, allow=1)

    assert strict.provider.pauses.standing().limit == 2


def test_trips_and_decisions_are_in_the_audit_log_once_each(strict: Bench) -> None:
    users = staff(strict, 3)
    group = strict.post_group("Both", *users)
    for _ in range(3):
        with pytest.raises(Forbidden):
            strict.groups.delete(group, CALLER)
    strict.provider.pauses.pause(OPERATOR)
    strict.provider.pauses.resume(OPERATOR, allow=3)

    found = everything_of(strict, "audit", "action", "actor", "detail")[-3:]
    assert [each[:2] for each in found] == [
        ("removals paused", "okta"),
        ("target paused", "os:root"),
        ("target resumed", "os:root"),
    ]
    assert found[0][2] == '{"removals":3,"used":0,"limit":2}'
    assert '"allow":3' in found[2][2]
    with strict.directory.read() as connection:
        assert strict.audit.verify(connection, "t") is None


def test_a_trip_that_comes_after_the_operators_decision_does_not_pause_again(
    strict: Bench,
) -> None:
    users = staff(strict, 3)
    group = strict.post_group("Both", *users)
    get = guards.get
    seen = []

    def decided_meanwhile(connection: Any, target: str) -> Any:
        row = get(connection, target)
        seen.append(row)
        return row if len(seen) == 1 else replace(row, resumed_at=row.resumed_at + 1)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guards, "get", decided_meanwhile)
        with pytest.raises(Forbidden):
            strict.groups.delete(group, CALLER)

    assert strict.provider.pauses.standing().removals_paused_at is None
    assert "removals paused" not in strict.lines()


def test_two_decisions_within_a_millisecond_are_two(strict: Bench) -> None:
    strict.provider.pauses.resume(OPERATOR)
    (first,) = everything_of(strict, "guards", "resumed_at")

    strict.provider.pauses.resume(OPERATOR)

    assert everything_of(strict, "guards", "resumed_at") > [first]


def test_pausing_twice_keeps_the_first_time(bench: Bench) -> None:
    bench.provider.pauses.pause(OPERATOR)
    since = bench.provider.pauses.standing().paused_at
    bench.clock.advance(5)

    bench.provider.pauses.pause(OPERATOR)

    assert bench.provider.pauses.standing().paused_at == since


def test_the_background_holds_while_the_target_is_paused(bench: Bench) -> None:
    user = bench.post_user()
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(user, CALLER)
    bench.provider.pauses.pause(OPERATOR)
    bench.vendor.calls.clear()

    bench.recover()
    assert bench.vendor.calls == []
    bench.provider.pauses.resume(OPERATOR)
    bench.recover()

    assert bench.vendor.people == {}
