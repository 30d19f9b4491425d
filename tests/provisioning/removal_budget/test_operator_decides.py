"""What an operator pauses, resumes and allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scimbridge.directory import guards
from scimbridge.errors import Forbidden, TemporarilyUnavailable
from tests.provisioning.conftest import CALLER, Bench
from tests.provisioning.removal_budget.conftest import HOUR, OPERATOR, everything_of, staff, used


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
        # The intent asks twice: whether all is paused, and for the budget.
        return row if len(seen) <= 2 else replace(row, resumed_at=row.resumed_at + 1)

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
