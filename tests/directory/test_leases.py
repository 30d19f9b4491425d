"""Leases: one holder at a time, and who comes back late is told."""

from __future__ import annotations

import pytest

from scimbridge.directory import leases, resources
from scimbridge.directory.engine import Directory
from scimbridge.directory.resources import ResourceRow
from scimbridge.directory.schema import targets
from tests.directory.conftest import NOW, somebody


def take(directory: Directory, *pks: int, owner: str = "one", now: int = NOW) -> list[int]:
    with directory.write() as connection:
        return leases.take(connection, pks, owner=owner, now=now, until=now + 100)


def give_back(directory: Directory, pk: int, fence: int) -> int | None:
    with directory.write() as connection:
        return leases.give_back(connection, pk, fence)


def row(directory: Directory, pk: int) -> ResourceRow:
    with directory.read() as connection:
        (found,) = resources.by_pks(connection, [pk])
    return found


def test_what_is_leased_is_not_leased_again(directory: Directory, pk: int) -> None:
    assert take(directory, pk) == [pk]
    assert take(directory, pk, owner="two", now=NOW + 100) == []


def test_what_was_given_back_is_free_and_as_trusted_as_before(
    directory: Directory, pk: int
) -> None:
    take(directory, pk)

    assert give_back(directory, pk, row(directory, pk).fence) == 0
    assert take(directory, pk, owner="two") == [pk]
    assert row(directory, pk).dirty == 0


def test_what_is_settled_is_not_leased(directory: Directory, pk: int) -> None:
    with directory.write() as connection:
        resources.change(connection, pk, confirmed_generation=1)

    assert take(directory, pk) == []


def test_a_lease_that_ended_unreturned_makes_the_state_doubtful(
    directory: Directory, pk: int
) -> None:
    take(directory, pk)

    assert take(directory, pk, owner="two", now=NOW + 101) == [pk]
    assert row(directory, pk).dirty == 1
    assert row(directory, pk).lease_owner == "two"


def test_who_comes_back_late_is_told_and_changes_nothing(directory: Directory, pk: int) -> None:
    take(directory, pk)
    late = row(directory, pk).fence
    take(directory, pk, owner="two", now=NOW + 101)

    assert give_back(directory, pk, late) is None
    assert row(directory, pk).lease_owner == "two"


def test_who_comes_back_late_is_told_although_somebody_else_has_the_key_of_the_row(
    directory: Directory, pk: int
) -> None:
    take(directory, pk)
    late = row(directory, pk).fence
    with directory.write() as connection:
        resources.remove(connection, pk)
    pk = somebody(directory, created=NOW + 1)
    take(directory, pk, owner="two")

    assert give_back(directory, pk, late) is None
    assert row(directory, pk).lease_owner == "two"


def test_a_doubt_during_the_lease_is_told_when_it_ends(directory: Directory, pk: int) -> None:
    take(directory, pk)
    with directory.write() as connection:
        leases.mark_dirty(connection, pk)

    assert give_back(directory, pk, row(directory, pk).fence) == 1
    assert row(directory, pk).generation == 2


def test_more_are_leased_than_one_statement_takes(directory: Directory, pk: int) -> None:
    assert take(directory, *range(pk - 700, pk + 700)) == [pk]


def test_a_target_is_observed_by_one_at_a_time(directory: Directory) -> None:
    with directory.write() as connection:
        connection.execute(targets.insert().values(name="t"))
        taken = [
            leases.take_target(connection, "t", owner=owner, now=now, until=now + 100)
            for owner, now in (("one", NOW), ("two", NOW + 100), ("two", NOW + 101))
        ]
        leases.give_back_target(connection, "t", owner="two", until=NOW + 201, observed_at=None)
        again = leases.take_target(connection, "t", owner="one", now=NOW, until=NOW)

    assert taken == [True, False, True]
    assert again


@pytest.mark.parametrize("next_owner", ["two", "one"])
def test_who_observed_for_too_long_does_not_end_the_lease_of_the_next(
    directory: Directory, next_owner: str
) -> None:
    with directory.write() as connection:
        connection.execute(targets.insert().values(name="t"))
        for owner, now in (("one", NOW), (next_owner, NOW + 101)):
            assert leases.take_target(connection, "t", owner=owner, now=now, until=now + 100)
        leases.give_back_target(connection, "t", owner="one", until=NOW + 100, observed_at=NOW)
        (row,) = connection.execute(targets.select())

    assert (row.lease_owner, row.lease_until) == (next_owner, NOW + 201)
    assert row.observed_at is None
