"""A worker that stops for so long that another one takes its lease, and then goes on."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from sqlalchemy import select

from scimbridge.directory import leases
from scimbridge.directory.leases import LEASE_MARGIN_S
from scimbridge.directory.schema import operations
from scimbridge.directory.schema import resources as table
from scimbridge.errors import TemporarilyUnavailable
from tests.provisioning.conftest import CALLER, JANE, READER, Bench, Opener, once


def is_settled(bench: Bench) -> bool:
    columns = (table.c.generation, table.c.confirmed_generation, table.c.dirty)
    with bench.directory.read() as connection:
        rows = connection.execute(select(*columns)).all()
    return all(wanted == confirmed and not dirty for wanted, confirmed, dirty in rows)


def test_a_grant_that_arrives_after_its_removal_is_taken_again(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers")
    once(bench, "grant", lambda: bench.leave(group, jane))

    bench.join(group, jane)
    assert bench.vendor.roles(JANE) == {"reader"}, "the late grant came through"
    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    assert bench.pending() == []
    assert is_settled(bench)


def test_a_removal_that_arrives_after_a_new_grant_is_made_good(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers", jane)
    once(bench, "revoke", lambda: bench.join(group, jane))

    bench.leave(group, jane)
    assert bench.vendor.roles(JANE) == set(), "the late removal came through"
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert is_settled(bench)


def test_a_role_given_by_hand_comes_back_although_its_removal_came_late(bench: Bench) -> None:
    jane = bench.post_user()
    bench.vendor.held["n1"].add(READER)
    once(bench, "revoke", lambda: bench.patch_user(jane, active=True))

    bench.patch_user(jane, active=False)
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert is_settled(bench)


def test_a_role_given_by_hand_that_is_given_back_late_stays(bench: Bench) -> None:
    jane = bench.post_user()
    bench.vendor.held["n1"].add(READER)
    bench.patch_user(jane, active=False)
    once(bench, "grant", lambda: bench.patch_user(jane, displayName="Jane"))

    bench.patch_user(jane, active=True)
    bench.recover()

    assert bench.vendor.roles(JANE) == {"reader"}
    assert is_settled(bench)


def test_attributes_that_arrive_late_are_written_over(bench: Bench) -> None:
    jane = bench.post_user()
    once(bench, "update_account", lambda: bench.patch_user(jane, displayName="Second"))

    bench.patch_user(jane, displayName="First")
    assert bench.vendor.people["n1"].display_name == "First"
    bench.recover()

    assert bench.vendor.people["n1"].display_name == "Second"
    assert is_settled(bench)


def test_what_comes_late_is_noticed_although_the_other_worker_has_not_ended(bench: Bench) -> None:
    """The first worker's mark must survive the end of a pass that began before it."""
    jane = bench.post_user()
    group = bench.post_group("Readers")
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, displayName="Jane")
    is_late, may_go_on = Event(), Event()
    late = Thread(target=lambda: bench.join(group, jane))

    def stop() -> None:
        del bench.vendor.meanwhile["grant"]
        is_late.set()
        may_go_on.wait(5)

    def let_the_late_one_end() -> None:
        del bench.vendor.meanwhile["update_account"]
        may_go_on.set()
        late.join(5)

    bench.vendor.meanwhile["grant"] = stop
    late.start()
    assert is_late.wait(5)
    bench.clock.advance(LEASE_MARGIN_S + 60)
    with bench.failing("revoke"), pytest.raises(TemporarilyUnavailable):
        bench.leave(group, jane)
    # Revokes what the late one may have granted, then updates, and only then comes to its end.
    bench.vendor.meanwhile["update_account"] = let_the_late_one_end
    bench.patch_user(jane, displayName="Roe")
    bench.recover()

    assert bench.vendor.roles(JANE) == set()
    assert is_settled(bench)


def test_a_late_worker_leaves_a_person_alone_who_was_deleted_meanwhile(bench: Bench) -> None:
    jane = bench.post_user()
    group = bench.post_group("Readers")
    once(bench, "grant", lambda: bench.users.delete(jane, CALLER))

    bench.join(group, jane)

    assert bench.pending() == []
    assert bench.vendor.people == {}


def test_a_user_at_whom_somebody_else_works_is_waited_for_until_the_deadline(bench: Bench) -> None:
    jane = bench.post_user()
    with bench.failing("update_account"), pytest.raises(TemporarilyUnavailable):
        bench.patch_user(jane, displayName="Jane")
    pk, now = bench.row(jane).pk, bench.clock()
    with bench.directory.write() as connection:
        assert leases.take(connection, [pk], owner="other", now=now, until=now + 60_000) == [pk]

    with pytest.raises(TemporarilyUnavailable, match="took too long"):
        bench.patch_user(jane, displayName="Roe")


def test_a_lease_outlives_the_deadline_of_the_request(open_bench: Opener) -> None:
    bench = open_bench(deadline_s=7)
    jane = bench.post_user()
    until: list[int] = []
    bench.vendor.meanwhile["update_account"] = lambda: until.append(bench.row(jane).lease_until)

    bench.patch_user(jane, displayName="Jane")

    assert until == [bench.clock() + (7 + LEASE_MARGIN_S) * 1000]
    assert bench.row(jane).lease_owner is None


def test_a_second_deletion_ends_with_the_first_although_it_came_while_that_was_under_way(
    bench: Bench,
) -> None:
    jane = bench.post_user()
    second: list[Exception] = []

    def delete_again() -> None:
        del bench.vendor.meanwhile["delete_account"]
        try:
            bench.users.delete(jane, CALLER)
        except TemporarilyUnavailable as error:
            second.append(error)

    bench.vendor.meanwhile["delete_account"] = delete_again

    bench.users.delete(jane, CALLER)

    assert [str(error) for error in second] == ["the vendor took too long; the change goes on"]
    assert bench.pending() == []
    assert bench.lines().count("delete done") == 2


def test_who_comes_to_a_groups_change_that_another_one_finished_does_nothing_again(
    bench: Bench,
) -> None:
    bench.post_group("Readers", bench.post_user())
    with bench.directory.read() as connection:
        changed = connection.execute(
            select(operations.c.pk).where(operations.c.resource_type == "Group")
        ).scalar_one()
    calls = list(bench.vendor.calls)

    bench.operations.see_through(changed)

    assert bench.vendor.calls == calls
