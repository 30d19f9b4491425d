"""Taking access away, once asked for, is done: whatever fails beside it, whoever repeats it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.errors import InvalidValue, NotFound, TemporarilyUnavailable, VendorRejected
from scimbridge.scim.attributes import user_type
from tests.provisioning.conftest import CALLER, JANE, Bench, Opener, operations
from tests.provisioning.fake_vendor import PLAIN

DAY = 86_400


def test_a_repeated_removal_is_not_answered_while_the_access_stays(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers", jane)
    with bench.failing("revoke"):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                bench.leave(group, jane)
    assert bench.vendor.roles(JANE) == {"reader"}

    bench.leave(group, jane)

    assert bench.vendor.roles(JANE) == set()
    assert bench.members(group) == set()


def test_a_repeated_addition_is_not_answered_before_the_access_is_there(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers")
    with bench.failing("grant"):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                bench.join(group, jane)

    bench.join(group, jane)

    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.members(group) == {jane}


def test_a_repeated_deletion_of_a_user_waits_for_the_first(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("delete_account"):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                bench.users.delete(jane, CALLER)

    bench.users.delete(jane, CALLER)

    assert bench.vendor.people == {}
    with pytest.raises(NotFound):
        bench.users.delete(jane, CALLER)
    assert bench.pending() == []


def test_a_repeated_deletion_of_a_group_waits_for_the_first(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers", jane)
    with bench.failing("revoke"):
        for _ in range(2):
            with pytest.raises(TemporarilyUnavailable):
                bench.groups.delete(group, CALLER)

    bench.groups.delete(group, CALLER)

    assert bench.vendor.roles(JANE) == set()
    with pytest.raises(NotFound):
        bench.groups.delete(group, CALLER)
    assert bench.pending() == []


def test_a_deletion_survives_giving_up_an_older_change(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, displayName="Jane")
    with bench.failing("delete_account"), pytest.raises(TemporarilyUnavailable):
        bench.users.delete(jane, CALLER)

    bench.recover(after_s=DAY + 60)
    bench.recover()

    assert bench.vendor.people == {}
    assert bench.pending() == []


def test_a_deactivation_survives_giving_up_an_older_change(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, displayName="Jane")
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, active=False)

    bench.recover(after_s=DAY + 60)
    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    shown = bench.shown("Users", jane)
    assert shown["active"] is False
    assert "displayName" not in shown


def test_a_deactivation_survives_a_refused_change_that_came_later(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, active=False)

    refused = VendorRejected("no such name")
    with bench.failing("update_account", refused), pytest.raises(InvalidValue):
        bench.patch_user(jane, displayName="Jane")
    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    assert bench.shown("Users", jane)["active"] is False


def test_a_deactivation_survives_although_active_is_unassigned_later(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, active=False)
    unassign = operations(user_type(), {"op": "remove", "path": "active"})
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.users.patch(jane, unassign, CALLER)

    refused = VendorRejected("no such name")
    with bench.failing("update_account", refused), pytest.raises(InvalidValue):
        bench.patch_user(jane, displayName="Jane")
    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    assert bench.pending() == []


def test_a_deactivation_that_was_taken_back_is_withdrawn_with_the_rest(bench: Bench) -> None:
    jane = bench.post_user()
    bench.post_group("Readers", jane)
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, active=False)
    with bench.failing("grant"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, active=True)

    refused = VendorRejected("no such name")
    with bench.failing("update_account", refused), pytest.raises(InvalidValue):
        bench.patch_user(jane, displayName="Jane")
    bench.recover()

    assert bench.shown("Users", jane).get("active") is not False
    assert bench.vendor.roles(JANE) == {"reader"}
    assert bench.pending() == []


def test_leaving_a_group_survives_the_refusal_of_its_new_name(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    group = bench.post_group("Readers", jane, roe)
    with bench.failing("grant"), pytest.raises(TemporarilyUnavailable):
        bench.rename_group(group, "Both")
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.leave(group, jane)

    bench.recover(after_s=DAY + 60)
    bench.recover()

    assert bench.shown("Groups", group)["displayName"] == "Readers"
    assert bench.members(group) == {roe}
    assert bench.vendor.roles(JANE) == set()
    assert bench.vendor.roles("roe@example.com") == {"reader"}
    assert bench.pending() == []


def test_deleting_a_group_survives_giving_up_an_older_change(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    group = bench.post_group("Readers", jane)
    with bench.failing("grant"), pytest.raises(TemporarilyUnavailable):
        bench.join(group, roe)
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.groups.delete(group, CALLER)

    bench.recover(after_s=DAY + 60)
    bench.recover()

    assert bench.vendor.roles(JANE) == bench.vendor.roles("roe@example.com") == set()
    with pytest.raises(NotFound):
        bench.shown("Groups", group)
    assert bench.pending() == []


def test_a_group_left_while_disabled_is_not_had_again_when_enabled(open_bench: Opener) -> None:
    able = replace(PLAIN, can_disable_accounts=True, revoke_on_disable=False)
    bench = open_bench(able)
    jane = bench.post_user()
    group = bench.post_group("Readers", jane)
    bench.patch_user(jane, active=False)
    bench.patch_user(jane, displayName="Jane")
    bench.leave(group, jane)

    bench.patch_user(jane, active=True)

    assert bench.vendor.people["n1"].active
    assert bench.vendor.roles(JANE) == set()


def test_a_new_name_is_not_shown_because_a_member_joined(bench: Bench) -> None:
    jane, roe = bench.post_user(), bench.post_user("roe@example.com")
    group = bench.post_group("Readers", jane)
    with bench.failing("grant"):
        with pytest.raises(TemporarilyUnavailable):
            bench.join(group, roe)
        with pytest.raises(TemporarilyUnavailable):
            bench.rename_group(group, "Analysts")
        bench.recover()

        assert bench.shown("Groups", group)["displayName"] == "Readers"
        assert bench.members(group) == {jane}

    bench.recover()

    assert bench.shown("Groups", group)["displayName"] == "Analysts"
    assert bench.vendor.roles("roe@example.com") == {"analyst"}


def test_the_end_of_a_group_is_told_once(bench: Bench) -> None:
    group = bench.post_group("Readers", bench.post_user())

    bench.groups.delete(group, CALLER)

    assert bench.lines()[-2:] == ["delete wanted", "delete done"]
