"""The record of who was given what, where two workers write it one after the other."""

from __future__ import annotations

import pytest

from scimbridge.directory import grants
from scimbridge.directory.engine import Directory
from tests.directory.conftest import NOW

KEY, OTHER = ("role", "viewer"), ("role", "admin")


def put(directory: Directory, pk: int, state: str, *, unless_held: bool = False) -> None:
    with directory.write() as connection:
        grants.put(connection, state, [(pk, KEY), (pk, OTHER)], unless_held=unless_held, at=NOW)


def add(directory: Directory, pk: int) -> set[grants.Key]:
    with directory.write() as connection:
        return grants.add(connection, grants.TAKING, [(pk, KEY)])


def state(directory: Directory, pk: int, *, settling_since: int = 0) -> str | None:
    with directory.read() as connection:
        found = grants.of_resources(connection, [pk], settling_since=settling_since)
    return found[pk].get(KEY)


@pytest.mark.parametrize("over", [grants.REVOKED, grants.RESTORED])
def test_what_was_moved_just_now_is_told_until_reads_can_be_trusted(
    directory: Directory, pk: int, over: str
) -> None:
    put(directory, pk, over)

    assert state(directory, pk, settling_since=NOW - 1) == over
    assert state(directory, pk, settling_since=NOW) is None


@pytest.mark.parametrize(
    "over", [grants.HELD, grants.ASSERTED, grants.SUSPENDED, grants.REVOKED, grants.TAKING]
)
def test_what_is_recorded_is_not_added_to(directory: Directory, pk: int, over: str) -> None:
    put(directory, pk, over)

    assert add(directory, pk) == set()
    assert state(directory, pk) == over


def test_what_was_given_back_can_be_taken_by_the_way_again(directory: Directory, pk: int) -> None:
    put(directory, pk, grants.RESTORED)

    assert add(directory, pk) == {KEY}
    assert state(directory, pk) == grants.TAKING


@pytest.mark.parametrize(
    ("over", "becomes"),
    [
        (grants.HELD, grants.HELD),
        (grants.SUSPENDED, grants.SUSPENDED),
        (grants.REVOKED, grants.ASSERTED),
        (grants.RESTORED, grants.ASSERTED),
        (grants.TAKING, grants.ASSERTED),
    ],
)
def test_what_a_late_worker_gave_is_doubted_unless_it_is_held(
    directory: Directory, pk: int, over: str, becomes: str
) -> None:
    put(directory, pk, over)

    put(directory, pk, grants.ASSERTED, unless_held=True)

    assert state(directory, pk) == becomes
